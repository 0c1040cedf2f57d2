# SPDX-License-Identifier: MIT
# The database or the pool is away, slow or broken: what clients are told, and that it ends by
# itself.

load helpers

SETTINGS=(APP__SERVER__WORKERS=2 APP__SERVER__KEEPERS=1 APP__SERVER__REQUEST_TIMEOUT=2s
	APP__DATABASE__STATEMENT_TIMEOUT=2s APP__DATABASE__LOCK_TIMEOUT=1s APP__DATABASE__ACQUIRE_TIMEOUT=1s)

setup_file() {
	stack_start "${SETTINGS[@]}"
}

teardown_file() {
	stack_stop
}

# Each test leaves a stack that serves.
teardown() {
	[[ -z ${PATIENT-} ]] || stack_again "${SETTINGS[@]}"
	wait_for 10 served
}

# held SQL: that, in a transaction that lasts until let_go; what is told meanwhile was not waited for.
held() {
	sql "begin; $1; select pg_sleep(600)" >/dev/null 2>&1 3>&- &
	HOLDER=$!
	underway
}

let_go() {
	[[ $(sql "select count(pg_terminate_backend(pid)) from pg_stat_activity where wait_event = 'PgSleep'") == 1 ]] ||
		fail 'it had been let go before'
	wait "$HOLDER" || true
}

@test "without a database every call that needs it is 503 at once, the others go on" {
	# Whatever waits for a connection or its deadline here is not answered before curl gives up.
	PATIENT=yes
	stack_again "${SETTINGS[@]}" APP__SERVER__REQUEST_TIMEOUT=300s APP__DATABASE__ACQUIRE_TIMEOUT=60s
	login ann
	local pool
	pool=$(pool_children | sort | tr '\n' ' ')
	postgres stop -m immediate
	get /api/v1/me
	problem 503 database-unavailable
	for _ in {1..5}; do
		get "/api/v1/users/$USER_ID"
		problem 503 database-unavailable
		post /api/v1/auth/login "$(credentials "$EMAIL" "$PASSWORD")"
		problem 503 database-unavailable
		post /api/v1/users "$(person "x$EMAIL" "$PASSWORD" ann)"
		problem 503 database-unavailable
		put "/api/v1/users/$USER_ID" "$(object email "$EMAIL" name ann)"
		problem 503 database-unavailable
	done
	get /api/v1/health
	status 200
	get /api/v1/health/ready
	problem 503 database-unavailable
	get /api/v1/openapi.json
	status 200
	get /api/v1/nothing
	problem 404 not-found
	postgres start
	wait_for 20 answers 200 GET /api/v1/me || fail 'it did not come back'
	put "/api/v1/users/$USER_ID" "$(object email "$EMAIL" name ann)"
	status 200
	[[ $(pool_children | sort | tr '\n' ' ') == "$pool" ]] || fail 'a process of the pool was replaced'
}

@test "connections that the database ends are opened again" {
	login ann
	for _ in {1..3}; do
		sql "select count(pg_terminate_backend(pid)) from pg_stat_activity where usename = 'postern'"
		wait_for 20 answers 200 GET /api/v1/me
		put "/api/v1/users/$USER_ID" "$(object email "$EMAIL" name ann)"
		[[ $STATUS == 200 || $STATUS == 503 ]]
		wait_for 20 answers 200 PUT "/api/v1/users/$USER_ID" \
			"$(object email "$EMAIL" name ann)"
	done
}

@test "a read whose connection is lost is tried again" {
	login ann
	sql "select count(pg_terminate_backend(pid)) from pg_stat_activity where usename = 'postern'"
	sleep 1
	get /api/v1/me
	status 200
}

@test "a locked row is waited for, but not for ever" {
	login ann
	held "select 1 from users where id = '$USER_ID' for update"
	put "/api/v1/users/$USER_ID" "$(object email "$EMAIL" name late)"
	status 503
	header Retry-After '[1-9]*'
	get "/api/v1/users/$USER_ID"
	body .name ann
	let_go
}

# refusing NAME WHEN: changes that give a user that name fail, at once or when they are committed.
refusing() {
	sql "create function refuse_$$() returns trigger language plpgsql as \$\$ begin
			raise exception 'refused' using errcode = case new.name when 'twice' then '40001' else '23514' end;
		end \$\$;
		create constraint trigger refuse_$$ after update on users deferrable initially ${2}
			for each row when (new.name like '$1') execute function refuse_$$()"
}

refusing_no_more() { sql "drop trigger refuse_$$ on users; drop function refuse_$$()"; }

renamed() {
	sql "select count(*) from audit where action = 'user.update' and subject = '$USER_ID' and detail = 'name'"
}

# named NAME: the body of a PUT.
named() { object email "$EMAIL" name "$1"; }

@test "a write that fails when it is committed is not told as done, and the next one is" {
	login ann
	refusing '%e' deferred
	put "/api/v1/users/$USER_ID" "$(named once)"
	problem 500 internal
	put "/api/v1/users/$USER_ID" "$(named twice)"
	problem 503 overloaded
	refusing_no_more
	get "/api/v1/users/$USER_ID"
	body .name ann
	[[ $(renamed) == 0 ]]
	put "/api/v1/users/$USER_ID" "$(named Anna)"
	status 200
	get "/api/v1/users/$USER_ID"
	body .name Anna
	[[ $(renamed) == 1 ]]
}

@test "writes that share a transaction do not share each other's failures" {
	admin
	local when n id lock out answer wanted made bodies PATHS=()
	made=$(sql "insert into users (id, email, email_key, name, password)
		select gen_random_uuid(), a, a, 'new', 'x' from generate_series(1, 48) n, lateral (select n || '.$USER_ID@x.example' as a) m
		returning id")
	for id in $made; do
		PATHS+=("/api/v1/users/$id")
	done
	for when in immediate deferred; do
		refusing 'bad%' $when
		bodies=()
		for n in {1..48}; do
			EMAIL=$n.$USER_ID@x.example
			bodies+=("$(named "$( ((n % 12)) && echo "$when $n" || echo "bad $n")")")
		done
		# Nobody changes anything for a moment, so what comes in meanwhile goes out together.
		sql 'begin; lock table users in exclusive mode; select pg_sleep(0.7); commit' >/dev/null 3>&- &
		lock=$!
		underway
		out=$BATS_TEST_TMPDIR/$when
		PARALLEL=1 HEADER="Authorization: Bearer $TOKEN" requests "$out" PUT /each "${bodies[@]}"
		wait "$lock"
		refusing_no_more
		n=0
		while read -r answer; do
			n=$((n + 1))
			((n % 12)) && wanted="$when $n" || wanted=internal
			[[ $answer == "$wanted" ]] || fail "$when $n: $(cat "$out/$((n - 1))")"
		done < <(for n in {0..47}; do echo "$out/$n"; done | xargs jq -r '.name // .error.code')
		[[ $n == 48 ]]
	done
	[[ $(sql "select count(*) from users where email like '%.$USER_ID@x.example' and name like 'deferred%'") == 44 ]]
	n=$(sql "select count(*) from audit where action = 'user.update' and actor = '$USER_ID' and detail = 'name'")
	[[ $n == 88 ]] || fail "$n notes"
}

locked_out() {
	(($(sql "select count(*) from pg_stat_activity where usename = 'postern' and wait_event_type = 'Lock'") > 0))
}

@test "a locked table keeps nobody waiting who does not need it" {
	login ann
	local reads
	held 'lock table users in access exclusive mode'
	curl -s --parallel --parallel-immediate --cacert "$RUN_DIR/tls/cert.pem" -H "Authorization: Bearer $TOKEN" \
		"$BASE/api/v1/users/$USER_ID#[1-8]" >/dev/null 3>&- &
	reads=$!
	wait_for 10 locked_out
	get /api/v1/me/sessions
	status 200
	get /api/v1/me
	problem 503 overloaded
	let_go
	wait "$reads"
	wait_for 20 answers 200 GET /api/v1/me
}

@test "connections that are opened while a table is locked serve all that does not need it" {
	login ann
	sql "begin; lock table users in access exclusive mode;
		select count(pg_terminate_backend(pid)) from pg_stat_activity where usename = 'postern';
		select pg_sleep(3)" 3>&- &
	local lock=$!
	underway
	wait_for 20 answers 200 GET /api/v1/me/sessions
	wait "$lock"
	wait_for 20 answers 200 GET /api/v1/me
	put "/api/v1/users/$USER_ID" "$(object email "$EMAIL" name anna)"
	status 200
}

@test "a database that hangs ends requests at their deadline" {
	login ann
	local backends
	backends=$(sql "select pid from pg_stat_activity where usename = 'postern'")
	# shellcheck disable=SC2086 # several
	kill -STOP $backends
	get /api/v1/me
	# shellcheck disable=SC2086 # several
	kill -CONT $backends
	problem 503 deadline-exceeded
	wait_for 20 answers 200 GET /api/v1/me
}

@test "a keeper that hangs ends sign-ins at their deadline, reads go on" {
	login ann
	local pid keepers=()
	for pid in $(pool_children); do
		# A keeper has no connection to the database; workers have.
		kill -STOP "$pid"
		keepers+=("$pid")
	done
	sleep 0.2
	for pid in "${keepers[@]}"; do
		[[ $(tr '\0' ' ' <"/proc/$pid/cmdline") == *keeper* || $(cat "/proc/$pid/comm") == *keeper* ]] ||
			kill -CONT "$pid"
	done
	post /api/v1/auth/login "$(credentials "$EMAIL" "$PASSWORD")"
	local held=$STATUS code
	code=$(of_body .error.code)
	get /api/v1/me
	local read=$STATUS
	kill -CONT "${keepers[@]}"
	[[ $held == 503 && $code == deadline-exceeded ]] || fail "sign-in: $held $code"
	[[ $read == 200 ]]
	wait_for 20 answers 200 POST /api/v1/auth/login "$(credentials "$EMAIL" "$PASSWORD")"
}

@test "an error inside tells the client nothing and the log everything" {
	login ann
	sql 'alter table users rename column name to nome'
	get "/api/v1/users/$USER_ID"
	sql 'alter table users rename column nome to name'
	problem 500 internal
	[[ $BODY != *column* && $BODY != *nome* && $BODY != *name\"* && $BODY != *42703* ]] ||
		fail 'the reply tells the cause'
	logged "$(header X-Request-Id).*(name|42703)|(name|42703).*$(header X-Request-Id)"
	wait_for 20 answers 200 GET "/api/v1/users/$USER_ID"
}

@test "what an engine cannot do is told once, with the name of the statement" {
	login ann
	# As Citus answers what it cannot plan.
	sql "create function cannot() returns trigger language plpgsql as
			\$\$ begin raise exception 'could not create distributed plan' using errcode = '0A000'; end \$\$;
		create trigger cannot before update on users for each row execute function cannot()"
	put "/api/v1/users/$USER_ID" "{\"email\":\"$EMAIL\",\"name\":\"Other\"}"
	sql 'drop trigger cannot on users; drop function cannot'
	problem 500 internal
	logged "user_edit: 0A000.*$(header X-Request-Id)|$(header X-Request-Id).*user_edit: 0A000"
	[[ $(grep -c 'user_edit: 0A000' "$RUN_DIR/log/postern.log") == 1 ]]
	wait_for 20 answers 200 GET "/api/v1/users/$USER_ID"
}

@test "a failed statement fails its own request only" {
	admin
	sql 'alter table users rename column created_at to made_at'
	get /api/v1/users
	problem 500 internal
	sql 'alter table users rename column made_at to created_at'
	wait_for 20 answers 200 GET /api/v1/users
}

@test "without a pool nginx answers for it, in the same shape" {
	local master
	master=$(pool_pid)
	kill -STOP "$master" # or it would replace them
	# shellcheck disable=SC2046 # several
	kill -KILL $(pool_children)
	mv "$RUN_DIR/sock/fcgi.sock" "$RUN_DIR/sock/fcgi.away"
	get /api/v1/me
	mv "$RUN_DIR/sock/fcgi.away" "$RUN_DIR/sock/fcgi.sock"
	kill -CONT "$master"
	problem 503 pool-unavailable
	get /api/v1/health
	status 200
}
