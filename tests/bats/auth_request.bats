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
	login ann
	asked
	status 204
	header X-Auth-User "$USER_ID"
	header X-Auth-Email "$EMAIL"
	header X-Auth-Role user
	header X-Auth-Session "$(session)"
	header Cache-Control '*no-store*'
	[[ -z $BODY ]]
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
	asked '' -H "Cookie: ${cookie%=*}=x; $cookie"
	problem 401 unauthenticated
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
	wait_for 5 answers 204 GET /api/v1/auth/check
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
	login ann
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
}

@test "an address beyond ASCII arrives as UTF-8" {
	local email
	email=ann.$(unique)@bücher.example
	post /api/v1/users "$(person "$email" 'a horse for Ann' Ann)"
	status 201
	sign_in "$email" 'a horse for Ann'
	app GET /
	status 200
	body '.headers["x-auth-email"][0]' "$email"
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

@test "who has signed out is out of the application too, at once" {
	login ann
	app GET /
	status 200
	delete "/api/v1/me/sessions/$(session)"
	status 204
	app GET /
	problem 401 unauthenticated
}

@test "a connection that is upgraded was asked for, and stays" {
	login ann
	local reply
	reply=$(printf 'GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: echo\r\nConnection: Upgrade\r\nAuthorization: Bearer %s\r\n\r\nhello\n' "$TOKEN" |
		timeout 3 openssl s_client -quiet -ign_eof -CAfile "$RUN_DIR/tls/cert.pem" -connect "localhost:$APP_PORT" 2>/dev/null | tr -d '\r') || true
	[[ $reply == 'HTTP/1.1 101'* && $reply == *"$USER_ID"* && $reply == *hello* ]] || fail "got $reply"
	reply=$(printf 'GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\nhello\n' |
		timeout 3 openssl s_client -quiet -ign_eof -CAfile "$RUN_DIR/tls/cert.pem" -connect "localhost:$APP_PORT" 2>/dev/null | tr -d '\r') || true
	[[ $reply == 'HTTP/1.1 401'* && $reply != *hello* ]] || fail "got $reply"
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
