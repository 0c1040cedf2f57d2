/* SPDX-License-Identifier: MIT */
#include "core/event.h"

#include "gen/events.h"

enum { CLOCKS_US = 60000000 /* that clocks may differ by */ };

/* What a transaction has to tell. */
struct telling {
	int32_t bucket;
	struct revocation *v;
	size_t n, room;
};

int32_t event_bucket(struct uuid user)
{
	return user.b[sizeof user.b - 1] % FEED_BUCKETS;
}

int64_t event_life(void)
{
	/* The longest jwt.access_ttl, not that of now: it may be lower than when the token was
	 * made, here or on another host. */
	return CONF_ACCESS_TTL_MAX_S * INT64_C(1000000) + CLOCKS_US;
}

static struct str_list list_of(struct arena *a, size_t n)
{
	return (struct str_list){ .v = arena_new_array(a, n, struct str), .n = n };
}

enum err event_tell(struct db *db, struct arena *a, int32_t bucket, const struct revocation *what,
		    size_t n)
{
	struct feed_take take = { .bucket = bucket, .n = (int64_t)n };
	struct feed_head_row head = { 0 };
	struct event_insert events = { .bucket = bucket,
				       .life_us = event_life(),
				       .subjects = list_of(a, n),
				       .versions = list_of(a, n) };
	char text[UUID_TEXT];

	for (size_t i = 0; i < n; i++) {
		events.subjects.v[i] = arena_dup(a, uuid_format(what[i].subject, text));
		events.versions.v[i] = arena_printf(a, "%d", (int)what[i].version);
	}
	TRY(feed_take(db, &take, &head));
	events.first = head.seq - take.n + 1;
	return event_insert(db, &events, NULL);
}

static enum err tell(struct req *r, void *arg)
{
	const struct telling *t = arg;

	return event_tell(r->db, r->arena, t->bucket, t->v, t->n);
}

static struct telling *telling_of(struct req *r, struct user_id user)
{
	struct telling *t = req_last_of(r, tell);

	if (t != NULL)
		return t;
	t = arena_new(r->arena, struct telling);
	*t = (struct telling){ .bucket = event_bucket(user.uuid) };
	req_last(r, tell, t);
	return t;
}

void event_revoked(struct req *r, struct user_id user, struct uuid subject, int32_t version)
{
	struct telling *t = telling_of(r, user);

	if (t->n == t->room) {
		struct revocation *more = arena_new_array(r->arena, 2 * t->room + 4,
							  struct revocation);

		for (size_t i = 0; i < t->n; i++)
			more[i] = t->v[i];
		t->v = more;
		t->room = 2 * t->room + 4;
	}
	t->v[t->n++] = (struct revocation){ .subject = subject, .version = version };
}
