/* SPDX-License-Identifier: MIT */
#include "core/event.h"

#include "conf/conf.h"
#include "gen/events.h"

enum { CLOCKS_US = 60000000 /* that clocks may differ by */ };

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
