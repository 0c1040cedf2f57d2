# SPDX-License-Identifier: MIT
# The pool's processes: how they start, how they end, what happens when one dies.

load helpers

setup_file() {
	stack_start APP__SERVER__WORKERS=2 APP__SERVER__KEEPERS=1
}

teardown_file() {
	stack_stop
}

setup() {
	SOCKET=$RUN_DIR/sock/own.sock
}

teardown() {
	[[ -z ${OWN-} ]] || {
		kill -KILL "$OWN"
		wait "$OWN"
	} 2>/dev/null || true
	rm -f "$SOCKET"
}

# own_pool [COMMAND ...]: a second pool on SOCKET, made by COMMAND ending in `postern serve`; OWN is
# its master.
own_pool() {
	"$@" </dev/null >"$BATS_TEST_TMPDIR/own.log" 2>&1 3>&- 4>&- &
	OWN=$!
	wait_for 10 serves_own || {
		cat "$BATS_TEST_TMPDIR/own.log"
		return 1
	}
}

serves_own() {
	[[ $(fcgi get "$SOCKET" /api/v1/health/ready) == 200 ]]
}

fcgi() {
	python3 "$BATS_TEST_DIRNAME/fcgi.py" "$@"
}

# steadily FILE: requests one after another until FILE goes away; prints what went wrong.
steadily() {
	local status
	while [[ -e $1 ]]; do
		status=$(curl -s -o /dev/null -w '%{http_code}' --cacert "$RUN_DIR/tls/cert.pem" \
			-H "Authorization: Bearer $TOKEN" "$BASE/api/v1/me") || true
		[[ $status == 200 ]] || echo "GET $status"
		status=$(curl -s -o /dev/null -w '%{http_code}' --cacert "$RUN_DIR/tls/cert.pem" \
			-H 'Content-Type: application/json' -d "$(credentials "$EMAIL" "$PASSWORD")" \
			"$BASE/api/v1/auth/login") || true
		[[ $status == 200 ]] || echo "POST $status"
	done
}

# --- starting -------------------------------------------------------------------------------

@test "serve makes its own socket, for its user and group only" {
	own_pool env APP__SERVER__LISTEN="$SOCKET" "$RUN_DIR/postern" serve
	[[ $(stat -c %a "$SOCKET") == 660 ]]
}

@test "serve takes the socket of spawn-fcgi on descriptor 0" {
	own_pool spawn-fcgi -n -s "$SOCKET" -- "$RUN_DIR/postern" serve
}

@test "serve takes the socket of systemd on descriptor 3" {
	own_pool python3 -c '
import os, socket, sys
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen(64)
os.dup2(s.fileno(), 3)
os.set_inheritable(3, True)
os.environ |= {"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid())}
os.execv(sys.argv[2], sys.argv[2:])' "$SOCKET" "$RUN_DIR/postern" serve
}

@test "serve replaces the socket that a killed pool left behind" {
	python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$SOCKET"
	chmod 777 "$SOCKET"
	own_pool env APP__SERVER__LISTEN="$SOCKET" "$RUN_DIR/postern" serve
}

@test "a second pool does not take the socket of a living one" {
	run timeout 10 env APP__SERVER__LISTEN="$RUN_DIR/sock/fcgi.sock" "$RUN_DIR/postern" serve
	echo "$status $output"
	[[ $status != 0 && $output == *fcgi.sock* ]]
	served
}

# --- ending ---------------------------------------------------------------------------------

@test "TERM and INT end the pool with 0, and nothing of it stays" {
	local signal children
	for signal in TERM INT; do
		own_pool env APP__SERVER__LISTEN="$SOCKET" "$RUN_DIR/postern" serve
		children=$(pgrep -P "$OWN" | tr '\n' ' ')
		kill "-$signal" "$OWN"
		local result=0
		wait "$OWN" || result=$?
		[[ $result == 0 ]] || fail "exit code after $signal is $result"
		for pid in $children; do
			[[ ! -e /proc/$pid ]] || fail "$pid is still there"
		done
		[[ ! -e $SOCKET ]] || fail 'the socket is still there'
	done
}

@test "the children do not outlive a killed master" {
	own_pool env APP__SERVER__LISTEN="$SOCKET" "$RUN_DIR/postern" serve
	local pid children
	children=$(pgrep -P "$OWN" | tr '\n' ' ')
	[[ -n $children ]]
	kill -KILL "$OWN"
	for pid in $children; do
		wait_for 20 test ! -e "/proc/$pid" || fail "$pid lives on"
	done
}

# --- dying and reloading --------------------------------------------------------------------

@test "every process of the pool that dies is replaced, keepers too" {
	login ann
	local pid before
	before=$(pool_children | wc -l)
	for pid in $(pool_children); do
		kill -KILL "$pid"
		wait_for 20 answers 200 POST /api/v1/auth/login "$(credentials "$EMAIL" "$PASSWORD")"
		wait_for 20 answers 200 GET /api/v1/me
	done
	same_number() { [[ $(pool_children | wc -l) == "$before" ]]; }
	wait_for 20 same_number || fail "there were $before, there are $(pool_children | wc -l)"
	logged 'kill|died|signal 9|ended'
}

@test "every process reads its own signals, and nobody the master's" {
	needs_root
	local pid n
	for pid in $(pool_children); do
		n=$(as_root find "/proc/$pid/fd" -lname '*signalfd*' | wc -l)
		[[ $n == 1 ]] || fail "$(cat "/proc/$pid/comm"): $n"
	done
}

@test "a killed worker fails no reader" {
	login ann
	local failed=0 pid
	for pid in $(pool_children); do
		kill -KILL "$pid"
		for _ in {1..10}; do
			get /api/v1/me
			[[ $STATUS == 200 ]] || failed=$((failed + 1))
		done
	done
	[[ $failed == 0 ]] || fail "$failed of the reads failed"
}

@test "HUP replaces the processes one by one and no request fails" {
	login ann
	local before going=$BATS_TEST_TMPDIR/going
	before=$(pool_children | sort)
	touch "$going"
	steadily "$going" >"$BATS_TEST_TMPDIR/failures" 3>&- &
	local requests=$!
	sleep 0.3
	kill -HUP "$(pool_pid)"
	others() { [[ -z $(comm -12 <(echo "$before") <(pool_children | sort)) ]]; }
	wait_for 20 others || fail 'some were not replaced'
	sleep 0.3
	rm "$going"
	wait "$requests"
	[[ ! -s $BATS_TEST_TMPDIR/failures ]] || fail "$(sort "$BATS_TEST_TMPDIR/failures" | uniq -c)"
}

@test "HUP reads the settings again, and keeps the old ones when the new are faulty" {
	local file=$RUN_DIR/config/default.yaml
	cp "$file" "$BATS_TEST_TMPDIR/kept" 2>/dev/null || : >"$BATS_TEST_TMPDIR/kept"
	printf 'jwt:\n  access_ttl: 20m\n' >"$file"
	kill -HUP "$(pool_pid)"
	register ann
	lasts() {
		post /api/v1/auth/login "$(credentials "$EMAIL" "$PASSWORD")"
		body .expires_in "$1"
	}
	wait_for 20 lasts 1200 || fail 'the new setting is not in force'
	printf 'jwt:\n  access_ttl: never\n' >"$file"
	kill -HUP "$(pool_pid)"
	logged 'default.yaml:2: jwt.access_ttl'
	sleep 0.5
	lasts 1200
	cp "$BATS_TEST_TMPDIR/kept" "$file"
	kill -HUP "$(pool_pid)"
	wait_for 20 lasts 600
}

# led NAME: a pool that reads where its database is from a file; sets ETC, its folder of settings.
led() {
	ETC=$RUN_DIR/tmp/$1
	as_owner mkdir -p "$ETC"
	leads_to "postgresql:///postern?host=$RUN_DIR/sock&user=postern"
	: >"$RUN_DIR/log/$1.log"
	# shellcheck disable=SC2016 # expanded by the inner bash
	as_owner env -i PATH="$PATH" APP_CONFIG_DIR="$ETC" APP__SERVER__LISTEN="$RUN_DIR/sock/$1" \
		APP__SERVER__WORKERS=1 APP__SERVER__COURIERS=0 APP__JWT_SECRET_FILE="$RUN_DIR/secrets/jwt_secret" \
		APP__SERVER__STATE="$RUN_DIR/secrets" \
		bash -c 'echo $$ >"$1/pid/$2.pool"; exec "$1/bin/postern" serve' - "$RUN_DIR" "$1" \
		>"$RUN_DIR/log/$1.log" 2>&1 </dev/null 3>&- 4>&- &
	pool_serves "$1"
}

# leads_to URL
leads_to() {
	as_owner sh -c 'umask 077; echo "$1" >"$2/database_url"' - "$1" "$ETC"
}

@test "a reload to what is no database, or none to serve from, changes nothing" {
	local before
	sql 'create database bare owner postern' postgres
	sql "create database narrow owner postern template template0 encoding 'SQL_ASCII' locale 'C'" postgres
	led led
	before=$(pgrep -P "$(cat "$RUN_DIR/pid/led.pool")" | sort)
	leads_to 'nonsense'
	pool_signal led HUP
	logged 'not reloaded: database.url: is not a PostgreSQL URI' led.log
	leads_to "postgresql:///bare?host=$RUN_DIR/sock&user=postern"
	pool_signal led HUP
	logged '0001_users is pending: run postern migrate' led.log
	logged 'not reloaded: see the lines before' led.log
	leads_to "postgresql:///narrow?host=$RUN_DIR/sock&user=postern"
	pool_signal led HUP
	logged 'SQL_ASCII' led.log
	[[ $(pgrep -P "$(cat "$RUN_DIR/pid/led.pool")" | sort) == "$before" ]] || fail 'somebody was replaced'
	[[ $(fcgi get "$RUN_DIR/sock/led" /api/v1/health/ready) == 200 ]]
	# One that is away for the moment is not refused.
	leads_to "postgresql:///postern?host=$RUN_DIR/nowhere&user=postern"
	pool_signal led HUP
	logged 'reload is complete' led.log
	leads_to "postgresql:///postern?host=$RUN_DIR/sock&user=postern"
	pool_signal led HUP
	led_again() { [[ $(fcgi get "$RUN_DIR/sock/led" /api/v1/health/ready) == 200 ]]; }
	wait_for 20 led_again
	pool_stop led
}

# What the master has: descriptors, and memory that it shares with its children.
master_has() {
	as_root find "/proc/$(pool_pid)/fd" -type l | wc -l
	as_root grep -c 'zero (deleted)' "/proc/$(pool_pid)/maps"
}

# The limit below which N numbers of descriptors are free: some sockets of a family can be made, not all.
limit_for() {
	local n=0 free=$1 taken
	taken=" $(as_root find "/proc/$(pool_pid)/fd" -type l -printf '%f ')"
	while ((free > 0)); do
		[[ $taken == *" $n "* ]] || free=$((free - 1))
		n=$((n + 1))
	done
	echo "$n"
}

@test "a reload that fails for want of descriptors leaves nothing in the master" {
	needs_root
	local before soft
	wait_for 30 settled # the reload before this one still has its family
	before=$(master_has)
	soft=$(as_owner prlimit --pid "$(pool_pid)" --nofile -o SOFT --noheadings)
	for n in 1 2 3; do
		as_owner prlimit --pid "$(pool_pid)" --nofile="$(limit_for $((2 * n))):"
		kill -HUP "$(pool_pid)"
		wait_for 30 failed_reloads "$n" # each waits for the one before
	done
	as_owner prlimit --pid "$(pool_pid)" --nofile="$((soft)):"
	[[ $(master_has) == "$before" ]] || fail "before: $before, after: $(master_has)"
	served
}

# Two workers, a keeper and a courier: those of a former family have gone.
settled() {
	local has
	(($(pool_children | wc -l) == 4)) || return
	has=$(master_has)
	sleep 0.5
	[[ $(master_has) == "$has" ]]
}

failed_reloads() {
	(($(grep -c 'cannot make sockets and memory' "$RUN_DIR/log/postern.log") == $1))
}

# --- strange neighbours ---------------------------------------------------------------------

@test "a burst of 240 at once, while no worker comes to it, is answered and not refused" {
	local workers
	mapfile -t workers < <(pgrep -P "$(pool_pid)" -x postern-worker)
	kill -STOP "${workers[@]}"
	curl -sS -Z --parallel-max 240 --cacert "$RUN_DIR/tls/cert.pem" -o /dev/null -w '%{http_code}\n' \
		"$BASE/api/v1/users/[1-240]" >"$BATS_TEST_TMPDIR/codes" 3>&- 4>&- &
	OWN=$!
	sleep 1
	kill -CONT "${workers[@]}"
	wait "$OWN"
	OWN=''
	sort "$BATS_TEST_TMPDIR/codes" | uniq -c | sed 's/^ *//' | tee "$BATS_TEST_TMPDIR/counts"
	[[ $(cat "$BATS_TEST_TMPDIR/counts") == '240 401' ]]
}

@test "half a record on 200 connections delays nobody, and is closed" {
	local served=0
	login ann
	fcgi stall "$RUN_DIR/sock/fcgi.sock" 200 >"$BATS_TEST_TMPDIR/stalled" 3>&- &
	local stalled=$!
	wait_for 20 grep -q stalled "$BATS_TEST_TMPDIR/stalled"
	until grep -q closing "$BATS_TEST_TMPDIR/stalled"; do
		get /api/v1/me
		status 200
		served=$((served + 1))
	done
	# The last one may have waited for what was closed then.
	((served > 1)) || fail 'nobody was served meanwhile'
	wait "$stalled"
	grep -q closed "$BATS_TEST_TMPDIR/stalled"
}

@test "what is no FastCGI is closed, and nobody else notices" {
	[[ $(fcgi garbage "$RUN_DIR/sock/fcgi.sock") == closed ]]
	served
}

# sockets PID ...: how many of them these processes have.
sockets() {
	local pid
	for pid; do
		as_root find "/proc/$pid/fd" -lname 'socket:*'
	done | wc -l
}

# no_more_than N PID ...: sockets, for wait_for.
no_more_than() {
	(($(sockets "${@:2}") <= $1))
}

@test "clients that go before their reply leave nothing behind" {
	needs_root
	local before workers
	mapfile -t workers < <(pool_kind worker)
	served
	sleep 3 # longer than nginx keeps a connection
	before=$(sockets "${workers[@]}")
	((before > 0))
	fcgi hang-up "$RUN_DIR/sock/fcgi.sock" 300
	wait_for 10 no_more_than "$before" "${workers[@]}" ||
		fail "sockets before: $before, after: $(sockets "${workers[@]}")"
	served
}

# A descriptor that is closed while it is watched takes away the next one of that number.
@test "who leaves or does not listen takes nobody along who comes in the same moment" {
	needs_root
	local before workers how
	mapfile -t workers < <(pool_kind worker)
	served
	sleep 3 # longer than nginx keeps a connection
	before=$(sockets "${workers[@]}")
	((before > 0))
	for how in close deaf close deaf; do
		[[ $(fcgi between "$RUN_DIR/sock/fcgi.sock" "$how" "${workers[@]}") == 8 ]]
	done
	wait_for 10 no_more_than "$before" "${workers[@]}" ||
		fail "sockets before: $before, after: $(sockets "${workers[@]}")"
	! grep 'was closed while it was watched' "$RUN_DIR/log/postern.log"
}
