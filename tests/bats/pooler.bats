# SPDX-License-Identifier: MIT
# PgBouncer between the pool and PostgreSQL, lending connections by the transaction, in a stack of its
# own. Other clients have the same few connections.

load helpers

setup_file() {
	stack_start APP__SERVER__WORKERS=2 APP__SERVER__KEEPERS=1
	bouncer_start transaction
	export URL
	stack_again APP__SERVER__WORKERS=2 APP__SERVER__KEEPERS=1 APP__DATABASE__URL="$URL"
}

teardown_file() {
	local mode
	# PostgreSQL said nothing of statements that are there already, or of those that are not.
	run ! grep -E 'prepared statement|read-only transaction' "$RUN_DIR/log/postgresql.log"
	for mode in transaction session; do
		[[ ! -e $RUN_DIR/tmp/$mode/pid ]] || bouncer_stop "$mode"
	done
	stack_stop
}

# bouncer_start MODE: in front of the stack's PostgreSQL; sets URL.
bouncer_start() {
	local dir=$RUN_DIR/tmp/$1 port
	port=$(free_port)
	as_owner mkdir -p "$dir"
	as_owner tee "$dir/ini" >/dev/null <<-END
		[databases]
		* = host=$RUN_DIR/sock user=postern pool_size=6
		[pgbouncer]
		pool_mode = $1
		auth_type = any
		listen_addr =
		listen_port = $port
		unix_socket_dir = $dir
		logfile = $RUN_DIR/log/pgbouncer.$1
		pidfile = $dir/pid
		max_client_conn = 200
		query_wait_timeout = 20
		END
	as_owner env -C / "${PGBOUNCER:-pgbouncer}" -q -d "$dir/ini" >/dev/null 2>&1 </dev/null 3>&- 4>&-
	wait_for 20 test -S "$dir/.s.PGSQL.$port"
	URL="postgresql:///postern?host=$dir&port=$port&user=postern"
}

bouncer_stop() {
	local pid
	pid=$(cat "$RUN_DIR/tmp/$1/pid")
	# At once, whoever is connected: what SIGTERM means has changed with 1.23.
	kill -QUIT "$pid" 2>/dev/null || return 0
	wait_for 20 not kill -0 "$pid"
	rm -f "$RUN_DIR/tmp/$1/pid"
}

# here COMMAND ...: of postern, through it.
here() {
	env APP__DATABASE__URL="$URL" timeout 60 "$RUN_DIR/postern" "$@"
}

# through SQL: another client of the same connections.
through() {
	as_owner env -C / "$(postgres_bin)/psql" -XqAt -v ON_ERROR_STOP=1 -c "$1" "$URL"
}

# clean: what each of its connections has set, once they are all held at once: as the server made it.
clean() {
	local n pids=()
	for n in 1 2 3 4 5 6; do
		through "select pg_backend_pid(), current_setting('statement_timeout'), current_setting('lock_timeout'),
			current_setting('default_transaction_read_only'), current_setting('transaction_read_only'),
			current_setting('plan_cache_mode'), current_setting('enable_seqscan'),
			(select count(*) from pg_prepared_statements where name not like 'PGBOUNCER%'), pg_sleep(0.5)" \
			>"$BATS_TEST_TMPDIR/clean.$n" &
		pids+=("$!")
	done
	wait "${pids[@]}"
	[[ $(cut -d'|' -f2-8 "$BATS_TEST_TMPDIR"/clean.* | sort -u) == '0|0|off|off|auto|on|0' ]] ||
		fail "$(cat "$BATS_TEST_TMPDIR"/clean.*)"
}

@test "behind a pooler that lends connections by the transaction everything works, many at once" {
	local n bodies=() before
	[[ $(sql "select count(*) from pg_stat_activity where usename = 'postern' and application_name = 'postern'") -le 6 ]]
	for n in {1..12}; do bodies+=("{\"email\":\"$n.$(unique)@example.org\",\"password\":\"a long passphrase\",\"name\":\"n$n\"}"); done
	PARALLEL=1 requests "$BATS_TEST_TMPDIR/out" POST /api/v1/users "${bodies[@]}"
	[[ $(sort "$BATS_TEST_TMPDIR/out/statuses" | uniq -c | xargs) == '12 201' ]] || fail "$(sort "$BATS_TEST_TMPDIR/out/statuses" | uniq -c)"
	login ann
	before=$TOKEN
	bodies=()
	for n in {1..100}; do bodies+=("{\"email\":\"$EMAIL\",\"name\":\"n$n\"}"); done
	PARALLEL=1 HEADER="Authorization: Bearer $TOKEN" requests "$BATS_TEST_TMPDIR/put" PUT "/api/v1/users/$USER_ID" "${bodies[@]}" &
	curl -sS -Z --parallel-immediate --parallel-max 50 --cacert "$RUN_DIR/tls/cert.pem" -H "Authorization: Bearer $TOKEN" \
		-o "$BATS_TEST_TMPDIR/get.#1" -w '%{http_code}\n' "$BASE/api/v1/users/$USER_ID#[1-300]" >"$BATS_TEST_TMPDIR/statuses"
	wait "$!"
	[[ $(sort "$BATS_TEST_TMPDIR"/{put/,}statuses | uniq -c | xargs) == '400 200' ]] ||
		fail "$(sort "$BATS_TEST_TMPDIR"/{put/,}statuses | uniq -c)"
	[[ $(jq -r .id "$BATS_TEST_TMPDIR"/put/[0-9]* "$BATS_TEST_TMPDIR"/get.* | sort -u) == "$USER_ID" ]]
	[[ $(sql "select count(*) from audit where subject = '$USER_ID' and action = 'user.update'") == 100 ]] ||
		fail "$(sql "select action, count(*) from audit where subject = '$USER_ID' group by 1")"
	post /api/v1/auth/refresh "$(object refresh_token "$REFRESH")"
	status 200
	TOKEN=$before get /api/v1/me/sessions
	status 200
	delete "/api/v1/users/$USER_ID"
	status 204
	clean
}

@test "behind a pooler a migrator leaves no lock, and none keeps the next one out" {
	local holder
	here migrate
	[[ $(sql "select count(*) from pg_locks where locktype = 'advisory'") == 0 ]]
	through 'begin; select pg_sleep(5)' &
	holder=$!
	here migrate
	here -t
	kill "$holder" 2>/dev/null || true
	sql 'create database pooled owner postern'
	URL=${URL/postern?/pooled?}
	for _ in 1 2 3; do
		here migrate 3>&- && echo ok >>"$BATS_TEST_TMPDIR/done" &
	done
	wait
	[[ $(wc -l <"$BATS_TEST_TMPDIR/done") == 3 ]]
	[[ $(sql 'select count(*) from schema_migrations' pooled) == $(find "$ROOT/migrations" -name '*.sql' | wc -l) ]]
}

@test "behind a pooler the command line works, each time" {
	local n
	for n in {1..6}; do
		here user create "c$n.$(unique)@example.org" <<<'a long passphrase'
	done
	here user list >/dev/null
	clean
}

@test "behind a pooler a locked row is waited for no longer than lock_timeout" {
	login ann
	sql "begin; select from users where id = '$USER_ID' for update; select pg_sleep(6)" 3>&- &
	underway
	put "/api/v1/users/$USER_ID" "$(object email "$EMAIL" name other)"
	problem 503 overloaded
	get "/api/v1/users/$USER_ID"
	status 200
	wait "$!"
	put "/api/v1/users/$USER_ID" "$(object email "$EMAIL" name other)"
	status 200
	clean
}

@test "a pooler that is started anew is found again, and so is a database behind it" {
	login ann
	bouncer_stop transaction
	wait_for 20 answers 503 GET "/api/v1/users/$USER_ID"
	as_owner env -C / "${PGBOUNCER:-pgbouncer}" -q -d "$RUN_DIR/tmp/transaction/ini" >/dev/null 2>&1 </dev/null 3>&- 4>&-
	wait_for 10 answers 200 GET "/api/v1/users/$USER_ID" || fail 'not after PgBouncer'
	postgres stop -m fast
	wait_for 10 answers 503 GET "/api/v1/users/$USER_ID"
	postgres start
	# It waits a while itself after it was refused (server_login_retry).
	wait_for 40 answers 200 GET "/api/v1/users/$USER_ID" || fail 'not after PostgreSQL'
	put "/api/v1/users/$USER_ID" "$(object email "$EMAIL" name back)"
	status 200
}

@test "a pooler that lends connections by the session works too" {
	bouncer_start session
	here -t
	here user list >/dev/null
	pool_start session APP__DATABASE__URL="$URL" APP__SERVER__COURIERS=0
	pool_serves session
	pool_stop session
	run ! grep -E '"level":"(error|warn)"' "$RUN_DIR/log/session.log"
	bouncer_stop session
}
