# SPDX-License-Identifier: MIT
# No secret is ever written down.

load helpers

# unseen CANARY...: none of them stands in anything the stack writes.
unseen() {
	local canary
	sleep 0.3 # logs are written at the end of a turn
	for canary; do
		if grep -rlF -- "$canary" "$RUN_DIR/log"; then
			fail "a log holds $canary" || return
		fi
	done
}

@test "passwords stay out of every log, whatever becomes of the request" {
	local canary=Canary-$RANDOM$RANDOM email
	email=canary.$(unique)@example.org
	post /api/v1/users "$(person "$email" "$canary-good" Ann)"
	status 201
	post /api/v1/users "$(person "$email" "$canary-taken" Ann)"
	status 409
	post /api/v1/users "$(person 'no address' "$canary-faulty" Ann)"
	status 400
	post /api/v1/users "{\"password\": \"$canary-broken"
	status 400
	post /api/v1/users "{\"$canary-name\": 1}"
	status 400
	post /api/v1/auth/login "$(credentials "$email" "$canary-good")"
	status 200
	post /api/v1/auth/login "$(credentials "$email" "$canary-wrong")"
	status 401
	post /api/v1/auth/login "$(credentials "$email" "$canary-text")" -H 'Content-Type: text/plain'
	status 415
	unseen "$canary"
}

@test "tokens stay out of every log, good and bad ones" {
	login ann
	get /api/v1/me
	status 200
	get /api/v1/me -H "Authorization: Bearer $TOKEN-and-more"
	status 401
	unseen "$TOKEN" "${TOKEN##*.}" "$(cut -d. -f2 <<<"$TOKEN")"
}

@test "a token put into the URL by mistake stays out of every log" {
	login ann
	get "/api/v1/me?access_token=$TOKEN"
	unseen "${TOKEN##*.}"
}

@test "the keys of the service stay out of every log and of its settings" {
	unseen "$(jwt_secret)"
	cli config >"$BATS_TEST_TMPDIR/config"
	run ! grep -F "$(jwt_secret)" "$BATS_TEST_TMPDIR/config"
	grep -E '^jwt_secret *= *\(set\)' "$BATS_TEST_TMPDIR/config"
	grep -E '^database.url *= *\(set\)' "$BATS_TEST_TMPDIR/config"
}

@test "no process shows a secret in its arguments or title" {
	local secret
	secret=$(jwt_secret | cut -c1-20)
	run ! pgrep -f "${secret//+/.}"
	run ! pgrep -f 'postern.*postgres(ql)?://'
}

@test "no reply holds a password or its hash" {
	admin
	register bob
	[[ $BODY != *argon2* && $BODY != *"$PASSWORD"* ]]
	get "/api/v1/users/$USER_ID"
	[[ $BODY != *argon2* ]]
	get /api/v1/users
	[[ $BODY != *argon2* ]]
}

@test "an error does not repeat the password it complains of" {
	post /api/v1/users '{"password": "Canary1"}'
	problem 400 invalid-request
	[[ $BODY != *Canary1* ]]
}
