# SPDX-License-Identifier: MIT
# Signing in, and who the signed-in one is.

load helpers

@test "a user signs in and gets a bearer token" {
	register ann
	post /api/v1/auth/login "$(credentials "$EMAIL" "$PASSWORD")"
	status 200
	body .token_type Bearer
	body_is '.expires_in == 600'
	body_is '.access_token | split(".") | length == 3'
	body_is '.refresh_token | test("^[A-Za-z0-9_-]{71}$")'
	body_is 'keys == ["access_token", "device_token", "expires_in", "refresh_expires_in", "refresh_token", "token_type"]'
	header Cache-Control '*no-store*'
}

@test "the address signs in however it is spelled" {
	local n
	n=$(unique)
	post /api/v1/users "$(person "Ann.$n@bücher.example" 'a long password' Ann)"
	status 201
	sign_in "ANN.$n@xn--bcher-kva.example" 'a long password'
}

@test "the token says who it is" {
	login ann
	get /api/v1/me
	status 200
	body .user_id "$USER_ID"
	body .email "$EMAIL"
	body .name ann
	body .role user
	body .verified false
	body_is 'keys == ["email", "name", "role", "user_id", "verified"]'
	header Cache-Control '*no-store*'
}

@test "an admin is told that it is one" {
	admin
	get /api/v1/me
	body .role admin
}

@test "a changed name is seen at once with the old token" {
	login ann
	put "/api/v1/users/$USER_ID" "$(object email "$EMAIL" name 'Ann B.')"
	status 200
	get /api/v1/me
	body .name 'Ann B.'
}

@test "an unknown user and a wrong password get the same bytes" {
	register ann
	local answers=()
	for email in "$EMAIL" "nobody.$(unique)@example.org"; do
		post /api/v1/auth/login "$(credentials "$email" 'not the password')"
		problem 401 bad-credentials
		local id
		id=$(header X-Request-Id)
		answers+=("$(printf '%s\n%s' "$HEADERS" "$BODY" | grep -vi '^date:' | sed "s/$id/ID/")")
	done
	[[ ${answers[0]} == "${answers[1]}" ]] || fail "they differ: ${answers[*]}"
}

@test "signing in with faults is told all of them" {
	post /api/v1/auth/login '{"email": 1}'
	problem 400 invalid-request
	fault /email 'email must be a string'
	fault /password 'password is required'
}

@test "a password that could never have been set is just wrong" {
	register ann
	post /api/v1/auth/login "$(credentials "$EMAIL" short)"
	problem 401 bad-credentials
}

@test "an address that could never have registered is just wrong or a fault" {
	post /api/v1/auth/login "$(credentials 'no address' 'a long password')"
	[[ $STATUS == 400 || $STATUS == 401 ]] || fail 'expected 400 or 401'
}

@test "without a token nobody is signed in" {
	get /api/v1/me
	problem 401 unauthenticated
	header WWW-Authenticate 'Bearer realm="*"'
	[[ $(header WWW-Authenticate) != *error=* ]] || fail 'RFC 6750 3.1: no error code without a token'
}

@test "another scheme than Bearer is not signed in" {
	get /api/v1/me -H 'Authorization: Basic YW5uOnBhc3N3b3Jk'
	status 401
	header WWW-Authenticate 'Bearer realm=*'
}

@test "the scheme is case-insensitive" {
	login ann
	get /api/v1/me -H "Authorization: bearer $TOKEN"
	status 200
}

@test "a public call does not mind a bad token" {
	get /api/v1/openapi.json -H 'Authorization: Bearer nonsense'
	status 200
}
