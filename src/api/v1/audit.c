/* SPDX-License-Identifier: MIT */
/* The audit log, as admins read it. Notes stay as written: there is no other operation. */
#include "gen/audit.h"
#include "api/call.h"

#include <string.h>

/* clang-format off */
SCHEMA(audit, audit_row,
	FIELD(audit_row, id),
	FIELD(audit_row, at),
	FIELD(audit_row, action),
	FIELD(audit_row, actor, .optional = true, .doc = "Who did it; missing when nobody was signed in"),
	FIELD(audit_row, subject, .optional = true, .doc = "To whom"),
	FIELD(audit_row, session, .optional = true),
	FIELD(audit_row, address, .doc = "From where"),
	FIELD(audit_row, request_id),
	FIELD(audit_row, detail),
	FIELD(audit_row, typed_by, .optional = true,
	      .doc = "Who did it at the command line of a host, which address then says"));
/* clang-format on */

struct audit_filter {
	struct audit_id after;
	struct user_id actor, subject;
	struct str action;
	struct instant since, before;
};

struct audit_list_in {
	int32_t limit;
	struct audit_filter filter;
};

struct audit_export_in {
	struct audit_filter filter;
};

/* clang-format off */
#define FILTER(type)                                                                               \
	FIELD_AS("after", type, filter.after, .optional = true,                                    \
		 .doc = "Continues behind this note, as Link rel=next does"),                      \
	FIELD_AS("actor", type, filter.actor, .optional = true),                                   \
	FIELD_AS("subject", type, filter.subject, .optional = true),                               \
	FIELD_AS("action", type, filter.action, .optional = true, .max = 64,                       \
		 .pattern = "^[a-z][a-z.-]*$"),                                                    \
	FIELD_AS("since", type, filter.since, .optional = true),                                   \
	FIELD_AS("before", type, filter.before, .optional = true)

SCHEMA(audit_list, audit_list_in,
	FIELD(audit_list_in, limit, .optional = true, .preset = 20, .min = 1, .max = 100),
	FILTER(audit_list_in));
SCHEMA(audit_export, audit_export_in,
	FILTER(audit_export_in));
/* clang-format on */

/* The time by which the clocks of hosts and database may differ. */
static const int64_t clocks_us = 3600LL * 1000000;

/* The bounds that all the statements have in common. */
struct span {
	struct audit_id below, from;
	struct instant since, before;
};

static struct span span_of(const struct audit_filter *in)
{
	struct span s = { .since = { 0 }, .before = { INT64_MAX / 2 } };

	memset(&s.below, 0xff, sizeof s.below);
	if (in->since.us != INSTANT_NONE.us)
		s.since = in->since;
	if (in->before.us != INSTANT_NONE.us) {
		s.before = in->before;
		s.below.uuid = uuid_v7_least((struct instant){ in->before.us + clocks_us });
	}
	if (!uuid_none(in->after.uuid) && memcmp(&in->after, &s.below, sizeof s.below) < 0)
		s.below = in->after;
	s.from.uuid = uuid_v7_least((struct instant){ s.since.us - clocks_us });
	return s;
}

/* Finds notes by the filter that leaves the fewest; each filter has an index. */
static enum err find(struct req *r, const struct audit_filter *in, int32_t limit,
		     struct audit_rows *out)
{
	struct span s = span_of(in);

	if (!uuid_none(in->subject.uuid))
		return audit_page_by_subject(
			r->db,
			&(struct audit_page_by_subject){ .subject = in->subject,
							 .actor = in->actor,
							 .action = in->action,
							 .below = s.below,
							 .from = s.from,
							 .since = s.since,
							 .before = s.before,
							 .limit = limit },
			out);
	if (!uuid_none(in->actor.uuid))
		return audit_page_by_actor(r->db,
					   &(struct audit_page_by_actor){ .actor = in->actor,
									  .action = in->action,
									  .below = s.below,
									  .from = s.from,
									  .since = s.since,
									  .before = s.before,
									  .limit = limit },
					   out);
	if (in->action.p != NULL)
		return audit_page_by_action(r->db,
					    &(struct audit_page_by_action){ .action = in->action,
									    .below = s.below,
									    .from = s.from,
									    .since = s.since,
									    .before = s.before,
									    .limit = limit },
					    out);
	return audit_page(r->db,
			  &(struct audit_page){ .below = s.below,
						.from = s.from,
						.since = s.since,
						.before = s.before,
						.limit = limit },
			  out);
}

static void add_id(struct buf *b, const char *name, struct uuid id)
{
	char text[UUID_TEXT];

	if (!uuid_none(id))
		buf_printf(b, "&%s=%s", name, uuid_format(id, text).p);
}

static void add_instant(struct buf *b, const char *name, struct instant t)
{
	char text[INSTANT_TEXT];

	if (t.us != INSTANT_NONE.us)
		buf_printf(b, "&%s=%s", name, instant_format(t, text).p);
}

/* The filter of the page, as the next one has to have it. */
static struct str filter_of(struct req *r, const struct audit_filter *in)
{
	struct buf b = buf_make(r->arena, 256);

	add_id(&b, "actor", in->actor.uuid);
	add_id(&b, "subject", in->subject.uuid);
	if (in->action.p != NULL)
		buf_printf(&b, "&action=%s", in->action.p);
	add_instant(&b, "since", in->since);
	add_instant(&b, "before", in->before);
	return buf_str(&b);
}

enum err audit_list(struct req *r, const struct audit_list_in *in)
{
	struct audit_rows page = { 0 };

	TRY(find(r, &in->filter, in->limit, &page));
	return reply_page(r, page.v, page.n, in->limit, filter_of(r, &in->filter));
}

/* A page with its rows and their text is what a slow reader holds of a worker's memory. */
enum { EXPORT_PAGE = 50 };

/*
 * Each page is a read by itself, so no transaction waits for the reader. Notes made meanwhile are
 * newer than the first one, and not in the reply.
 */
enum err audit_export(struct req *r, const struct audit_export_in *in)
{
	struct audit_filter filter = in->filter;
	struct arena_mark mark = arena_mark(r->arena);
	struct audit_rows page = { 0 };

	TRY(reply_begins(r));
	do {
		arena_rewind(r->arena, mark);
		TRY(find(r, &filter, EXPORT_PAGE, &page));
		TRY(reply_lines(r, page.v, page.n));
		if (page.n > 0)
			filter.after = page.v[page.n - 1].id;
	} while (page.n == EXPORT_PAGE && reply_has_lines(r));
	return OK;
}
