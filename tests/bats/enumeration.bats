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
	TOKEN='' post /api/v1/auth/verify "$(by_link_of "$PASSWORD")" && status 204
}

# again [EMAIL [PASSWORD [NAME]]]: registers once more; sets ID and PROOF of the answer.
again() {
	TOKEN='' post /api/v1/users "$(person "${1-$EMAIL}" "${2-somebody else is here}" "${3-Eve}")" || return
	status 201 || return
	ID=$(of_body .id)
	PROOF=$(of_body .verification_id)
}

# What a client sees of a registration, without what differs between any two of one length.
seen_bytes() {
	local id at
	id=$(header X-Request-Id) || return
	at=$(of_body .created_at) || return
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
	email=$(of_body .email)
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
				all+="$STATUS $(of_body .error.code),"
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
		ID=$(of_body .id) PROOF=none
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

@test "fifty who register one address at the same moment make no account yet, and are all told the same (security 66)" {
	local email=crowd.$(unique)@example.org bodies=() i out=$BATS_TEST_TMPDIR/out
	for i in {1..50}; do
		bodies+=("$(person "$email" "horse number $i" "Ann $i")")
	done
	PARALLEL=1 requests "$out" POST /api/v1/users "${bodies[@]}"
	[[ $(sort "$out/statuses" | uniq -c | xargs) == '50 201' ]] || fail "$(sort "$out/statuses" | uniq -c)"
	[[ $(sql "select count(*) from users where email_key = '$email'") == 0 ]]
	[[ $(mails_to "$email" verify) == 5 ]]
	[[ $(cat "$out"/[0-9]* | jq -r .id | sort -u | wc -l) == 50 ]]
}

# --- taking an address before its owner comes -------------------------------------------------

# pending EMAIL PASSWORD NAME: registers, and takes the mail of that; sets ID, PROOF, CODE and LINK.
pending() {
	again "$1" "$2" "$3" && proof_of verify "$PROOF"
}

# verify BODY
verify() {
	TOKEN='' post /api/v1/auth/verify "$1"
}

# signs_in EMAIL PASSWORD NAME: and is called that.
signs_in() {
	sign_in "$1" "$2" && get /api/v1/me && body .name "$3" && body .verified true
}

# shut_out EMAIL PASSWORD
shut_out() {
	TOKEN='' post /api/v1/auth/login "$(credentials "$1" "$2")" && problem 401 bad-credentials
}

@test "each registration of an address is proved by its own mail, whoever came first" {
	local email=ann.$(unique)@example.org
	pending "$email" 'the horse of a thief' Thief
	local stolen
	stolen=$(by_link_of 'the horse of a thief')
	pending "$email" 'ann has a horse' Ann
	[[ $(mails_to "$email" verify) == 2 ]]
	verify "$(by_link_of 'ann has a horse')"
	status 204
	signs_in "$email" 'ann has a horse' Ann
	body .user_id "$ID"
	shut_out "$email" 'the horse of a thief'
	verify "$stolen"
	problem 410 proof-gone
	[[ $(sql "select count(*) from registrations where email = '$email'") == 0 ]]
}

@test "who follows the link of a stranger's registration ends up with nothing that his password opens" {
	local email=ann.$(unique)@example.org
	pending "$email" 'the horse of a thief' Thief
	verify "$(by_link)"
	problem 403 password-needed
	verify "$(by_link_of 'ann has a horse')"
	problem 403 password-wrong
	[[ $(sql "select count(*) from users where email = '$email'") == 0 ]]
	shut_out "$email" 'the horse of a thief'
	verify "$(jq -c '.new_password = "short"' <<<"$(by_link)")"
	problem 400 invalid-request
	fault /new_password
	verify "$(jq -c '.new_password = "ann has a horse"' <<<"$(by_link)")"
	status 204
	shut_out "$email" 'the horse of a thief'
	sign_in "$email" 'ann has a horse'
}

@test "a code comes with its id, which only who registered was told; a password beside it has to be right" {
	local email=ann.$(unique)@example.org i
	pending "$email" 'ann has a horse' Ann
	for i in {1..6}; do
		verify "$(jq -c '.password = "not the password"' <<<"$(by_code)")"
		problem 403 password-wrong
	done
	verify "$(jq -c '.password = "ann has a horse" | .new_password = .password' <<<"$(by_code)")"
	problem 400 invalid-request
	fault /new_password
	verify "$(by_code)"
	status 204
	signs_in "$email" 'ann has a horse' Ann
}

@test "proofs of several registrations at the same moment make one account, of one of them (security 66)" {
	local round out i
	for round in 1 2 3 4; do
		local email=race.$(unique)@example.org bodies=()
		out=$BATS_TEST_TMPDIR/out.$round
		for i in {1..5}; do
			pending "$email" "horse number $i" "Ann $i"
			bodies+=("$(by_link_of "horse number $i")" "$(by_code)" "$(by_link_of "horse number $i")")
		done
		PARALLEL=1 requests "$out" POST /api/v1/auth/verify "${bodies[@]}"
		[[ $(sort "$out/statuses" | uniq -c | xargs) == '1 204 14 410' ]] || fail "$(sort "$out/statuses" | uniq -c)"
		[[ $(sql "select count(*) from users where email_key = '$email' and verified_at is not null") == 1 ]]
		i=$(sql "select substr(name, 5) from users where email_key = '$email'")
		signs_in "$email" "horse number $i" "Ann $i"
	done
}

@test "an account that was never confirmed is in nobody's way: it becomes that of who proves the address" {
	register ann
	# As one that was made before, or while addresses needed no confirming.
	sql "insert into users (id, email, email_key, name, role, password)
		select id, email, email_key, 'Thief', 'user', password from registrations where id = '$USER_ID';
		delete from registrations where id = '$USER_ID'"
	local email=$EMAIL
	pending "$email" 'another horse' Ann
	[[ $ID != "$USER_ID" ]]
	verify "$(by_link_of 'another horse')"
	status 204
	signs_in "$email" 'another horse' Ann
	shut_out "$email" "$PASSWORD"
}

@test "who is made on the command line meanwhile keeps the address" {
	local email=ann.$(unique)@example.org
	pending "$email" 'ann has a horse' Ann
	echo 'the keys to it all' | cli user create --email "$email" --name Other >/dev/null
	verify "$(by_link_of 'ann has a horse')"
	problem 410 proof-gone
	signs_in "$email" 'the keys to it all' Other
}

@test "registrations of one address are bounded, and forgotten when their mail is of no use any more" {
	local email=many.$(unique)@example.org i
	pending "$email" 'ann has a horse' Ann
	sql "insert into registrations (address, id, email, email_key, name, password, locale, expires_at)
		select address, gen_random_uuid(), email, email_key, name, password, locale, now() + interval '1 hour'
		from registrations, generate_series(2, 100) where id = '$ID'"
	again "$email" 'another horse' Ann
	[[ $(sql "select count(*) from registrations where email = '$email'") == 100 ]]
	[[ $(mails_to "$email" verify) == 1 ]]
	sql "update registrations set expires_at = now() - interval '1 second' where email = '$email'"
	# Each minute, and when a courier begins.
	kill "$(pool_kind courier)"
	wait_for 90 forgotten "$email"
}

forgotten() {
	[[ $(sql "select count(*) from registrations where email = '$1'") == 0 ]]
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
