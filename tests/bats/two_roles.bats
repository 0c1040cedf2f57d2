# SPDX-License-Identifier: MIT
# One role owns the tables and migrates, another one serves; in a stack of its own.

load helpers

setup_file() {
	local owner
	stack_start APP__SERVER__WORKERS=2 APP__SERVER__KEEPERS=1
	owner=$(stat -c %U "$RUN_DIR/pg")
	printf 'stack %s %s\n' "$owner" keeping-role "$owner" serving-role | as_owner tee -a "$RUN_DIR/pg/pg_ident.conf" >/dev/null
	sql 'select pg_reload_conf()'
	sql 'create role "keeping-role" login; create role "serving-role" login'
	sql 'create database two owner "keeping-role"'
	URL="postgresql:///two?host=$RUN_DIR/sock&user=serving-role"
	OWNER_URL="postgresql:///two?host=$RUN_DIR/sock&user=keeping-role"
	export URL OWNER_URL
	migrates
	stack_again APP__SERVER__WORKERS=2 APP__SERVER__KEEPERS=1 APP__DATABASE__URL="$URL" APP__DATABASE__MIGRATE_ON_START=false
}

teardown_file() {
	run ! grep -E 'permission denied for (table|schema|sequence|function)' "$RUN_DIR/log/postern.log"
	stack_stop
}

migrates() {
	env APP__DATABASE__URL="$URL" APP__DATABASE__OWNER_URL="$OWNER_URL" "$RUN_DIR/postern" migrate
}

# serves COMMAND ...: of postern, as it serves.
serves() {
	env APP__DATABASE__URL="$URL" APP__DATABASE__MIGRATE_ON_START=false timeout 60 "$RUN_DIR/postern" "$@"
}

# as ROLE SQL
as() {
	as_owner env -C / "$(postgres_bin)/psql" -XqAt -v ON_ERROR_STOP=1 -h "$RUN_DIR/sock" -U "$1" -d two -c "$2"
}

@test "a role that owns nothing serves: accounts, sessions, mails, keys, what is swept" {
	login ann
	put "/api/v1/users/$USER_ID" "$(object email "$EMAIL" name anna)"
	status 200
	post /api/v1/auth/refresh "$(object refresh_token "$REFRESH")"
	status 200
	tokens
	TOKEN='' post /api/v1/auth/login "$(credentials "$EMAIL" 'not her words')"
	problem 401 bad-credentials
	post /api/v1/auth/forgot "$(object email "$EMAIL")"
	status 202
	delete /api/v1/me/sessions
	status 204
	sign_in "$EMAIL" "$PASSWORD"
	delete "/api/v1/users/$USER_ID"
	status 204
	serves user create "cli.$(unique)@example.org" <<<'a long passphrase'
	serves key list
	serves mail list >/dev/null
	[[ $(as serving-role 'select count(*) > 3 from audit') == t ]]
}

@test "the role that serves cannot touch what was noted, nor what tables are like" {
	local words
	login ann
	for words in 'update audit set address = $$$$' 'delete from audit' 'truncate audit' \
		'alter table audit disable trigger all' 'drop trigger audit_append_only on audit' 'drop table audit' \
		'alter table users add column x text' 'create table x ()' 'drop function audit_refuse cascade' \
		'delete from schema_migrations' 'update schema_migrations set checksum = $$$$' \
		'create or replace function audit_refuse() returns trigger language plpgsql as $$begin return old; end$$' \
		'delete from audit_first' 'truncate audit_rest' 'drop table audit_first' \
		'alter table audit detach partition audit_first' "update audit_retention set keep = '1 day'" \
		"insert into audit_retention values (false, '1 day')" "select audit_months_at('2090-01-01')" \
		'create or replace function audit_months() returns integer language sql as $$select 0$$' \
		"insert into audit (id, at, action, address, request_id, detail)
			values (gen_random_uuid(), '2020-02-02', 'forged', '', '', '')" \
		"insert into audit_rest (id, action, address, request_id, detail)
			values (gen_random_uuid(), 'forged', '', '', '')" \
		'set role "keeping-role"' 'grant delete on audit to "serving-role"; delete from audit'; do
		run as serving-role "$words"
		[[ $status != 0 && $output == *@(permission denied|must be owner)* ]] || fail "$words: $status $output"
	done
}

@test "the role that serves drops the months that its owner does not keep, and no others" {
	login ann
	as keeping-role "begin; alter table audit detach partition audit_first; select audit_part('audit_2019_12');
		alter table audit attach partition audit_2019_12 for values from (minvalue) to ('2020-01-01T00:00:00Z');
		insert into audit (id, at, action, address, request_id, detail)
			values (gen_random_uuid(), '2019-12-31T23:59:59Z', 'old', '', '', '');
		alter table audit attach partition audit_first for values from ('2020-01-01T00:00:00Z') to ('$(date -u +%Y-%m -d "$(date -u +%Y-%m-15) +2 months")-01T00:00:00Z'); commit"
	all_due
	[[ $(as serving-role "select count(*) from audit where action = 'old'") == 1 ]]
	APP__AUDIT__RETENTION=400d migrates
	# Nothing of that name in a schema of one's own is taken for it.
	as serving-role "create temp table audit_parts (part name, until timestamptz);
		insert into audit_parts values ('users', '2000-01-01'); select audit_months()"
	all_due
	[[ $(as serving-role "select count(*) from audit where action = 'old'") == 0 ]]
	[[ $(as serving-role 'select count(*) > 0 from audit') == t ]]
	migrates
}

# All that is due, as who serves does it.
all_due() {
	while [[ $(as serving-role 'select audit_months()') == 1 ]]; do :; done
}

@test "postern -t names the rights that are missing, and postern migrate gives them" {
	as keeping-role 'revoke update on users from "serving-role"; revoke all on outbox from "serving-role";
		revoke execute on function audit_months() from public'
	run --separate-stderr serves -t
	# shellcheck disable=SC2154 # run sets stderr
	[[ $status == 78 && $stderr == *'update on users'* && $stderr == *'insert on outbox'* && $stderr == *'execute on audit_months'* && $stderr == *'postern migrate'* ]] ||
		fail "$status $stderr"
	migrates
	run --separate-stderr serves -t
	[[ $status == 0 ]] || fail "$status $stderr"
}

@test "postern migrate takes rights to what was noted, and -t warns where it cannot" {
	local words
	as keeping-role 'grant update, delete on audit, audit_first to "serving-role"; grant all on audit_retention to "serving-role"'
	migrates
	for words in 'delete from audit' 'delete from audit_first' 'update audit_retention set keep = null'; do
		run as serving-role "$words"
		[[ $status != 0 && $output == *'permission denied'* ]] || fail "$words: $output"
	done
	sql 'grant "keeping-role" to "serving-role"'
	run --separate-stderr env APP__DATABASE__URL="$URL" APP__DATABASE__OWNER_URL="$OWNER_URL" "$RUN_DIR/postern" -t
	sql 'revoke "keeping-role" from "serving-role"'
	[[ $status == 0 && $stderr == *'may change what was noted'* ]] || fail "$status $stderr"
}

@test "who was given rights by an older version loses those that are too many, column by column" {
	local words
	as keeping-role 'grant insert on audit to "serving-role"; grant update (detail), insert (at) on audit to "serving-role";
		grant insert on audit_rest to public; grant update (keep) on audit_retention to "serving-role"'
	run --separate-stderr env APP__DATABASE__URL="$URL" APP__DATABASE__OWNER_URL="$OWNER_URL" "$RUN_DIR/postern" -t
	[[ $status == 0 && $stderr == *'may change what was noted in the audit log, or say when'* ]] || fail "$status $stderr"
	migrates
	for words in "update audit set detail = ''" 'update audit_retention set keep = null' \
		"insert into audit_rest (id, action, address, request_id, detail) values (gen_random_uuid(), 'forged', '', '', '')" \
		"insert into audit (id, at, action, address, request_id, detail) values (gen_random_uuid(), now(), 'forged', '', '', '')"; do
		run as serving-role "$words"
		[[ $status != 0 && $output == *'permission denied'* ]] || fail "$words: $output"
	done
	run --separate-stderr env APP__DATABASE__URL="$URL" APP__DATABASE__OWNER_URL="$OWNER_URL" "$RUN_DIR/postern" -t
	[[ $status == 0 && $stderr != *'may change'* ]] || fail "$status $stderr"
	login ann
	# Nothing is left to be given or taken.
	run --separate-stderr migrates
	[[ $stderr != *grant* && $stderr != *revoke* ]] || fail "$stderr"
	as keeping-role 'revoke insert (detail) on audit from "serving-role"'
	run --separate-stderr serves -t
	[[ $status == 78 && $stderr == *'insert on audit'* ]] || fail "$status $stderr"
	migrates
	login bob
}

@test "who serves makes no function that would be run as the owner, as PostgreSQL 14 lets everybody" {
	local trap='create function public.format(text, name) returns text language sql as
		$$select $q$alter role "keeping-role" connection limit 7$q$::text$$'
	sql 'grant create on schema public to public; grant create on schema public to "serving-role"' two
	run --separate-stderr env APP__DATABASE__URL="$URL" APP__DATABASE__OWNER_URL="$OWNER_URL" "$RUN_DIR/postern" -t
	[[ $status == 0 && $stderr == *'may make functions in schema public'*'revoke create on schema public from public'* ]] ||
		fail "$status $stderr"
	migrates
	run as serving-role "$trap"
	[[ $status != 0 && $output == *'permission denied for schema public'* ]] || fail "$status $output"
	run --separate-stderr env APP__DATABASE__URL="$URL" APP__DATABASE__OWNER_URL="$OWNER_URL" "$RUN_DIR/postern" -t
	[[ $status == 0 && $stderr != *'may make'* ]] || fail "$status $stderr"
	# Where the schema is not the owner's, it stays a warning.
	sql 'alter schema public owner to postgres; grant create on schema public to public' two
	migrates
	run --separate-stderr env APP__DATABASE__URL="$URL" APP__DATABASE__OWNER_URL="$OWNER_URL" "$RUN_DIR/postern" -t
	sql 'revoke create on schema public from public; alter schema public owner to pg_database_owner' two
	[[ $status == 0 && $stderr == *'may make functions in schema public'* ]] || fail "$status $stderr"
}

@test "rights are given in whatever schema the tables are" {
	sql 'create database quoted owner "keeping-role"'
	sql 'create schema "My Own" authorization "keeping-role"; alter database quoted set search_path = "My Own"' quoted
	URL="postgresql:///quoted?host=$RUN_DIR/sock&user=serving-role"
	OWNER_URL="postgresql:///quoted?host=$RUN_DIR/sock&user=keeping-role"
	migrates
	serves -t
	serves user create "quoted.$(unique)@example.org" <<<'a long passphrase'
}

@test "an URL without a role is refused where rights are to be given" {
	URL="postgresql:///two?host=$RUN_DIR/sock"
	as keeping-role 'revoke update on users from "serving-role"'
	run --separate-stderr migrates
	[[ $status == 65 && $stderr == *'names no role'* ]] || fail "$status $stderr"
	URL="postgresql:///two?host=$RUN_DIR/sock&user=serving-role"
	migrates
}

@test "where nobody migrates at the start -t refuses what is pending, and names the command" {
	sql 'create database empty owner "keeping-role"'
	URL="postgresql:///empty?host=$RUN_DIR/sock&user=serving-role"
	run --separate-stderr serves -t
	[[ $status == 78 && $output == *'0001_users pending'* && $stderr == *'postern migrate'* ]] || fail "$status $output $stderr"
}
