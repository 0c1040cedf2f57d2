# SPDX-License-Identifier: MIT
# Migrations on databases of their own, in a stack of its own: what is refused and what is safe.

load helpers

setup_file() {
	stack_start
}

teardown_file() {
	stack_stop
}

setup() {
	DATABASE=m$(unique)
	sql "create database $DATABASE"
	URL=$(database_url "$DATABASE")
}

in_database() {
	sql "$1" "$DATABASE"
}

# told: shows what the last `run` wrote.
told() {
	# shellcheck disable=SC2154 # run sets stderr
	echo "$status $output $stderr"
}

# shellcheck disable=SC2120 # run passes arguments
migrate() {
	env APP__DATABASE__URL="$URL" "$RUN_DIR/postern" migrate "$@"
}

@test "a new database has no accounts at all (security 13)" {
	migrate
	[[ $(in_database 'select count(*) from users') == 0 ]]
	TOKEN='' post /api/v1/auth/login "$(credentials admin@localhost admin)"
	problem 401 bad-credentials
}

@test "a plan names what is pending and changes nothing" {
	run --separate-stderr migrate --plan
	[[ $status == 0 && $output == *'0001_users pending'* ]]
	run --separate-stderr migrate --plan
	[[ $output == *'0001_users pending'* ]]
}

@test "migrating leaves a ledger row for each, and a second time nothing to do" {
	migrate
	[[ $(in_database "select count(*) from schema_migrations where checksum is not null") == \
		$(find "$ROOT/migrations" -name '*.sql' | wc -l) ]]
	run --separate-stderr migrate --plan
	[[ $status == 0 && $output != *pending* ]]
	migrate
}

@test "a migration that was changed after it ran is refused" {
	migrate
	in_database "update schema_migrations set checksum = reverse(checksum::text)::text where version = 1" ||
		in_database "update schema_migrations set checksum = sha256('x') where version = 1"
	run --separate-stderr migrate
	told
	[[ $status == 65 && $stderr == *0001_users* ]]
}

@test "a database from the future is refused" {
	migrate
	in_database "insert into schema_migrations
		select 9999, '9999_future', checksum, now() from schema_migrations where version = 1"
	run --separate-stderr migrate
	told
	[[ $status == 65 && $stderr == *9999_future* ]]
}

@test "a failing migration leaves nothing behind, and says which it was" {
	in_database 'create table users (x int)'
	run --separate-stderr migrate
	told
	[[ $status == 65 && $stderr == *0001_users* ]]
	[[ $(in_database "select count(*) from pg_type where typname = 'user_id'") == 0 ]]
}

@test "addresses of before are compared in NFC, and of two that are one address one is left as it was" {
	migrate
	in_database $'insert into users (id, email, email_key, name, role, password, locale, created_at, verified_at)
		select gen_random_uuid(), key, key, name, \'user\', \'x\', \'en\', now() - age, verified
		from (values (E\'jo\\u0308rg@a.example\', \'alone\', interval \'1 day\', null::timestamptz),
			(E\'j\\u00f6rg@b.example\', \'typed so\', \'1 day\', null), (E\'jo\\u0308rg@b.example\', \'other\', \'2 days\', now()),
			(E\'vie\\u0323\\u0302t@c.example\', \'older\', \'2 days\', null),
			(E\'vie\\u0302\\u0323t@c.example\', \'confirmed\', \'1 day\', now()),
			(E\'\\u212a@d.example\', \'kelvin\', \'1 day\', null), (\'ann@d.example\', \'plain\', \'1 day\', null)
		) as v (key, name, age, verified)'
	in_database 'delete from schema_migrations where version = 11'
	run --separate-stderr migrate
	[[ $status == 0 ]] || told
	[[ $(in_database "select string_agg(name || ' ' || email_key, ', ' order by name) from users") == $'alone j\u00f6rg@a.example, confirmed vi\u1ec7t@c.example, kelvin k@d.example, older vie\u0323\u0302t@c.example, other jo\u0308rg@b.example, plain ann@d.example, typed so j\u00f6rg@b.example' ]] ||
		fail "$(in_database 'select name, email_key from users order by name')"
	[[ $(in_database "select count(*) from users where email <> email_key and name not in ('alone', 'confirmed', 'kelvin')") == 0 ]]
}

# older VERSION: the database as it was with the migrations up to that one.
older() {
	local bin file
	bin=$(postgres_bin)
	migrate
	as_owner env -C / "$bin/pg_dump" -h "$RUN_DIR/sock" -U postgres -t schema_migrations "$DATABASE" >"$BATS_TEST_TMPDIR/ledger.sql"
	sql "drop database $DATABASE"
	sql "create database $DATABASE"
	for file in "$ROOT"/migrations/*.sql "$BATS_TEST_TMPDIR/ledger.sql"; do
		[[ $file != */migrations/* || $((10#$(basename "$file" | cut -d _ -f 1))) -le $1 ]] || continue
		as_owner env -C / "$bin/psql" -XqAt -1 -v ON_ERROR_STOP=1 -h "$RUN_DIR/sock" -U postgres -d "$DATABASE" <"$file" >/dev/null
	done
	in_database "delete from schema_migrations where version > $1"
}

@test "an audit log of before becomes the first of its parts, as it lies there and with its rights" {
	local files role before noted
	role=o$(unique)
	files="select string_agg(relfilenode::text, ' ' order by relname) from pg_class where relname ~"
	older 50
	sql "create role $role"
	in_database "grant select on audit to $role; insert into audit (id, at, action, subject, address, request_id, detail)
		select gen_random_uuid(), now() - n * interval '1 day', 'a.b', gen_random_uuid(), '', '', n::text from generate_series(0, 999) n"
	before=$(in_database "$files '^audit_(actor_idx|subject_idx|action_idx|id_pkey)\$' or relname = 'audit'")
	noted=$(in_database "select md5(string_agg(a::text, ' ' order by id)) from audit a")
	[[ $(wc -w <<<"$before") == 5 ]]
	migrate
	[[ $(in_database "$files '^audit_first(_actor_idx|_subject_idx|_action_idx|_id_pkey)?\$'" | tr ' ' '\n' | sort) == "$(tr ' ' '\n' <<<"$before" | sort)" ]]
	[[ $(in_database "select md5(string_agg(a::text, ' ' order by id)) from audit a") == "$noted" ]]
	[[ $(in_database "set role $role; select count(*) from audit") == 1000 ]]
	run in_database "set role $role; select count(*) from audit_first"
	[[ $status != 0 && $output == *'permission denied'* ]] || fail "$output"
	run in_database 'delete from audit_first'
	[[ $status != 0 && $output == *'audit is append-only'* ]] || fail "$output"
	[[ $(in_database "select count(*) from pg_constraint where conname = 'audit_at_check'") == 0 ]]
	in_database "drop owned by $role"
}

@test "several hosts that start together migrate once" {
	for _ in 1 2 3 4 5; do
		migrate 3>&- && echo ok >>"$BATS_TEST_TMPDIR/done" &
	done
	wait
	[[ $(wc -l <"$BATS_TEST_TMPDIR/done") == 5 ]]
	[[ $(in_database "select count(*) from schema_migrations") == \
		$(find "$ROOT/migrations" -name '*.sql' | wc -l) ]]
}

@test "no index is ordered by the database's collation, which a newer library may change" {
	migrate
	[[ -z $(in_database "select indexrelid::regclass, k.at, c.collname
		from pg_index i
		cross join lateral unnest(i.indcollation) with ordinality as k (collation, at)
		join pg_collation c on c.oid = k.collation
		where indrelid::regclass::text not like 'pg\_%' and indrelid::regclass::text <> 'schema_migrations'
			and k.collation <> 0 and c.collname <> 'C'") ]]
}
