# SPDX-License-Identifier: MIT
# A forgotten password: asking for a mail, and what its link and its code are good for.

load helpers

# forgot EMAIL: sets ID, that of the answer.
forgot() {
	TOKEN='' post /api/v1/auth/forgot "$(object email "$1")" || return
	status 202 || return
	ID=$(of_body .id)
}

# ask NAME: a new user who has forgotten the password; sets CODE and LINK as mailed.
ask() {
	register "$1" && forgot "$EMAIL" && mail_for "$EMAIL" reset
}

# reset GIVEN [PASSWORD]: GIVEN of by_link or by_code.
reset() {
	TOKEN='' post /api/v1/auth/reset "$(jq -c --arg p "${2-a brand new horse}" \
		'.password = $p' <<<"$1")"
}

# Another code than CODE.
wrong_code() {
	printf '%08d' $(((10#$CODE + ${1:-1}) % 100000000))
}

# What a client sees, without what differs between any two requests.
seen_bytes() {
	local id
	id=$(header X-Request-Id) || return
	# What is left of the network's guesses goes down with each.
	printf '%s\n%s' "$HEADERS" "$BODY" | grep -vi -e '^date:' -e '^ratelimit-remaining:' |
		sed "s/$id/REQUEST/; s/${ID-none}/PROOF/"
}

# refused PASSWORD: EMAIL does not sign in with it.
refused() {
	TOKEN='' post /api/v1/auth/login "$(credentials "$EMAIL" "$1")" || return
	problem 401 bad-credentials
}

# --- asking ---------------------------------------------------------------------------------

@test "asking for a known and an unknown address gives the same bytes (security 15)" {
	register ann
	local answers=() email
	for email in "$EMAIL" "nobody.$(unique)@example.org"; do
		forgot "$email"
		body_is 'keys == ["id"]'
		body_is '.id | test("^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")'
		answers+=("$(seen_bytes)")
	done
	[[ ${answers[0]} == "${answers[1]}" ]] || fail "they differ: ${answers[*]}"
}

@test "only what has an account is written to" {
	register ann
	local nobody=nobody.$(unique)@example.org
	forgot "$nobody"
	[[ $(mails_to "$nobody") == 0 ]]
	forgot "$EMAIL"
	mail_for "$EMAIL" reset
	[[ $PROOF == "$ID" ]] || fail "the mail is about $PROOF, the answer about $ID"
}

@test "an address is found however it is spelled" {
	register ann
	forgot "${EMAIL^^}"
	mail_for "$EMAIL" reset
}

@test "what is no address is a fault, whoever has one" {
	local bad
	for bad in '' ann 'a b@example.org' $'ann@example.org\nBcc: x@example.org'; do
		post /api/v1/auth/forgot "$(object email "$bad")"
		problem 400 invalid-request
		fault /email
	done
	post /api/v1/auth/forgot '{"email": "ann@example.org", "admin": true}'
	problem 400 invalid-request
	fault /admin
}

@test "five mails an hour are sent to an address, whoever asks for more" {
	register ann
	for _ in {1..5}; do
		forgot "$EMAIL"
	done
	[[ $(mails_to "$EMAIL" reset) == 5 ]] || fail "$(mails_to "$EMAIL" reset) mails"
	forgot "$EMAIL"
	body_is 'keys == ["id"]'
	[[ $(mails_to "$EMAIL" reset) == 5 ]] || fail 'a sixth mail'
	sql "update proofs set created_at = created_at - interval '61 minutes' where user_id = '$USER_ID'"
	forgot "$EMAIL"
	[[ $(mails_to "$EMAIL" reset) == 6 ]] || fail 'an hour later it is still too much'
}

@test "also when all ask at the same moment" {
	register ann
	local bodies=()
	for _ in {1..20}; do
		bodies+=("{\"email\": \"$EMAIL\"}")
	done
	PARALLEL=1 requests "$BATS_TEST_TMPDIR/out" POST /api/v1/auth/forgot "${bodies[@]}"
	[[ $(sort "$BATS_TEST_TMPDIR/out/statuses" | uniq -c | xargs) == '20 202' ]]
	[[ $(mails_to "$EMAIL" reset) == 5 ]] || fail "$(mails_to "$EMAIL" reset) mails"
}

@test "asking again makes the mail before useless" {
	ask ann
	local code=$(by_code) link=$(by_link)
	forgot "$EMAIL"
	reset "$code"
	problem 410 proof-gone
	reset "$link"
	problem 410 proof-gone
	mail_for "$EMAIL" reset
	reset "$(by_code)"
	status 204
}

@test "the mail says what a keeper makes of the proof's id, and nothing else does" {
	ask ann
	local said="$CODE $LINK"
	proof_of reset "$PROOF"
	[[ $said == "$CODE $LINK" ]] || fail "$said in the mail, made is $CODE $LINK"
}

@test "who keeps asking cannot take away what the owner has been sent" {
	register ann
	for _ in {1..5}; do
		forgot "$EMAIL"
	done
	mail_for "$EMAIL" reset
	for _ in {1..20}; do
		forgot "$EMAIL"
	done
	reset "$(by_code)"
	status 204
}

@test "who guesses codes cannot take away the link" {
	ask ann
	for i in {1..6}; do
		reset "$(by_code "$PROOF" "$(wrong_code "$i")")"
	done
	problem 410 proof-gone
	reset "$(by_link)"
	status 204
}

# --- a new password -------------------------------------------------------------------------

@test "the link sets a new password, and the old one is dead (security 18, 22)" {
	ask ann
	reset "$(by_link)" 'a brand new horse'
	status 204
	[[ -z $BODY ]]
	refused "$PASSWORD"
	sign_in "$EMAIL" 'a brand new horse'
}

@test "a reset signs nobody in: what signing in asks for is still asked for (security 20)" {
	ask ann
	reset "$(by_link)"
	status 204
	[[ -z $BODY ]]
	no_header Set-Cookie
	[[ $(sql "select count(*) from sessions where user_id = '$USER_ID'") == 0 ]] || fail 'a session has begun'
}

@test "so does the code, with spaces and hyphens as people type them" {
	ask ann
	reset "$(by_code "$PROOF" " ${CODE:0:4}-${CODE:4} ")"
	status 204
	sign_in "$EMAIL" 'a brand new horse'
}

@test "link and code are good once, together" {
	ask ann
	reset "$(by_code)"
	status 204
	reset "$(by_code)"
	problem 410 proof-gone
	reset "$(by_link)"
	problem 410 proof-gone
	sign_in "$EMAIL" 'a brand new horse'
}

@test "reading the link with GET or HEAD uses nothing up" {
	ask ann
	local path
	for path in "/api/v1/auth/reset?token=$LINK" "/api/v1/auth/reset?id=$PROOF&code=$CODE" \
		"/api/v1/auth/verify?token=$LINK"; do
		get "$path"
		problem 405 method-not-allowed
		request HEAD "$path"
		status 405
	done
	reset "$(by_link)"
	status 204
}

@test "a reset ends all sessions and refuses their tokens at once" {
	login ann
	local old=$TOKEN refresh
	refresh=$(of_body .refresh_token)
	forgot "$EMAIL"
	mail_for "$EMAIL" reset
	reset "$(by_link)"
	status 204
	TOKEN=$old
	get /api/v1/me
	problem 401 token-revoked
	TOKEN='' post /api/v1/auth/refresh "{\"refresh_token\": \"$refresh\"}"
	status 401
	sign_in "$EMAIL" 'a brand new horse'
	get /api/v1/me/sessions
	body length 1
}

@test "whoever is just signing in with the old password gets no session (security 66)" {
	register ann
	# What a reset does, with a second between that and its end, in which the old password still fits.
	sql "update users set password = 'x', token_version = token_version + 1 where id = '$USER_ID';
		select pg_sleep(1); delete from sessions where user_id = '$USER_ID'" >/dev/null 3>&- &
	underway
	refused "$PASSWORD"
	wait
	[[ $(sql "select count(*) from sessions where user_id = '$USER_ID'") == 0 ]] || fail 'a session is left'
}

@test "a reset confirms the address" {
	ask ann
	reset "$(by_link)"
	status 204
	sign_in "$EMAIL" 'a brand new horse'
	get /api/v1/me
	body .verified true
}

@test "a reset leaves the name of who had confirmed the address, and no stranger's; both may tell another" {
	ask ann
	local stranger=$EMAIL
	reset "$(by_link)"
	status 204
	sign_in "$EMAIL" 'a brand new horse'
	get /api/v1/me
	body .name "${stranger%@*}"
	put "/api/v1/users/$(of_body .user_id)" "$(object email "$EMAIL" name Ann)"
	status 200
	sql "update users set locale = 'de' where email_key = '$EMAIL'"
	forgot "$EMAIL"
	mail_for "$EMAIL" reset
	reset "$(by_link)" 'another new horse'
	status 204
	sign_in "$EMAIL" 'another new horse'
	get /api/v1/me
	body .name Ann
	[[ $(sql "select locale from users where email_key = '$EMAIL'") == de ]]
	ask bob
	reset "$(jq -c '.name = "Bob"' <<<"$(by_link)")"
	status 204
	sign_in "$EMAIL" 'a brand new horse'
	get /api/v1/me
	body .name Bob
}

@test "a reset makes every other mail useless (security 18)" {
	register ann
	mail_for "$EMAIL" verify
	local verify=$(by_link)
	forgot "$EMAIL"
	mail_for "$EMAIL" reset
	reset "$(by_link)"
	status 204
	post /api/v1/auth/verify "$verify"
	problem 410 proof-gone
}

@test "a reset is mailed and noted (security 16)" {
	ask ann
	reset "$(by_link)"
	status 204
	mail_for "$EMAIL" password-changed
	[[ -z $PROOF ]]
	[[ $(sql "select actor = subject and request_id = '$(header X-Request-Id)' from audit
		where subject = '$USER_ID' and action = 'password.reset'") == t ]]
}

@test "a password that is refused costs no try" {
	ask ann
	for _ in {1..6}; do
		reset "$(by_code)" short
		problem 400 invalid-request
		fault /password
		reset "$(by_code)" "$(printf 'x%.0s' {1..1025})"
		problem 400 invalid-request
		fault /password
	done
	reset "$(by_code)"
	status 204
}

@test "the password rule costs no try either" {
	ask ann
	for _ in {1..6}; do
		reset "$(by_code)" "${EMAIL%@*}"
		problem 400 invalid-request
		fault /password
	done
	reset "$(by_code)"
	status 204
}

@test "a disabled account gets its new password and stays shut" {
	register ann
	sql "update users set disabled_at = now() where id = '$USER_ID'"
	forgot "$EMAIL"
	mail_for "$EMAIL" reset
	reset "$(by_link)"
	status 204
	TOKEN='' post /api/v1/auth/login "$(credentials "$EMAIL" 'a brand new horse')"
	problem 403 account-disabled
	refused "$PASSWORD"
}

@test "who was deleted meanwhile resets nothing" {
	login ann
	forgot "$EMAIL"
	mail_for "$EMAIL" reset
	delete "/api/v1/users/$USER_ID"
	status 204
	reset "$(by_link)"
	problem 410 proof-gone
}

# --- codes and links ------------------------------------------------------------------------

@test "the sixth try of a code is dead, though it is right (security 26)" {
	ask ann
	local i
	for i in {1..5}; do
		reset "$(by_code "$PROOF" "$(wrong_code "$i")")"
		problem 400 proof-wrong
	done
	reset "$(by_code)"
	problem 410 proof-gone
	sign_in "$EMAIL" "$PASSWORD"
}

@test "the fifth try is good" {
	ask ann
	local i
	for i in {1..4}; do
		reset "$(by_code "$PROOF" "$(wrong_code "$i")")"
		problem 400 proof-wrong
	done
	reset "$(by_code)"
	status 204
}

@test "five tries are five tries when fifty come at the same moment (security 26, 66)" {
	ask ann
	local bodies=() i
	for i in {1..50}; do
		bodies+=("$(jq -c '.password = "a brand new horse"' <<<"$(by_code "$PROOF" "$(wrong_code "$i")")")")
	done
	PARALLEL=1 requests "$BATS_TEST_TMPDIR/out" POST /api/v1/auth/reset "${bodies[@]}"
	[[ $(sort "$BATS_TEST_TMPDIR/out/statuses" | uniq -c | xargs) == '5 400 45 410' ]] ||
		fail "$(sort "$BATS_TEST_TMPDIR/out/statuses" | uniq -c)"
}

@test "a code that is right is good once when fifty bring it at the same moment (security 22, 66)" {
	ask ann
	local bodies=() i
	for i in {1..50}; do
		bodies+=("$(jq -c --arg p "brand new horse $i" '.password = $p' <<<"$(by_code)")")
	done
	PARALLEL=1 requests "$BATS_TEST_TMPDIR/out" POST /api/v1/auth/reset "${bodies[@]}"
	[[ $(sort "$BATS_TEST_TMPDIR/out/statuses" | uniq -c | xargs) == '1 204 49 410' ]] ||
		fail "$(sort "$BATS_TEST_TMPDIR/out/statuses" | uniq -c)"
	[[ $(mails_to "$EMAIL" password-changed) == 1 ]]
	[[ $(sql "select count(*) from audit where subject = '$USER_ID' and action = 'password.reset'") == 1 ]]
}

@test "a link that confirms an address is good once when thirty follow it at the same moment, signed in (security 66)" {
	login ann
	mail_for "$EMAIL" verify
	local out=$BATS_TEST_TMPDIR/out one bodies=()
	one=$(by_link)
	for _ in {1..30}; do
		bodies+=("$one")
	done
	# Whoever is first ends the access token of all.
	HEADER="Authorization: Bearer $TOKEN" PARALLEL=1 requests "$out" POST /api/v1/auth/verify "${bodies[@]}"
	sort "$out/statuses" | uniq -c
	[[ $(grep -c 204 "$out/statuses") == 1 && $(grep -c 410 "$out/statuses") == 29 ]]
}

@test "a code of one request is not good for another (security 26)" {
	ask ann
	local code=$CODE id=$PROOF first=$EMAIL
	ask bob
	reset "$(by_code "$PROOF" "$code")"
	problem 400 proof-wrong
	reset "$(by_code "$id" "$CODE")"
	problem 400 proof-wrong
	EMAIL=$first
	sign_in "$EMAIL" 'ann has a horse'
}

@test "what was mailed to confirm an address resets no password, and the other way round (security 26)" {
	register ann
	mail_for "$EMAIL" verify
	reset "$(by_link)"
	problem 400 proof-wrong
	reset "$(by_code)"
	problem 410 proof-gone
	forgot "$EMAIL"
	mail_for "$EMAIL" reset
	post /api/v1/auth/verify "$(by_link_of "$PASSWORD")"
	problem 400 proof-wrong
	post /api/v1/auth/verify "$(by_code)"
	problem 410 proof-gone
	# Not even with the id of the one and the code of the other kind.
	local reset_id=$PROOF
	proof_of verify "$reset_id"
	reset "$(by_code "$reset_id")"
	problem 400 proof-wrong
}

@test "a wrong code says the same whether somebody has the address or not (security 15)" {
	register ann
	local answers=() email i
	for email in "$EMAIL" "nobody.$(unique)@example.org"; do
		forgot "$email"
		proof_of reset "$ID"
		local all=''
		for i in {1..6}; do
			reset "$(by_code "$ID" "$(wrong_code "$i")")"
			all+=$(seen_bytes)
		done
		answers+=("$all")
	done
	[[ ${answers[0]} == "${answers[1]}" ]] || fail "they differ: ${answers[*]}"
}

@test "the right code of nobody's proof is wrong" {
	forgot "nobody.$(unique)@example.org"
	proof_of reset "$ID"
	reset "$(by_code "$ID")"
	problem 400 proof-wrong
}

@test "a proof that never was is gone" {
	reset "$(by_code 01890000-0000-7000-8000-000000000000 12345678)"
	problem 410 proof-gone
	proof_of reset 01890000-0000-7000-8000-000000000000
	reset "$(by_link)"
	problem 410 proof-gone
}

@test "the code lives ten minutes, the link longer (security 18, 25)" {
	ask ann
	[[ $(sql "select code_until - created_at, link_until - created_at from proofs where id = '$PROOF'") == '00:10:00|00:30:00' ]]
	sql "update proofs set code_until = code_until - interval '10 minutes',
		link_until = link_until - interval '10 minutes' where id = '$PROOF'"
	reset "$(by_code)"
	problem 410 proof-gone
	reset "$(by_link)"
	status 204
	forgot "$EMAIL"
	mail_for "$EMAIL" reset
	sql "update proofs set link_until = link_until - interval '30 minutes' where id = '$PROOF'"
	reset "$(by_link)"
	problem 410 proof-gone
}

@test "token, or id and code: one of them, and not both" {
	ask ann
	local bad
	for bad in '{}' "{\"token\": \"$LINK\", \"id\": \"$PROOF\", \"code\": \"$CODE\"}" \
		"{\"token\": \"$LINK\", \"code\": \"$CODE\"}"; do
		reset "$bad"
		problem 400 invalid-request
		fault /token
	done
	reset "{\"id\": \"$PROOF\"}"
	problem 400 invalid-request
	fault /code 'code is required together with id'
	reset "{\"code\": \"$CODE\"}"
	problem 400 invalid-request
	fault /id 'id is required together with code'
	reset "$(by_link)"
	status 204
}

@test "what no keeper has made is no link" {
	ask ann
	local bad flip
	flip=$([[ ${LINK:40:1} == A ]] && echo B || echo A)
	for bad in x "${LINK%?}" "${LINK}A" "${LINK:0:40}$flip${LINK:41}" "B${LINK:1}" "$LINK=" " $LINK" \
		"$(printf 'A%.0s' {1..71})" "$(printf 'A%.0s' {1..1024})" $'\u00e9'"${LINK:1}" "${LINK:0:70}\\" \
		"' or 1=1 --" "$TOKEN.x"; do
		reset "$(by_link "$bad")"
		problem 400 proof-wrong 'the link is wrong'
	done
	reset "$(by_link '')"
	problem 400 invalid-request
	fault /token
	reset '{"token": 1, "id": "x", "code": []}'
	problem 400 invalid-request
	fault /token
	fault /id
	fault /code
	reset "$(by_link)"
	status 204
}

@test "what no keeper has made is no code" {
	ask ann
	local bad
	for bad in "${CODE:0:7}" "${CODE}0" 'abcdefgh' $'\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668' '--------'; do
		reset "$(by_code "$PROOF" "$bad")"
		problem 400 proof-wrong
	done
	ask bob
	reset "$(by_code "$PROOF" "$(printf '0%.0s' {1..65})")"
	problem 400 invalid-request
	fault /code
	reset "$(by_code "${PROOF:0:35}" "$CODE")"
	problem 400 invalid-request
	fault /id
}

@test "nothing of a mail lies in the database or in the logs (security 23, 74)" {
	ask ann
	reset "$(by_link)"
	status 204
	sleep 0.3
	as_owner "$(postgres_bin)/pg_dump" -h "$RUN_DIR/sock" -U postgres postern >"$BATS_TEST_TMPDIR/dump"
	grep -q "$PROOF" "$BATS_TEST_TMPDIR/dump"
	! grep -e "$CODE" -e "${LINK:30:40}" "$BATS_TEST_TMPDIR/dump" || fail 'it is in the database'
	! grep -r -e "$CODE" -e "${LINK:30:40}" -e 'brand new' "$RUN_DIR/log" || fail 'it is in a log'
}
