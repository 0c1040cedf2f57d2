# SPDX-License-Identifier: MIT
# Guessing: what is counted, who has to wait, and that nobody can lock somebody else out.
#
# Each test comes from a network of its own, so what one has done means nothing to the next.

load helpers

setup_file() {
	stack_start APP__LIMITS__FREE=5 APP__LIMITS__NETWORK=50 APP__LIMITS__ACCOUNT=100 \
		APP__LIMITS__DELAY=15m APP__LIMITS__NETWORK_MAILS=20 APP__SERVER__WORKERS=2 \
		APP__PASSWORD__QUEUE=200
}

teardown_file() {
	stack_stop
}

setup() {
	FROM=$(another_address)
}

nobody() {
	echo "nobody.$(unique)@example.org"
}

# guess EMAIL [PASSWORD] [curl option ...]: signs in, or tries to.
guess() {
	TOKEN='' post /api/v1/auth/login "$(credentials "$1" "${2-not the password}")" "${@:3}"
}

# guesses N EMAIL: so many wrong ones.
guesses() {
	local i
	for ((i = 0; i < $1; i++)); do
		guess "$2"
		problem 401 bad-credentials || return
	done
}

# key KIND NETWORK [ACCOUNT]: of the table attempts.
key() {
	printf '%s\0%s\0%s' "$1" "$2" "${3-}" | b2sum -l 128 | cut -d' ' -f1
}

# failures KIND NETWORK [ACCOUNT]: as the database has counted them.
failures() {
	sql "select coalesce(sum(failures), 0) from attempts
		where kind = '$1' and key = '$(key "$@")' and failures > 0"
}

# guessed N EMAIL: as if so many had been wrong before, from here and from everywhere, and none had
# to wait.
guessed() {
	sql "insert into attempts (kind, key, failures, forget_at, blocked_until)
		values ('pair', '$(key pair "$FROM" "$2")', $1, now() + interval '1 day', now()),
			('account', '$(key account '' "$2")', $1, now() + interval '1 day', now())
		on conflict (kind, key) do update set failures = excluded.failures"
}

# session_guessed N EMAIL: the same of this session, which is counted apart.
session_guessed() {
	local own
	own="session $(session)"
	sql "insert into attempts (kind, key, failures, forget_at, blocked_until)
		values ('pair', '$(key pair "$own" "$2")', $1, now() + interval '1 day', now()),
			('account', '$(key account "$own" "$2")', $1, now() + interval '1 day', now())
		on conflict (kind, key) do update set failures = excluded.failures"
}

# has_to_wait EMAIL: this network was wrong so often that it does, for long.
has_to_wait() {
	sql "delete from attempts where key = '$(key pair "$FROM" "$1")'"
	guessed 20 "$1"
	guess "$1"
	problem 401 bad-credentials
}

# blocked EMAIL: whether this network was told to wait, if only for a second.
blocked() {
	sql "select blocked_until > '-infinity' from attempts where key = '$(key pair "$FROM" "$1")'"
}

# guess_from ADDRESS BODY: one sign-in, with nginx left out, which would not believe the address.
guess_from() {
	python3 "$BATS_TEST_DIRNAME/fcgi.py" post "$RUN_DIR/sock/fcgi.sock" /api/v1/auth/login "$@"
}

# guarded EMAIL: guessed at so often that it asks for a proof, but never from here.
guarded() {
	sql "insert into attempts (kind, key, failures, forget_at, blocked_until)
		values ('account', '$(key account '' "$1")', 100, now() + interval '1 day', now())"
}

# with_proof EMAIL PASSWORD CODE [ID]
with_proof() {
	TOKEN='' post /api/v1/auth/login "$(jq -nc --arg e "$1" --arg p "$2" --arg c "$3" \
		--arg i "${4-$PROOF}" '{email: $e, password: $p, proof_id: $i, proof_code: $c}')"
}

# new_password: the input that changes PASSWORD.
new_password() {
	object current_password "$PASSWORD" password 'quite another thing'
}

# unlock EMAIL: asks for the mail; sets PROOF, CODE and LINK.
unlock() {
	post /api/v1/auth/unlock "$(object email "$1")"
	status 202 || return
	mail_for "$1" unlock
	body .id "$PROOF"
}

# what_is_told: the last reply without what differs from one request to the next.
what_is_told() {
	local id
	id=$(header X-Request-Id)
	printf '%s\n%s' "$HEADERS" "$BODY" |
		grep -viE '^(date|ratelimit-reset|retry-after):' | sed "s/$id/ID/"
}

# --- passwords ------------------------------------------------------------------------------

@test "wrong passwords are answered as long as they are free, then they have to wait" {
	register ann
	local left
	for left in 4 3 2 1; do
		guess "$EMAIL"
		problem 401 bad-credentials
		header RateLimit-Limit 5
		header RateLimit-Remaining "$left"
		header RateLimit-Reset 86400
	done
	[[ $(blocked "$EMAIL") == f ]]
	guess "$EMAIL"
	problem 401 bad-credentials
	header RateLimit-Remaining 0
	header RateLimit-Reset '[01]'
	[[ $(blocked "$EMAIL") == t ]]
}

@test "who has to wait is told for how long" {
	register ann
	has_to_wait "$EMAIL"
	guess "$EMAIL"
	problem 429 too-many-attempts
	local wait
	wait=$(header Retry-After)
	[[ $wait -gt 800 && $wait -le 900 ]] || fail "to wait $wait s"
	header RateLimit-Limit 5
	header RateLimit-Remaining 0
	header RateLimit-Reset "$wait"
}

@test "what has to wait is not told whether it was right" {
	register ann
	has_to_wait "$EMAIL"
	guess "$EMAIL"
	problem 429 too-many-attempts
	local wrong
	wrong=$(what_is_told)
	guess "$EMAIL" "$PASSWORD"
	[[ $(what_is_told) == "$wrong" ]] || fail "not the same as for a wrong one: $wrong"
}

@test "after the wait the right password gets in, and what was wrong is forgotten" {
	register ann
	guesses 5 "$EMAIL"
	TOKEN='' wait_for 10 answers 200 POST /api/v1/auth/login "$(credentials "$EMAIL" "$PASSWORD")"
	[[ $(failures pair "$FROM" "$EMAIL") == 0 ]]
	[[ $(failures account '' "$EMAIL") == 0 ]]
	guesses 4 "$EMAIL"
	header RateLimit-Remaining 1
}

@test "the wait doubles, up to the longest" {
	register ann
	[[ $(sql "select string_agg(extract(epoch from attempt_delay(n, 5, 900000000))::integer::text, ' ' order by n)
		from generate_series(1, 17) as n") == '0 0 0 0 1 2 4 8 16 32 64 128 256 512 900 900 900' ]]
	[[ $(sql 'select attempt_delay(2147483647, 1, 86400000000)') == 24:00:00 ]]
	guessed 7 "$EMAIL"
	guess "$EMAIL"
	problem 401 bad-credentials
	header RateLimit-Reset '[0-8]'
	[[ $(sql "select blocked_until - now() between '1 second' and '8 seconds' from attempts
		where key = '$(key pair "$FROM" "$EMAIL")'") == t ]]
}

@test "a day without a guess, and failures are forgotten" {
	register ann
	guessed 80 "$EMAIL"
	sql "update attempts set forget_at = now() where key = '$(key pair "$FROM" "$EMAIL")'"
	guesses 4 "$EMAIL"
	header RateLimit-Remaining 1
	guess "$EMAIL" "$PASSWORD"
	status 200
}

@test "of fifty guesses at once no more are looked at than are free" {
	register ann
	local bodies=() i wrong
	for i in {1..50}; do
		bodies+=("$(credentials "$EMAIL" "guess number $i")")
	done
	PARALLEL=1 requests "$BATS_TEST_TMPDIR/out" POST /api/v1/auth/login "${bodies[@]}"
	sort "$BATS_TEST_TMPDIR/out/statuses" | uniq -c
	wrong=$(grep -c 401 "$BATS_TEST_TMPDIR/out/statuses")
	# One more after a second, another two seconds later, should the fifty take that long.
	[[ $wrong -ge 5 && $wrong -le 8 ]]
	[[ $(grep -c 429 "$BATS_TEST_TMPDIR/out/statuses") == $((50 - wrong)) ]]
}

@test "of fifty sign-ins at once with the right password none is counted as wrong" {
	register ann
	local bodies=() i
	for i in {1..50}; do
		bodies+=("$(credentials "$EMAIL" "$PASSWORD")")
	done
	PARALLEL=1 requests "$BATS_TEST_TMPDIR/out" POST /api/v1/auth/login "${bodies[@]}"
	sort "$BATS_TEST_TMPDIR/out/statuses" | uniq -c
	[[ $(grep -cE '200|429' "$BATS_TEST_TMPDIR/out/statuses") == 50 ]]
	grep -q 200 "$BATS_TEST_TMPDIR/out/statuses"
	[[ $(failures pair "$FROM" "$EMAIL") == 0 ]]
	[[ $(failures account '' "$EMAIL") == 0 ]]
	[[ $(failures network "$FROM") == 0 ]]
	sign_in "$EMAIL" "$PASSWORD"
}

@test "an unknown account is put off like a known one" {
	register ann
	local known=() unknown=() i email
	email=$(nobody)
	for i in {1..8}; do
		if [[ $i == 5 ]]; then
			guessed 20 "$EMAIL"
			guessed 20 "$email"
		fi
		guess "$EMAIL"
		known+=("$(what_is_told)")
		guess "$email"
		unknown+=("$(what_is_told)")
	done
	status 429
	for i in {0..7}; do
		[[ ${known[i]} == "${unknown[i]}" ]] || fail "they differ: ${known[i]} ${unknown[i]}"
	done
	[[ $(failures account '' "$email") == 21 ]]
}

@test "all spellings of an address share what is free" {
	local n
	n=$(unique)
	post /api/v1/users "$(person "Ann.$n@bücher.example" 'a long password' Ann)"
	status 201
	local left=4 spelling
	for spelling in "Ann.$n@bücher.example" "ann.$n@bücher.example" "ANN.$n@BÜCHER.example" \
		"ann.$n@xn--bcher-kva.example" "aNN.$n@XN--BCHER-KVA.EXAMPLE"; do
		guess "$spelling"
		problem 401 bad-credentials
		header RateLimit-Remaining "$((left--))"
	done
}

@test "what is no address at all is counted, too" {
	local name
	name="no address $(unique)"
	guesses 4 "$name"
	header RateLimit-Remaining 1
	guesses 1 "$name"
	header RateLimit-Remaining 0
}

@test "no header changes where a guess comes from" {
	register ann
	local left=4 name names=(X-Forwarded-For X-Real-IP Forwarded True-Client-IP CF-Connecting-IP)
	for name in "${names[@]:1}"; do
		guess "$EMAIL" wrong -H "$name: 192.0.2.${#name}"
		problem 401 bad-credentials
		header RateLimit-Remaining "$((left--))"
	done
	has_to_wait "$EMAIL"
	for name in "${names[@]}"; do
		guess "$EMAIL" "$PASSWORD" -H "$name: 198.51.100.${#name}"
		problem 429 too-many-attempts
	done
}

@test "IPv6 counts by the 64 bits of a network" {
	register ann
	local address wrong
	wrong=$(credentials "$EMAIL" wrong)
	FROM=2001:db8:1:2::/64 guessed 20 "$EMAIL"
	[[ $(guess_from 2001:db8:1:2::1 "$wrong") == 401 ]]
	for address in 2001:db8:1:2:3:4:5:6 2001:DB8:1:2:ffff::1 2001:db8:1:2:8000:: 2001:db8:1:2::1; do
		[[ $(guess_from "$address" "$wrong") == 429 ]]
	done
	for address in 2001:db8:1:3::1 2001:db8::1:2:0:0:1 192.0.2.1; do
		[[ $(guess_from "$address" "$wrong") == 401 ]]
	done
}

@test "IPv4 and IPv6 of loopback are two networks" {
	grep -q '^0\{31\}1 ' /proc/net/if_inet6 2>/dev/null || skip 'there is no IPv6 here'
	register ann
	has_to_wait "$EMAIL"
	guess "$EMAIL"
	problem 429 too-many-attempts
	FROM=::1
	sign_in "$EMAIL" "$PASSWORD"
}

# --- networks -------------------------------------------------------------------------------

@test "a network that guesses at many accounts has to wait, and others do not" {
	register ann
	local bodies=() i
	for i in {1..50}; do
		bodies+=("$(credentials "$(nobody)" wrong)")
	done
	PARALLEL=1 requests "$BATS_TEST_TMPDIR/out" POST /api/v1/auth/login "${bodies[@]}"
	sort "$BATS_TEST_TMPDIR/out/statuses" | uniq -c
	[[ $(grep -c 401 "$BATS_TEST_TMPDIR/out/statuses") == 50 ]]
	sql "update attempts set blocked_until = now() + interval '1 minute'
		where key = '$(key network "$FROM")' and failures = 50"
	guess "$(nobody)"
	problem 429 too-many-attempts
	header RateLimit-Limit 50
	header Retry-After
	guess "$EMAIL" "$PASSWORD"
	problem 429 too-many-attempts
	FROM=$(another_address)
	sign_in "$EMAIL" "$PASSWORD"
}

@test "right passwords do not count against their network, nor do they excuse it" {
	register ann
	guesses 2 "$(nobody)"
	local i
	for i in {1..3}; do
		sign_in "$EMAIL" "$PASSWORD"
	done
	[[ $(failures network "$FROM") == 2 ]]
}

# asked_without_database EMAIL: guesses ten times while PostgreSQL is away, then at somebody unknown;
# what that is told goes to the array statuses. Ten, so that each worker is met.
asked_without_database() {
	local i
	statuses=()
	postgres stop
	for i in {1..10}; do
		guess "$1"
		statuses+=("$STATUS")
	done
	guess "$(nobody)"
	statuses+=("$STATUS")
	postgres start
	wait_for 10 served
}

@test "what is known to have to wait costs no round trip, whichever worker is asked" {
	register ann
	has_to_wait "$EMAIL"
	asked_without_database "$EMAIL"
	[[ ${statuses[*]} == "$(printf '429 %.0s' {1..10})503" ]] || fail "${statuses[*]}"
	guess "$EMAIL"
	local wait
	wait=$(header Retry-After)
	[[ $wait -gt 800 && $wait -le 900 ]] || fail "to wait $wait s"
}

@test "when workers are killed it stays known who has to wait" {
	register ann
	has_to_wait "$EMAIL"
	local pids
	mapfile -t pids < <(pgrep -P "$(pool_pid)" -x postern-worker)
	[[ ${#pids[@]} == 2 ]]
	kill -KILL "${pids[@]}"
	wait_for 10 served
	asked_without_database "$EMAIL"
	[[ ${statuses[*]} == "$(printf '429 %.0s' {1..10})503" ]] || fail "${statuses[*]}"
}

@test "two pools on one database count together" {
	register ann
	local email=$EMAIL password=$PASSWORD
	guesses 3 "$email"
	guessed 20 "$email"
	(
		trap stack_stop EXIT
		stack_start "APP__DATABASE__URL=postgresql:///postern?host=$RUN_DIR/sock&user=postern" \
			"APP__JWT_SECRET_FILE=$RUN_DIR/secrets/jwt_secret" "APP__SERVER__STATE=$RUN_DIR/secrets"
		guess "$email"
		problem 401 bad-credentials
		header RateLimit-Remaining 0
	)
	guess "$email" "$password"
	problem 429 too-many-attempts
	FROM=$(another_address)
	sign_in "$email" "$password"
}

# --- owners ---------------------------------------------------------------------------------

@test "whoever guesses at an account does not keep its owner out" {
	login ann
	local owner=$FROM i
	FROM=$(another_address)
	has_to_wait "$EMAIL"
	for i in {1..10}; do
		guess "$EMAIL"
		problem 429 too-many-attempts
		FROM=$owner sign_in "$EMAIL" "$PASSWORD"
		FROM=$owner get /api/v1/me
		status 200
	done
}

@test "after a hundred wrong passwords from anywhere an account asks for a proof, right or wrong" {
	register ann
	local i bodies=() owner=$FROM right
	for i in {1..5}; do
		bodies+=("$(credentials "$EMAIL" "guess $i")")
	done
	for i in {1..20}; do
		FROM=$(another_address)
		PARALLEL=1 requests "$BATS_TEST_TMPDIR/out.$i" POST /api/v1/auth/login "${bodies[@]}"
	done
	[[ $(cat "$BATS_TEST_TMPDIR"/out.*/statuses | grep -c 401) == 100 ]]
	[[ $(failures account '' "$EMAIL") == 100 ]]
	[[ $(sql "select count(*) from audit where action = 'account.guarded' and subject = '$USER_ID'") == 1 ]]
	FROM=$owner
	guess "$EMAIL" "$PASSWORD"
	problem 403 proof-needed
	right=$(what_is_told)
	FROM=$(another_address)
	guess "$EMAIL"
	[[ $(what_is_told) == "$right" ]] || fail "not the same as for a right one: $right"
}

@test "an unknown account asks for a proof like a known one" {
	register ann
	local known email
	guarded "$EMAIL"
	guess "$EMAIL"
	problem 403 proof-needed
	known=$(what_is_told)
	email=$(nobody)
	guarded "$email"
	guess "$email"
	[[ $(what_is_told) == "$known" ]] || fail "not the same as for a known one: $known"
}

@test "the hundredth wrong password is still answered" {
	register ann
	guessed 99 "$EMAIL"
	guess "$EMAIL"
	problem 401 bad-credentials
	FROM=$(another_address)
	guess "$EMAIL" "$PASSWORD"
	problem 403 proof-needed
}

@test "password and mailed code open a guarded account, and then the password does" {
	register ann
	guarded "$EMAIL"
	unlock "$EMAIL"
	with_proof "$EMAIL" 'not the password' "$CODE"
	problem 401 bad-credentials
	with_proof "$EMAIL" "$PASSWORD" "$(printf '%08d' $(((10#$CODE + 1) % 100000000)))"
	problem 400 proof-wrong
	with_proof "$EMAIL" "$PASSWORD" "$CODE"
	status 200
	[[ $(failures account '' "$EMAIL") == 0 ]]
	sign_in "$EMAIL" "$PASSWORD"
	with_proof "$EMAIL" "$PASSWORD" "$CODE"
	problem 410 proof-gone
}

@test "the mailed link opens a guarded account as well" {
	register ann
	guarded "$EMAIL"
	unlock "$EMAIL"
	post /api/v1/auth/login "$(jq -nc --arg e "$EMAIL" --arg p "$PASSWORD" --arg t "$LINK" \
		'{email: $e, password: $p, proof_token: $t}')"
	status 200
}

@test "a proof opens only the account it was mailed for" {
	register bob
	unlock "$EMAIL"
	register ann
	guarded "$EMAIL"
	with_proof "$EMAIL" "$PASSWORD" "$CODE"
	problem 400 proof-wrong
	with_proof "$(nobody)" "$PASSWORD" "$CODE"
	problem 400 proof-wrong
}

@test "a proof of another kind opens nothing" {
	register ann
	guarded "$EMAIL"
	post /api/v1/auth/forgot "$(object email "$EMAIL")"
	status 202
	mail_for "$EMAIL" reset
	with_proof "$EMAIL" "$PASSWORD" "$CODE"
	problem 410 proof-gone
}

@test "half a proof, or two, is a fault" {
	local body
	while IFS='|' read -r pointer body; do
		post /api/v1/auth/login "{\"email\": \"ann@example.org\", \"password\": \"x\", $body}"
		problem 400 invalid-request
		fault "$pointer"
	done <<-'END'
		/proof_id|"proof_code": "12345678"
		/proof_code|"proof_id": "01890000-0000-7000-8000-000000000000"
		/proof_token|"proof_token": "x", "proof_code": "12345678"
	END
}

@test "who brings a proof need not wait for others of the same network" {
	register ann
	has_to_wait "$EMAIL"
	guess "$EMAIL" "$PASSWORD"
	problem 429 too-many-attempts
	unlock "$EMAIL"
	with_proof "$EMAIL" "$PASSWORD" "$CODE"
	status 200
	sign_in "$EMAIL" "$PASSWORD"
}

@test "sessions go on while their account is guarded" {
	register ann
	guess "$EMAIL" "$PASSWORD"
	status 200
	local refresh
	TOKEN=$(of_body .access_token)
	refresh=$(of_body .refresh_token)
	guarded "$EMAIL"
	get /api/v1/me
	status 200
	post /api/v1/auth/refresh "{\"refresh_token\": \"$refresh\"}"
	status 200
}

@test "a new password by mail opens a guarded account" {
	register ann
	guarded "$EMAIL"
	post /api/v1/auth/forgot "$(object email "$EMAIL")"
	mail_for "$EMAIL" reset
	post /api/v1/auth/reset "$(object token "$LINK" password 'quite another thing')"
	status 204
	sign_in "$EMAIL" 'quite another thing'
}

@test "asking to unlock does not tell who has an account" {
	register ann
	local known email
	post /api/v1/auth/unlock "$(object email "$EMAIL")"
	status 202
	known=$(what_is_told | sed "s/$(of_body .id)/UUID/")
	email=$(nobody)
	post /api/v1/auth/unlock "$(object email "$email")"
	[[ $(what_is_told | sed "s/$(of_body .id)/UUID/") == "$known" ]] || fail "not the same: $known"
	[[ $(mails_to "$EMAIL" unlock) == 1 ]]
	[[ $(mails_to "$email") == 0 ]]
}

@test "a disabled account is told so only with the right password, which is no failure" {
	register ann
	sql "update users set disabled_at = now() where id = '$USER_ID'"
	guesses 3 "$EMAIL"
	guess "$EMAIL" "$PASSWORD"
	problem 403 account-disabled
	[[ $(failures pair "$FROM" "$EMAIL") == 0 ]]
	[[ $(failures network "$FROM") == 3 ]]
}

# --- other things to guess at, and to ask for -------------------------------------------------

@test "the current password is not there to be guessed either" {
	login ann
	local i
	for i in {4..3}; do
		post /api/v1/me/password '{"current_password": "wrong", "password": "quite another thing"}'
		problem 403 password-wrong
		header RateLimit-Remaining "$i"
	done
	session_guessed 20 "$EMAIL"
	post /api/v1/me/password '{"current_password": "wrong", "password": "quite another thing"}'
	problem 403 password-wrong
	post /api/v1/me/password "$(new_password)"
	problem 429 too-many-attempts
	guess "$EMAIL" "$PASSWORD"
	status 200
}

@test "nor is it by asking for another address" {
	login ann
	local i
	for i in {4..3}; do
		post /api/v1/me/email "$(credentials "$(nobody)" wrong)"
		problem 403 password-wrong
		header RateLimit-Remaining "$i"
	done
	session_guessed 20 "$EMAIL"
	post /api/v1/me/email "$(credentials "$(nobody)" wrong)"
	problem 403 password-wrong
	post /api/v1/me/email "$(credentials "$(nobody)" "$PASSWORD")"
	problem 429 too-many-attempts
	guess "$EMAIL" "$PASSWORD"
	status 200
}

@test "nor is it where it is asked for afresh" {
	login ann
	local i
	for i in {4..3}; do
		post /api/v1/me/reauth '{"password": "wrong"}'
		problem 403 password-wrong
		header RateLimit-Remaining "$i"
	done
	session_guessed 20 "$EMAIL"
	post /api/v1/me/reauth '{"password": "wrong"}'
	problem 403 password-wrong
	post /api/v1/me/reauth "$(object password "$PASSWORD")"
	problem 429 too-many-attempts
	guess "$EMAIL" "$PASSWORD"
	status 200
}

@test "the password beside the link to a new address is guessed at like that of a sign-in" {
	login ann
	post /api/v1/me/email "$(credentials "$(nobody)" "$PASSWORD")"
	status 202
	proof_of email_new "$(of_body .new_id)"
	local i wrong
	wrong=$(object token "$LINK" password wrong)
	TOKEN='' FROM=$(another_address)
	for i in {4..3}; do
		post /api/v1/auth/email/confirm "$wrong"
		problem 403 password-wrong
		header RateLimit-Remaining "$i"
	done
	guessed 20 "$EMAIL"
	post /api/v1/auth/email/confirm "$wrong"
	problem 403 password-wrong
	post /api/v1/auth/email/confirm "$(jq -c --arg p "$PASSWORD" '.password = $p' <<<"$wrong")"
	problem 429 too-many-attempts
	FROM=$(another_address)
	guessed 100 "$EMAIL"
	post /api/v1/auth/email/confirm "$(jq -c --arg p "$PASSWORD" '.password = $p' <<<"$wrong")"
	problem 403 proof-needed
}

@test "the right current password is no failure, and excuses nobody else" {
	login ann
	guesses 3 "$EMAIL"
	post /api/v1/me/password '{"current_password": "wrong", "password": "quite another thing"}'
	problem 403 password-wrong
	post /api/v1/me/password "$(new_password)"
	status 204
	[[ $(failures pair "session $(session)" "$EMAIL") == 0 ]]
	[[ $(failures account "session $(session)" "$EMAIL") == 0 ]]
	[[ $(failures pair "$FROM" "$EMAIL") == 3 ]]
	[[ $(failures account '' "$EMAIL") == 3 ]]
	[[ $(failures network "$FROM") == 3 ]]
}

@test "whose session was wrong a hundred times is not told right or wrong" {
	login ann
	session_guessed 100 "$EMAIL"
	sql "delete from attempts where kind = 'pair'"
	post /api/v1/me/reauth '{"password": "wrong"}'
	problem 403 proof-needed
	post /api/v1/me/reauth "$(object password "$PASSWORD")"
	problem 403 proof-needed
	post /api/v1/me/password '{"current_password": "wrong", "password": "quite another thing"}'
	problem 403 proof-needed
	post /api/v1/me/password "$(new_password)"
	problem 403 proof-needed
	sign_in "$EMAIL" "$PASSWORD"
	post /api/v1/me/password "$(new_password)"
	status 204
}

@test "nor is it where another address is asked for" {
	login ann
	session_guessed 100 "$EMAIL"
	sql "delete from attempts where kind = 'pair'"
	post /api/v1/me/email "$(credentials "$(nobody)" wrong)"
	problem 403 proof-needed
	post /api/v1/me/email "$(credentials "$(nobody)" "$PASSWORD")"
	problem 403 proof-needed
}

@test "whoever guesses at an account does not keep its owner from a new password" {
	login ann
	guarded "$EMAIL"
	guessed 20 "$EMAIL"
	post /api/v1/me/password "$(new_password)"
	status 204
}

@test "a network that guesses at codes has to wait, and the right one opens all the same" {
	register ann
	mail_for "$EMAIL" verify
	local bodies=() i code=$CODE proof=$PROOF
	for i in {1..50}; do
		bodies+=("$(by_code "01890000-0000-7000-8000-00000$((1000000 + i))" 12345678)")
	done
	PARALLEL=1 requests "$BATS_TEST_TMPDIR/out" POST /api/v1/auth/verify "${bodies[@]}"
	sort "$BATS_TEST_TMPDIR/out/statuses" | uniq -c
	[[ $(grep -c 410 "$BATS_TEST_TMPDIR/out/statuses") == 50 ]]
	# They are about nothing that could be given: no guesses.
	[[ $(failures code "$FROM") == 0 ]]
	sql "insert into attempts (kind, key, failures, forget_at, blocked_until)
		values ('code', '$(key code "$FROM")', 70, now() + interval '1 day', '-infinity')"
	post /api/v1/auth/verify "$(by_code "$proof" "$(printf %08d $(((10#$code + 1) % 100000000)))")"
	problem 400 proof-wrong
	post /api/v1/auth/verify "$(by_code "$proof" "$(printf %08d $(((10#$code + 2) % 100000000)))")"
	problem 429 too-many-attempts
	[[ $(sql "select tries from proofs where id = '$proof'") == 2 ]]
	sign_in "$EMAIL" "$PASSWORD"
	post /api/v1/auth/verify "$(by_code "$proof" "$code")"
	status 204
}

@test "a network that guesses at links has to wait, whatever they are of, as the document says" {
	local path extra document
	get /api/v1/openapi.json
	document=$BODY
	for path in /api/v1/auth/{verify,reset,email/confirm,email/undo}; do
		FROM=$(another_address) extra='"password": "a long password",'
		[[ $path != */undo ]] || extra=''
		sql "insert into attempts (kind, key, failures, forget_at, blocked_until)
			values ('code', '$(key link "$FROM")', 70, now() + interval '1 day', '-infinity')"
		post "$path" "{$extra \"token\": \"guess\"}"
		problem 400 proof-wrong
		post "$path" "{$extra \"token\": \"another\"}"
		problem 429 too-many-attempts
		jq -e --arg p "$path" '(.paths[$p].post.responses["429"]["$ref"] | split("/")[-1]) as $name
			| .components.responses[$name]["x-codes"] | index("too-many-attempts")' <<<"$document"
	done
}

@test "a network asks for so many mails and accounts an hour" {
	local i
	register ann
	for i in {2..20}; do
		post /api/v1/auth/forgot "$(object email "$(nobody)")"
		status 202
	done
	for path in forgot unlock; do
		post "/api/v1/auth/$path" "$(object email "$(nobody)")"
		problem 429 too-many-attempts
		local wait
		wait=$(header Retry-After)
		[[ $wait -gt 3000 && $wait -le 3600 ]] || fail "to wait $wait s"
		header RateLimit-Limit 20
	done
	post /api/v1/users "$(person "$(nobody)" 'a long password' Bob)"
	problem 429 too-many-attempts
	# Who is signed in is counted for itself.
	sign_in "$EMAIL" "$PASSWORD"
	post /api/v1/me/email "$(credentials "$(nobody)" "$PASSWORD")"
	status 202
	sql "update attempts set forget_at = now() where key = '$(key mail "$FROM")'"
	FROM=$(another_address)
	register bob
}

@test "nothing of who has guessed stands in the table" {
	register ann
	guesses 1 "$EMAIL"
	[[ $(sql "select count(*) from attempts where attempts::text ilike '%@%' or attempts::text like '%$FROM%'") == 0 ]]
	[[ $(sql 'select count(*) from attempts') -gt 0 ]]
}
