# SPDX-License-Identifier: MIT
# Sessions: refresh tokens that rotate, what ends them, who sees them, and tokens that are refused
# before they expire.

load helpers

# shellcheck disable=SC2046,SC2086 # pool_kind prints several

setup_file() {
	stack_start APP__SERVER__WORKERS=2 APP__SERVER__KEEPERS=1 APP__SESSIONS__PER_USER=5 \
		APP__SERVER__ORIGINS='https://App.Example:443/, https://other.example' # as people write them
}

teardown_file() {
	stack_stop
}

teardown() {
	[[ -z ${SECOND-} ]] || RUN_DIR=$SECOND stack_stop
}

# Makes the session of TOKEN look as if its refresh token had been exchanged that long ago.
exchanged_ago() {
	sql "update sessions set rotated_at = rotated_at - interval '$1' where id = '$(session)'"
}

# refused: TOKEN has been revoked, which RFC 6750 calls invalid.
refused() {
	get /api/v1/me
	problem 401 token-revoked || return
	header WWW-Authenticate 'Bearer *error="invalid_token"*' >/dev/null
}

audit_count() {
	sql "select count(*) from audit where action = '$1' and session = '$2'"
}

# --- refreshing -----------------------------------------------------------------------------

@test "a refresh token is exchanged for new tokens of the same session" {
	login ann
	local first=$REFRESH id
	id=$(session)
	refresh
	status 200
	body .token_type Bearer
	body_is '.expires_in == 600 and .refresh_expires_in == 2592000'
	header Cache-Control '*no-store*'
	tokens
	[[ $REFRESH != "$first" && $(session) == "$id" ]]
	get /api/v1/me
	status 200
	body .user_id "$USER_ID"
	refresh
	status 200
}

@test "three tabs that wake up at once all win, with the same successor" {
	login ann
	local out=$BATS_TEST_TMPDIR/out body
	body=$(object refresh_token "$REFRESH")
	PARALLEL=1 requests "$out" POST /api/v1/auth/refresh "$body" "$body" "$body"
	[[ $(sort -u "$out/statuses") == 200 ]]
	[[ $(jq -r .refresh_token "$out"/[0-9] | sort -u | wc -l) == 1 ]]
	refresh
	status 200
	body .refresh_token "$(jq -r .refresh_token "$out/0")"
	tokens
	refresh
	status 200
}

@test "fifty at once, five times: one exchange each time, and nobody loses the session" {
	login ann
	local out body round bodies
	for round in {1..5}; do
		out=$BATS_TEST_TMPDIR/round.$round bodies=()
		body=$(object refresh_token "$REFRESH")
		for _ in {1..50}; do bodies+=("$body"); done
		PARALLEL=1 requests "$out" POST /api/v1/auth/refresh "${bodies[@]}"
		[[ $(sort "$out/statuses" | uniq -c | xargs) == '50 200' ]] || fail "round $round: $(sort "$out/statuses" | uniq -c)"
		REFRESH=$(find "$out" -name '[0-9]*' -exec jq -r .refresh_token {} + | sort -u)
		[[ $REFRESH != *$'\n'* ]] || fail 'there are several successors'
		[[ $(sql "select counter from sessions where id = '$(session)'") == "$round" ]]
	done
	refresh
	status 200
}

@test "a refresh token that is used again after the grace ends its session, and that alone" {
	login ann
	local first=$REFRESH old=$TOKEN id other_refresh other_token
	id=$(session)
	sign_in "$EMAIL" "$PASSWORD"
	other_refresh=$REFRESH other_token=$TOKEN
	TOKEN=$old
	refresh "$first"
	status 200
	tokens
	exchanged_ago '31 seconds'
	refresh "$first"
	problem 401 refresh-token-reused
	refused
	TOKEN=$old refused
	refresh
	problem 401 refresh-token-invalid
	refresh "$first"
	problem 401 refresh-token-invalid
	[[ $(audit_count session.reused "$id") == 1 ]]
	[[ $(mails_to "$EMAIL" session-reused) == 1 ]]
	TOKEN=$other_token REFRESH=$other_refresh
	get /api/v1/me
	status 200
	refresh
	status 200
}

@test "a thief that comes fifty times at once is noted once" {
	login ann
	local first=$REFRESH id out=$BATS_TEST_TMPDIR/out bodies=()
	id=$(session)
	refresh
	status 200
	exchanged_ago '31 seconds'
	for _ in {1..50}; do bodies+=("$(object refresh_token "$first")"); done
	PARALLEL=1 requests "$out" POST /api/v1/auth/refresh "${bodies[@]}"
	[[ $(sort -u "$out/statuses") == 401 ]]
	[[ $(audit_count session.reused "$id") == 1 ]]
	[[ $(mails_to "$EMAIL" session-reused) == 1 ]]
	refused
}

@test "a database that has gone back to a backup keeps the newest token, and not the thief of an older one" {
	login ann
	local newest older
	refresh
	older=$(of_body .refresh_token)
	for _ in {1..3}; do
		tokens
		refresh
		status 200
	done
	newest=$(of_body .refresh_token)
	sql "update sessions set counter = 1 where user_id = '$USER_ID'"
	refresh "$older"
	status 200
	older=$(of_body .refresh_token)
	refresh "$newest"
	status 200
	refresh "$older"
	problem 401 refresh-token-reused
}

@test "a refresh token from two exchanges ago is a stolen one, grace or not" {
	login ann
	local first=$REFRESH
	refresh
	tokens
	refresh
	status 200
	refresh "$first"
	problem 401 refresh-token-reused
	refused
}

@test "what is no refresh token is refused, and ends nothing" {
	login ann
	local mine=$REFRESH bad
	register bob
	sign_in "$EMAIL" "$PASSWORD"
	for bad in x "$TOKEN" "${mine:0:70}" "${mine}A" "${mine:0:30}${REFRESH:30}" "${REFRESH:0:30}${mine:30}" \
		"${mine:0:60}AAAAAAAAAAA" "$(printf 'A%.0s' {1..71})" "$mine$mine" "${mine/_/+}="; do
		refresh "$bad"
		problem 401 refresh-token-invalid
	done
	refresh ''
	problem 400 invalid-request
	TOKEN=$REFRESH get /api/v1/me
	problem 401 token-invalid
	refresh "$mine"
	status 200
	refresh
	status 200
}

@test "a session that was not used for long has ended" {
	login ann
	sql "update sessions set idle_until = now() - interval '1 second' where id = '$(session)'"
	get /api/v1/me/sessions
	body length 0
	refresh
	problem 401 refresh-token-invalid
}

@test "a session is idle to the second, though its row says hours" {
	login ann
	local id
	id=$(session)
	[[ $(sql "select extract(epoch from idle_until)::bigint % 3600 from sessions where id = '$id'") == 0 ]]
	local until
	until=$(sql "select idle_until from sessions where id = '$id'")
	refresh
	status 200
	tokens
	[[ $(sql "select idle_until - '$until' in (interval '0', interval '1 hour') from sessions where id = '$id'") == t ]]
	# sessions.idle is 30 days.
	sql "update sessions set last_used_at = now() - interval '30 days 1 second', idle_until = now() + interval '59 minutes' where id = '$id'"
	get /api/v1/me/sessions
	body length 0
	refresh
	problem 401 refresh-token-invalid
}

@test "using a session moves its idle limit on, never its end" {
	login ann
	local id ends
	id=$(session)
	sql "update sessions set idle_until = now() + interval '1 minute', ends_at = now() + interval '2 minutes' where id = '$id'"
	ends=$(sql "select ends_at from sessions where id = '$id'")
	refresh
	status 200
	body_is '.refresh_expires_in > 100 and .refresh_expires_in <= 120'
	body_is '.expires_in > 100 and .expires_in <= 120'
	[[ $(sql "select ends_at, idle_until = ends_at from sessions where id = '$id'") == "$ends|t" ]]
	tokens
	((EPOCHSECONDS + 125 > $(claims .exp))) || fail 'the access token outlives the session'
	sql "update sessions set idle_until = now() - interval '1 second', ends_at = now() - interval '1 second' where id = '$id'"
	refresh
	problem 401 refresh-token-invalid
}

@test "who was disabled or raised meanwhile begins no session with what was proved before" {
	register ann
	local keepers
	keepers=$(pool_kind keeper)
	kill -STOP $keepers
	curl -sS --cacert "$RUN_DIR/tls/cert.pem" -o "$BATS_TEST_TMPDIR/reply" -H 'Content-Type: application/json' \
		-d "$(credentials "$EMAIL" "$PASSWORD")" "$BASE/api/v1/auth/login" 3>&- &
	local login=$!
	sleep 0.5
	sql "update users set disabled_at = now() where id = '$USER_ID'"
	kill -CONT $keepers
	wait "$login"
	[[ $(jq -r .error.code "$BATS_TEST_TMPDIR/reply") == account-disabled ]]
	[[ $(sql "select count(*) from sessions where user_id = '$USER_ID'") == 0 ]]
}

@test "neither the database nor a log holds a refresh token (security 23, 33, 74)" {
	login ann
	local first=$REFRESH token
	refresh
	tokens
	[[ $REFRESH =~ ^[A-Za-z0-9_-]{71}$ ]]
	as_owner "$(postgres_bin)/pg_dump" -h "$RUN_DIR/sock" -U postgres --data-only postern >"$BATS_TEST_TMPDIR/dump"
	grep -q "$(session)" "$BATS_TEST_TMPDIR/dump"
	sleep 0.3 # logs are written at the end of a turn
	for token in "$first" "$REFRESH"; do
		# What follows the id and the count is secret.
		run ! grep -rlF -- "${token:30:40}" "$BATS_TEST_TMPDIR/dump" "$RUN_DIR/log"
	done
}

# --- signing out ----------------------------------------------------------------------------

@test "signing out ends the session at once, and can be repeated" {
	login ann
	local id
	id=$(session)
	for _ in 1 2; do
		TOKEN='' post /api/v1/auth/logout "{\"refresh_token\": \"$REFRESH\"}"
		status 204
		[[ -z $BODY ]]
	done
	refused
	refresh
	problem 401 refresh-token-invalid
	[[ $(audit_count session.end "$id") == 1 ]]
}

@test "signing out works whatever there is to sign out" {
	post /api/v1/auth/logout '{"refresh_token": "nonsense"}'
	status 204
	post /api/v1/auth/logout '{}'
	status 204
	request POST /api/v1/auth/logout
	status 204
	TOKEN=nonsense post /api/v1/auth/logout '{}'
	status 204
	login ann
	delete "/api/v1/users/$USER_ID"
	status 204
	post /api/v1/auth/logout "{\"refresh_token\": \"$REFRESH\"}"
	status 204
}

@test "the access token alone signs out too" {
	login ann
	request POST /api/v1/auth/logout
	status 204
	refused
	refresh
	problem 401 refresh-token-invalid
}

@test "an older refresh token signs out, other sessions stay" {
	login ann
	local first=$REFRESH
	refresh
	tokens
	TOKEN='' post /api/v1/auth/logout "{\"refresh_token\": \"$first\"}"
	status 204
	refused
	sign_in "$EMAIL" "$PASSWORD"
	get /api/v1/me
	status 200
}

# --- seeing and ending them -------------------------------------------------------------------

@test "a user sees where it is signed in" {
	register ann
	sign_in "$EMAIL" "$PASSWORD" -A 'A browser "1" ✓'
	sign_in "$EMAIL" "$PASSWORD" -A $'Raw \xff bytes'
	sign_in "$EMAIL" "$PASSWORD" -A $'Turned \u202earound'
	sign_in "$EMAIL" "$PASSWORD" -A "$(printf 'ü%.0s' {1..300})"
	get /api/v1/me/sessions
	status 200
	body length 4
	body '[.[].device] | join("|")' "$(printf 'ü%.0s' {1..127})|||A browser \"1\" ✓"
	body '[.[].current] | join(" ")' 'true false false false'
	body '.[0].id' "$(session)"
	body_is 'all(.address | test("^(127.0.0.1|::1)$"))'
	body_is 'all(.created_at <= .last_used_at and .last_used_at < .ends_at)'
	body_is 'all(keys == ["address", "created_at", "current", "device", "ends_at", "id", "last_used_at"])'
	header Cache-Control '*no-store*'
}

@test "a session is used when it is refreshed" {
	login ann
	sql "update sessions set last_used_at = last_used_at - interval '1 hour', address = '192.0.2.1' where id = '$(session)'"
	get /api/v1/me/sessions
	local before
	before=$(jq -r '.[0].last_used_at' <<<"$BODY")
	body '.[0].address' 192.0.2.1
	refresh
	tokens
	get /api/v1/me/sessions
	body length 1
	body_is '.[0] | .last_used_at > $before and .address != "192.0.2.1"' --arg before "$before"
}

@test "a user ends one of its sessions, once" {
	login ann
	local here=$TOKEN there there_refresh id
	sign_in "$EMAIL" "$PASSWORD"
	there=$TOKEN there_refresh=$REFRESH
	id=$(session)
	TOKEN=$here delete "/api/v1/me/sessions/$id"
	status 204
	TOKEN=$there refused
	refresh "$there_refresh"
	problem 401 refresh-token-invalid
	TOKEN=$here
	get /api/v1/me
	status 200
	delete "/api/v1/me/sessions/$id"
	problem 404 session-not-found "session $id not found"
	delete /api/v1/me/sessions/42
	problem 400 invalid-request
	fault /id
	delete "/api/v1/me/sessions/$(session)"
	status 204
	refused
}

@test "a user does not end the session of another" {
	login bob
	local bob=$TOKEN id
	id=$(session)
	login ann
	delete "/api/v1/me/sessions/$id"
	problem 404 session-not-found
	TOKEN=$bob get /api/v1/me
	status 200
}

@test "a user ends all its other sessions" {
	login bob
	local bob=$TOKEN others=() token
	register ann
	for _ in 1 2 3; do
		sign_in "$EMAIL" "$PASSWORD"
		others+=("$TOKEN")
	done
	sign_in "$EMAIL" "$PASSWORD"
	delete /api/v1/me/sessions
	status 204
	for token in "${others[@]}"; do
		TOKEN=$token refused
	done
	get /api/v1/me/sessions
	body length 1
	body '.[0].current' true
	refresh
	status 200
	TOKEN=$bob get /api/v1/me
	status 200
}

@test "an admin sees and ends the sessions of anybody" {
	register ann
	local ann=$USER_ID tokens=() ids=()
	for _ in 1 2 3; do
		sign_in "$EMAIL" "$PASSWORD"
		tokens+=("$TOKEN") ids+=("$(session)")
	done
	admin
	get "/api/v1/users/$ann/sessions"
	status 200
	body length 3
	body_is 'all(.current == false)'
	delete "/api/v1/users/$ann/sessions/${ids[0]}"
	status 204
	TOKEN=${tokens[0]} refused
	delete "/api/v1/users/$USER_ID/sessions/${ids[1]}"
	problem 404 session-not-found
	TOKEN=${tokens[1]} get /api/v1/me
	status 200
	delete "/api/v1/users/$ann/sessions"
	status 204
	TOKEN=${tokens[1]} refused
	TOKEN=${tokens[2]} refused
	get "/api/v1/users/$ann/sessions"
	body length 0
	local method
	for method in GET DELETE; do
		request "$method" /api/v1/users/01890000-0000-7000-8000-000000000000/sessions
		problem 404 user-not-found
	done
}

@test "who is no admin sees and ends no sessions by a user's id, not even its own" {
	login ann
	get "/api/v1/users/$USER_ID/sessions"
	problem 403 forbidden
	delete "/api/v1/users/$USER_ID/sessions/$(session)"
	problem 403 forbidden
	delete "/api/v1/users/$USER_ID/sessions"
	problem 403 forbidden
}

@test "a user has so many sessions; the one that was used the longest ago makes room" {
	register ann
	local tokens=() refreshes=() i
	for i in 0 1 2 3 4; do
		sign_in "$EMAIL" "$PASSWORD"
		tokens+=("$TOKEN") refreshes+=("$REFRESH")
	done
	refresh "${refreshes[0]}"
	status 200
	sign_in "$EMAIL" "$PASSWORD"
	get /api/v1/me/sessions
	body length 5
	refresh "${refreshes[1]}"
	problem 401 refresh-token-invalid
	TOKEN=${tokens[1]} wait_for 20 answers 401 GET /api/v1/me
	TOKEN=${tokens[1]} refused
	TOKEN=${tokens[0]} get /api/v1/me
	status 200
}

# --- what is revoked stays so -----------------------------------------------------------------

@test "every worker of the host refuses a revoked token at once" {
	local round
	for round in {1..10}; do
		login ann
		delete "/api/v1/me/sessions/$(session)"
		status 204
		# Over new connections, so that they reach both workers.
		for _ in {1..6}; do
			get /api/v1/me
			problem 401 token-revoked
		done
	done
}

@test "workers that begin later know what was revoked before, through kills and reloads" {
	login ann
	local revoked=$TOKEN
	delete "/api/v1/me/sessions/$(session)"
	status 204
	sign_in "$EMAIL" "$PASSWORD"
	kill -KILL $(pool_kind worker)
	wait_for 10 answers 200 GET /api/v1/me
	for _ in {1..6}; do
		TOKEN=$revoked refused
		get /api/v1/me
		status 200
	done
	kill -HUP "$(pool_pid)"
	logged 'reload'
	for _ in {1..20}; do
		TOKEN=$revoked refused
		sleep 0.05
	done
	get /api/v1/me
	status 200
}

@test "a worker that dies after it ended a session leaves the session ended" {
	login ann
	delete "/api/v1/me/sessions/$(session)"
	status 204
	kill -KILL $(pool_kind worker)
	wait_for 10 served
	refused
	refresh
	problem 401 refresh-token-invalid
}

# told QUERY [BUCKET]: tells that the sessions it gives are revoked, as the pool does.
told() {
	sql "with ended as materialized ($1), head as (
			update feed_heads set seq = seq + (select count(*) from ended) where bucket = ${2:-7} returning bucket, seq
		)
		insert into events (bucket, seq, type, subject, version, expires_at)
		select bucket, seq - row_number() over () + 1, 'session.revoked', e, 0, now() + interval '5 minutes'
		from head cross join ended as t (e)"
}

# Whoever begins now knows that TOKEN has been revoked, and takes another one.
refused_by_new_workers() {
	kill -KILL $(pool_kind worker)
	wait_for 20 served
	wait_for 10 answers 401 GET /api/v1/me
	refused
	sign_in "$EMAIL" "$PASSWORD"
	get /api/v1/me
	status 200
}

# known ID: the feed has it.
known() {
	[[ $(sql "select count(*) from events where subject = '$1'") != 0 ]]
}

@test "any number of revocations can be read by a worker that begins" {
	login ann
	told "select gen_random_uuid() from generate_series(1, 50000)"
	told "select '$(session)'::uuid"
	wait_for 10 answers 401 GET /api/v1/me
	refused_by_new_workers
	# Nobody is to remember them, and tell them again.
	sql 'delete from events'
	kill -KILL $(pool_kind worker)
	wait_for 20 served
	wait_for 10 answers 200 GET /api/v1/me
}

@test "what a database has lost that has gone back is told to it again" {
	login ann
	local gone
	gone=$(session)
	delete "/api/v1/me/sessions/$gone"
	status 204
	# Longer than between two readings.
	sleep 1
	# As a standby does that was behind, or a backup: the numbers are given again, to something else.
	sql "with lost as (delete from events where subject = '$gone' returning bucket)
		update feed_heads set seq = seq - 1 from lost where feed_heads.bucket = lost.bucket"
	wait_for 10 known "$gone"
	logged 'the database has gone back'
	refused_by_new_workers
}

@test "events of a bucket are seen in their order, whoever tells of them last" {
	local writer pids=() before
	before=$(sql 'select seq from feed_heads where bucket = 40')
	for writer in {1..8}; do
		told "select gen_random_uuid() from generate_series(1, 20)" 40 &
		pids+=($!)
	done
	wait "${pids[@]}"
	[[ $(sql "select min(seq) - $before, max(seq) - $before, count(*) from events where bucket = 40 and seq > $before") == '1|160|160' ]]
	[[ $(sql "select seq - $before from feed_heads where bucket = 40") == 160 ]]
}

@test "hosts that still run the program before this one are told, and tell" {
	login ann
	local gone
	gone=$(session)
	sql "insert into revocations (subject, version, expires_at) values ('$gone', 0, now() + interval '5 minutes')"
	wait_for 10 answers 401 GET /api/v1/me
	refused
	sign_in "$EMAIL" "$PASSWORD"
	gone=$(session)
	delete "/api/v1/me/sessions/$gone"
	status 204
	[[ $(sql "select count(*) from revocations where subject = '$gone'") == 1 ]]
}

# asked STATUS: what auth/check says of TOKEN, without a look into the database.
asked() {
	answers "$1" GET /api/v1/auth/check
}

@test "a token dies in another pool on the same database" {
	local first=$RUN_DIR base=$BASE
	login ann
	stack_start APP__SERVER__WORKERS=2 APP__SERVER__KEEPERS=1 APP__DATABASE__URL="postgresql:///postern?host=$RUN_DIR/sock&user=postern" \
		APP__JWT_SECRET_FILE="$RUN_DIR/secrets/jwt_secret" APP__SERVER__STATE="$RUN_DIR/secrets"
	SECOND=$RUN_DIR
	local second_base=$BASE
	asked 204
	RUN_DIR=$first BASE=$base delete "/api/v1/me/sessions/$(session)"
	status 204
	RUN_DIR=$SECOND BASE=$second_base
	wait_for 20 asked 401 || fail 'it lives on in the other pool'
	for _ in {1..6}; do
		wait_for 20 asked 401
	done
	problem 401 token-revoked
	# The other way round, and all of a user.
	sign_in "$EMAIL" "$PASSWORD"
	RUN_DIR=$first BASE=$base asked 204
	delete "/api/v1/users/$USER_ID"
	status 204
	RUN_DIR=$first BASE=$base
	wait_for 20 asked 401
	problem 401 token-revoked
}

# --- cookies --------------------------------------------------------------------------------

# cookie_login [ORIGIN]: signs in with a cookie; sets COOKIE and TOKEN.
cookie_login() {
	TOKEN='' post /api/v1/auth/login \
		"$(jq -nc --arg e "$EMAIL" --arg p "$PASSWORD" '{email: $e, password: $p, cookie: true}')" \
		-H "Origin: ${1-https://app.example}"
	status 200 || return
	TOKEN=$(of_body .access_token)
	COOKIE=$(header Set-Cookie | sed -n 's/^\(__Secure-postern-refresh=[^;]*\).*/\1/p')
}

# with_cookie METHOD PATH [ORIGIN]
with_cookie() {
	TOKEN='' request "$1" "$2" -H "Cookie: theme=dark; $COOKIE; lang=en" ${3:+-H "Origin: $3"}
}

@test "in cookie mode the refresh token is out of reach of scripts" {
	register ann
	cookie_login
	header Set-Cookie '__Secure-postern-refresh=*; Path=/api/v1/auth; Max-Age=2592000; Secure; HttpOnly; SameSite=Strict*'
	[[ $(grep -ci '^set-cookie' <<<"$HEADERS") == 2 ]]
	body_is 'keys == ["access_token", "expires_in", "refresh_expires_in", "token_type"]'
	[[ ${COOKIE#*=} =~ ^[A-Za-z0-9_-]{71}$ && $BODY != *"${COOKIE#*=}"* ]]
	header Access-Control-Allow-Credentials true
	header Access-Control-Allow-Origin https://app.example
	get /api/v1/me
	status 200
}

@test "the cookie is exchanged like any refresh token" {
	register ann
	cookie_login
	local first=$COOKIE
	with_cookie POST /api/v1/auth/refresh https://app.example
	status 200
	body_is 'has("refresh_token") | not'
	COOKIE=$(header Set-Cookie | sed 's/;.*//')
	[[ $COOKIE != "$first" ]]
	tokens
	get /api/v1/me
	status 200
	with_cookie POST /api/v1/auth/refresh https://other.example
	status 200
	with_cookie POST /api/v1/auth/refresh "$BASE"
	status 200
	COOKIE=$first
	with_cookie POST /api/v1/auth/refresh https://app.example
	problem 401 refresh-token-reused
}

@test "the cookie counts only for pages of the origins that were named" {
	register ann
	cookie_login
	local origin
	for origin in '' null https://evil.example https://app.example.evil.example http://app.example \
		https://app.example:444 https://app.example/ HTTPS://APP.EXAMPLE 'https://app.example, https://other.example'; do
		with_cookie POST /api/v1/auth/refresh "$origin"
		problem 403 origin-refused
		with_cookie POST /api/v1/auth/logout "$origin"
		problem 403 origin-refused
	done
	with_cookie POST /api/v1/auth/refresh https://app.example
	status 200
	EMAIL=$EMAIL run cookie_login https://evil.example
	[[ $status != 0 && $output == *origin-refused* ]]
}

@test "a cookie's token is taken from nowhere else, and the other way round" {
	register ann
	cookie_login
	refresh "${COOKIE#*=}"
	problem 401 refresh-token-invalid
	with_cookie POST /api/v1/auth/refresh https://app.example
	status 200
	sign_in "$EMAIL" "$PASSWORD"
	COOKIE=__Secure-postern-refresh=$REFRESH
	with_cookie POST /api/v1/auth/refresh https://app.example
	problem 401 refresh-token-invalid
	refresh
	status 200
}

# tossed GOOD OTHER: each way in which a browser sends a cookie that another page has put beside the
# right one, one a line.
tossed() {
	local name=${1%%=*} other
	for other in "${@:2}"; do
		printf '%s\n' "$name=$other; $1" "$1; $name=$other" "$name=$other; $1; $name=$other" \
			"$name=; $1; $name=$other" "$1; $1; $name=$other" "$name=$other;$1;$name=x"
	done
}

# made_up TOKEN: as it, of a session of its own, with a MAC that is not right.
made_up() {
	echo "${1:0:20}$([[ ${1:20:1} == A ]] && echo B || echo A)${1:21}"
}

@test "a cookie that another page has put beside ours is not in the way of a refresh" {
	register ann
	cookie_login
	local good=$COOKIE junk
	junk=$(made_up "${good#*=}")
	while read -r COOKIE; do
		with_cookie POST /api/v1/auth/refresh https://app.example
		status 200 || return
		good=$(header Set-Cookie | sed 's/;.*//')
	done < <(tossed "$good" x "$junk" "${junk}x" "${junk:0:70}" "$(printf 'A%.0s' {1..71})")
	# Between two of one session it is the newer one that is meant.
	local before=$good
	COOKIE=$good
	with_cookie POST /api/v1/auth/refresh https://app.example
	good=$(header Set-Cookie | sed 's/;.*//')
	while read -r COOKIE; do
		with_cookie POST /api/v1/auth/refresh https://app.example
		status 200 || return
	done < <(tossed "$good" "${before#*=}")
}

@test "of two sessions' cookies a refresh takes neither, and ends neither" {
	register ann
	cookie_login
	local good=$COOKIE planted
	register mallory
	cookie_login
	planted=$COOKIE
	while read -r COOKIE; do
		with_cookie POST /api/v1/auth/refresh https://app.example
		problem 401 refresh-token-invalid || return
		no_header Set-Cookie
	done < <(tossed "$good" "${planted#*=}")
	for COOKIE in "$good" "$planted"; do
		with_cookie POST /api/v1/auth/refresh https://app.example
		status 200
	done
}

@test "signing out ends what each of the cookies names" {
	local good planted way ways=()
	register mallory
	cookie_login
	planted=$COOKIE
	register ann
	cookie_login
	mapfile -t ways < <(tossed 'name=GOOD' x MADE_UP PLANTED)
	for way in "${ways[@]}"; do
		cookie_login
		good=$COOKIE
		way=${way//GOOD/${good#*=}}
		way=${way//MADE_UP/$(made_up "${good#*=}")}
		way=${way//PLANTED/${planted#*=}}
		COOKIE=${way//name=/${good%%=*}=}
		with_cookie POST /api/v1/auth/logout https://app.example
		status 204 || return
		header Set-Cookie "${good%%=*}=; *Max-Age=0;*" || return
		refused || return
		COOKIE=$good
		with_cookie POST /api/v1/auth/refresh https://app.example
		problem 401 refresh-token-invalid || return
	done
	COOKIE=$planted
	with_cookie POST /api/v1/auth/refresh https://app.example
	problem 401 refresh-token-invalid
}

@test "as many cookies as a header holds hide no session from who signs out" {
	register ann
	cookie_login
	local good=$COOKIE junk=() i
	for i in {1..70}; do
		junk+=("${good%%=*}=$(printf '%02d' "$i")${good: -69}")
	done
	COOKIE=$(printf '%s; ' "${junk[@]}")$good
	with_cookie POST /api/v1/auth/logout https://app.example
	status 204
	refused
}

@test "signing out with cookies that name nothing ends the session of the access token" {
	register ann
	cookie_login
	post /api/v1/auth/logout -H "Origin: https://app.example" \
		-H "Cookie: ${COOKIE%%=*}=$(made_up "${COOKIE#*=}"); ${COOKIE%%=*}=x"
	status 204
	refused
}

@test "signing out in cookie mode ends the session and takes the cookie away" {
	register ann
	cookie_login
	with_cookie POST /api/v1/auth/logout https://app.example
	status 204
	header Set-Cookie '__Secure-postern-refresh=; Path=/api/v1/auth; Max-Age=0; Secure; HttpOnly; SameSite=Strict'
	refused
	with_cookie POST /api/v1/auth/refresh https://app.example
	problem 401 refresh-token-invalid
	with_cookie POST /api/v1/auth/logout https://app.example
	status 204
}

@test "no page of another site makes a browser forget its cookies" {
	local origin
	# As its form sends it: an empty body, and none of our cookies (SameSite=Strict).
	for origin in https://evil.example null 'https://app.example.evil.example' ''; do
		TOKEN='' post /api/v1/auth/logout '' -H 'Content-Type: application/x-www-form-urlencoded' ${origin:+-H "Origin: $origin"}
		status 204
		no_header Set-Cookie
	done
	TOKEN='' post /api/v1/auth/logout '' -H 'Origin: https://app.example'
	status 204
	header Set-Cookie '__Secure-postern-refresh=; *Max-Age=0;*'
}

@test "an Origin of bytes that are no text is refused in JSON" {
	register ann
	cookie_login
	with_cookie POST /api/v1/auth/refresh $'https://\xff\xfe.example'
	problem 403 origin-refused
	iconv -f utf-8 -t utf-8 <<<"$BODY" >/dev/null
}

@test "no other operation takes a cookie for a sign-in" {
	register ann
	cookie_login
	local path
	for path in /api/v1/me /api/v1/me/sessions /api/v1/auth/check "/api/v1/users/$USER_ID"; do
		with_cookie GET "$path" https://app.example
		problem 401 unauthenticated
		TOKEN='' get "$path" -H "Cookie: __Host-postern-access=$TOKEN"
		problem 401 unauthenticated
	done
}

@test "other origins may not use credentials" {
	register ann
	post /api/v1/auth/refresh '{}' -H 'Origin: https://evil.example'
	status 401
	no_header Access-Control
	request OPTIONS /api/v1/auth/refresh -H 'Origin: https://app.example' \
		-H 'Access-Control-Request-Method: POST'
	status 204
	header Access-Control-Allow-Credentials true
}
