# SPDX-License-Identifier: MIT
# The audit log as one reply in pieces: whole, or seen to be cut off; slow readers, those who leave, and what
# ends meanwhile.
#
# shellcheck disable=SC2030,SC2031 # each test is a shell of its own

load helpers

# Notes to somebody with an id of its own: more than nginx and sockets hold for who does not read.
MANY=00000000-0000-7000-8000-00000000e000
NOTES=6000

setup_file() {
	stack_start APP__SERVER__WORKERS=1 APP__SERVER__MAX_STREAMS=2 APP__SERVER__STREAM_IDLE=2s \
		APP__SERVER__DRAIN_TIMEOUT=4s
	sql "insert into audit (id, at, action, actor, subject, address, request_id, detail)
		select (lpad(to_hex((extract(epoch from t) * 1000)::bigint), 12, '0') || '70008000' || lpad(to_hex(n), 12, '0'))::uuid,
			t, 'test.' || chr(97 + n % 4), '$MANY', '$MANY', '127.0.0.1', 'request-' || n, repeat('x', 3600)
		from (select n, date_trunc('milliseconds', now()) - interval '1 day' + n * interval '1 ms' as t
			from generate_series(1, $NOTES) n) numbered"
}

teardown_file() {
	stack_stop
}

setup() {
	admin
}

teardown() {
	local pid
	for pid in "$BATS_TEST_TMPDIR"/*.pid; do
		[[ ! -e $pid ]] || kill -KILL "$(<"$pid")" 2>/dev/null || true
	done
}

# export_to NAME RATE [curl option ...]: reads all those notes in the background, so many bytes a second.
# NAME.body has them, NAME.exit what curl says in the end (18 and 92: cut off), NAME.status the status.
export_to() {
	local name=$BATS_TEST_TMPDIR/$1 rate=$2
	shift 2
	(
		curl -sS --max-time 60 --limit-rate "$rate" --cacert "$RUN_DIR/tls/cert.pem" -o "$name.body" \
			-w '%{http_code}' -H "Authorization: Bearer $TOKEN" "$@" \
			"$BASE/api/v1/audit/export?subject=$MANY" >"$name.status" 2>"$name.error" &
		echo $! >"$name.pid"
		code=0
		wait $! || code=$?
		echo "$code" >"$name.exit"
	) 3>&- 4>&- &
	wait_for 10 test -s "$name.body"
}

exit_of() {
	wait_for 40 test -s "$BATS_TEST_TMPDIR/$1.exit" && cat "$BATS_TEST_TMPDIR/$1.exit"
}

# The number of each note, in the order of the lines.
numbers() {
	LC_ALL=C grep -o '"request-[0-9]*"' | tr -cd '0-9\n'
}

# whole NAME: it has all of them, once each and in order.
whole() {
	[[ $(exit_of "$1") == 0 ]] || fail "$1: $(cat "$BATS_TEST_TMPDIR/$1.error")" || return
	numbers <"$BATS_TEST_TMPDIR/$1.body" | cmp - <(seq "$NOTES" -1 1)
}

# cut_off NAME EXIT: it has some, in order, and curl says that the rest is missing; EXIT is a pattern.
cut_off() {
	local lines
	# shellcheck disable=SC2053
	[[ $(exit_of "$1") == $2 ]] || fail "$1 ends with $(exit_of "$1"): $(cat "$BATS_TEST_TMPDIR/$1.error")" || return
	lines=$(wc -l <"$BATS_TEST_TMPDIR/$1.body")
	[[ $lines -gt 0 && $lines -lt $NOTES ]] || fail "$1 has $lines lines" || return
	head -n "$lines" "$BATS_TEST_TMPDIR/$1.body" | numbers | cmp - <(seq "$NOTES" -1 $((NOTES - lines + 1)))
}

# both RATE: one over each version of HTTP; both_cut_off: they are.
both() {
	export_to one "$1" --http1.1
	export_to two "$1" --http2
}

both_cut_off() {
	# 56: where OpenSSL looks for the end of TLS first (3.5).
	cut_off one '@(18|56)'
	cut_off two 92
}

# ended CODE: the pool's line about an export says so.
ended() {
	logged "\"route\":\"audit_export\".*\"code\":\"$1\""
}

@test "an export has all notes, once each, newest first, as the list shows them" {
	local at
	export_to all 1G
	whole all
	get "/api/v1/audit?subject=$MANY&limit=3"
	at=$(jq -r '.[2].at' <<<"$BODY")
	jq -c '.[]' <<<"$BODY" | cmp - <(head -n 3 "$BATS_TEST_TMPDIR/all.body")
	get "/api/v1/audit/export?subject=$MANY&since=$at"
	status 200
	[[ $(wc -l <"$REPLY_DIR/body") == 3 ]]
	[[ $(header Content-Type) == application/x-ndjson && $(header Cache-Control) == no-store ]]
	no_header Content-Length
	header X-Request-Id
}

@test "it takes the filters of the list, and goes on behind a note" {
	local at id
	get "/api/v1/audit/export?subject=$MANY&action=test.d"
	[[ $(wc -l <"$REPLY_DIR/body") == $((NOTES / 4)) ]]
	at=$(sed -n 101p "$REPLY_DIR/body" | jq -r .at) id=$(sed -n 101p "$REPLY_DIR/body" | jq -r .id)
	get "/api/v1/audit/export?subject=$MANY&action=test.d&since=$at"
	[[ $(wc -l <"$REPLY_DIR/body") == 101 ]]
	get "/api/v1/audit/export?actor=$MANY&action=test.d&before=$at"
	[[ $(wc -l <"$REPLY_DIR/body") == $((NOTES / 4 - 101)) ]]
	get "/api/v1/audit/export?actor=$MANY&action=test.d&after=$id"
	[[ $(wc -l <"$REPLY_DIR/body") == $((NOTES / 4 - 101)) ]]
	get '/api/v1/audit/export?action=nothing.such'
	status 200
	[[ $BODY == '' ]]
	get '/api/v1/audit/export?limit=5&since=yesterday'
	problem 400 invalid-request
	fault /limit
	fault /since
}

@test "it is for administrators, and says what it is before it begins" {
	request HEAD /api/v1/audit/export
	status 200
	[[ $(header Content-Type) == application/x-ndjson ]]
	get /api/v1/audit/export -H 'Accept: application/json'
	problem 406 not-acceptable 'only application/x-ndjson is available'
	get "/api/v1/audit/export?action=no.thing" -H 'Accept: application/x-ndjson'
	status 200
	request POST /api/v1/audit/export '{}'
	problem 405 method-not-allowed
	login ann
	get /api/v1/audit/export
	problem 403 forbidden
	TOKEN='' get /api/v1/audit/export
	problem 401 unauthenticated
}

@test "a slow reader gets all of it, over both versions of HTTP, and nobody waits for that" {
	local i
	both 12M
	for i in {1..30}; do
		get /api/v1/me
		status 200
	done
	whole one
	whole two
}

@test "beyond so many it is refused, before anything is sent" {
	both 200k
	get /api/v1/audit/export
	problem 503 overloaded 'too many are read at the moment, try again later'
	header Retry-After 10
	# Nothing else is.
	get /api/v1/audit
	status 200
}

@test "who leaves in the middle leaves nothing behind" {
	local i
	for i in {1..4}; do
		export_to "leaves$i" 200k
		kill -KILL "$(<"$BATS_TEST_TMPDIR/leaves$i.pid")"
		wait_for 10 test -s "$BATS_TEST_TMPDIR/leaves$i.exit"
	done
	logged '"route":"audit_export".*"status":499'
	wait_for 10 answers 200 HEAD /api/v1/audit/export
	both 8M
	whole one
	whole two
}

@test "who takes nothing for too long is cut off" {
	both 200k
	kill -STOP "$(<"$BATS_TEST_TMPDIR/one.pid")" "$(<"$BATS_TEST_TMPDIR/two.pid")"
	ended deadline-exceeded
	wait_for 10 answers 200 HEAD /api/v1/audit/export
	kill -CONT "$(<"$BATS_TEST_TMPDIR/one.pid")" "$(<"$BATS_TEST_TMPDIR/two.pid")"
}

@test "with the session that began it an export ends, and looks cut off" {
	local began=$TOKEN
	both 3M
	admin
	TOKEN=$began delete "/api/v1/me/sessions/$(TOKEN=$began session)"
	status 204
	ended token-revoked
	both_cut_off
}

@test "with the right to read it an export ends" {
	local began=$TOKEN id=$USER_ID
	both 3M
	admin
	request PATCH "/api/v1/users/$id" '{"role": "user"}'
	status 200
	TOKEN=$began
	both_cut_off
}

@test "a worker that dies in the middle leaves what looks cut off" {
	both 3M
	kill -KILL "$(pool_kind worker)"
	both_cut_off
	wait_for 10 served
}

@test "a reload lets an export finish, within the time it has" {
	local before
	before=$(pool_kind worker)
	both 12M
	kill -HUP "$(pool_pid)"
	whole one
	whole two
	wait_for 10 not kill -0 "$before"
}

@test "what takes longer than a reload has time looks cut off" {
	local before
	before=$(pool_kind worker)
	both 1500k
	kill -HUP "$(pool_pid)"
	wait_for 10 not kill -0 "$before"
	both_cut_off
	run ! grep 'requests were cut off' "$RUN_DIR/log/postern.log"
}

@test "the pages are read one by one, and nobody holds a transaction for who is slow" {
	both 200k
	local i
	for i in {1..10}; do
		[[ $(sql "select count(*) from pg_stat_activity where datname = 'postern'
			and xact_start < now() - interval '1 second'") == 0 ]]
		sleep 0.2
	done
}

@test "when the database goes away an export looks cut off, and begins again afterwards" {
	both 3M
	postgres stop -m immediate
	both_cut_off
	postgres start
	wait_for 20 served
	wait_for 10 answers 200 HEAD /api/v1/audit/export
}
