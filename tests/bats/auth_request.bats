# SPDX-License-Identifier: MIT
# Another application that nginx guards with auth_request: deploy/nginx-protect-example.conf in front
# of a program that shows what reaches it.

load helpers

setup_file() {
	stack_start APP__SERVER__WORKERS=2 APP__SERVER__KEEPERS=1 APP__SESSIONS__ACCESS_COOKIE=true \
		APP__SESSIONS__BLIND=3s APP__SERVER__PUBLIC_URL=https://localhost
	APP_PORT=$(free_port)
	local upstream old
	upstream=$(free_port)
	export APP_PORT APP=https://localhost:$APP_PORT
	sed -e "s/listen 443/listen 127.0.0.1:$APP_PORT/; /listen \[::\]/d" -e 's/app.example.org/localhost/' \
		-e "s|/etc/ssl/app/fullchain.pem|../tls/cert.pem|; s|/etc/ssl/app/privkey.pem|../tls/key.pem|" \
		-e "s|/var/log/nginx|log|; s/127.0.0.1:9000/127.0.0.1:$upstream/" \
		"$ROOT/deploy/nginx-protect-example.conf" >"$RUN_DIR/conf/protect.conf"
	sed -i '$ s/}/include protect.conf; }/' "$RUN_DIR/conf/nginx.conf"
	python3 "$BATS_TEST_DIRNAME/upstream.py" "$upstream" 3>&- 4>&- &
	export UPSTREAM=$!
	old=$(pgrep -d, -P "$(<"$RUN_DIR/pid/nginx.pid")")
	as_owner nginx -p "$RUN_DIR" -e log/nginx.log -c conf/nginx.conf -s reload
	wait_for 10 curl -s --cacert "$RUN_DIR/tls/cert.pem" "$APP/"
	# A connection that they have just taken would be closed before it was used.
	wait_for 10 not ps -p "$old"
}

teardown_file() {
	kill "$UPSTREAM"
	stack_stop
}

teardown() {
	wait_for 10 served
}

# app METHOD PATH [BODY] [curl option ...]: a request to the application.
app() {
	BASE=$APP request "$@"
}

# asked [QUERY] [curl option ...]: what nginx asks, asked directly.
asked() {
	get "/api/v1/auth/check${1-}" "${@:2}"
}

# --- what the check answers -------------------------------------------------------------------

@test "the check tells who it is, in headers and without a body" {
	register ann
	sql "update users set verified_at = now(), email = '${EMAIL/ann/Ann}' where id = '$USER_ID'"
	sign_in "$EMAIL" "$PASSWORD"
	asked
	status 204
	header X-Auth-User "$USER_ID"
	header X-Auth-Email "$EMAIL"
	header X-Auth-Role user
	header X-Auth-Session "$(session)"
	header Cache-Control '*no-store*'
	[[ -z $BODY ]]
}

@test "an address that nobody has confirmed is told to no application" {
	login ann
	asked
	status 204
	header X-Auth-User "$USER_ID"
	no_header X-Auth-Email
}

@test "the check refuses who is not signed in, and says nothing of anybody" {
	local token
	for token in '' nonsense "$(jwt '{"alg":"none","typ":"JWT"}' '{}')"; do
		TOKEN=$token asked
		status 401
		header WWW-Authenticate 'Bearer *'
		no_header X-Auth
	done
}

@test "the check asks for a role" {
	login ann
	asked '?role=user'
	status 204
	asked '?role=admin'
	problem 403 forbidden
	no_header X-Auth
	admin
	asked '?role=admin'
	status 204
	header X-Auth-Role admin
	asked '?role=user'
	status 204
}

@test "the check answers with nothing that nginx takes for a failure" {
	admin
	local query
	for query in '?role=' '?role=root' '?role=admin&role=user' '?Role=admin' '?role=%zz' '?x=1' '?role=admin%00'; do
		asked "$query"
		status 403
		TOKEN='' asked "$query"
		status 401
	done
	asked '' -H 'Accept: text/html'
	status 204
	TOKEN='' asked '' -H 'Accept: text/html'
	status 401
	asked '' --data-binary '{}'
	status 403
	asked '' -H 'Authorization: Basic YW5uOmFubg=='
	status 401
	asked '' -H "Cookie: $(printf '=;%.0s' {1..500})"
	status 204
}

@test "the check takes the access token of a cookie, the other operations do not" {
	register ann
	post /api/v1/auth/login "$(jq -nc --arg e "$EMAIL" --arg p "$PASSWORD" '{email: $e, password: $p, cookie: true}')" \
		-H 'Origin: https://localhost'
	status 200
	local cookie
	cookie=$(header Set-Cookie | sed -n 's/^\(__Host-postern-access=[^;]*\).*/\1/p')
	[[ -n $cookie ]]
	asked '' -H "Cookie: a=b; $cookie"
	status 204
	header X-Auth-User "$USER_ID"
	asked '' -H "Cookie: $cookie" -H 'Authorization: Basic YW5uOmFubg=='
	status 204
	asked '' -H "Cookie: $cookie" -H 'Authorization: Bearer nonsense'
	problem 401 token-invalid
	get /api/v1/me -H "Cookie: $cookie"
	problem 401 unauthenticated
	app GET /page -H "Cookie: $cookie"
	status 200
	body '.headers["x-auth-user"][0]' "$USER_ID"
}

@test "the check needs no database, until it has been away for too long" {
	login ann
	asked
	status 204
	postgres stop -m immediate
	asked
	status 204
	wait_for 10 answers 503 GET /api/v1/auth/check || fail 'tokens are still taken, though any may be revoked'
	problem 503 database-unavailable
	app GET /
	status 503
	postgres start
	wait_for 20 answers 204 GET /api/v1/auth/check
}

# --- what the application sees ------------------------------------------------------------------

@test "nobody gets to the application without a token" {
	app GET /
	problem 401 unauthenticated
	app POST /form 'a=1' -H 'Content-Type: application/x-www-form-urlencoded'
	status 401
	app GET / -H 'Authorization: Bearer nonsense'
	status 401
	app GET / -H 'X-Auth-User: somebody'
	status 401
	[[ $(grep -ci '^www-authenticate' <<<"$HEADERS") == 1 ]]
}

@test "the application sees who it is, and not what the client says" {
	login_confirmed ann
	app GET /page?x=1 -H 'X-Auth-User: root' -H 'X-Auth-Role: admin' -H 'X-Auth-Email: root@example.org' \
		-H 'X-Auth-Session: 1' -H 'x-auth-USER: root' -H 'X_Auth_User: root'
	status 200
	body .path '/page?x=1'
	body '.headers["x-auth-user"] | join(" ")' "$USER_ID"
	body '.headers["x-auth-email"] | join(" ")' "$EMAIL"
	body '.headers["x-auth-role"] | join(" ")' user
	body '.headers["x-auth-session"] | join(" ")' "$(session)"
	body '.headers | keys | map(select(test("^x.auth"))) | length' 4
	body_is '.headers | has("authorization") | not'
	app GET / -H "Cookie: a=b; __Host-postern-access=$TOKEN; c=d"
	body '.headers.cookie[0]' 'a=b; c=d'
	# Of who has confirmed no address there is none, the client's neither.
	login bob
	app GET / -H 'X-Auth-Email: root@example.org'
	status 200
	body '.headers["x-auth-user"] | join(" ")' "$USER_ID"
	body_is '.headers | has("x-auth-email") | not'
}

# leaks ARGUMENT ...: the request got to the application, and no token of ours with it.
leaks() {
	app GET / "$@"
	[[ $STATUS == 401 ]] && return 1
	status 200 || return 0
	[[ $BODY == *"$TOKEN"* || $BODY == *"$REFRESH"* ]]
}

@test "of several access cookies the check takes the one that is right" {
	local name=__Host-postern-access ours other junk
	login mallory
	other=$TOKEN
	login ann
	ours=$TOKEN
	junk=${ours%??}AA
	for cookie in "$name=x; $name=$ours" "$name=$ours; $name=$junk" "$name=$junk; $name=$ours; $name=x" \
		"$name=$ours; $name=$ours" "$name=; $name=$ours"; do
		TOKEN='' asked '' -H "Cookie: $cookie"
		status 204 || return
		header X-Auth-User "$USER_ID" || return
	done
	# Two people: neither.
	for cookie in "$name=$other; $name=$ours" "$name=$ours; $name=$other" "$name=$ours; $name=x; $name=$other"; do
		TOKEN='' asked '' -H "Cookie: $cookie"
		problem 401 token-invalid || return
	done
	# Each would cost a signature: of many, which no browser sends, none is looked at.
	TOKEN='' asked '' -H "Cookie: $name=1; $name=2; $name=3; $name=4; $name=$ours"
	problem 401 unauthenticated
}

@test "no cookie hides a token of ours from the one who takes it out" {
	login ann
	local ours="__Host-postern-access=$TOKEN" name='__Host-postern-access' cookie many
	printf -v many 'x%s=1; ' {1..200}
	for cookie in "x$name=1; $ours" "theme=$name=1; $ours" "$ours; x$name=1" "x$name=; $ours; y$name=" \
		"$name=; $ours" "$ours; $name=" "$name; $ours" "a=1;$ours" "a=1;$ours;b=2" "a=1;   $ours  ;  b=2" \
		$'a=1;\t'"$ours" "a=\"1; $ours; \"" "\"; $ours" "; ;; $ours; ;" "=; $ours" "a; $ours; b" \
		"$many$ours; $many" "${name^^}=1; $ours" "${name,,}=1; $ours" "$ours; __Secure-postern-refresh=$REFRESH" \
		"__Secure-postern-refresh=$REFRESH; $ours; __Secure-postern-refresh=$REFRESH" "a=$name; $ours" \
		"$name $name=1; $ours" "a=1, $name=2; $ours" "é=ü; $ours" "x$name=1;x$name=2;x$name=3; $ours"; do
		# The pool has taken the token out of it: with nothing else the request gets in.
		TOKEN='' app GET / -H "Cookie: $cookie"
		status 200 || fail "$cookie" || return
		[[ $BODY != *"$TOKEN"* && $BODY != *"$REFRESH"* ]] || fail "told with $cookie"
	done
	# None of them gets through, whatever stands in the others.
	for cookie in "$ours; $ours" "$ours; $name=other; $ours" "$ours;$ours;$ours" "$name =$TOKEN" "$name= $TOKEN"; do
		! leaks -H "Cookie: $cookie" || fail "told with $cookie"
	done
	! leaks -H "Cookie: $ours" -H "Cookie: a=1; $ours" -H "Cookie: x$name=1" --http1.1 || fail 'told with three headers'
	! leaks -H "Cookie: $ours" -H "Cookie: a=1; $ours" -H "Cookie: x$name=1" --http2 || fail 'told with three headers'
}

@test "other cookies arrive as they were" {
	login ann
	local cookie
	for cookie in 'a=b' 'a=b; c=d' 'a="b c"' 'x__Host-postern-access=1' 'theme=__Host-postern-access=1' 'a' '=b' 'a==b' \
		'__HOST-POSTERN-ACCESS=1' 'a=b,c' 'é=ü' "a=$(printf 'x%.0s' {1..6000})"; do
		app GET / -H "Cookie: $cookie"
		status 200
		body '.headers.cookie[0]' "$cookie"
		app GET / -H "Cookie: __Host-postern-access=$TOKEN;$cookie;__Secure-postern-refresh=1"
		body '.headers.cookie[0]' "$cookie"
	done
	app GET / -H "Cookie: __Host-postern-access=$TOKEN"
	body_is '.headers | has("cookie") | not'
	# Three times 7 KiB.
	cookie=$(printf 'x%.0s' {1..7000})
	app GET / -H "Cookie: a=$cookie" -H "Cookie: b=$cookie" -H "Cookie: c=$cookie" --http1.1
	status 200
	body '.headers.cookie[0] | length' 21010
}

@test "a page cannot read by the check what no script may see" {
	login ann
	asked '' -H 'Cookie: secret=1' -H 'POSTERN_GUARD: 1' -H 'Postern-Guard: 1'
	status 204
	no_header X-Auth-Cookie
	no_header X-Auth-Authorization
}

@test "a bearer token stays with the one who reads it, another scheme goes through" {
	login ann
	local scheme
	for scheme in Bearer bearer BEARER 'Bearer ' ' Bearer' $'\tBearer' $' \t Bearer'; do
		TOKEN='' app GET / -H "Authorization:$scheme $TOKEN"
		status 200 || fail "$scheme" || return
		body_is '.headers | has("authorization") | not'
	done
	TOKEN='' app GET / -H "Cookie: __Host-postern-access=$TOKEN" -H 'Authorization: Basic YW5uOmFubg=='
	status 200
	body '.headers.authorization[0]' 'Basic YW5uOmFubg=='
	for scheme in Bearer $'Bearer\t'"$TOKEN"; do
		app GET / -H "Cookie: __Host-postern-access=$TOKEN" -H "Authorization: $scheme"
		[[ $STATUS == 401 ]] || body_is '.headers | has("authorization") | not'
	done
}

@test "a preflight reaches the application, and nothing goes with it" {
	local token=$TOKEN
	app OPTIONS /items -H 'Origin: https://spa.example' -H 'Access-Control-Request-Method: POST' \
		-H 'Access-Control-Request-Headers: x-thing' -H 'X-Auth-User: root' -H 'Cookie: a=b' -H 'X-Other: 1' \
		--data-binary body
	status 200
	body .method OPTIONS
	body .path /items
	body .body ''
	body '.headers.origin[0]' https://spa.example
	body '.headers["access-control-request-method"][0]' POST
	body '.headers["access-control-request-headers"][0]' x-thing
	body '.headers | keys - ["host", "x-request-id", "origin", "access-control-request-method",
		"access-control-request-headers"] | length' 0
	TOKEN='' app OPTIONS /items -H 'Origin: https://spa.example'
	status 401
	TOKEN='' app GET /items -H 'Origin: https://spa.example' -H 'Access-Control-Request-Method: POST'
	status 401
	TOKEN='' app OPTIONS /admin/x -H 'Origin: https://spa.example' -H 'Access-Control-Request-Method: POST'
	status 401
}

@test "an address beyond ASCII arrives as UTF-8, in the one form that is compared" {
	local email
	email=zoë.$(unique)@bücher.example
	post /api/v1/users "$(person "${email/zoë/Zoë}" 'a horse for Zoe' Zoe)"
	status 201
	sql "update users set verified_at = now() where id = '$(of_body .id)'"
	sign_in "$email" 'a horse for Zoe'
	app GET /
	status 200
	body '.headers["x-auth-email"][0]' "${email/bücher/xn--bcher-kva}"
}

@test "methods, bodies and replies go through as they are" {
	login ann
	local big code
	big=$(head -c 50000 /dev/zero | tr '\0' x)
	app POST /form "$big" -H 'Content-Type: text/plain'
	status 200
	body .method POST
	body '.body | length' 50000
	app PUT /thing 'é' -H 'Content-Type: text/plain'
	body .method PUT
	body .body 'é'
	app DELETE /thing
	body .method DELETE
	for code in 401 403 404 418 500 503; do
		app GET "/status/$code"
		status "$code"
		body .path "/status/$code"
	done
}

@test "a role decides on a part of the application" {
	login ann
	app GET /admin/x
	problem 403 forbidden
	admin
	app GET /admin/x
	status 200
	body '.headers["x-auth-role"][0]' admin
	TOKEN='' app GET /admin/x
	problem 401 unauthenticated
}

@test "all spellings of a guarded part are guarded" {
	login ann
	local path
	for path in /admin /admin/ /ADMIN/x '/admin;x/users' '/Admin;' /%61dmin/x //admin/x /x/../admin/x '/admin%3bx/y' /admin%2fx; do
		app GET "$path"
		problem 403 forbidden || fail "$path"
	done
	app GET /administration
	status 200
}

@test "the way back leads back, whatever the address holds" {
	local conf=$RUN_DIR/conf/protect.conf port old
	port=$(free_port)
	# The example with the line that is a comment there, instead of the other one.
	sed -e "s/$APP_PORT/$port/; /error_page 401 \//d; s/# \(error_page 401 =303\)/\1/; /^upstream/,/^}/d; /^limit_req_zone/d" "$conf" >"$RUN_DIR/conf/back.conf"
	sed -i '$ s/}/include back.conf; }/' "$RUN_DIR/conf/nginx.conf"
	old=$(pgrep -d, -P "$(<"$RUN_DIR/pid/nginx.pid")")
	as_owner nginx -p "$RUN_DIR" -e log/nginx.log -c conf/nginx.conf -s reload
	wait_for 10 not ps -p "$old"
	TOKEN='' BASE=https://localhost:$port get '/report?from=2026-01&to=2026-02&q=a%26b&r=%23+é'
	status 303
	header Location 'https://accounts.example.org/sign-in#back=https://localhost/report?from=2026-01&to=2026-02&q=a%26b&r=%23+é'
}

@test "who has signed out is out of the application too, at once" {
	login ann
	app GET /
	status 200
	delete "/api/v1/me/sessions/$(session)"
	status 204
	app GET /
	problem 401 unauthenticated
}

# upgraded [LINE ...]: the reply, and what comes after it, to a request for /ws with these header lines
# and two words behind it.
upgraded() {
	printf '%s\r\n' 'GET /ws HTTP/1.1' 'Host: localhost' "$@" '' 'hello there' |
		timeout 3 openssl s_client -quiet -ign_eof -CAfile "$RUN_DIR/tls/cert.pem" \
			-connect "localhost:$APP_PORT" 2>/dev/null | tr -d '\r'
}

@test "a WebSocket was asked for, and stays" {
	login ann
	local reply name
	# The key and its answer of RFC 6455 section 1.3.
	for name in websocket WebSocket WEBSOCKET; do
		reply=$(upgraded "Upgrade: $name" 'Connection: keep-alive, Upgrade' 'Sec-WebSocket-Version: 13' \
			'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==' "Authorization: Bearer $TOKEN") || true
		[[ $reply == 'HTTP/1.1 101'* && $reply == *"$USER_ID"* && $reply == *'hello there'* &&
			$reply == *'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo='* ]] || fail "got $reply"
	done
	reply=$(upgraded 'Upgrade: websocket' 'Connection: Upgrade' 'Sec-WebSocket-Version: 13' \
		'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==') || true
	[[ $reply == 'HTTP/1.1 401'* && $reply != *hello* ]] || fail "got $reply"
}

@test "no other protocol gets through, whatever the application would speak" {
	login ann
	local reply name
	for name in h2c H2C 'h2c, websocket' 'websocket, h2c' 'websocket,h2c' 'websocket h2c' 'h2c;websocket' \
		websocket/13 xwebsocket websocketx echo TLS/1.0 'HTTP/2.0' '"websocket"' $'websocket\th2c'; do
		reply=$(upgraded "Upgrade: $name" 'Connection: Upgrade, HTTP2-Settings' 'HTTP2-Settings: AAMAAABkAAQAAP__' \
			"Authorization: Bearer $TOKEN") || true
		[[ $reply == 'HTTP/1.1 200'* && $reply != *'hello there'* ]] || fail "$name got $reply"
		[[ ${reply,,} != *'"upgrade"'* && ${reply,,} != *http2-settings* ]] || fail "$name went along: $reply"
	done
	reply=$(upgraded 'Upgrade: h2c' 'Upgrade: websocket' 'Connection: Upgrade' "Authorization: Bearer $TOKEN") || true
	[[ $reply != 'HTTP/1.1 101'* ]] || fail "got $reply"
	reply=$(upgraded 'Upgrade: websocket' 'Upgrade: h2c' 'Connection: Upgrade, HTTP2-Settings' \
		'HTTP2-Settings: AAMAAABkAAQAAP__' "Authorization: Bearer $TOKEN") || true
	[[ $reply != *'Upgrade: '*h2c* && $reply != *HTTP2-Settings* ]] || fail "got $reply"
	app POST /ws 'x' -H 'Upgrade: websocket' -H 'Connection: Upgrade' --http1.1
	status 200
	body_is '.headers | has("upgrade") | not'
	admin
	app GET /admin/ws -H 'Upgrade: websocket' -H 'Connection: Upgrade' --http1.1
	status 200
	body_is '.headers | has("upgrade") | not'
}

# --- when something is broken -------------------------------------------------------------------

@test "workers that are killed cost the application nothing" {
	login ann
	local i
	for i in {1..5}; do
		kill -KILL "$(pool_kind worker | head -n 1)"
		app GET "/?$i"
		status 200
	done
}

@test "without a pool nothing is let through" {
	login ann
	local master
	master=$(pool_pid)
	kill -STOP "$master" # or it would replace them
	# shellcheck disable=SC2046 # several
	kill -KILL $(pool_children)
	mv "$RUN_DIR/sock/fcgi.sock" "$RUN_DIR/sock/fcgi.away"
	app GET /
	mv "$RUN_DIR/sock/fcgi.away" "$RUN_DIR/sock/fcgi.sock"
	kill -CONT "$master"
	problem 503 pool-unavailable
	[[ $BODY != *x-auth* ]]
	wait_for 10 served
	app GET /
	status 200
}

@test "a pool that does not answer lets nothing through" {
	login ann
	# The master too, or it would replace them.
	# shellcheck disable=SC2046 # several
	kill -STOP "$(pool_pid)" $(pool_children)
	app GET /
	# shellcheck disable=SC2046 # several
	kill -CONT $(pool_children) "$(pool_pid)"
	status 503
	[[ $BODY != *x-auth* ]]
}
