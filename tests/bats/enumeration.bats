# SPDX-License-Identifier: MIT
# accounts.enumeration_safe: nobody but the owner of an address learns whether it has an account.

load helpers

setup_file() {
	stack_start APP__ACCOUNTS__REQUIRE_VERIFIED=true APP__ACCOUNTS__ENUMERATION_SAFE=true
}

teardown_file() {
	stack_stop
}

# confirmed NAME: a new user whose address is confirmed.
confirmed() {
	register "$1" && mail_for "$EMAIL" verify || return
	TOKEN='' post /api/v1/auth/verify "$(by_link)" && status 204
}

# again [EMAIL [PASSWORD [NAME]]]: registers once more; sets ID and PROOF of the answer.
again() {
	TOKEN='' post /api/v1/users "$(person "${1-$EMAIL}" "${2-somebody else is here}" "${3-Eve}")" || return
	status 201 || return
	ID=$(jq -r .id <<<"$BODY")
	PROOF=$(jq -r .verification_id <<<"$BODY")
}

# What a client sees of a registration, without what differs between any two of one length.
seen_bytes() {
	local id at
	id=$(header X-Request-Id) || return
	at=$(jq -r .created_at <<<"$BODY") || return
	printf '%s\n%s' "$HEADERS" "$BODY" | grep -vi '^date:' |
		sed "s/$id/REQUEST/; s/$ID/USER/g; s/$PROOF/PROOF/; s/${at:0:26}/AT/; s/$1/ADDRESS/"
}

other_code() {
	printf '%08d' $(((10#$CODE + $1) % 100000000))
}

@test "-t refuses it where an address need not be confirmed, and says what to do" {
	run --separate-stderr env APP__ACCOUNTS__ENUMERATION_SAFE=true APP__ACCOUNTS__REQUIRE_VERIFIED=false \
		"$RUN_DIR/postern" -t
	# shellcheck disable=SC2154 # run sets stderr
	[[ $status == 78 && $stderr == *accounts.enumeration_safe*accounts.require_verified* ]]
}

@test "registering an address that has an account is answered as for a new one (security 15)" {
	confirmed ann
	local known answers=()
	known=$EMAIL new=${EMAIL/ann/new}
	for EMAIL in "$known" "$new"; do
		again "$EMAIL"
		answers+=("$(seen_bytes "$EMAIL")")
		body_is '.id | test("^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")'
		header Location "/api/v1/users/$ID"
		body .email "$EMAIL"
		body .name Eve
	done
	[[ ${answers[0]} == "${answers[1]}" ]] || fail "they differ: ${answers[*]}"
	[[ ${answers[0]} == *ADDRESS* && ${answers[0]} == *USER*USER* && ${answers[0]} == *AT* && ${answers[0]} == *PROOF* ]] ||
		fail 'not what was expected at all'
}

@test "it is so as well for an address that is not confirmed yet" {
	again "ann.$(unique)@example.org"
	local email first=$ID answer
	email=$(jq -r .email <<<"$BODY")
	answer=$(seen_bytes "$email")
	again "$email"
	[[ $(seen_bytes "$email") == "$answer" ]]
	[[ $ID != "$first" ]]
}

@test "the address is told back as it was written this time" {
	confirmed ann
	again "${EMAIL^^}"
	body .email "${EMAIL^^}"
}

@test "the account is as it was, and its owner is told" {
	confirmed ann
	again
	mail_for "$EMAIL" registered-again
	[[ $(sql "select count(*) from users where email_key = '$EMAIL'") == 1 ]]
	grep -qix "to:.*$EMAIL.*" "$MAIL"
	[[ $CODE == - && $LINK == - ]] || fail 'it has a code or a link'
	[[ $(sql "select count(*) from audit where action = 'user.register-again' and subject = '$USER_ID'") == 1 ]]
	TOKEN='' post /api/v1/auth/login "$(credentials "$EMAIL" 'somebody else is here')"
	problem 401 bad-credentials
	sign_in "$EMAIL" "$PASSWORD"
	get /api/v1/me
	body .name ann
	body .user_id "$USER_ID"
}

@test "so is an address that is held for somebody who may go back to it, and nobody is written to" {
	confirmed ann
	local old=old.$(unique)@example.org new
	new=${old/old/new}
	sql "insert into email_changes (id, user_id, old_email, old_email_key, new_email, new_email_key,
			expires_at, done_at)
		values (gen_random_uuid(), '$USER_ID', '$old', '$old', '$EMAIL', '$EMAIL', now() + interval '7 days', now())"
	again "$new"
	local answer
	answer=$(seen_bytes "$new")
	again "$old"
	[[ $(seen_bytes "$old") == "$answer" ]]
	[[ $(sql "select count(*) from users where email_key = '$old'") == 0 ]]
	[[ $(mails_to "$old") == 0 ]]
}

@test "who was not registered is nobody" {
	confirmed ann
	again
	sign_in "$EMAIL" "$PASSWORD"
	admin
	get "/api/v1/users/$ID"
	problem 404 user-not-found
}

@test "a registration that fails does so whether the address has an account or not" {
	confirmed ann
	local email answers=()
	for email in "$EMAIL" "${EMAIL/ann/bob}"; do
		post /api/v1/users "$(person "$email" short Eve)"
		problem 400 invalid-request
		fault /password
		answers+=("$(jq -c .error.fields <<<"$BODY")")
	done
	[[ ${answers[0]} == "${answers[1]}" ]]
}

@test "signing in with the password just chosen does not tell either (security 15)" {
	confirmed ann
	local email answers=() new=new.$(unique)@example.org
	again "$EMAIL" 'somebody else is here'
	again "$new" 'somebody else is here'
	for email in "$EMAIL" "$new"; do
		TOKEN='' post /api/v1/auth/login "$(credentials "$email" 'somebody else is here')"
		problem 401 bad-credentials
		local id
		id=$(header X-Request-Id)
		answers+=("$(printf '%s\n%s' "$HEADERS" "$BODY" | grep -vi '^date:' | sed "s/$id/ID/")")
	done
	[[ ${answers[0]} == "${answers[1]}" ]] || fail "they differ: ${answers[*]}"
}

@test "nor does the proof of the answer, however often it is asked for and tried (security 15)" {
	confirmed ann
	local email i j ids answers=() new=new.$(unique)@example.org
	for email in "$EMAIL" "$new"; do
		local all='' ids=()
		for i in {1..7}; do
			again "$email"
			ids+=("$PROOF")
		done
		[[ $(printf '%s\n' "${ids[@]}" | sort -u | wc -l) == 7 ]] || fail 'an id twice'
		for i in "${ids[@]}"; do
			proof_of verify "$i"
			for j in {1..6}; do
				TOKEN='' post /api/v1/auth/verify "$(by_code "$i" "$(other_code "$j")")"
				all+="$STATUS $(jq -r .error.code <<<"$BODY"),"
			done
		done
		answers+=("$all")
	done
	[[ ${answers[0]} == "${answers[1]}" ]] || fail "they differ: ${answers[*]}"
	[[ ${answers[0]} == *proof-wrong*proof-gone* ]]
}

@test "asking for a new password does not tell either (security 15)" {
	confirmed ann
	local email answers=() new=new.$(unique)@example.org
	again "$new"
	for email in "$EMAIL" "$new" "nobody.$(unique)@example.org"; do
		TOKEN='' post /api/v1/auth/forgot "{\"email\": \"$email\"}"
		status 202
		ID=$(jq -r .id <<<"$BODY") PROOF=none
		BODY=$(jq -c '.created_at = "none"' <<<"$BODY")
		answers+=("$(seen_bytes "$email")")
	done
	[[ ${answers[0]} == "${answers[1]}" && ${answers[0]} == "${answers[2]}" ]] || fail "they differ: ${answers[*]}"
}

@test "who registers an address again cannot take away the mail of the first time" {
	register ann
	mail_for "$EMAIL" verify
	local code
	code=$(by_code)
	for _ in {1..6}; do
		again
	done
	TOKEN='' post /api/v1/auth/verify "$code"
	status 204
	sign_in "$EMAIL" "$PASSWORD"
}

@test "the owner is not written to more than five times an hour" {
	confirmed ann
	for _ in {1..7}; do
		again
	done
	[[ $(mails_to "$EMAIL" registered-again) == 5 ]] || fail "$(mails_to "$EMAIL" registered-again) mails"
}

@test "fifty who register one address at the same moment make one account, and are all told the same (security 66)" {
	local email=crowd.$(unique)@example.org bodies=() i out=$BATS_TEST_TMPDIR/out
	for i in {1..50}; do
		bodies+=("$(person "$email" "horse number $i" "Ann $i")")
	done
	PARALLEL=1 requests "$out" POST /api/v1/users "${bodies[@]}"
	[[ $(sort "$out/statuses" | uniq -c | xargs) == '50 201' ]] || fail "$(sort "$out/statuses" | uniq -c)"
	[[ $(sql "select count(*) from users where email_key = '$email'") == 1 ]]
	[[ $(mails_to "$email" verify) == 1 ]]
	[[ $(cat "$out"/[0-9]* | jq -r .id | sort -u | wc -l) == 50 ]]
}

@test "a password is hashed either way" {
	confirmed ann
	local ticks=() email before
	for email in "$EMAIL" "new.$(unique)@example.org"; do
		before=$(keeper_ticks)
		for _ in {1..6}; do
			again "$email"
			sql "delete from users where email_key like 'new.%'"
		done
		ticks+=($(($(keeper_ticks) - before)))
	done
	# CPU time, which does not depend on what else the machine does; without a hash it is next to none.
	((ticks[1] > 0 && ticks[0] * 2 > ticks[1])) || fail "ticks of the keepers: ${ticks[*]}"
}

# CPU time of all keepers, in clock ticks.
keeper_ticks() {
	local pid total=0
	for pid in $(pool_children); do
		[[ $(cat "/proc/$pid/comm") != postern-keeper ]] ||
			total=$((total + $(awk '{ print $14 + $15 }' "/proc/$pid/stat")))
	done
	echo "$total"
}
