# SPDX-License-Identifier: MIT
# The service behind each server that deploy/ has a configuration for, at the root and below a path. Behind
# nginx at the root is the pool of the stack; the others lead to one that spawn-fcgi has started.

load helpers

FRONTS=(nginx-root nginx-below lighttpd-root lighttpd-below apache-root apache-below)
MOUNT=/accounts

setup_file() {
	export SEEN=/dev/null BELOW PUBLIC owner
	# What the servers answer themselves says nothing about the pool's routes.
	BELOW=$(free_port)
	PUBLIC=https://localhost:$BELOW
	stack_start APP__SERVER__PUBLIC_URL="$PUBLIC$MOUNT"
	owner=$(stat -c %U "$RUN_DIR/pg")
	spawned
	application_start
	nginx_start "$BELOW"
	for front in lighttpd-root lighttpd-below apache-root apache-below; do
		"${front%-*}_start" "$front"
	done
	for front in "${FRONTS[@]}"; do
		behind "$front"
		wait_for 20 served || {
			tail -n 20 "$RUN_DIR/$front"/* >&2
			fail "$front does not serve"
		}
	done
}

teardown_file() {
	local pid file
	for file in "$RUN_DIR"/*/front.pid; do
		pid=$(cat "$file")
		kill -TERM "$pid" 2>/dev/null || true
		wait_for 20 not kill -0 "$pid" || kill -KILL "$pid"
	done
	kill "$UPSTREAM"
	stack_stop
}

# --- the servers ----------------------------------------------------------------------------

# folder NAME: one that the user of the stack can write to.
folder() {
	mkdir -p "$RUN_DIR/$1"
	[[ $(id -u) != 0 ]] || chown "$owner:" "$RUN_DIR/$1"
	echo "$RUN_DIR/$1"
}

# launch FRONT COMMAND...: in the foreground of nobody, as the user of the stack.
launch() {
	local dir=$RUN_DIR/$1
	shift
	# shellcheck disable=SC2016 # expanded by the inner bash
	as_owner bash -c 'echo $$ >"$0/front.pid"; exec "$@"' "$dir" "$@" \
		>"$dir/output" 2>&1 </dev/null 3>&- 4>&- &
}

# A pool of deploy/spawn-fcgi, with the settings of the stack.
spawned() {
	local dir settings command=(spawn-fcgi -n -s "$RUN_DIR/spawned/fcgi.sock" -- "$RUN_DIR/bin/postern" serve)
	dir=$(folder spawned)
	[[ $(id -u) != 0 ]] || command=("$ROOT/deploy/spawn-fcgi" "$RUN_DIR/bin/postern")
	mapfile -t settings <"$RUN_DIR/env"
	# shellcheck disable=SC2016 # expanded by the inner bash
	env "${settings[@]}" APP__SERVER__PUBLIC_URL="$PUBLIC$MOUNT" APP__SESSIONS__ACCESS_COOKIE=true APP__LIMITS__NETWORK=100000 \
		APP__LIMITS__NETWORK_MAILS=1000000 SOCKET="$dir/fcgi.sock" RUN_AS="$owner" WEB_GROUP="$(id -gn "$owner")" \
		bash -c 'echo $$ >"$0/front.pid"; exec "$@"' "$dir" "${command[@]}" \
		>"$dir/output" 2>&1 </dev/null 3>&- 4>&- &
	wait_for 30 grep -q 'serving with' "$dir/output" || {
		cat "$dir/output" >&2
		return 1
	}
}

# example FILE [SED EXPRESSION ...]: that example with what an administrator changes in it.
example() {
	local file=$1
	shift
	sed -e "s|/run/postern/fcgi.sock|$RUN_DIR/spawned/fcgi.sock|; s|/usr/share/postern/account|$RUN_DIR/account|" \
		"$@" "$ROOT/deploy/$file"
}

# What nginx guards on the site that has the service below a path.
application_start() {
	local port
	port=$(free_port)
	python3 "$BATS_TEST_DIRNAME/upstream.py" "$port" 3>&- 4>&- &
	export UPSTREAM=$! APPLICATION=127.0.0.1:$port
}

# guard FIRST LAST: the lines of the example of a guarded site between the two, with what is changed in it.
guard() {
	sed -n "\\:$1:,\\:$2:p" "$ROOT/deploy/nginx-protect-example.conf" | sed "s/127.0.0.1:9000/$APPLICATION/"
}

nginx_start() {
	local dir
	dir=$(folder nginx-below)
	cp -r "$RUN_DIR/conf/snippets" "$dir/"
	{
		guard '^limit_req_zone' '^}'
		# What stands in the server. Beside it the site has what there is not, as the other tests want it.
		guard 'include snippets/postern-auth-request.conf' '^}' | sed '$ d; s|location / {|location /page {|' >"$dir/guarded.conf"
	} >"$dir/protected.conf"
	example nginx-subpath-example.conf -e "s|/etc/ssl/postern/fullchain.pem|$RUN_DIR/tls/cert.pem|" \
		-e "s|/etc/ssl/postern/privkey.pem|$RUN_DIR/tls/key.pem|; s|/var/log/nginx|$dir|" \
		-e "s|listen 443|listen 127.0.0.1:$1|; /listen \[::\]/d" \
		-e 's|# "https://app.example.org"|"https://app.example"|' \
		-e '/^\tlocation \/ {/i\\tinclude guarded.conf;' \
		-e 's|rate=5r/s|rate=100r/s|' >"$dir/site.conf"
	cat >"$dir/nginx.conf" <<-END
		daemon off;
		pid nginx.pid;
		events { }
		http {
			client_body_temp_path body;
			fastcgi_temp_path fastcgi;
			proxy_temp_path proxy;
			uwsgi_temp_path uwsgi;
			scgi_temp_path scgi;
			access_log off;
			include site.conf;
			include protected.conf;
		}
	END
	launch nginx-below nginx -p "$dir" -e "$dir/error.log" -c "$dir/nginx.conf"
}

# What the examples say about a service at the root.
at_root() {
	[[ $1 != *-root ]] || sed -e "s|$MOUNT||g" -e 's|"" => (( \(.*\) ))|"/" => (( \1, "fix-root-scriptname" => "enable" ))|'
	[[ $1 == *-root ]] || cat
}

lighttpd_start() {
	local dir port
	dir=$(folder "$1")
	port=$(free_port)
	echo "http://127.0.0.1:$port" >"$dir/base"
	example lighttpd-example.conf -e "s|^server.port = 80|server.port = $port|; s|/var/log/lighttpd|$dir|" \
		-e '/^server.port/a server.bind = "127.0.0.1"' | at_root "$1" >"$dir/lighttpd.conf"
	launch "$1" lighttpd -D -f "$dir/lighttpd.conf"
}

apache_start() {
	local dir port module
	dir=$(folder "$1")
	port=$(free_port)
	echo "http://127.0.0.1:$port" >"$dir/base"
	{
		printf '%s\n' "ServerRoot $dir" "ServerName localhost" "Listen 127.0.0.1:$port" "PidFile $dir/httpd.pid" \
			"ErrorLog $dir/error.log" "DefaultRuntimeDir $dir"
		for module in mpm_event authz_core $(sed -n 's/^# Modules: a2enmod //p' "$ROOT/deploy/apache-example.conf"); do
			echo "LoadModule ${module}_module /usr/lib/apache2/modules/mod_$module.so"
		done
		echo 'TypesConfig /dev/null'
		example apache-example.conf | at_root "$1"
	} >"$dir/apache.conf"
	launch "$1" apache2 -D FOREGROUND -f "$dir/apache.conf"
}

# behind FRONT: the words of the tests go there from now on. AT is where the service is mounted.
behind() {
	FRONT=$1 AT=''
	[[ $FRONT != *-below ]] || AT=$MOUNT
	case $FRONT in
	nginx-root) BASE=https://localhost:$TLS_PORT ;;
	nginx-below) BASE=$PUBLIC ;;
	*) BASE=$(<"$RUN_DIR/$FRONT/base") ;;
	esac
	SITE=$BASE
	BASE+=$AT
}

# everywhere FUNCTION: behind each server; says behind which it does not hold.
everywhere() {
	local front
	for front in "${FRONTS[@]}"; do
		behind "$front"
		TOKEN='' "$1" || {
			echo "behind $front" >&2
			return 1
		}
	done
}

# --- what holds behind each -----------------------------------------------------------------

whole_life() {
	local id cookie
	post /api/v1/users "$(person "life.$(unique)@example.org" 'a long passphrase' Life)" || return
	status 201 || return
	EMAIL=$(of_body .email) id=$(of_body .id)
	header Location "$AT/api/v1/users/$id" || return
	post /api/v1/auth/login "$(credentials "$EMAIL" 'a long passphrase' | jq -c '.cookie = true')" -H "Origin: $PUBLIC" || return
	status 200 || return
	cookie=$(header Set-Cookie "__Secure-postern-refresh=*; Path=$AT/api/v1/auth; *") || return
	cookie=${cookie%%;*}
	TOKEN=$(of_body .access_token)
	get /api/v1/me || return
	body .user_id "$id" || return
	TOKEN='' post /api/v1/auth/refresh '' -H "Origin: $PUBLIC" -H "Cookie: theme=dark; $cookie" || return
	status 200 || return
	TOKEN=$(of_body .access_token)
	cookie=$(header Set-Cookie "__Secure-postern-refresh=*; Path=$AT/api/v1/auth; *") || return
	cookie=${cookie%%;*}
	TOKEN='' post /api/v1/auth/logout '' -H "Origin: $PUBLIC" -H "Cookie: $cookie" || return
	status 204 || return
	header Set-Cookie "__Secure-postern-refresh=; Path=$AT/api/v1/auth; *" || return
	wait_for 20 answers 401 GET /api/v1/me || return
	problem 401 token-revoked || return
	sign_in "$EMAIL" 'a long passphrase' || return
	put "/api/v1/users/$id" "{\"email\":\"$EMAIL\",\"name\":\"Zoë\"}" || return
	body .name Zoë || return
	delete "/api/v1/users/$id" || return
	status 204 && [[ -z $BODY ]] && no_header Content-Length
}

@test "people register, sign in, stay, sign out and go behind each server" {
	everywhere whole_life
}

# The operations that people with roles have, and what is said about the mount.
administration() {
	local admin next
	admin=admin.$(unique)@example.org
	echo 'the keys to it all' | cli user create --admin --name Admin "$admin" >/dev/null || return
	sign_in "$admin" 'the keys to it all' || return
	get '/api/v1/users?limit=1' || return
	next=$(header Link "<$AT/api/v1/users?limit=1&after=*>; rel=\"next\"") || return
	next=${next#*<}
	get "${next%%>*}" || return
	# Link is a path of the site, not of the mount.
	[[ -z $AT ]] || status 404 || return
	BASE=$SITE get "${next%%>*}" || return
	status 200 || return
	get '/api/v1/audit?limit=1' && status 200 || return
	get /api/v1/openapi.json && body '.servers[0].url' "${AT:-/}"
}

@test "administrators are led from page to page, and the document says where the service is" {
	everywhere administration
}

replies() {
	get /api/v1/nothing-here && problem 404 not-found && no_header Location || return
	get / && problem 404 not-found || return
	get /api/v1/users/%c3%a4 && problem 401 unauthenticated || return
	request HEAD /api/v1/openapi.json && status 200 || return
	request OPTIONS /api/v1/me && status 204 && header Allow 'GET, HEAD, OPTIONS' && [[ -z $BODY ]] || return
	request PROPFIND /api/v1/me && problem 405 method-not-allowed && header Allow 'GET, HEAD, OPTIONS' || return
	delete /api/v1/auth/login && problem 405 method-not-allowed || return
	# nginx says it by itself.
	if [[ $FRONT == nginx-* ]]; then
		get /api/v1/health && status 200 && body .status ok || return
	fi
	post /api/v1/auth/login '{"email":' && problem 400 malformed-json || return
	post /api/v1/auth/login x -H 'Content-Type: text/plain' && problem 415 unsupported-media-type || return
	get /api/v1/me -H 'X-Request-Id: chosen-by-me' && problem 401 unauthenticated && header X-Request-Id chosen-by-me || return
	# Once, whatever stands in front.
	[[ $(grep -ci '^x-request-id:' <<<"$HEADERS") == 1 ]] || fail 'more than one X-Request-Id' || return
	header X-Content-Type-Options nosniff && header Cache-Control no-store && header Content-Security-Policy "default-src 'none'*"
}

@test "what there is not, and what is not allowed, is answered by the house behind each server" {
	everywhere replies
}

bodies() {
	local fits=$BATS_TEST_TMPDIR/fits large=$BATS_TEST_TMPDIR/large n
	jq -nc '{email: "a@example.org", password: ("x" * 65490)}' | head -c -1 >"$fits"
	n=$(wc -c <"$fits")
	[[ $n -le 65536 && $n -gt 65500 ]] || fail "$n" || return
	post /api/v1/auth/login "@$fits" && problem 400 invalid-request && fault /password || return
	# In pieces, and after having asked.
	post /api/v1/auth/login "@$fits" --http1.1 -H 'Transfer-Encoding: chunked' && problem 400 invalid-request || return
	post /api/v1/auth/login "@$fits" --http1.1 -H 'Expect: 100-continue' && problem 400 invalid-request || return
	printf '%65537s' '{}' >"$large"
	post /api/v1/auth/login "@$large" && status 413 || return
	post /api/v1/auth/login "@$large" --http1.1 -H 'Transfer-Encoding: chunked' && status 413
}

@test "a body may have 64 KiB, in one or in pieces, behind each server" {
	everywhere bodies
}

refused() {
	local path odd bad=''
	# What decoding would make another path of, or nothing at all.
	for path in /api/v1%2fhealth/ready /api/v1/health%2Fready /api%2Fv1/health/ready /%2Fapi/v1/health/ready \
		/api/v1/health/ready%00 /api/v1/health%00/ready /api/v1/./health/ready /api/v1/x/../health/ready \
		/api/v1/%2e/health/ready /api/v1/x/%2e%2e/health/ready //api/v1/health/ready /api/v1//health/ready \
		/api/v1/health/ready/ /api/v1/health/ready/. /api/v1/health/ready%0a /api/v1/health/ready%20 \
		/api/v1/health/ready%ff /api/v1/health/ready%25 '/api/v1/health/ready;x=1' /api/v1/health/ready%3fx=1 \
		/api/v1/health/ready%c0%af /API/v1/health/ready '/api\v1\health\ready' /api%5cv1/health/ready; do
		for odd in "$BASE" "$SITE/x/..$AT" "$SITE/.$AT"; do
			[[ $odd == "$BASE" || $path == /api/v1/health/ready* ]] || continue
			STATUS=$(curl -s -g --path-as-is -m 20 --cacert "$RUN_DIR/tls/cert.pem" -o "$BATS_TEST_TMPDIR/reply" -w '%{http_code}' "$odd$path")
			[[ $STATUS == 40[04] ]] || bad+="$odd$path: $STATUS; "
		done
	done
	[[ -z $bad ]] || fail "$bad"
}

@test "what only decoding would make a path of ours is refused behind each server" {
	everywhere refused
	# And is no path elsewhere.
	behind nginx-below
	BASE=$SITE get /api/v1/health/ready
	status 404
	BASE=$SITE get /accountsx/api/v1/health/ready
	status 404
	BASE=$SITE get /accounts
	problem 404 not-found
}

forged() {
	local token=$TOKEN
	# None of these is a variable of the server: only what begins with HTTP_ comes from a client.
	get /api/v1/me -H 'Path-Info: /api/v1/health/ready' -H 'Script-Name: /evil' -H 'Request-Uri: /api/v1/health/ready' \
		-H 'Request-Method: DELETE' -H 'Remote-Addr: 192.0.2.7' -H 'Proxy: http://192.0.2.7' && problem 401 unauthenticated || return
	get /api/v1/auth/check -H 'Postern-Guard: 1' -H 'Postern_Guard: 1' -H 'Cookie: a=1' -H 'Authorization: Basic eDp5' || return
	no_header X-Auth-Cookie && no_header X-Auth-Authorization || return
	TOKEN=$token
}

@test "no header of a client becomes a variable of the server" {
	everywhere forged
}

pages() {
	local kind
	for kind in verify reset unlock email_old email_new email_undo; do
		get "/account/$kind?token=x" && status 200 && header Content-Type 'text/html*charset=utf-8' || return
		header Content-Security-Policy "default-src 'none'; script-src 'self'; *" || return
		[[ $(header Content-Security-Policy | wc -l) == 1 ]] || fail 'two policies' || return
		header Cache-Control no-store && header X-Content-Type-Options nosniff && header Referrer-Policy no-referrer || return
		[[ $BODY == *"src=\"$AT/account/account.js\""*"action=\"$AT/account/$kind\""* ]] || fail 'another page' || return
	done
	post /account/email_old token=x -H 'Content-Type: application/x-www-form-urlencoded' && status 400 || return
	[[ $BODY == *'This link is not right'* ]] || fail 'another page' || return
	get /account/account.js && status 200 && header Content-Type 'text/javascript*charset=utf-8' || return
	[[ $BODY == *'history.replaceState'* ]] || fail 'another script' || return
	get /account/account.css && status 200 && header Content-Type 'text/css*charset=utf-8' || return
	request HEAD /account/verify && status 200 || return
	for kind in index.html '' verify/x verifyx account.css.x; do
		get "/account/$kind" && status 404 || return
	done
	post /account/account.js '{}' && [[ $STATUS == 40[35] ]]
}

@test "the pages behind the links in mails are there behind each server, and no other file" {
	everywhere pages
	behind nginx-below
	get /account%2fverify
	problem 404 not-found
	get /account/verify%0a
	status 404
}

@test "a link in a mail leads below the path, and what its page calls is there" {
	local link
	behind nginx-below
	register Below
	mail_for "$EMAIL" verify
	link=$(python3 -c 'import email, email.policy, sys
print(email.message_from_binary_file(open(sys.argv[1], "rb"), policy=email.policy.default).get_body(("plain",)).get_content())' \
		"$MAIL" | grep -o 'https://[^ ]*?token=[^ ]*')
	# shellcheck disable=SC2153 # LINK is that of mail_for
	[[ $link == "$PUBLIC$MOUNT/account/verify?token=$LINK" ]] || fail "$link"
	BASE='' get "$link"
	status 200
	[[ $BODY == *"action=\"$MOUNT/account/verify\""* ]]
	BASE='' post "$PUBLIC$MOUNT/account/verify" "token=$LINK&password=$(jq -rn --arg p "$PASSWORD" '$p | @uri')" \
		-H 'Content-Type: application/x-www-form-urlencoded'
	status 303
	header Location "$MOUNT/account/done?of=verify"
}

@test "limits, errors and preflights of nginx hold below the path" {
	behind nginx-below
	request OPTIONS /api/v1/users -H 'Origin: https://app.example' -H 'Access-Control-Request-Method: POST'
	status 204
	header Access-Control-Allow-Origin https://app.example
	request TRACE /api/v1/me
	problem 405 method-not-allowed
	header Allow 'GET, HEAD, OPTIONS'
	request OPTIONS /api/v1/health
	status 204
	header Allow 'GET, HEAD, OPTIONS'
	post /api/v1/health '{}'
	problem 405 method-not-allowed
	header Allow 'GET, HEAD, OPTIONS'
	post /account/account.js '{}'
	status 405
	get "/$(printf '%05000d' 0)" --http2
	problem 414 uri-too-long
	get /api/v1/me --http1.1 -H "X-Much: $(printf '%09000d' 0)"
	problem 431 headers-too-large
	post /api/v1/nothing "@$(printf '%65537s' x >"$BATS_TEST_TMPDIR/large" && echo "$BATS_TEST_TMPDIR/large")"
	problem 413 body-too-large
	# What a site has elsewhere is none of this.
	BASE=$SITE request TRACE /elsewhere
	status 405
	# Counted by the path below the mount.
	local n
	for n in {1..150}; do
		printf '%s = "%s"\n' url "$BASE/api/v1/auth/unlock" request POST output /dev/null cacert "$RUN_DIR/tls/cert.pem" write-out '%{http_code}\n'
		printf 'silent\n'
		[[ $n == 150 ]] || echo next
	done >"$BATS_TEST_TMPDIR/config"
	curl -m 60 --parallel --parallel-immediate --parallel-max 50 --config "$BATS_TEST_TMPDIR/config" >"$BATS_TEST_TMPDIR/codes"
	grep -qx 429 "$BATS_TEST_TMPDIR/codes"
}

@test "what stands beside the path is guarded by the service below it" {
	local id cookie refresh
	behind nginx-below
	BASE=$SITE TOKEN='' get /page
	problem 401 unauthenticated
	register Guarded
	id=$USER_ID
	post /api/v1/auth/login "$(credentials "$EMAIL" "$PASSWORD" | jq -c '.cookie = true')" -H "Origin: $PUBLIC"
	status 200
	TOKEN=$(jq -r .access_token <<<"$BODY")
	# The application is not below the path: what it is shown has no path, what only we read has ours.
	cookie=$(grep -io '__Host-postern-access=[^;]*; Path=/; .*' <<<"$HEADERS")
	cookie=${cookie%%;*}
	refresh=$(header Set-Cookie "__Secure-postern-refresh=*; Path=$MOUNT/api/v1/auth; *")
	refresh=${refresh%%;*}
	BASE=$SITE TOKEN='' get '/page?x=1' -H "Cookie: a=b; $cookie" -H 'X-Auth-User: somebody'
	status 200
	body .path '/page?x=1'
	body '.headers["x-auth-user"] | join(" ")' "$id"
	body '.headers.cookie | join(" ")' 'a=b'
	BASE=$SITE get /page
	status 200
	body_is '.headers | has("authorization") | not'
	BASE=$SITE get /admin/
	problem 403 forbidden
	BASE=$SITE TOKEN=nonsense get /page
	problem 401 unauthenticated
	# Nobody asks by the name of the check, at the site or below the path; the service's own is there.
	BASE=$SITE get /.postern-check
	status 404
	get /.postern-check
	problem 404 not-found
	get /api/v1/auth/check
	status 204
	header X-Auth-User "$id"
	no_header X-Auth-Cookie
	TOKEN='' post /api/v1/auth/logout '' -H "Origin: $PUBLIC" -H "Cookie: $refresh"
	status 204
	grep -qi '^set-cookie: __Host-postern-access=; Path=/; Max-Age=0' <<<"$HEADERS"
	wait_for 20 signed_out "$cookie"
}

# signed_out COOKIE: it opens the application no more.
signed_out() {
	BASE=$SITE TOKEN='' get /page -H "Cookie: $1"
	[[ $STATUS == 401 ]]
}
