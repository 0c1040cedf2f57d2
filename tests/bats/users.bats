# SPDX-License-Identifier: MIT
# Accounts: registering, reading, changing and deleting one.

load helpers

UNKNOWN=01890000-0000-7000-8000-000000000000

# --- registering ----------------------------------------------------------------------------

@test "a new user is told who it is and where" {
	local email
	email=Ann.$(unique)@Example.org
	post /api/v1/users "$(person "$email" 'a long password' 'Ann Zoë')"
	status 201
	body .email "$email"
	body .name 'Ann Zoë'
	body_is 'keys == ["created_at", "email", "id", "name", "verification_id"]'
	header Location "*/api/v1/users/$(of_body .id)"
	header Cache-Control '*no-store*'
}

@test "ids are UUIDv7 and instants are RFC 3339 in UTC" {
	register ann
	body_is '.id | test("^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")'
	body_is '.created_at | test("^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:]{8}([.][0-9]+)?Z$")'
	local made now
	made=$(date -d "$(of_body .created_at)" +%s)
	now=$(date +%s)
	((made >= now - 5 && made <= now + 5)) || fail "created at $made, now is $now"
}

@test "all faults of a registration are reported at once" {
	post /api/v1/users '{"password": "short", "shoe_size": 43}'
	problem 400 invalid-request
	fault /email 'email is required'
	fault /password 'password must be at least 8 characters'
	fault /name 'name is required'
	fault /shoe_size 'shoe_size is not known'
	body '.error.fields | length' 4
}

@test "what is not an address is refused" {
	local bad
	for bad in '' ann 'ann@' '@example.org' 'a b@example.org' 'ann@exa mple.org' 'ann@example..org' \
		'ann@-example.org' ' ann@example.org' 'ann@example.org ' 'ann@a_b.example' \
		$'ann@example.org\n' $'ann@exam\u200bple.org' "$(printf 'a%.0s' {1..65})@example.org" \
		"ann@$(printf 'a%.0s' {1..250}).org"; do
		post /api/v1/users "$(person "$bad" 'a long password' Ann)"
		problem 400 invalid-request
		fault /email
	done
}

@test "an address is one account however its letters are composed" {
	local id other
	id=$(unique)
	post /api/v1/users "$(person $'J\u00f6rg.'"$id@example.org" 'a long password' Joerg)"
	status 201
	for other in $'jo\u0308rg.' $'j\u00f6rg.'; do
		post /api/v1/users "$(person "$other$id@example.org" 'a long password' Joerg)"
		problem 409 email-taken
		sign_in "$other$id@example.org" 'a long password'
		get /api/v1/me
		body .email $'J\u00f6rg.'"$id@example.org"
	done
	for other in $'\u212b' $'A\u030a' $'\u1112\u1161\u11ab' $'e\u0302\u0323'; do
		post /api/v1/users "$(person "$other.$id@example.org" 'a long password' Joerg)"
		[[ $STATUS == 201 || $other == $'A\u030a' ]] || fail "$other"
	done
	sign_in $'\u00c5.'"$id@example.org" 'a long password'
	sign_in $'\ud55c.'"$id@example.org" 'a long password'
	sign_in $'\u1ec7.'"$id@example.org" 'a long password'
}

@test "dots stand where a provider has put them, with quotes or without" {
	local id email
	id=$(unique)
	for email in "taro..$id@docomo.ne.jp" "taro.$id.@docomo.ne.jp" "\"taro...$id\"@docomo.ne.jp"; do
		post /api/v1/users "$(person "$email" 'a long password' Taro)"
		status 201
		body .email "$email"
		sign_in "$email" 'a long password'
		email=${email//\"/}
		sign_in "\"${email%@*}\"@${email#*@}" 'a long password'
		sign_in "${email^^}" 'a long password'
	done
	for email in '"a b"@docomo.ne.jp' '"a@b"@docomo.ne.jp' '..@docomo.ne.jp' '"a"b@docomo.ne.jp' '"\"@docomo.ne.jp'; do
		post /api/v1/users "$(person "$email" 'a long password' Taro)"
		problem 400 invalid-request
		fault /email
	done
}

@test "a name may not be empty" {
	post /api/v1/users "$(person "ann.$(unique)@example.org" 'a long password' '')"
	problem 400 invalid-request
	fault /name
}

@test "an address is taken however its domain and case are written" {
	local n spelling
	n=$(unique)
	post /api/v1/users "$(person "Ann.$n@bücher.example" 'a long password' Ann)"
	status 201
	for spelling in "Ann.$n@bücher.example" "ann.$n@bücher.example" "ANN.$n@BÜCHER.example" \
		"ann.$n@xn--bcher-kva.example" "ann.$n@XN--BCHER-KVA.EXAMPLE" \
		"ann.$n@$(printf 'bu\xcc\x88cher').example"; do
		post /api/v1/users "$(person "$spelling" 'a long password' Ann)"
		problem 409 email-taken 'email already registered'
	done
}

@test "local parts that differ in more than ASCII case are two people" {
	local n
	n=$(unique)
	post /api/v1/users "$(person "ärzte.$n@example.org" 'a long password' Ann)"
	status 201
	post /api/v1/users "$(person "arzte.$n@example.org" 'a long password' Ann)"
	status 201
}

@test "an address is kept as it was written" {
	local email
	email=McAnn.$(unique)@BÜCHER.example
	post /api/v1/users "$(person "$email" 'a long password' Ann)"
	status 201
	sign_in "${email,,}" 'a long password'
	get /api/v1/me
	body .email "$email"
}

@test "twenty registrations of one address at once make one user" {
	local out=$BATS_TEST_TMPDIR/out one bodies=()
	one=$(person "race.$(unique)@example.org" 'a long password' Ann)
	for _ in {1..20}; do
		bodies+=("$one")
	done
	PARALLEL=1 requests "$out" POST /api/v1/users "${bodies[@]}"
	sort "$out/statuses" | uniq -c
	[[ $(grep -c 201 "$out/statuses") == 1 ]]
	[[ $(grep -c 409 "$out/statuses") == 19 ]]
}

# --- reading --------------------------------------------------------------------------------

@test "a user reads itself" {
	login ann
	get "/api/v1/users/$USER_ID"
	status 200
	body .id "$USER_ID"
	body .email "$EMAIL"
	body .name ann
	body_is 'has("password") or has("email_key") | not'
	header Cache-Control '*no-store*'
}

@test "a user does not read others" {
	register bob
	local bob=$USER_ID
	login ann
	get "/api/v1/users/$bob"
	problem 403 forbidden
	no_header WWW-Authenticate
}

@test "a user does not learn who exists" {
	login ann
	get "/api/v1/users/$UNKNOWN"
	problem 403 forbidden
}

@test "an admin reads anybody" {
	register bob
	local bob=$USER_ID
	admin
	get "/api/v1/users/$bob"
	status 200
	body .name bob
}

@test "an admin is told that a user is not there" {
	admin
	get "/api/v1/users/$UNKNOWN"
	problem 404 user-not-found "user $UNKNOWN not found"
}

@test "of many who are read at once each reply is about the right one" {
	local i id out=$BATS_TEST_TMPDIR/out ids=() bodies=() PATHS=()
	for i in 1 2 3 4; do
		register "reader$i"
		ids+=("$USER_ID" "0190a0b0-0000-7000-8000-00000000000$i")
	done
	admin
	for ((i = 0; i < 96; i++)); do
		PATHS+=("/api/v1/users/${ids[i * 7 % 8]}")
		bodies+=('')
	done
	PARALLEL=1 HEADER="Authorization: Bearer $TOKEN" requests "$out" GET '/api/v1/users/{id}' "${bodies[@]}"
	[[ $(sort "$out/statuses" | uniq -c | xargs) == '48 200 48 404' ]] ||
		fail "not 48 each: $(sort "$out/statuses" | uniq -c | xargs)" || return
	for ((i = 0; i < 96; i++)); do
		id=${PATHS[i]##*/}
		jq -e --arg id "$id" '.id == $id or .error.message == "user \($id) not found"' "$out/$i" >/dev/null ||
			fail "asked for $id: $(<"$out/$i")" || return
	done
}

@test "an id that is no UUID is a fault of the request" {
	admin
	local id
	for id in 42 me "${UNKNOWN}0" "${UNKNOWN/7000/700g}"; do
		get "/api/v1/users/$id"
		problem 400 invalid-request
		fault /id
	done
}

@test "an id in upper case is the same id" {
	login ann
	get "/api/v1/users/${USER_ID^^}"
	status 200
	body .id "$USER_ID"
}

# --- changing -------------------------------------------------------------------------------

@test "a user changes its name" {
	login ann
	put "/api/v1/users/$USER_ID" "$(object email "$EMAIL" name 'Ann B.')"
	status 200
	body .email "$EMAIL"
	body .name 'Ann B.'
	body .id "$USER_ID"
	get "/api/v1/users/$USER_ID"
	body .name 'Ann B.'
}

@test "an address that an admin has changed signs in, the old one no longer" {
	register ann
	local old=$EMAIL password=$PASSWORD ann=$USER_ID email
	email=new.$(unique)@example.org
	admin
	put "/api/v1/users/$ann" "$(object email "$email" name ann)"
	status 200
	body .email "$email"
	sign_in "$email" "$password"
	post /api/v1/auth/login "$(credentials "$old" "$password")"
	problem 401 bad-credentials
}

@test "a user may keep its address, in another spelling too" {
	login ann
	put "/api/v1/users/$USER_ID" "$(object email "${EMAIL^^}" name ann)"
	status 200
	body .email "${EMAIL^^}"
}

@test "nobody is given another user's address" {
	register bob
	local bob=$EMAIL
	register ann
	local ann=$USER_ID email=$EMAIL
	admin
	put "/api/v1/users/$ann" "$(object email "${bob^^}" name ann)"
	problem 409 email-taken
	get "/api/v1/users/$ann"
	body .email "$email"
}

@test "changing needs both members and no other" {
	login ann
	put "/api/v1/users/$USER_ID" '{"role": "admin", "password": "another password"}'
	problem 400 invalid-request
	fault /email 'email is required'
	fault /name 'name is required'
	fault /role 'role is not known'
	fault /password 'password is not known'
}

@test "a user does not change others" {
	register bob
	local bob=$USER_ID
	login ann
	put "/api/v1/users/$bob" "{\"email\": \"x.$(unique)@example.org\", \"name\": \"x\"}"
	problem 403 forbidden
}

@test "an admin changes anybody, and is told who is not there" {
	register bob
	local bob=$USER_ID email=$EMAIL
	admin
	put "/api/v1/users/$bob" "$(object email "$email" name Robert)"
	status 200
	body .name Robert
	put "/api/v1/users/$UNKNOWN" "$(object email "x$email" name x)"
	problem 404 user-not-found "user $UNKNOWN not found"
}

@test "changing and deleting need a token" {
	register ann
	put "/api/v1/users/$USER_ID" '{"email": "a@example.org", "name": "a"}'
	problem 401 unauthenticated
	delete "/api/v1/users/$USER_ID"
	problem 401 unauthenticated
}

# --- deleting -------------------------------------------------------------------------------

@test "a user deletes itself and is gone" {
	login ann
	delete "/api/v1/users/$USER_ID"
	status 204
	[[ -z $BODY ]] || fail 'a 204 has no body'
	no_header Content-Type
	get /api/v1/me
	status 401
	get "/api/v1/users/$USER_ID"
	[[ $STATUS == 401 || $STATUS == 404 ]] || fail 'a deleted user is still read'
	post /api/v1/auth/login "$(credentials "$EMAIL" "$PASSWORD")"
	problem 401 bad-credentials
}

@test "the address of a deleted user is free again" {
	login ann
	delete "/api/v1/users/$USER_ID"
	status 204
	TOKEN='' post /api/v1/users "$(person "$EMAIL" 'a long password' Ann)"
	status 201
}

@test "a user does not delete others" {
	register bob
	local bob=$USER_ID email=$EMAIL password=$PASSWORD
	login ann
	delete "/api/v1/users/$bob"
	problem 403 forbidden
	sign_in "$email" "$password"
}

@test "an admin deletes anybody, once" {
	register bob
	local bob=$USER_ID
	admin
	delete "/api/v1/users/$bob"
	status 204
	delete "/api/v1/users/$bob"
	problem 404 user-not-found "user $bob not found"
}
