# SPDX-License-Identifier: MIT
# The database has a name, and whoever knows where that is takes long to say so.

load helpers

setup_file() {
	stack_start APP__SERVER__WORKERS=1 APP__SERVER__KEEPERS=1
	make -s -C "$ROOT" build/faults/slow_dns.so
	install -m 755 "$ROOT/build/faults/slow_dns.so" "$RUN_DIR/bin/slow_dns.so"
	install -m 644 "$ROOT/tests/faults/proxy.py" "$RUN_DIR/bin/proxy.py"
	export DB_PORT LATE="$RUN_DIR/tmp/late"
	DB_PORT=$(free_port)
	echo pass >"$RUN_DIR/tmp/mode"
	chmod 711 "$RUN_DIR/tmp"
	chmod 644 "$RUN_DIR/tmp/mode"
	late 0
	# Its own pid: $! is that of whoever changes the user.
	as_owner bash -c 'echo $$ >"$1"; shift; exec "$@"' - "$RUN_DIR/pid/proxy" /usr/bin/python3 \
		"$RUN_DIR/bin/proxy.py" "$DB_PORT" "$RUN_DIR/sock/.s.PGSQL.5432" "$RUN_DIR/tmp/mode" \
		"$RUN_DIR/log/accepted" >"$RUN_DIR/log/proxy.log" 2>&1 </dev/null 3>&- 4>&- &
	wait_for 20 bash -c "exec 9<>/dev/tcp/127.0.0.1/$DB_PORT"
}

teardown_file() {
	kill "$(cat "$RUN_DIR/pid/proxy")"
	stack_stop
}

teardown() {
	late 0
	[[ ! -e $RUN_DIR/pid/named.pool ]] || pool_stop named
}

# late MS: what each lookup takes from now on, those under way included.
late() {
	echo "$1" >"$LATE.new"
	chmod 644 "$LATE.new"
	mv "$LATE.new" "$LATE"
}

# slowly COMMAND ...: with that resolver.
slowly() {
	env LD_PRELOAD="$RUN_DIR/bin/slow_dns.so" SLOW_DNS_FILE="$LATE" "$@"
}

# named HOSTS [VAR=value ...]: a pool whose database is there.
named() {
	pool_start named LD_PRELOAD="$RUN_DIR/bin/slow_dns.so" SLOW_DNS_FILE="$LATE" \
		APP__DATABASE__URL="postgresql://postern@$1/postern" "${@:2}"
}

# asked PATH STATUS: the pool answers so, long before a name is found.
asked() {
	local got
	got=$(timeout 10 python3 "$BATS_TEST_DIRNAME/fcgi.py" get "$RUN_DIR/sock/named" "$1" "${TOKEN-}") || return
	[[ $got == "$2" ]]
}

alive() {
	! grep -E 'no sign of life|was ended by signal' "$RUN_DIR/log/named.log"
}

@test "a database whose name is found after seconds is served, and nobody is killed meanwhile" {
	login ann
	late 4000
	named "localhost:$DB_PORT"
	pool_serves named
	wait_for 20 asked /api/v1/me 200
	alive
}

@test "of several hosts each name may take seconds" {
	login ann
	late 2500
	named "localhost:1,localhost:$DB_PORT" APP__DATABASE__MIGRATE_ON_START=false
	pool_serves named
	wait_for 20 asked /api/v1/me 200
	alive
}

@test "while no name is found, what needs no database is served, and once it is, all is" {
	login ann
	named "localhost:$DB_PORT" APP__DATABASE__MIGRATE_ON_START=false
	pool_serves named
	wait_for 10 asked /api/v1/me 200
	late 600000
	sql "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = 'postern' and pid <> pg_backend_pid()"
	wait_for 20 asked /api/v1/health/ready 503
	local _
	for _ in {1..5}; do
		asked /api/v1/openapi.json 200
		asked /api/v1/me 503
		asked /api/v1/auth/check 204
		sleep 0.5
	done
	alive
	late 0
	wait_for 20 asked /api/v1/me 200
	# A second silence, that ends with the pool.
	late 600000
	sql "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = 'postern' and pid <> pg_backend_pid()"
	wait_for 20 asked /api/v1/health/ready 503
	pool_stop named
	alive
}

@test "a pool that starts while no name is found answers what needs no database" {
	late 600000
	named "localhost:$DB_PORT" APP__DATABASE__MIGRATE_ON_START=false
	pool_serves named
	asked /api/v1/openapi.json 200
	asked /api/v1/health/ready 503
	alive
	late 0
	wait_for 20 asked /api/v1/health/ready 200
	logged 'the database is there' named.log
	kill -0 "$(cat "$RUN_DIR/pid/named.pool")"
}

# away DATABASE [VAR=value ...]: a pool that has begun while that one was not found; then it is.
away() {
	late 600000
	named "localhost:$DB_PORT" APP__DATABASE__MIGRATE_ON_START=false \
		APP__DATABASE__URL="postgresql://postern@localhost:$DB_PORT/$1" "${@:2}"
	pool_serves named
	logged 'what the database is like cannot be seen' named.log
	late 0
}

# ended STATUS
ended() {
	local job=$! status=0
	wait_for 20 not kill -0 "$(cat "$RUN_DIR/pid/named.pool")" || fail "$(cat "$RUN_DIR/log/named.log")" || return
	rm "$RUN_DIR/pid/named.pool"
	wait "$job" || status=$?
	[[ $status == "$1" ]] || fail "$status: $(cat "$RUN_DIR/log/named.log")" || return
	[[ ! -e $RUN_DIR/sock/named ]]
	alive
}

@test "what is found to be no database to serve from, once it is found, ends what was begun without" {
	sql "create database latin encoding LATIN1 lc_collate 'C' lc_ctype 'C' template template0 owner postern" postgres
	away latin
	ended 65
	logged 'its encoding is LATIN1' named.log
}

@test "a host without the key of the database does not go on once that is found" {
	as_owner mkdir -p -m 700 "$RUN_DIR/tmp/keyless"
	away postern APP__SERVER__STATE="$RUN_DIR/tmp/keyless"
	ended 78
	logged 'copy that file from the host that has it' named.log
	[[ -z $(ls -A "$RUN_DIR/tmp/keyless") ]]
}

@test "a key that there has to be is made once the database is found, and taken without a restart" {
	sql 'create database fresh owner postern' postgres
	as_owner mkdir -p -m 700 "$RUN_DIR/tmp/fresh"
	as_owner env APP__DATABASE__URL="postgresql:///fresh?host=$RUN_DIR/sock&user=postern" "$RUN_DIR/postern" migrate
	away fresh APP__SERVER__STATE="$RUN_DIR/tmp/fresh"
	wait_for 20 logged 'reload is complete' named.log
	logged 'secret_key: made, in' named.log
	[[ $(sql 'select own from secret_marks' fresh) == t ]]
	pool_stop named
	run ! grep 'secret_key: not set' "$RUN_DIR/log/named.log"
	alive
}

@test "a database that wants PGPASSWORD is looked at with it, once it is found" {
	sql "create role guarded login password 'the password of this role'" postgres
	sql 'create database guarded owner guarded' postgres
	as_owner sed -i '1i local guarded guarded scram-sha-256' "$RUN_DIR/pg/pg_hba.conf"
	sql 'select pg_reload_conf()' postgres
	as_owner mkdir -p -m 700 "$RUN_DIR/tmp/guarded"
	# The stack's own word for the command line leaves libpq's variables out.
	local settings=(PATH="$PATH" PGPASSWORD='the password of this role' APP_CONFIG_DIR="$RUN_DIR/config"
		APP__DATABASE__URL="postgresql://guarded@localhost:$DB_PORT/guarded" APP__DATABASE__MIGRATE_ON_START=false
		APP__JWT_SECRET_FILE="$RUN_DIR/secrets/jwt_secret" APP__SERVER__STATE="$RUN_DIR/tmp/guarded"
		APP__SERVER__LISTEN="$RUN_DIR/sock/named" APP__SERVER__WORKERS=1)
	as_owner env -i "${settings[@]}" "$RUN_DIR/bin/postern" migrate
	run as_owner env -i "${settings[@]}" PGPASSWORD= "$RUN_DIR/bin/postern" -t
	[[ $status == 78 && $output == *'no password supplied; put one into database.url'* ]] || fail "$status: $output"
	late 600000
	: >"$RUN_DIR/log/named.log"
	# shellcheck disable=SC2016 # expanded by the inner bash
	as_owner env -i "${settings[@]}" LD_PRELOAD="$RUN_DIR/bin/slow_dns.so" SLOW_DNS_FILE="$LATE" \
		bash -c 'echo $$ >"$1/pid/named.pool"; exec "$1/bin/postern" serve' - "$RUN_DIR" \
		>"$RUN_DIR/log/named.log" 2>&1 </dev/null 3>&- 4>&- &
	pool_serves named
	late 0
	wait_for 30 logged 'secret_key: made, in' named.log
	wait_for 30 logged 'reload is complete' named.log
	alive
}

@test "the command line waits for a name as long as psql does" {
	late 3000
	run --separate-stderr slowly env APP__DATABASE__URL="postgresql://postern@localhost:$DB_PORT/postern" "$RUN_DIR/postern" user list
	[[ $status == 0 ]] || fail "$status $stderr"
}
