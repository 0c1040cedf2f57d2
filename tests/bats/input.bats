# SPDX-License-Identifier: MIT
# What a body may be, and how its faults are told.

load helpers

GOOD='"password": "a long password", "name": "Ann"'

# send FORMAT: a body that printf makes of it, so that it may hold any byte.
send() {
	# shellcheck disable=SC2059 # escapes in the format are the point
	printf "$1" >"$BATS_TEST_TMPDIR/sent"
	post /api/v1/users "@$BATS_TEST_TMPDIR/sent"
}

@test "what is not JSON is refused, and where it breaks is told" {
	local bad
	for bad in '{' '{"email": }' '{"email": "a"' "{'email': 'a'}" '{"email": "a",}' 'email=a' \
		'{"email": "a"} {}' '{"email": 01}' '{"email": NaN}' '{"email": "a\\x"}' '{"a":"\t"}'; do
		send "$bad"
		problem 400 malformed-json
		body_is '.error.fields | length == 1'
	done
}

@test "the body must be an object" {
	local bad
	for bad in '[]' '"ann"' 1 null true '[{}]' ' [1, 2] '; do
		send "$bad"
		problem 400 invalid-request 'the body must be a JSON object'
		fault ''
	done
	send '[1'
	problem 400 malformed-json
}

@test "a byte order mark in front of a body is nothing" {
	send "\xef\xbb\xbf{\"email\": \"mark.$(unique)@example.org\", $GOOD}"
	status 201
	send "\xef\xbb\xbf\xef\xbb\xbf{\"email\": \"mark.$(unique)@example.org\", $GOOD}"
	problem 400 malformed-json
}

@test "a charset that says UTF-8 in other words is taken, another one refused for what it is" {
	local charset
	for charset in utf-8 UTF-8 utf8 UTF8 '"utf-8"' us-ascii; do
		post /api/v1/users "{\"email\": \"charset.$(unique)@example.org\", $GOOD}" -H "Content-Type: application/json; charset=$charset"
		status 201
	done
	for charset in iso-8859-1 utf-16 utf-16le windows-1252 '"latin1"' x; do
		post /api/v1/users "{\"email\": \"charset.$(unique)@example.org\", $GOOD}" -H "Content-Type: application/json; charset=$charset"
		problem 415 unsupported-media-type 'the charset must be UTF-8'
	done
}

@test "a name shows all that it is: nothing turns it around or hides in it" {
	local bad name
	for bad in 00ad 061c 200b 200e 200f 2028 2029 202a 202b 202d 202e 2060 2064 2066 2067 2069 feff fff9 0085; do
		send "{\"email\": \"a@example.org\", \"password\": \"a long password\", \"name\": \"a\\\\u${bad}b\"}"
		problem 400 invalid-request
		fault /name
	done
	# Joiners that scripts and emoji need, and neighbours of what is refused.
	for name in 'می\u200cخواهم' 'क्\u200dष' '👩\u200d👩' 'a\u00acb' 'a\u200ab' 'a\u202fb' 'a\u2070b' 'שלום'; do
		post /api/v1/users "{\"email\": \"shown.$(unique)@example.org\", \"password\": \"a long password\", \"name\": \"$name\"}"
		status 201
	done
	login ann
	put "/api/v1/users/$USER_ID" "{\"email\": \"$EMAIL\", \"name\": \"Ann \\u202eeoD\"}"
	problem 400 invalid-request
	fault /name
}

@test "a number that no type holds is refused, wherever it stands" {
	local number
	for number in 1e999 -1e999 99999999999999999999 -99999999999999999999; do
		send "{\"email\": $number, $GOOD}"
		problem 400 invalid-request
		fault /email
		send "{\"email\": \"a@example.org\", \"x\": [$number], $GOOD}"
		problem 400 invalid-request
		fault /x/0
	done
}

@test "the nil UUID is a resource that is not there, and no value" {
	local nil=00000000-0000-0000-0000-000000000000 path
	admin
	for path in "GET /users/$nil" "DELETE /users/$nil" "GET /users/$nil/sessions" "DELETE /users/$nil/sessions" \
		"DELETE /users/$nil/sessions/$nil" "DELETE /users/$USER_ID/sessions/$nil" "DELETE /me/sessions/$nil"; do
		request "${path% *}" "/api/v1${path#* }"
		status 404
	done
	put "/api/v1/users/$nil" '{"email":"nil@example.org","name":"Nil"}'
	problem 404 user-not-found
	request PATCH "/api/v1/users/$nil" '{"disabled":true}'
	problem 404 user-not-found
	get "/api/v1/audit?actor=$nil"
	problem 400 invalid-request 'actor must not be the nil UUID'
	post /api/v1/auth/verify "{\"id\":\"$nil\",\"code\":\"12345678\"}"
	problem 400 invalid-request 'id must not be the nil UUID'
	login nobody
	get "/api/v1/users/$nil"
	problem 403 forbidden
}

@test "an empty body is not an object either" {
	send ''
	problem 400 malformed-json
	send '  '
	problem 400 malformed-json
}

@test "a member given twice is refused, and which one is told" {
	send "{\"email\": \"a@example.org\", \"email\": \"b@example.org\", $GOOD}"
	problem 400 invalid-request
	fault /email
}

@test "invalid UTF-8 is refused" {
	local bad
	for bad in '\xff' '\xc0\xaf' '\xed\xa0\x80' '\xf4\x90\x80\x80' '\xe2\x82'; do
		send "{\"email\": \"a@example.org\", \"password\": \"a long password\", \"name\": \"$bad\"}"
		problem 400 malformed-json
		body_is '.error.fields | length == 1'
	done
}

@test "half a surrogate pair is refused" {
	local half
	for half in '\\ud800' '\\udfff' '\\ud800\\u0041' '\\udc00\\ud800' 'a\\uDBFF'; do
		send "{\"name\": \"$half\", \"email\": \"a@example.org\", \"password\": \"a long password\"}"
		problem 400 invalid-request
		fault /name
		send "{\"name\": \"a\", \"email\": \"a@example.org\", \"password\": \"a long password$half\"}"
		problem 400 invalid-request
		fault /password
	done
}

@test "NUL is refused, raw and escaped, in texts, secrets and names" {
	local member
	for member in name password email; do
		send "{\"$member\": \"a\\\\u0000b\"}"
		problem 400 invalid-request
		fault "/$member"
		send "{\"$member\": \"a\\0b\"}"
		problem 400 malformed-json
		fault "/$member"
	done
	send '{"na\\u0000me": "a"}'
	problem 400 invalid-request
	post /api/v1/auth/refresh '{"refresh_token": "a\u0000"}'
	problem 400 invalid-request
	fault /refresh_token
	post /api/v1/auth/reset '{"token": "a\u0000", "password": "a long password"}'
	problem 400 invalid-request
	fault /token
}

@test "nesting over 32 is refused, less is only of the wrong type" {
	local deep
	deep=$(printf '[%.0s' {1..40})$(printf ']%.0s' {1..40})
	send "{\"email\": $deep, $GOOD}"
	problem 400 invalid-request
	send "{\"email\": ${deep:20:40}, $GOOD}"
	problem 400 invalid-request
	fault /email 'email must be a string'
}

@test "a member of the wrong type is refused" {
	local bad
	for bad in 1 1.5 true null '[]' '{}'; do
		send "{\"email\": $bad, $GOOD}"
		problem 400 invalid-request
		fault /email
		body '.error.fields | length' 1
	done
}

@test "an unknown member is refused, its pointer escaped" {
	send "{\"email\": \"a.$(unique)@example.org\", $GOOD, \"a/b~c\": 1}"
	problem 400 invalid-request
	fault '/a~1b~0c'
}

@test "members differ in case" {
	send "{\"Email\": \"a.$(unique)@example.org\", $GOOD}"
	problem 400 invalid-request
	fault /Email 'Email is not known'
	fault /email 'email is required'
}

@test "escapes and white space mean nothing" {
	local email
	email=esc.$(unique)@example.org
	send "\\n{ \"\\\\u0065mail\" :\\t\"$email\", \"password\": \"a long password\", \"name\": \"\\\\u00c4nn \\\\ud83d\\\\udd11\" }\\r\\n"
	status 201
	body .email "$email"
	body .name 'Änn 🔑'
}

@test "a body of 64 KiB is read, one byte more is too large" {
	local one padding
	one=$(person "big.$(unique)@example.org" 'a long password' Ann)
	padding=$((65536 - ${#one}))
	printf '%s%*s' "$one" $padding '' >"$BATS_TEST_TMPDIR/fits"
	printf '%s%*s' "$one" $((padding + 1)) '' >"$BATS_TEST_TMPDIR/large"
	post /api/v1/users "@$BATS_TEST_TMPDIR/large"
	problem 413 body-too-large
	post /api/v1/users "@$BATS_TEST_TMPDIR/fits"
	status 201
}

@test "a large body without a length is too large as well" {
	head -c 200000 /dev/zero | tr '\0' ' ' >"$BATS_TEST_TMPDIR/large"
	post /api/v1/users "@$BATS_TEST_TMPDIR/large" --http1.1 -H 'Transfer-Encoding: chunked'
	problem 413 body-too-large
}

@test "a body without a length is read" {
	local one
	one=$(person "chunk.$(unique)@example.org" 'a long password' Ann)
	post /api/v1/users "$one" --http1.1 -H 'Transfer-Encoding: chunked'
	status 201
}

@test "only application/json is a body" {
	local type
	for type in text/plain application/x-www-form-urlencoded 'multipart/form-data; boundary=x' \
		application/xml application/jsonp 'application/json; charset=latin1'; do
		post /api/v1/users '{}' -H "Content-Type: $type"
		problem 415 unsupported-media-type
	done
	post /api/v1/users '{}' -H 'Content-Type:'
	problem 415 unsupported-media-type
}

@test "application/json may be written in any case and with its charset" {
	local type
	for type in 'application/json; charset=utf-8' 'Application/JSON;charset="UTF-8"'; do
		post /api/v1/users "$(person "ct.$(unique)@example.org" 'a long password' Ann)" \
			-H "Content-Type: $type"
		status 201
	done
}

@test "a body where none is expected is refused" {
	login ann
	request DELETE "/api/v1/users/$USER_ID" '{"really": true}'
	problem 400 invalid-request
	get /api/v1/me
	status 200
}

@test "an unknown query parameter is refused where a body is expected" {
	post "/api/v1/users?role=admin" "$(person "q.$(unique)@example.org" 'a long password' Ann)"
	problem 400 invalid-request
	fault /role 'role is not known'
}

@test "the role cannot be given at registration" {
	post /api/v1/users "$(person "r.$(unique)@example.org" 'a long password' Ann | jq -c '.role = "admin"')"
	problem 400 invalid-request
	fault /role 'role is not known'
}

@test "an escape in the path is decoded, a broken one is nothing that is there" {
	login ann
	get "/api/v1/%75sers/$USER_ID"
	status 200
	get "/api/v1/users/%zz"
	[[ $STATUS == 400 || $STATUS == 404 ]] || fail 'expected 400 or 404'
}

@test "a body with a Content-Encoding is refused, and says so" {
	local encoding
	for encoding in gzip br 'gzip, identity' zstd; do
		post /api/v1/users '{"email":"a@example.org"}' -H "Content-Encoding: $encoding" \
			-H 'Content-Type: application/json'
		problem 415 unsupported-media-type "the body must not have a Content-Encoding"
	done
	post /api/v1/auth/login '{}' -H 'Content-Encoding: identity' -H 'Content-Type: application/json'
	problem 400 invalid-request
}
