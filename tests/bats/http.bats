# SPDX-License-Identifier: MIT
# How Postern speaks HTTP: methods, headers, negotiation, CORS, and what nginx does before it.

load helpers

# --- what is not there ----------------------------------------------------------------------

@test "an unknown path is not found" {
	local path
	for path in / /api /api/v1 /api/v1/nothing /api/v2/users /api/v1/users/ /api/v1/users//x \
		/api/v1/me/more /users; do
		get "$path"
		problem 404 not-found
	done
}

@test "a wrong method is told the right ones" {
	request PATCH /api/v1/me
	problem 405 method-not-allowed
	header Allow '*GET*'
	header Allow '*HEAD*'
	header Allow '*OPTIONS*'
	[[ $(header Allow) != *POST* ]]
	delete /api/v1/users
	problem 405 method-not-allowed
	header Allow '*GET*'
	header Allow '*POST*'
	get /api/v1/auth/login
	problem 405 method-not-allowed
	header Allow '*POST*'
	[[ $(header Allow) != *GET* ]]
	post /api/v1/users/01890000-0000-7000-8000-000000000000 '{}'
	problem 405 method-not-allowed
	header Allow '*DELETE*'
	header Allow '*PUT*'
}

@test "a method that nobody knows is not allowed" {
	local method
	for method in BREW TRACE; do
		request "$method" /api/v1/me
		problem 405 method-not-allowed
		header Allow '*GET*'
	done
}

@test "OPTIONS tells what a path allows" {
	request OPTIONS /api/v1/me
	status 204
	header Allow '*GET*'
	header Allow '*OPTIONS*'
	request OPTIONS /api/v1/nothing
	problem 404 not-found
}

@test "what nginx refuses by itself tells what the path allows" {
	local path allowed
	for path in /api/v1/me /api/v1/users /api/v1/users/01890000-0000-7000-8000-000000000000 /api/v1/auth/login \
		/api/v1/audit /api/v1/openapi.json /.well-known/jwks.json; do
		request PROPFIND "$path"
		problem 405 method-not-allowed
		allowed=$(header Allow)
		for version in --http1.1 --http2; do
			request TRACE "$path" "$version"
			problem 405 method-not-allowed
			header Allow "$allowed"
		done
	done
	request TRACE /api/v1/users/01890000-0000-7000-8000-000000000000
	header Allow '*PATCH*'
	request TRACE /api/v1/nothing
	problem 404 not-found
}

@test "liveness is read only" {
	local path method
	for path in /api/v1/health /health; do
		get "$path"
		status 200
		body .status ok
		request HEAD "$path"
		status 200
		for method in POST PUT PATCH DELETE TRACE BREW; do
			request "$method" "$path"
			problem 405 method-not-allowed
			header Allow 'GET, HEAD, OPTIONS'
		done
		request OPTIONS "$path"
		status 204
		header Allow 'GET, HEAD, OPTIONS'
	done
	get /health/
	problem 404 not-found
}

@test "what nginx serves of the pages behind the links in mails is read only, and an error there is told to people" {
	local method
	request OPTIONS /account/account.js
	status 204
	header Allow 'GET, HEAD, OPTIONS'
	for method in POST PUT PATCH DELETE TRACE; do
		request "$method" /account/account.js
		status 405
		header Allow 'GET, HEAD, OPTIONS'
		header Content-Type 'text/html*'
	done
	for method in GET OPTIONS TRACE; do
		request "$method" /account/nothing
		status 404
		header Content-Type 'text/html*'
		no_header Allow
	done
	request TRACE /account/verify
	status 405
	header Allow 'GET, HEAD, POST, OPTIONS'
	post /account/verify "@$(printf '%65537s' x >"$BATS_TEST_TMPDIR/large" && echo "$BATS_TEST_TMPDIR/large")"
	status 413
	header Content-Type 'text/html; charset=utf-8'
	[[ $BODY == *'Error 413: the body is too large.'* ]]
}

# --- negotiation ----------------------------------------------------------------------------

@test "a client that takes no JSON is told so" {
	local accept
	for accept in text/html 'application/json;q=0' 'image/*, text/plain'; do
		get /api/v1/openapi.json -H "Accept: $accept"
		problem 406 not-acceptable
	done
}

@test "a client that takes JSON among others gets it" {
	local accept
	for accept in '*/*' 'application/*' 'text/html, application/json;q=0.1' 'application/json; charset=utf-8'; do
		get /api/v1/openapi.json -H "Accept: $accept"
		status 200
	done
	get /api/v1/openapi.json -H 'Accept:'
	status 200
}

@test "replies are JSON by type" {
	login ann
	get /api/v1/me
	header Content-Type 'application/json*'
	header X-Content-Type-Options nosniff
}

@test "errors are RFC 9457 for those who ask" {
	post /api/v1/users '{"password": "short"}' -H 'Accept: application/problem+json'
	status 400
	header Content-Type 'application/problem+json*'
	body .status 400
	body .code invalid-request
	body .title 'the request has faults'
	body .request_id "$(header X-Request-Id)"
	body_is '.type | type == "string"'
	body_is '.errors | any(.pointer == "/email" and .detail == "email is required")'
	body_is 'has("error") | not'
}

@test "success is plain JSON for those who ask for RFC 9457" {
	login ann
	get /api/v1/me -H 'Accept: application/problem+json, application/json'
	status 200
	header Content-Type 'application/json*'
}

@test "errors are plain where JSON is liked better" {
	get /api/v1/me -H 'Accept: application/json, application/problem+json;q=0.5'
	problem 401 unauthenticated
}

# --- request ids ----------------------------------------------------------------------------

@test "a request has an id, and each another" {
	get /api/v1/me
	local first
	first=$(header X-Request-Id)
	[[ ${#first} -ge 16 ]]
	body .error.request_id "$first"
	get /api/v1/me
	[[ $(header X-Request-Id) != "$first" ]]
}

@test "the client's request id is used when it is a decent one" {
	get /api/v1/me -H 'X-Request-Id: 0af7651916cd43dd-8448eb211c80319c'
	header X-Request-Id 0af7651916cd43dd-8448eb211c80319c
	body .error.request_id 0af7651916cd43dd-8448eb211c80319c
}

@test "a request id that could harm a log is replaced" {
	local id
	for id in 'a"b' 'a b' 'a{b}' "$(printf 'a%.0s' {1..300})"; do
		get /api/v1/me -H "X-Request-Id: $id"
		[[ $(header X-Request-Id) != "$id" ]] || fail 'it came back'
		problem 401 unauthenticated
	done
}

@test "the request id finds the request in both logs" {
	get /api/v1/me
	local id
	id=$(header X-Request-Id)
	logged "$id"
	logged "$id" access.log
}

# shellcheck disable=SC2016 # jq's own variables
@test "a request is one line with everything one asks of it" {
	login ann
	get "/api/v1/users/$USER_ID"
	local id
	id=$(header X-Request-Id)
	logged "$id"
	grep "$id" "$RUN_DIR/log/postern.log" | jq -e --arg user "$USER_ID" '
		.level == "info" and .module == "http" and .user_id == $user and .route == "user_get"
		and .method == "GET" and .status == 200 and .duration_us > 0
		and (.message | length > 0) and (.time | test("Z$"))'
}

# --- headers --------------------------------------------------------------------------------

@test "the server does not tell its version" {
	get /api/v1/me
	[[ $(header Server 2>/dev/null) != */* ]] || fail 'nginx tells its version'
	no_header X-Powered-By
}

@test "browsers are told to come back over TLS" {
	get /api/v1/health
	header Strict-Transport-Security 'max-age=*'
}

@test "HEAD is GET without the body" {
	login ann
	get /api/v1/me
	local length
	length=$(header Content-Length 2>/dev/null) || length=
	request HEAD /api/v1/me
	status 200
	header Content-Type 'application/json*'
	header Cache-Control '*no-store*'
	[[ -z $length ]] || header Content-Length "$length"
}

@test "nothing follows the headers of a HEAD" {
	login ann
	printf 'HEAD %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nConnection: close\r\n\r\n' \
		"/api/v1/me" "$TOKEN" |
		openssl s_client -quiet -ign_eof -CAfile "$RUN_DIR/tls/cert.pem" \
			-connect "localhost:$TLS_PORT" 2>/dev/null >"$BATS_TEST_TMPDIR/raw"
	grep -q '^HTTP/1.1 200' "$BATS_TEST_TMPDIR/raw"
	[[ $(tail -c 4 "$BATS_TEST_TMPDIR/raw" | od -An -tx1 | tr -d ' ') == 0d0a0d0a ]]
}

@test "several requests go over one connection" {
	local connects
	connects=$(curl -s --cacert "$RUN_DIR/tls/cert.pem" -o /dev/null -o /dev/null -o /dev/null \
		-w '%{num_connects}' "$BASE/api/v1/me" "$BASE/api/v1/health" "$BASE/api/v1/users")
	[[ $connects == 100 ]] || fail "connections made: $connects"
}

@test "HTTP/2 and HTTP/1.1 both work" {
	login ann
	get /api/v1/me --http2
	status 200
	[[ $HEADERS == HTTP/2\ * ]]
	get /api/v1/me --http1.1
	status 200
	[[ $HEADERS == HTTP/1.1\ * ]]
}

@test "TLS is 1.2 or 1.3" {
	get /api/v1/health --tlsv1.2 --tls-max 1.2
	status 200
	get /api/v1/health --tlsv1.3
	status 200
	run ! curl -s --cacert "$RUN_DIR/tls/cert.pem" --tls-max 1.1 "$BASE/api/v1/health"
}

@test "the plain port only sends to TLS" {
	BASE=http://localhost:$PORT get "/api/v1/users?limit=5"
	[[ $STATUS == 301 || $STATUS == 308 ]] || fail 'no redirect'
	header Location "https://localhost:$TLS_PORT/api/v1/users\?limit=5"
}

@test "the plain port sends nobody elsewhere, and takes nothing" {
	local host method
	for host in evil.example localhost.evil.example evil.example:8080 localhost@evil.example 127.0.0.2 '[::2]'; do
		BASE=http://localhost:$PORT get /x -H "Host: $host"
		[[ $STATUS == 4?? ]] || fail "sent to another place with $host"
		no_header Location
	done
	for host in 127.0.0.1 LOCALHOST localhost:1; do
		BASE=http://localhost:$PORT get /x -H "Host: $host"
		status 308
		header Location "https://*:$TLS_PORT/x"
	done
	for method in POST PUT PATCH DELETE TRACE BREW; do
		BASE=http://localhost:$PORT request "$method" /api/v1/auth/login '{"password":"in the clear"}'
		problem 405 method-not-allowed
		header Allow 'GET, HEAD'
		no_header Location
	done
}

# --- CORS -----------------------------------------------------------------------------------

@test "a preflight from an allowed origin is answered" {
	request OPTIONS /api/v1/users -H 'Origin: https://app.example' \
		-H 'Access-Control-Request-Method: PUT' \
		-H 'Access-Control-Request-Headers: authorization, content-type'
	status 204
	header Access-Control-Allow-Origin https://app.example
	header Access-Control-Allow-Methods '*PUT*'
	header Access-Control-Allow-Methods '*DELETE*'
	[[ $(header Access-Control-Allow-Headers | tr '[:upper:]' '[:lower:]') == *authorization* ]]
	[[ $(header Access-Control-Allow-Headers | tr '[:upper:]' '[:lower:]') == *content-type* ]]
	header Vary '*Origin*'
}

@test "a preflight allows what libraries add to requests" {
	local name allowed
	request OPTIONS /api/v1/users -H 'Origin: https://app.example' -H 'Access-Control-Request-Method: POST'
	status 204
	allowed=$(header Access-Control-Allow-Headers)
	allowed=", ${allowed,,},"
	for name in authorization content-type x-request-id accept accept-language baggage sentry-trace traceparent \
		tracestate x-requested-with idempotency-key if-match if-none-match x-csrf-token b3 x-b3-traceid; do
		[[ $allowed == *", $name,"* ]] || fail "$name is missing"
	done
}

@test "a preflight from another origin gets no permission" {
	local origin
	for origin in https://evil.example null http://app.example https://app.example.evil.example; do
		request OPTIONS /api/v1/users -H "Origin: $origin" -H 'Access-Control-Request-Method: PUT'
		no_header Access-Control-Allow-Origin
		no_header Access-Control-Allow-Methods
	done
}

@test "replies to an allowed origin may be read, with their headers" {
	admin
	get "/api/v1/users?limit=1" -H 'Origin: https://app.example'
	status 200
	header Access-Control-Allow-Origin https://app.example
	header Access-Control-Expose-Headers '*Link*'
	header Access-Control-Expose-Headers '*Location*'
	header Access-Control-Expose-Headers '*X-Request-Id*'
	header Vary '*Origin*'
}

@test "errors to an allowed origin may be read, those of nginx too" {
	get /api/v1/me -H 'Origin: https://app.example'
	problem 401 unauthenticated
	header Access-Control-Allow-Origin https://app.example
	head -c 70000 /dev/zero | tr '\0' ' ' >"$BATS_TEST_TMPDIR/large"
	post /api/v1/users "@$BATS_TEST_TMPDIR/large" -H 'Origin: https://app.example'
	problem 413 body-too-large
	header Access-Control-Allow-Origin https://app.example
}

@test "replies to another origin may not be read" {
	get /api/v1/me -H 'Origin: https://evil.example'
	problem 401 unauthenticated
	no_header Access-Control-Allow-Origin
	header Vary '*Origin*'
}

# --- what is public -------------------------------------------------------------------------

@test "health is alive" {
	get /api/v1/health
	status 200
	header Content-Type 'application/json*'
	body .status ok
}

@test "ready is ready" {
	get /api/v1/health/ready
	status 200
	header Cache-Control '*no-store*'
	body .status ok
}

@test "openapi.json is OpenAPI 3.1 and lists exactly what is routed" {
	get /api/v1/openapi.json
	status 200
	body_is '.openapi | startswith("3.1")'
	local documented routed
	documented=$(jq -r '.paths | to_entries[] | .key as $p | .value | keys[]
		| select(IN("get", "post", "put", "patch", "delete")) | ascii_upcase + " " + $p' <<<"$BODY" | sort)
	routed=$(routes | grep -v ' /account/' | sort)
	diff <(echo "$documented") <(echo "$routed")
}

@test "openapi.json describes what a registration takes and what it may answer" {
	get /api/v1/openapi.json
	body_is '.info.title and .info.version'
	body_is '.paths["/api/v1/users"].post | .requestBody and .responses["201"] and .responses["409"]
		and .responses["400"] and .operationId and .summary'
	body_is '.paths["/api/v1/users/{id}"].get | (.parameters | any(.name == "id" and .in == "path" and .required))
		and (.security | length > 0)'
	# shellcheck disable=SC2016 # jq's own variables
	body_is '[.. | .["$ref"]? | strings | ltrimstr("#/") | split("/") | map(gsub("~1"; "/"))] as $refs
		| . as $doc | $refs | all(. as $r | $doc | getpath($r) != null)'
}

@test "every operation has an id of its own" {
	get /api/v1/openapi.json
	body_is '[.paths[][] | .operationId?] | length == (unique | length)'
}

@test "an HTTP/1.1 status line has a reason phrase, for some clients take none without" {
	local path
	while read -r path wanted; do
		[[ $(curl -sS --http1.1 --cacert "$RUN_DIR/tls/cert.pem" -D - -o /dev/null "$BASE$path" |
			head -1) == "HTTP/1.1 $wanted"$'\r' ]] || fail "$path: not $wanted"
	done <<-END
		/api/v1/health/ready 200 OK
		/api/v1/health 200 OK
		/api/v1/me 401 Unauthorized
		/api/v1/nowhere 404 Not Found
	END
	[[ $(curl -sS --http1.1 --cacert "$RUN_DIR/tls/cert.pem" -D - -o /dev/null -X PUT "$BASE/api/v1/me" |
		head -1) == $'HTTP/1.1 405 Method Not Allowed\r' ]]
	[[ $(curl -sS --http1.1 --cacert "$RUN_DIR/tls/cert.pem" -D - -o /dev/null --json '{' \
		"$BASE/api/v1/users" | head -1) == $'HTTP/1.1 400 Bad Request\r' ]]
}
