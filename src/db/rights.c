/* SPDX-License-Identifier: MIT */
#include "db/rights.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"

/* The verbs of serving for a table c: what was noted stays as it is, and so does the ledger. */
#define VERBS                                                                                      \
	"(select case when c.relname in ('audit', 'audit_retention', 'schema_migrations')"         \
	" then '{select}' else '{select,insert,update,delete}' end::text[] as verbs)"

/* Our tables, wherever the search path leads. A part is used through the table it is a part of. */
#define TABLES                                                                                     \
	"pg_class c cross join lateral " VERBS " v"                                                \
	" where c.relnamespace = (select oid from pg_namespace where nspname = current_schema())"  \
	" and c.relkind in ('r', 'p') and not c.relispartition"

/* The columns of a note, without the time: that the database says. */
#define NOTED                                                                                      \
	"pg_attribute a where a.attrelid = to_regclass('audit') and a.attnum > 0"                  \
	" and not a.attisdropped and a.attname <> 'at'"

/* The tables of what was noted, in all its parts, and of how long it is kept. */
#define KEPT                                                                                       \
	"(select to_regclass('audit')::oid as oid"                                                 \
	" union select relid from pg_partition_tree(to_regclass('audit'))"                         \
	" union select to_regclass('audit_retention')) as kept"

/* Whether somebody ("" or a role and a comma) may do with such a table what serving never does. */
#define EXCEEDS(who)                                                                               \
	"(has_table_privilege(" who "c.oid, 'delete, truncate, trigger')"                          \
	" or has_any_column_privilege(" who "c.oid, 'update')"                                     \
	" or case when c.oid = to_regclass('audit')"                                               \
	"  then has_column_privilege(" who "c.oid, 'at', 'insert')"                                \
	"  else has_any_column_privilege(" who "c.oid, 'insert') end)"

#define SERVING_EXCEEDS EXCEEDS("$1, ")
#define ASKING_EXCEEDS EXCEEDS("")

/*
 * Commands that keep the role and everybody from making functions and tables where the owner looks
 * for them. The query calls nothing that could be made there.
 */
static const char places[] =
	"select pg_catalog.format('revoke create on schema %I from %I, public', n.nspname, "
	"r.rolname)"
	" from pg_namespace n join pg_roles r on r.rolname = $1::name"
	" where n.nspname = any(current_schemas(false)) and pg_has_role(n.nspowner, 'usage')"
	" and has_schema_privilege(r.oid, n.oid, 'create')";

/* Commands in their order: a right taken of a table is taken of its columns, too. */
static const char grants[] =
	"select pg_catalog.format('grant usage on schema %I to %I', current_schema(), $1::name)"
	" where not has_schema_privilege($1, current_schema(), 'usage')"
	" union all"
	" select pg_catalog.format('grant %s on %s to %I', array_to_string(v.verbs, ', '), "
	"c.oid::regclass, "
	"$1)"
	" from " TABLES " and pg_has_role(c.relowner, 'usage') and exists"
	" (select from unnest(v.verbs) as verb where not has_table_privilege($1, c.oid, verb))"
	" union all"
	" select pg_catalog.format('grant execute on function %s to %I', p.oid::regprocedure, $1)"
	" from pg_proc p where p.oid = to_regprocedure('audit_months()')"
	" and pg_has_role(p.proowner, 'usage') and not has_function_privilege($1, p.oid, 'execute')"
	" union all"
	" select pg_catalog.format('revoke insert, update, delete, truncate, trigger on %s from "
	"%I, public',"
	"  c.oid::regclass, $1)"
	" from pg_class c join " KEPT " using (oid) where pg_has_role(c.relowner, 'usage')"
	" and " SERVING_EXCEEDS " union all"
	" select pg_catalog.format('grant insert (%s) on %s to %I',"
	"  string_agg(quote_ident(a.attname), ', ' order by a.attnum), c.oid::regclass, $1)"
	" from pg_class c, " NOTED " and c.oid = a.attrelid and pg_has_role(c.relowner, 'usage')"
	" group by c.oid having " SERVING_EXCEEDS
	"  or not bool_and(has_column_privilege($1, c.oid, a.attnum, 'insert'))";

/* The missing rights, in the words of the person who has to give them. */
static const char missing[] =
	"select string_agg(format('%s on %s', verb, name), ', ') from"
	" (select wanted.name, wanted.verb from"
	"   (select c.relname as name, unnest(v.verbs) as verb, c.oid from " TABLES
	"    and c.relname <> 'schema_migrations') as wanted"
	"  where not has_table_privilege(wanted.oid, verb) and to_regclass('users') is not null"
	"  union all select 'audit', 'insert' where exists (select from " NOTED
	"    and not has_column_privilege(a.attrelid, a.attnum, 'insert'))"
	"  union all select 'audit_months', 'execute'"
	"  where not has_function_privilege(to_regprocedure('audit_months()'), 'execute'))"
	" as lacking";

/* The rights the role should not have, in words with the remedy. */
static const char excess[] =
	"select 'may change what was noted in the audit log, or say when, for it owns the tables, "
	"or"
	" is given that by another role: let it be one that does not'"
	" from pg_class c join " KEPT " using (oid)"
	" where pg_has_role(c.relowner, 'usage') or " ASKING_EXCEEDS "union all"
	" select pg_catalog.format('may make functions in schema %I, which the owner of the tables"
	" would call for others: revoke create on schema %I from public, %I', n.nspname, n.nspname,"
	" current_user)"
	" from pg_namespace n join pg_class c on c.relnamespace = n.oid"
	" where c.oid = to_regclass('audit') and has_schema_privilege(n.oid, 'create') limit 1";

static void complain(const PGconn *pg)
{
	const char *text = PQerrorMessage(pg);

	log_error("migrate", "rights cannot be given: %.*s", (int)strcspn(text, "\n"), text);
}

static bool run(PGconn *pg, const char *sql)
{
	PGresult *r = PQexec(pg, sql);
	bool worked = PQresultStatus(r) == PGRES_COMMAND_OK;

	PQclear(r);
	if (!worked)
		complain(pg);
	return worked;
}

/* The role that a URL names, from malloc; NULL: it names none. */
static char *role_of(struct secret url)
{
	PQconninfoOption *parsed = PQconninfoParse(url.p, NULL);
	char *role = NULL;

	for (const PQconninfoOption *o = parsed; o != NULL && o->keyword != NULL; o++)
		if (strcmp(o->keyword, "user") == 0 && o->val != NULL)
			role = strdup(o->val);
	PQconninfoFree(parsed);
	return role;
}

/* The commands that would mend the rights, a row each; NULL after a message. */
static PGresult *amiss(PGconn *owner, const char *sql, const char *role)
{
	PGresult *r = PQexecParams(owner, sql, 1, NULL, (const char *[]){ role }, NULL, NULL, 0);

	if (PQresultStatus(r) == PGRES_TUPLES_OK)
		return r;
	complain(owner);
	PQclear(r);
	return NULL;
}

static bool mend(PGconn *owner, const char *sql, const char *role)
{
	PGresult *r = amiss(owner, sql, role);
	bool mended = r != NULL;

	for (int i = 0; mended && i < PQntuples(r); i++) {
		mended = run(owner, PQgetvalue(r, i, 0));
		if (mended)
			log_info("migrate", "%s", PQgetvalue(r, i, 0));
	}
	PQclear(r);
	return mended;
}

bool rights_close(PGconn *owner, struct secret serving_url)
{
	char *role = role_of(serving_url);
	bool closed = role == NULL || mend(owner, places, role);

	free(role);
	return closed;
}

bool rights_fit(PGconn *owner, struct secret serving_url, bool *fit)
{
	char *role = role_of(serving_url);

	if (role == NULL) {
		log_error("migrate", "database.url names no role to which rights could be given:"
				     " add one, as in postgresql://postern@host/database");
		return false;
	}

	PGresult *r = amiss(owner, grants, role);
	bool asked = r != NULL;

	if (asked)
		*fit = PQntuples(r) == 0;
	PQclear(r);
	free(role);
	return asked;
}

bool rights_grant(PGconn *owner, struct secret serving_url)
{
	char *role = role_of(serving_url);
	bool given = role != NULL && mend(owner, grants, role);

	free(role);
	return given;
}

/*
 * The value that a query gives; "" when there is none. From malloc; NULL when it cannot be asked.
 */
static char *ask(PGconn *pg, const char *sql)
{
	PGresult *r = PQexec(pg, sql);
	char *text = NULL;

	if (PQresultStatus(r) == PGRES_TUPLES_OK)
		text = strdup(PQntuples(r) == 0 ? "" : PQgetvalue(r, 0, 0));
	PQclear(r);
	return text;
}

bool rights_suffice(PGconn *serving)
{
	char *lacks = ask(serving, missing);
	bool suffice = lacks != NULL && lacks[0] == '\0';

	if (!suffice)
		log_error("database",
			  "role %s lacks rights (%s): set database.owner_url to the role that owns"
			  " the tables and run postern migrate, which gives them",
			  PQuser(serving), lacks == NULL ? "to look" : lacks);
	free(lacks);
	return suffice;
}

void rights_tell_excess(PGconn *serving)
{
	char *words = ask(serving, excess);

	if (words != NULL && words[0] != '\0')
		log_warn("database", "role %s %s", PQuser(serving), words);
	free(words);
}
