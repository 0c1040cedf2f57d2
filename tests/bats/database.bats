# SPDX-License-Identifier: MIT
# What operators do with a database, and kinds of databases there are, in a stack of its own.

load helpers

setup_file() {
	stack_start APP__SERVER__WORKERS=2 APP__SERVER__KEEPERS=1
}

teardown_file() {
	stack_stop
}

# hang_up: new connections take what was set for the database or a role.
hang_up() {
	sql "select count(pg_terminate_backend(pid)) from pg_stat_activity
		where datname = 'postern' and pid <> pg_backend_pid()" >/dev/null
	wait_for 20 answers 200 GET /api/v1/me
}

# read_only WHOM: "database postern", "role postern".
read_only() {
	local before
	login ann
	sql "alter $1 set default_transaction_read_only = on"
	hang_up
	before=$(sql 'select (select count(*) from users), (select count(*) from sessions), (select count(*) from outbox)')
	post /api/v1/users "$(person "late$EMAIL" "$PASSWORD" Late)"
	problem 503 database-read-only
	post /api/v1/auth/login "$(credentials "$EMAIL" "$PASSWORD")"
	problem 503 database-read-only
	put "/api/v1/users/$USER_ID" "$(object email "$EMAIL" name anna)"
	problem 503 database-read-only
	delete /api/v1/me/sessions
	problem 503 database-read-only
	post /api/v1/auth/forgot "$(object email "$EMAIL")"
	problem 503 database-read-only
	run --separate-stderr cli user create "cli$EMAIL" <<<"$PASSWORD"
	# shellcheck disable=SC2154 # run sets stderr
	[[ $status == 75 && $stderr == *default_transaction_read_only* ]] || fail "$status $stderr"
	get /api/v1/me
	status 200
	[[ $(sql 'select (select count(*) from users), (select count(*) from sessions), (select count(*) from outbox)') == "$before" ]]
	sql "alter $1 reset default_transaction_read_only" postgres
	wait_for 20 answers 200 PUT "/api/v1/users/$USER_ID" "$(object email "$EMAIL" name anna)" ||
		fail 'writes are not back'
	logged 'default_transaction_read_only is on'
}

@test "a database that its operator has made read-only is not written to, and is again without a restart" {
	read_only 'database postern'
}

@test "a role that its operator has made read-only does not write, and does again without a restart" {
	read_only 'role postern'
}

# backends: how many connections the pool has had.
backends() {
	sql "select sessions from pg_stat_database where datname = 'postern'"
}

@test "writes that a read-only database refuses do not open connections without end" {
	login ann
	sql 'alter database postern set default_transaction_read_only = on'
	hang_up
	sleep 1
	local before after bodies=() n
	before=$(backends)
	for n in {1..200}; do bodies+=("$(object email "$EMAIL" name "n$n")"); done
	PARALLEL=1 HEADER="Authorization: Bearer $TOKEN" requests "$BATS_TEST_TMPDIR/out" PUT "/api/v1/users/$USER_ID" "${bodies[@]}"
	[[ $(jq -r .error.code "$BATS_TEST_TMPDIR/out"/[0-9]* | sort | uniq -c | awk '{ print $1, $2 }') == '200 database-read-only' ]]
	after=$(backends)
	sql 'alter database postern reset default_transaction_read_only' postgres
	hang_up
	((after - before < 60)) || fail "$((after - before)) new connections"
}

@test "nothing of the database is held while a password is typed" {
	local out=$BATS_TEST_TMPDIR/out go=$BATS_TEST_TMPDIR/go
	GO=$go python3 "$ROOT/tests/bats/terminal.py" enter 'a long password' "$RUN_DIR/postern" \
		user create "typed.$(unique)@example.org" >"$out" 3>&- &
	wait_for 20 grep -q 'echo while asked' "$out"
	login ann
	hang_up
	touch "$go"
	wait $!
	grep 'exit status: 0' "$out" || fail "$(cat "$out")"
}

# losing N: the next N users that are made lose a race.
losing() {
	sql "create sequence if not exists races; grant usage on sequence races to public;
		alter sequence races restart;
		create or replace function lose_race() returns trigger language plpgsql as \$\$
		begin
			if nextval('races') <= $1 then
				raise exception 'lost' using errcode = 'serialization_failure';
			end if;
			return new;
		end \$\$;
		create or replace trigger lose_race before insert on users
			for each row execute function lose_race()"
}

@test "what is typed is run again when its transaction loses a race, and says when it loses too many" {
	local who
	who=loser.$(unique)@example.org
	losing 2
	run --separate-stderr cli user create "$who" <<<'a long password'
	[[ $status == 0 && -z $(own_words <<<"$stderr") ]] || fail "$status $stderr"
	[[ $(sql "select count(*) from audit where action = 'user.create' and subject = '$output'") == 1 ]]
	losing 100
	run --separate-stderr cli user create "other.$who" <<<'a long password'
	sql 'drop trigger lose_race on users'
	[[ $status == 75 && $(own_words <<<"$stderr") == 'postern: too many changes at once, try again' ]] || fail "$status $stderr"
	[[ $(sql 'select last_value from races') == 6 ]]
}

@test "two administrators who take one another's rights at once leave one, whatever the database's isolation" {
	local one two isolation out=$BATS_TEST_TMPDIR/out tokens=() answers
	for isolation in 'repeatable read' serializable; do
		sql "alter database postern set default_transaction_isolation = '$isolation'; update users set role = 'user'"
		login ann
		hang_up
		admin
		one=$USER_ID tokens=("$TOKEN")
		admin
		two=$USER_ID tokens+=("$TOKEN")
		# Both have begun, and wait where one at a time goes on.
		sql "do \$\$ begin
			perform pg_advisory_xact_lock(7270436);
			perform pg_sleep(0.5);
			while (select count(*) from pg_stat_activity where wait_event = 'advisory') < 2 loop
				perform pg_sleep(0.02);
				perform pg_stat_clear_snapshot();
			end loop;
		end \$\$" 3>&- &
		underway
		(TOKEN=${tokens[0]} request PATCH "/api/v1/users/$two" '{"role": "user"}' && echo "$STATUS" >"$out.1") 3>&- &
		(TOKEN=${tokens[1]} request PATCH "/api/v1/users/$one" '{"role": "user"}' && echo "$STATUS" >"$out.2") 3>&- &
		wait_for 20 test -s "$out.1" -a -s "$out.2"
		sql 'alter database postern reset default_transaction_isolation'
		answers="$(<"$out.1") $(<"$out.2")"
		[[ $(sql "select count(*) from users where role = 'admin'") == 1 ]] || fail "$isolation: $answers"
		rm "$out".?
	done
	login ann
	hang_up
}

# made OPTION ...: a database of the service's role, as createdb makes it; sets URL.
made() {
	local name
	name=d$(unique)
	as_owner env -C / "$(postgres_bin)/createdb" -h "$RUN_DIR/sock" -U postgres -O postern -T template0 "$@" "$name"
	URL="postgresql:///$name?host=$RUN_DIR/sock&user=postern" DATABASE=$name
}

# here COMMAND ...: of postern, with that database.
here() {
	env APP__DATABASE__URL="$URL" timeout 60 "$RUN_DIR/postern" "$@"
}

@test "a database whose encoding cannot hold every name is refused, with the remedy" {
	made -E LATIN1 --locale=C
	local command
	for command in migrate -t; do
		run --separate-stderr here "$command"
		[[ $status != 0 && $stderr == *LATIN1*'createdb -T template0 -E UTF8'* ]] || fail "$command: $status $stderr"
	done
	pool_start latin APP__DATABASE__URL="$URL" APP__SERVER__COURIERS=0
	wait "$!" && fail 'it serves'
	rm "$RUN_DIR/pid/latin.pool"
	logged LATIN1 latin.log
	[[ $(sql "select count(*) from pg_tables where schemaname = 'public'" "$DATABASE") == 0 ]]
}

@test "a collation of another version is told with its remedy, and nothing of libpq's is in the log" {
	made -E UTF8 --locale-provider=icu --icu-locale=en --locale=C.UTF-8
	here migrate
	sql "update pg_database set datcollversion = '1.0' where datname = '$DATABASE'" postgres
	run --separate-stderr here -t
	[[ $status == 0 && $stderr == *'refresh collation version'* ]] || fail "$status $stderr"
	pool_start icu APP__DATABASE__URL="$URL" APP__SERVER__COURIERS=0
	pool_serves icu
	pool_stop icu
	run ! grep -v '^{' <(own_words <"$RUN_DIR/log/icu.log")
	logged 'refresh collation version' icu.log
}

@test "postern -t names what is pending" {
	made -E UTF8
	run --separate-stderr here -t
	[[ $status == 0 && $output == *'0001_users pending'* ]] || fail "$status $output"
}

@test "postern -t prepares every statement: one that the database does not take is named, a lock is none of its faults" {
	made -E UTF8
	here migrate
	sql 'alter table deleted_users rename column request_id to asked_by' "$DATABASE"
	run --separate-stderr here -t
	[[ $status == 78 && $stderr == *'user_delete cannot be prepared'*request_id* ]] || fail "$status $stderr"
	sql 'alter table deleted_users rename column asked_by to request_id' "$DATABASE"
	sql 'begin; lock table deleted_users; select pg_sleep(60)' "$DATABASE" 3>&- &
	held() {
		[[ $(sql "select count(*) from pg_locks where mode = 'AccessExclusiveLock' and granted
			and relation = 'deleted_users'::regclass" "$DATABASE") == 1 ]]
	}
	wait_for 10 held
	run --separate-stderr here -t
	[[ $status == 0 && $stderr == *'user_delete could not be prepared'*lock* ]] || fail "$status $stderr"
	sql "select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(60)%'
		and pid <> pg_backend_pid()" "$DATABASE" >/dev/null
}

@test "who has registered is found whatever becomes of the system's order of letters" {
	made -E UTF8 --locale-provider=icu --icu-locale=en --locale=C.UTF-8
	here migrate
	sql "insert into users (id, email, email_key, name, password)
		select gen_random_uuid(), e, e, 'n', 'x' from (
			select c || n || '@example.org' as e from generate_series(1, 40) n,
				unnest(array['a.b', 'a-b', 'a_b', 'ab', 'A.b']) c) as x" "$DATABASE"
	local locale # datlocale since PostgreSQL 17
	locale=$(sql "select attname from pg_attribute where attrelid = 'pg_database'::regclass
		and attname in ('daticulocale', 'datlocale')")
	sql "update pg_database set datlocprovider = 'c', $locale = null, datcollversion = null where datname = '$DATABASE'" postgres
	[[ $(sql "set enable_seqscan = off; set enable_bitmapscan = off;
		select count(*) from (select email_key as e from users offset 0) all_of, lateral
			(select from users where email_key = all_of.e limit 1) as found" "$DATABASE") == 200 ]]
	here -t
}

@test "postern -t warns of a way to the database that others can read, or where nobody makes sure who answers" {
	local port pg=$RUN_DIR/tmp/remote url
	port=$(free_port)
	as_owner "$(postgres_bin)/initdb" -D "$pg" -U postern -A trust -E UTF8 --locale=C.UTF-8 --no-sync >/dev/null
	printf '%s\n' "unix_socket_directories = '$RUN_DIR/tmp'" "port = $port" 'ssl = on' 'fsync = off' \
		"ssl_cert_file = '$RUN_DIR/tls/cert.pem'" "ssl_key_file = '$RUN_DIR/tls/key.pem'" \
		"listen_addresses = '0.0.0.0'" | as_owner tee -a "$pg/postgresql.conf" >/dev/null # loopback by another name
	as_owner env -C / "$(postgres_bin)/pg_ctl" -D "$pg" -w -l "$RUN_DIR/log/remote.log" start >/dev/null 2>&1 </dev/null 3>&- 4>&-
	url="host=0.0.0.0 port=$port user=postern dbname=postgres"
	URL=$url here migrate
	URL="$url sslmode=disable" run --separate-stderr here -t
	[[ $status == 0 && $stderr == *'what is said to 0.0.0.0 can be read and changed on the way'*'sslmode=verify-full'* ]] || fail "$status $stderr"
	URL="$url sslmode=require" run --separate-stderr here -t
	[[ $status == 0 && $stderr == *'nothing makes sure that it is 0.0.0.0 that answers'*'sslmode=verify-full'* ]] || fail "$status $stderr"
	URL="$url sslmode=verify-ca sslrootcert=$RUN_DIR/tls/cert.pem" run --separate-stderr here -t
	[[ $status == 0 && $stderr != *'0.0.0.0'* ]] || fail "$status $stderr"
	URL="host=127.0.0.1 port=$port user=postern dbname=postgres sslmode=disable" run --separate-stderr here -t
	[[ $status == 0 && $stderr != *'on the way'* ]] || fail "$status $stderr"
	as_owner "$(postgres_bin)/pg_ctl" -D "$pg" -m immediate stop >/dev/null
}

@test "postern -t tells what would keep serving from working, each with its remedy" {
	made -E UTF8
	here migrate
	run --separate-stderr here -t
	[[ $status == 0 && -z $(own_words <<<"$stderr") ]] || fail "$status $stderr"
	sql "alter database $DATABASE set session_replication_role = replica" postgres
	sql "alter database $DATABASE set synchronous_commit = off" postgres
	sql "alter database $DATABASE set default_transaction_read_only = on" postgres
	sql "alter database $DATABASE connection limit 7" postgres
	run --separate-stderr here -t
	[[ $stderr == *'session_replication_role is replica'*'reset it'* && $stderr == *'synchronous_commit is off'*'set it on'* &&
		$stderr == *'default_transaction_read_only is on'*'reset it'* &&
		$stderr == *'7 connections, and database.max_connections is 10'* ]] || fail "$status $stderr"
}

@test "the database compiles none of the pool's statements" {
	local pid pids
	login ann
	get "/api/v1/users/$USER_ID"
	status 200
	pids=$(sql "select pid from pg_stat_activity where application_name = 'postern'")
	[[ $(wc -l <<<"$pids") -ge 2 ]] || fail "$pids"
	for pid in $pids; do
		# A backend that has ever done so has the library.
		run ! as_owner grep -l LLVM "/proc/$pid/maps"
	done
}
