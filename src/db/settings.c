/* SPDX-License-Identifier: MIT */
#include "db/settings.h"

#include <stdio.h>

enum { READ_LOCK_US = 20000 /* lock_timeout of the read lane */ };

/* A statement that waits in the read lane keeps all behind it waiting: see blocked.c. */
static int64_t lock_timeout_us(const struct settings *s)
{
	return s->reads && s->lock_timeout_us > READ_LOCK_US ? READ_LOCK_US : s->lock_timeout_us;
}

/*
 * A read finds its rows by an index, also where its plan was made while the table was small; and a
 * list of ids would be planned each time anew, because a short one looks cheaper that way.
 */
#define READ_PLANS(local)                                                                          \
	", set_config('plan_cache_mode', 'force_generic_plan', " local "),"                        \
	" set_config('enable_seqscan', 'off', " local "),"                                         \
	" set_config('enable_bitmapscan', 'off', " local ")"

/*
 * jit: where a read has no way but to go through a table, enable_seqscan makes that look so dear
 * that PostgreSQL would compile the statement, for 150 ms and with some 100 MB.
 */
static bool send(struct pipeline *p, const struct settings *s, bool local, const char *of_reads)
{
	const char *scope = local ? "true" : "false";
	char sql[512];

	snprintf(sql, sizeof sql,
		 "select set_config('jit', 'off', %s), set_config('statement_timeout', '%lldms', "
		 "%s),"
		 " set_config('lock_timeout', '%lldms', %s)%s",
		 scope, (long long)(s->statement_timeout_us / 1000), scope,
		 (long long)(lock_timeout_us(s) / 1000), scope, s->reads ? of_reads : "");
	return pipeline_send_command(p, sql);
}

bool settings_send_each(struct pipeline *p, const struct settings *s)
{
	return !p->pooled ||
	       send(p, s, true,
		    ", set_config('transaction_read_only', 'on', true)" READ_PLANS("true"));
}

bool settings_send_once(struct pipeline *p, const struct settings *s)
{
	/* A read is one statement, to which a higher isolation could only give failures. */
	return p->pooled || send(p, s, false,
				 ", set_config('default_transaction_read_only', 'on', false),"
				 " set_config('default_transaction_isolation', 'read committed', "
				 "false)" READ_PLANS("false"));
}
