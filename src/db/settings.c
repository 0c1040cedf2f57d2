/* SPDX-License-Identifier: MIT */
/*
 * What the server is told for the statements of a link. A connection of one's own is told once. One
 * that a pooler lends by the transaction is told in each of them, for that transaction only: what
 * stayed there would meet the statements of others.
 */
#include <stdio.h>

#include "db/internal.h"

enum {
	READ_LOCK_US = 20000, /* lock_timeout of the read lane */
	PREPARE_LOCK_MS = 10  /* the one while statements are prepared, each of them */
};

/* Whoever stands in the read lane keeps all behind it waiting: see blocked.c. */
static int64_t lock_timeout_us(const struct link *l)
{
	int64_t set = l->pool->o.lock_timeout_us;

	return l->kind == LINK_READ && set > READ_LOCK_US ? READ_LOCK_US : set;
}

/*
 * A read finds its rows by an index, also where its plan was made while the table was small; and a
 * list of ids would be planned each time anew, because a short one looks cheaper that way.
 */
#define READ_PLANS(local)                                                                          \
	", set_config('plan_cache_mode', 'force_generic_plan', " local "),"                        \
	" set_config('enable_seqscan', 'off', " local "),"                                         \
	" set_config('enable_bitmapscan', 'off', " local ")"

static bool send_settings(struct link *l, bool local, const char *of_reads)
{
	const struct pool_options *o = &l->pool->o;
	const char *scope = local ? "true" : "false";
	char sql[512];

	snprintf(sql, sizeof sql,
		 "select set_config('statement_timeout', '%lldms', %s),"
		 " set_config('lock_timeout', '%lldms', %s)%s",
		 (long long)(o->statement_timeout_us / 1000), scope,
		 (long long)(lock_timeout_us(l) / 1000), scope,
		 l->kind == LINK_READ ? of_reads : "");
	return link_send_command(l, sql);
}

bool link_send_settings(struct link *l)
{
	return !l->pooled ||
	       send_settings(
		       l, true,
		       ", set_config('transaction_read_only', 'on', true)" READ_PLANS("true"));
}

bool link_send_setup(struct link *l)
{
	const struct db_statement *const *statements = l->pool->o.statements;
	char before[64];

	snprintf(before, sizeof before, "set lock_timeout = %d", PREPARE_LOCK_MS);
	if (!link_send_command(l, before) || !link_send_prepare(l, &ping_statement) ||
	    !link_send_prepare(l, &commit_statement))
		return false;
	/* A Sync each: one whose table is locked, or that does not fit the schema, must not take
	 * the others along.
	 */
	for (size_t i = 0; statements[i] != NULL; i++)
		if (!link_send_sync(l) || !link_send_prepare(l, statements[i]))
			return false;
	/* A read is one statement, to which a higher isolation could only give failures. */
	return link_send_sync(l) &&
	       send_settings(l, false,
			     ", set_config('default_transaction_read_only', 'on', false),"
			     " set_config('default_transaction_isolation', 'read committed', "
			     "false)" READ_PLANS("false")) &&
	       link_send_sync(l);
}
