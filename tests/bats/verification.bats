# SPDX-License-Identifier: MIT
# Confirmed addresses, changed passwords, and hashes that keep up with the settings.

load helpers

setup_file() {
	stack_start APP__ACCOUNTS__REQUIRE_VERIFIED=true APP__PASSWORD__PASSES=3 APP__LIMITS__FREE=100
}

teardown_file() {
	stack_stop
}

# settle: another EMAIL that is confirmed, by its link, and signed in.
settle() {
	register "$1" && mail_for "$EMAIL" verify && verify "$(by_link_of "$PASSWORD")" && status 204 &&
		sign_in "$EMAIL" "$PASSWORD"
}

verify() {
	TOKEN='' post /api/v1/auth/verify "$1"
}

# change CURRENT NEW [JQ]: asks for another password.
change() {
	post /api/v1/me/password "$(jq -nc --arg c "$1" --arg n "$2" \
		"{current_password: \$c, password: \$n} ${3-}")"
}

# refused PASSWORD: EMAIL does not sign in with it.
refused() {
	TOKEN='' post /api/v1/auth/login "$(credentials "$EMAIL" "$1")" || return
	problem 401 bad-credentials
}

hash_of() {
	sql "select password from users where id = '$USER_ID'"
}

# --- confirming an address ------------------------------------------------------------------

@test "an address that is not confirmed does not sign in, and only its owner learns why" {
	register ann
	TOKEN='' post /api/v1/auth/login "$(credentials "$EMAIL" "$PASSWORD")"
	problem 403 email-unverified
	refused 'not the password'
}

@test "the link of the first mail confirms the address, once" {
	register ann
	mail_for "$EMAIL" verify
	verify "$(by_link_of "$PASSWORD")"
	status 204
	[[ -z $BODY ]]
	sign_in "$EMAIL" "$PASSWORD"
	get /api/v1/me
	body .verified true
	verify "$(by_link_of "$PASSWORD")"
	problem 410 proof-gone
	[[ $(sql "select actor = subject from audit where subject = '$USER_ID' and action = 'user.verify'") == t ]]
}

@test "in every mode the link of the mail alone confirms nothing; a new password throws out who was there" {
	settle ann
	sql "update users set verified_at = null where id = '$USER_ID'"
	local thief=$TOKEN refresh=$REFRESH
	post /api/v1/me/verification
	mail_for "$EMAIL" verify
	verify "$(by_link)"
	problem 403 password-needed
	verify "$(by_link_of 'not the password')"
	problem 403 password-wrong
	verify "$(jq -c '.new_password = "the horse of the owner"' <<<"$(by_link)")"
	status 204
	TOKEN=$thief get /api/v1/me
	problem 401 token-revoked
	refresh "$refresh"
	problem 401 refresh-token-invalid
	refused "$PASSWORD"
	sign_in "$EMAIL" 'the horse of the owner'
	get /api/v1/me
	body .verified true
	body .user_id "$USER_ID"
}

@test "who sets a new password says who she is, and nothing of what a stranger said stays" {
	EMAIL=ann.$(unique)@example.org
	TOKEN='' post /api/v1/users "$(person "$EMAIL" 'the horse of a thief' 'Win at thief.example')" -H 'Accept-Language: de'
	mail_for "$EMAIL" verify
	verify "$(jq -c '.name = "Ann" | .password = "the horse of a thief"' <<<"$(by_link)")"
	problem 400 invalid-request
	fault /name
	verify "$(jq -c '.name = "Ann" | .new_password = "the horse of Ann is Ann"' <<<"$(by_link)")"
	status 204
	sign_in "$EMAIL" 'the horse of Ann is Ann'
	get /api/v1/me
	body .name Ann
	[[ $(sql "select locale from users where email_key = '$EMAIL'") == en ]]
}

@test "so does its code, with the id that registering was answered with" {
	register ann
	local id
	id=$(of_body .verification_id)
	mail_for "$EMAIL" verify
	verify "$(by_code "$id")"
	status 204
	verify "$(by_code "$id")"
	problem 410 proof-gone
	sign_in "$EMAIL" "$PASSWORD"
}

@test "a registration is noted, and its mail speaks the language that was asked for" {
	EMAIL=ann.$(unique)@example.org
	post /api/v1/users "$(person "$EMAIL" 'ann has a horse' Ann)" -H 'Accept-Language: en'
	status 201
	[[ $(sql "select count(*) from audit where action = 'user.register'
		and subject = '$(of_body .id)'") == 1 ]]
	[[ $(sql "select locale from outbox where recipient = '$EMAIL'") == en ]]
}

@test "the mail of a registration is lost with it, or with it comes" {
	register ann
	mail_for "$EMAIL" verify
	[[ $(sql "select outbox.created_at = users.created_at and proofs.created_at = users.created_at from outbox, users, proofs
		where recipient = '$EMAIL' and users.id = '$USER_ID' and proofs.id = '$PROOF'") == t ]]
}

@test "whoever lost the mail confirms the address with a new password" {
	register ann
	post /api/v1/auth/forgot "{\"email\": \"$EMAIL\"}"
	status 202
	mail_for "$EMAIL" reset
	post /api/v1/auth/reset "$(jq -c '.password = "a brand new horse"' <<<"$(by_link)")"
	status 204
	sign_in "$EMAIL" 'a brand new horse'
}

@test "the sixth try of a code that confirms is dead (security 26)" {
	register ann
	mail_for "$EMAIL" verify
	local i
	for i in {1..5}; do
		verify "$(by_code "$PROOF" "$(printf '%08d' $(((10#$CODE + i) % 100000000)))")"
		problem 400 proof-wrong
	done
	verify "$(by_code)"
	problem 410 proof-gone
	verify "$(by_link_of "$PASSWORD")"
	status 204
}

@test "asked for again, by somebody whose address is confirmed already, no mail is sent" {
	settle ann
	post /api/v1/me/verification
	status 202
	body_is '. == {"verified": true}'
	[[ $(mails_to "$EMAIL") == 1 ]]
}

@test "asked for again, the mail before is useless" {
	settle ann
	sql "update users set verified_at = null where id = '$USER_ID'"
	post /api/v1/me/verification
	status 202
	body .verified false
	local first
	first=$(of_body .id)
	mail_for "$EMAIL" verify
	[[ $PROOF == "$first" ]]
	local code
	code=$(by_code)
	post /api/v1/me/verification
	status 202
	verify "$code"
	problem 410 proof-gone
	mail_for "$EMAIL" verify
	verify "$(by_code)"
	status 204
	# It told nobody that the address is confirmed.
	get /api/v1/me
	problem 401 token-revoked
}

@test "five mails an hour, beside the one of the registration, which was used" {
	settle ann
	sql "update users set verified_at = null where id = '$USER_ID'"
	for _ in {1..6}; do
		post /api/v1/me/verification
		status 202
		body_is 'keys == ["id", "verified"]'
	done
	[[ $(mails_to "$EMAIL" verify) == 6 ]] || fail "$(mails_to "$EMAIL" verify) mails"
	# The last one that was sent is still good.
	mail_for "$EMAIL" verify
	verify "$(by_code)"
	status 204
}

@test "asking again is for who is signed in" {
	post /api/v1/me/verification
	problem 401 unauthenticated
}

@test "somebody deleted confirms nothing, and is sent nothing" {
	settle ann
	local old=$TOKEN
	sql "update users set verified_at = null where id = '$USER_ID'"
	post /api/v1/me/verification
	mail_for "$EMAIL" verify
	sql "delete from users where id = '$USER_ID'"
	verify "$(by_link_of "$PASSWORD")"
	problem 410 proof-gone
	TOKEN=$old
	post /api/v1/me/verification
	problem 401 token-invalid
	change "$PASSWORD" 'a brand new horse'
	problem 401 token-invalid
}

@test "the command line makes users whose address is confirmed" {
	admin
	get /api/v1/me
	body .verified true
}

@test "nobody confirms an address by saying so (security 72)" {
	local body
	for body in '{"verified": true}' '{"verified_at": "2020-01-01T00:00:00Z"}' '{"locale": "de"}' \
		'{"role": "admin"}'; do
		post /api/v1/users "$(jq -c --argjson b "$body" '. + $b' \
			<<<"$(person "ann.$(unique)@example.org" 'ann has a horse' Ann)")"
		problem 400 invalid-request
		fault "/$(jq -r 'keys[0]' <<<"$body")"
	done
}

# --- administrators -------------------------------------------------------------------------

@test "the last administrator who may sign in stays, and keeps a confirmed address" {
	admin
	sql "update users set role = 'user' where role = 'admin' and id <> '$USER_ID'"
	local me=$USER_ID other
	put "/api/v1/users/$me" "$(object email "new.$EMAIL" name Admin)"
	problem 409 last-admin
	[[ $(sql "select email = '$EMAIL' and verified_at is not null from users where id = '$me'") == t ]]
	# One whose address is not confirmed is none.
	TOKEN='' post /api/v1/users "$(person "other.$EMAIL" 'the keys to it all' Other)"
	status 201
	other=$(of_body .id)
	sql "update users set role = 'admin' where id = '$other'"
	put "/api/v1/users/$me" "$(object email "new.$EMAIL" name Admin)"
	problem 409 last-admin
	request PATCH "/api/v1/users/$me" '{"role": "user"}'
	problem 409 last-admin
	request PATCH "/api/v1/users/$me" '{"disabled": true}'
	problem 409 last-admin
	delete "/api/v1/users/$me"
	[[ $STATUS != 204 ]]
	sql "update users set verified_at = now() where id = '$other'"
	put "/api/v1/users/$me" "$(object email "new.$EMAIL" name Admin)"
	status 200
	body .verified false
	sql "delete from users where id = '$me'; update users set role = 'user' where id = '$other'"
}

# --- another password -----------------------------------------------------------------------

@test "a new password replaces the old one; access tokens of before are refused, sessions go on (security 10, 36)" {
	settle ann
	local here=$TOKEN there refresh
	sign_in "$EMAIL" "$PASSWORD"
	refresh=$(of_body .refresh_token)
	there=$TOKEN TOKEN=$here
	change "$PASSWORD" 'a brand new horse'
	status 204
	[[ -z $BODY ]]
	get /api/v1/me
	problem 401 token-revoked
	TOKEN=$there get /api/v1/me
	problem 401 token-revoked
	TOKEN='' post /api/v1/auth/refresh "{\"refresh_token\": \"$refresh\"}"
	status 200
	TOKEN=$(of_body .access_token) get /api/v1/me
	status 200
	refused "$PASSWORD"
	sign_in "$EMAIL" 'a brand new horse'
}

@test "the current password has to be right (security 10)" {
	settle ann
	change 'not the password' 'a brand new horse'
	problem 403 password-wrong
	change "$PASSWORD " 'a brand new horse'
	problem 403 password-wrong
	post /api/v1/me/password '{"password": "a brand new horse"}'
	problem 400 invalid-request
	fault /current_password
	sign_in "$EMAIL" "$PASSWORD"
}

@test "asked to, a new password ends all other sessions at once (security 16)" {
	settle ann
	local here=$TOKEN mine there refresh
	mine=$(of_body .refresh_token)
	sign_in "$EMAIL" "$PASSWORD"
	refresh=$(of_body .refresh_token)
	there=$TOKEN TOKEN=$here
	change "$PASSWORD" 'a brand new horse' '| .end_other_sessions = true'
	status 204
	TOKEN=$there get /api/v1/me
	problem 401 token-revoked
	TOKEN='' post /api/v1/auth/refresh "{\"refresh_token\": \"$refresh\"}"
	status 401
	TOKEN='' post /api/v1/auth/refresh "{\"refresh_token\": \"$mine\"}"
	status 200
	TOKEN=$(of_body .access_token)
	get /api/v1/me/sessions
	body length 1
	body '.[0].current' true
}

@test "the session that changed the password goes on being refreshed" {
	settle ann
	local refresh
	refresh=$(of_body .refresh_token)
	TOKEN=$TOKEN change "$PASSWORD" 'a brand new horse' '| .end_other_sessions = true'
	status 204
	TOKEN='' post /api/v1/auth/refresh "{\"refresh_token\": \"$refresh\"}"
	status 200
	TOKEN=$(of_body .access_token)
	get /api/v1/me
	status 200
}

@test "a new password is mailed and noted (security 16)" {
	settle ann
	change "$PASSWORD" 'a brand new horse'
	status 204
	mail_for "$EMAIL" password-changed
	[[ $(sql "select actor = subject and session is not null and request_id = '$(header X-Request-Id)'
		from audit where subject = '$USER_ID' and action = 'password.change'") == t ]]
}

@test "a new password makes mails useless that were asked for before" {
	settle ann
	TOKEN='' post /api/v1/auth/forgot "{\"email\": \"$EMAIL\"}"
	mail_for "$EMAIL" reset
	change "$PASSWORD" 'a brand new horse'
	status 204
	TOKEN='' post /api/v1/auth/reset "$(jq -c '.password = "somebody else is here"' <<<"$(by_link)")"
	problem 410 proof-gone
	sign_in "$EMAIL" 'a brand new horse'
}

@test "a new password follows the rule, and a bad one changes nothing (security 1, 4)" {
	settle ann
	local bad
	for bad in 1234567 "$(printf '🔑%.0s' {1..7})" "$(printf 'x%.0s' {1..1025})"; do
		change "$PASSWORD" "$bad"
		problem 400 invalid-request
		fault /password
	done
	sign_in "$EMAIL" "$PASSWORD"
	mails_to "$EMAIL" password-changed | grep -qx 0
}

@test "common passwords and those made of oneself are refused wherever one is set (security 7, 8)" {
	settle ann
	local bad
	for bad in password1 "${EMAIL%@*}"; do
		change "$PASSWORD" "$bad"
		problem 400 invalid-request
		fault /password
		TOKEN='' post /api/v1/users "$(person "$bad@example.net" "$bad" ann)"
		problem 400 invalid-request
		fault /password
	done
}

@test "a long password is kept to its last byte, of small letters alone (security 2, 3, 5)" {
	settle ann
	local long
	long=$(printf 'horse stable %.0s' {1..78})
	change "$PASSWORD" "$long"
	status 204
	sign_in "$EMAIL" "$long"
	change "${long%?}x" 'a brand new horse'
	problem 403 password-wrong
	refused "${long%?}x"
}

@test "of many changes at the same moment one wins (security 66)" {
	settle ann
	local bodies=() i out=$BATS_TEST_TMPDIR/out
	for i in {1..10}; do
		bodies+=("$(jq -nc --arg c "$PASSWORD" --arg n "brand new horse $i" \
			'{current_password: $c, password: $n}')")
	done
	PARALLEL=1 requests "$out" POST /api/v1/me/password "${bodies[@]}"
	[[ $(sort "$out/statuses" | uniq -c | xargs) == '10 401' ]] # nobody is signed in there
	HEADER="Authorization: Bearer $TOKEN" PARALLEL=1 requests "$out" POST /api/v1/me/password "${bodies[@]}"
	[[ $(sort "$out/statuses" | uniq -c | xargs) == '1 204 9 403' ]] ||
		fail "$(sort "$out/statuses" | uniq -c)"
	[[ $(mails_to "$EMAIL" password-changed) == 1 ]]
}

@test "nobody sets the password of another, admins included (security 21)" {
	settle ann
	local id=$USER_ID email=$EMAIL password=$PASSWORD
	admin
	put "/api/v1/users/$id" "$(object email "$email" name Ann password 'a brand new horse')"
	problem 400 invalid-request
	fault /password
	post "/api/v1/users/$id/password" '{"password": "a brand new horse"}'
	status 404
	sign_in "$email" "$password"
}

@test "a new password is for who is signed in" {
	change 'ann has a horse' 'a brand new horse'
	problem 401 unauthenticated
}

@test "no rule asks for kinds of characters, and no password grows old (security 5, 6, 19)" {
	get /api/v1/openapi.json
	status 200
	! grep -iE '"[^"]*(expire_password|password_expir|hint|security_question|recovery_question)' <<<"$BODY" || fail 'it asks for that'
	body_is '[paths(scalars)] | length > 100'
	settle ann
	change "$PASSWORD" 'only small letters here'
	status 204
	sql "update users set updated_at = now() - interval '10 years', created_at = now() - interval '10 years'
		where id = '$USER_ID'"
	sign_in "$EMAIL" 'only small letters here'
}

# --- hashes that were made with other parameters ----------------------------------------------

# cheap: a user whose hash was made when it cost less; sets EMAIL, PASSWORD, USER_ID.
cheap() {
	EMAIL=cheap.$(unique)@example.org
	PASSWORD='ann has a horse'
	USER_ID=$(echo "$PASSWORD" | APP__PASSWORD__PASSES=2 cli user create --email "$EMAIL" --name Ann) || return
	[[ $(hash_of) == *t=2,* ]] || fail "made with $(hash_of | cut -c 1-30)"
}

@test "signing in hashes the password anew when the parameters have changed" {
	cheap
	sign_in "$EMAIL" "$PASSWORD"
	local hash
	hash=$(hash_of)
	[[ $hash == *t=3,* ]] || fail "still ${hash:0:30}"
	sign_in "$EMAIL" "$PASSWORD"
	[[ $(hash_of) == "$hash" ]] || fail 'and once more'
	refused 'not the password'
}

@test "a wrong password hashes nothing anew" {
	cheap
	refused 'not the password'
	[[ $(hash_of) == *t=2,* ]]
}

@test "a disabled account hashes nothing anew" {
	cheap
	sql "update users set disabled_at = now() where id = '$USER_ID'"
	TOKEN='' post /api/v1/auth/login "$(credentials "$EMAIL" "$PASSWORD")"
	problem 403 account-disabled
	[[ $(hash_of) == *t=2,* ]]
}

@test "many who sign in at the same moment all get in while it is hashed anew" {
	cheap
	local bodies=()
	for _ in {1..10}; do
		bodies+=("$(credentials "$EMAIL" "$PASSWORD")")
	done
	PARALLEL=1 requests "$BATS_TEST_TMPDIR/out" POST /api/v1/auth/login "${bodies[@]}"
	[[ $(sort -u "$BATS_TEST_TMPDIR/out/statuses") == 200 ]]
	[[ $(hash_of) == *t=3,* ]]
	sign_in "$EMAIL" "$PASSWORD"
}
