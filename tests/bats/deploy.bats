# SPDX-License-Identifier: MIT
# How Postern is run: packages, deploy/stack, the nginx files, systemd, spawn-fcgi, Docker. The
# nginx here has no pool behind it.

# shellcheck disable=SC2153 # STATUS comes from the helpers
load helpers

setup_file() {
	# What nginx answers in this file says nothing about the pool's routes.
	export SEEN=/dev/null
	RUN_DIR=$(mktemp -d "${STACKS:-/tmp}/postern-test.XXXXXX")
	chmod 711 "$RUN_DIR"
	TLS_PORT=$(free_port)
	PORT=$(free_port)
	BASE=https://localhost:$TLS_PORT
	export RUN_DIR TLS_PORT PORT BASE
	CORS_ORIGINS=https://app.example AUTH_RATE=30r/m "$ROOT/deploy/stack" render
	as_owner nginx -p "$RUN_DIR" -e log/nginx.log -c conf/nginx.conf 3>&- 4>&-
}

teardown_file() {
	"$ROOT/deploy/stack" stop 3>&- 4>&-
	rm -rf "$RUN_DIR"
}

setup() {
	SCRATCH=$(mktemp -d "${STACKS:-/tmp}/postern-test.XXXXXX")
	chmod 711 "$SCRATCH"
}

teardown() {
	[[ ! -s $SCRATCH/nginx.pid ]] || kill "$(cat "$SCRATCH/nginx.pid")"
	rm -rf "$SCRATCH"
}

# --- packages -------------------------------------------------------------------------------

words() {
	tr -s ' \t' '\n' | sed '/^$/d' | sort
}

# packages NAME: that list of the Makefile, a word a line, sorted.
packages() {
	sed -e ':more' -e '/\\$/{N;s/\\\n//;b more' -e '}' "$ROOT/Makefile" |
		sed -n "s/^PACKAGES_$1 :=//p" | words
}

# installs FILE: what its apt-get install lines name, one set for each, a word a line, sorted.
installs() {
	sed -e ':more' -e '/\\$/{N;s/\\\n//;b more' -e '}' "$1" | grep -o 'apt-get install [^&|`]*' |
		sed -e 's/apt-get install//' -e 's/ -[^ ]*//g'
}

@test "the Dockerfile builds with the packages of the Makefile" {
	diff <(packages BUILD) <(installs "$ROOT/Dockerfile" | sed -n 1p | words)
}

@test "the README names the packages of the Makefile" {
	diff <({ packages BUILD && packages RUN; } | sort) <(installs "$ROOT/README.md" | sed -n 1p | words)
	diff <(packages TEST) <(installs "$ROOT/README.md" | sed -n 2p | words)
}

@test "the Docker image holds the libraries that the program needs, and no others" {
	grep -q '^VERSION_ID="12"' /etc/os-release || skip 'the image is Debian 12, which has other names for them'
	local needed
	needed=$(readelf -d "$POSTERN" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' |
		grep -vE '^(libc|libm|libclang_rt.*|libasan|libubsan)\.so' |
		while read -r lib; do dpkg-query -S "*/$lib" | sed 's/[:,].*//'; done | sort -u)
	# Certificates are no library, but whoever sends mail needs them.
	diff <(echo "$needed") <(installs "$ROOT/Dockerfile" | sed -n 2p | words | grep -vx ca-certificates)
	installs "$ROOT/Dockerfile" | sed -n 2p | words | grep -x ca-certificates
}

@test "the Docker build has every file it needs" {
	local from word words
	while read -r -a words; do
		for word in "${words[@]::${#words[@]}-1}"; do
			cp -r "$ROOT/$word" "$SCRATCH/"
		done
	done < <(sed -n '/AS build/,/^FROM debian:12-slim$/s/^COPY //p' "$ROOT/Dockerfile")
	from=$(sed -n '/AS build/,/^FROM debian:12-slim$/s/^RUN \(make .*\) && strip.*/\1/p' "$ROOT/Dockerfile")
	[[ $from == 'make build' ]]
	# -n: every prerequisite is there, or has a rule that makes it.
	(cd "$SCRATCH" && $from -n >plan)
	grep -q -- '-o build/gcc/postern ' "$SCRATCH/plan"
}

@test "installing nothing needs no privilege" {
	mkdir "$SCRATCH/bin"
	# shellcheck disable=SC2016 # for the script
	printf '#!/bin/sh\necho "called: $0 $*"\nexit 1\n' | tee "$SCRATCH/bin/sudo" >"$SCRATCH/bin/apt-get"
	chmod 755 "$SCRATCH"/bin/*
	install -m 755 "$ROOT/deploy/install-packages" "$SCRATCH/install-packages"
	PATH=$SCRATCH/bin:$PATH run as_owner "$SCRATCH/install-packages" bash coreutils
	[[ $status == 0 && -z $output ]]
}

@test "a missing package is asked for by name" {
	mkdir "$SCRATCH/bin"
	printf '#!/bin/sh\necho "called: $*"\nexit 7\n' >"$SCRATCH/bin/sudo"
	chmod 755 "$SCRATCH/bin/sudo"
	install -m 755 "$ROOT/deploy/install-packages" "$SCRATCH/install-packages"
	[[ $(id -u) == 0 ]] || skip 'only root can become somebody who is not'
	PATH=$SCRATCH/bin:$PATH run as_owner "$SCRATCH/install-packages" bash no-such-package
	[[ $status == 7 && $output == *"called: $SCRATCH/install-packages no-such-package" ]]
}

@test "what is installed for the tests is not started, now or with the machine" {
	local tool
	mkdir -p "$SCRATCH/bin" "$SCRATCH/sbin"
	# shellcheck disable=SC2016 # for the scripts
	for tool in apt-get apt-cache systemctl; do
		printf '#!/bin/sh\necho "%s $*; policy $(sh "%s" 2>/dev/null; echo $?)" >>"%s"\n' \
			"$tool" "$SCRATCH/sbin/policy-rc.d" "$SCRATCH/calls" >"$SCRATCH/bin/$tool"
	done
	printf '#!/bin/sh\nexit 1\n' >"$SCRATCH/bin/dpkg-query"
	printf '#!/bin/sh\necho 0\n' >"$SCRATCH/bin/id"
	chmod 755 "$SCRATCH"/bin/*
	sed -e "s|/usr/sbin/policy-rc.d|$SCRATCH/sbin/policy-rc.d|; s|/etc/postgresql-common|$SCRATCH|" \
		"$ROOT/deploy/install-packages" >"$SCRATCH/install-packages"
	PATH=$SCRATCH/bin:$PATH bash "$SCRATCH/install-packages" nginx lighttpd postgresql apache2-bin
	cat "$SCRATCH/calls"
	# 101: invoke-rc.d does nothing.
	grep -q '^apt-get install .*lighttpd.*; policy 101$' "$SCRATCH/calls"
	grep -q '^systemctl --quiet disable nginx.service;' "$SCRATCH/calls"
	grep -q '^systemctl --quiet disable lighttpd.service;' "$SCRATCH/calls"
	[[ $(grep -c '^systemctl' "$SCRATCH/calls") == 2 && ! -e $SCRATCH/sbin/policy-rc.d ]]
	grep -q 'create_main_cluster = false' "$SCRATCH/createcluster.conf"
}

# --- deploy/stack ---------------------------------------------------------------------------

@test "the stack explains itself" {
	run "$ROOT/deploy/stack"
	[[ $status == 2 && $output == *'start|run|stop|status'* && $output == *TLS_PORT* ]]
}

@test "what does not run can be stopped, and is told so" {
	RUN_DIR=$SCRATCH/none run "$ROOT/deploy/stack" stop
	[[ $status == 0 && $output == *'does not run'* ]]
	RUN_DIR=$SCRATCH/none run "$ROOT/deploy/stack" status
	[[ $status == 3 && ! -e $SCRATCH/none ]]
}

@test "who starts a stack in a folder of its own is told how to stop that one" {
	RUN_DIR=$SCRATCH/run
	export RUN_DIR
	TLS_PORT=$(free_port) PORT=$(free_port) HOW='make run' run "$ROOT/deploy/stack" start </dev/null 3>&- 4>&-
	echo "$output"
	[[ $status == 0 && $output == *"Stop:          make stop RUN_DIR=$SCRATCH/run"* ]]
	HOW='make run' run "$ROOT/deploy/stack" start 3>&- 4>&-
	[[ $output == *"make stop RUN_DIR=$SCRATCH/run stops it"* ]]
	run "$ROOT/deploy/stack" stop 3>&- 4>&-
	[[ $status == 0 ]]
	# What made the data has gone, as after an upgrade of the system.
	echo 9 >"$RUN_DIR/pg/PG_VERSION"
	TLS_PORT=$(free_port) PORT=$(free_port) run "$ROOT/deploy/stack" start 3>&- 4>&-
	echo "$output"
	[[ $status == 1 && $output == *'made by PostgreSQL 9'*'apt-get install postgresql-9'* ]]
}

@test "a program whose packages were upgraded while it runs is named" {
	local pid
	cp "$(command -v sleep)" "$SCRATCH/postgres"
	"$SCRATCH/postgres" 60 3>&- 4>&- &
	pid=$!
	# The functions of the stack, with that process as its PostgreSQL.
	# shellcheck disable=SC2016 # expanded by the inner bash
	named() {
		STOP='make stop' bash -c 'source "$1/deploy/stack-parts"; process=$2
			postgres_pid() { echo "$process"; }; nginx_pid() { false; }; upgraded' - "$ROOT" "$1"
	}
	run named "$pid"
	echo "$output"
	[[ $status == 0 && -z $output ]]
	# As dpkg does it: another file takes the name.
	cp "$(command -v sleep)" "$SCRATCH/new" && mv "$SCRATCH/new" "$SCRATCH/postgres"
	run named "$pid"
	kill "$pid"
	echo "$output"
	[[ $status == 1 && $output == *'packages of PostgreSQL were upgraded'*'make stop'* ]]
}

@test "a port that is taken is told with who has it and what to do" {
	RUN_DIR=$SCRATCH/run TLS_PORT=$TLS_PORT PORT=$(free_port) run "$ROOT/deploy/stack" start
	[[ $status == 1 && $output == *"port $TLS_PORT is held by nginx (pid "*"TLS_PORT="* ]]
}

@test "settings that would break nginx's configuration are refused" {
	RUN_DIR=$SCRATCH/run CORS_ORIGINS='https://a.example; }' run "$ROOT/deploy/stack" render
	[[ $status == 1 && $output == *CORS_ORIGINS* ]]
	RUN_DIR=$SCRATCH/run AUTH_RATE=fast run "$ROOT/deploy/stack" render
	[[ $status == 1 && $output == *AUTH_RATE* ]]
	RUN_DIR=$SCRATCH/run SESSION_RATE=5 run "$ROOT/deploy/stack" render
	[[ $status == 1 && $output == *SESSION_RATE* ]]
	RUN_DIR=$SCRATCH/run PORT=http run "$ROOT/deploy/stack" start
	[[ $status == 1 && $output == *PORT* ]]
}

@test "a folder that will not do is replaced by one under /var/tmp" {
	local long real
	long="$SCRATCH/$(printf 'x%.0s' {1..80})"
	mkdir "$long"
	RUN_DIR=$long/run run "$ROOT/deploy/stack" render
	real=$(readlink "$long/run")
	[[ $status == 0 && $output == *"lies in $real"* && $real == /var/tmp/postern.* ]]
	[[ -f $real/conf/nginx.conf ]]
	rm -rf "$real"
}

# with_server CONFIGURATION: one more server {} at the port $EXTRA of the nginx that runs.
with_server() {
	local old
	EXTRA=$(free_port)
	echo "$1" >"$RUN_DIR/conf/extra.conf"
	grep -q extra.conf "$RUN_DIR/conf/nginx.conf" || sed -i '$ s/}/include extra.conf; }/' "$RUN_DIR/conf/nginx.conf"
	sed -i "s/@EXTRA@/$EXTRA/" "$RUN_DIR/conf/extra.conf"
	old=$(pgrep -d, -P "$(<"$RUN_DIR/pid/nginx.pid")")
	as_owner nginx -p "$RUN_DIR" -e log/nginx.log -c conf/nginx.conf -s reload
	wait_for 10 not ps -p "$old"
}

@test "nginx and the pool count the same network" {
	local address network key bad=''
	local -A key_of=() network_of=()
	# shellcheck disable=SC2016 # nginx's
	with_server 'server {
		listen 127.0.0.1:@EXTRA@;
		set_real_ip_from 127.0.0.1;
		real_ip_header X-Forwarded-For;
		default_type application/octet-stream;
		location / { return 200 $postern_client; }
	}'
	while read -r address network; do
		key=$(curl -sS -H "X-Forwarded-For: $address" "http://127.0.0.1:$EXTRA/" | od -An -v -tx1 | tr -d ' \n')
		# What one tells apart the other does too, and the other way round.
		[[ ${key_of[$network]-$key} == "$key" && ${network_of[$key]-$network} == "$network" ]] ||
			bad+="$address: $network is $key; "
		key_of[$network]=$key network_of[$key]=$network
	done < <(sed -n 's/^NETWORK("\(.*\)", "\(.*\)")/\1 \2/p' "$ROOT/tests/unit/networks.def")
	[[ ${#key_of[@]} -gt 20 && -z $bad ]] || fail "$bad"
}

@test "a site may say which headers a preflight allows, and whom no limit counts" {
	# shellcheck disable=SC2016 # nginx's
	with_server 'map "" $postern_cors_request_headers { default "X-Of-Our-Own"; }
	map $remote_addr $postern_request_key { default $postern_client; 127.0.0.9 ""; }
	server { listen 127.0.0.1:@EXTRA@; location / { return 200 "[$postern_request_key]"; } }'
	request OPTIONS /api/v1/users -H 'Origin: https://app.example' -H 'Access-Control-Request-Method: POST'
	header Access-Control-Allow-Headers X-Of-Our-Own
	[[ $(curl -sS --interface 127.0.0.9 "http://127.0.0.1:$EXTRA/") == '[]' ]]
	[[ $(curl -sS "http://127.0.0.1:$EXTRA/" | wc -c) == 6 ]]
	with_server ''
}

@test "the site can be said in the old and in the new way of HTTP/2" {
	local file edit
	edit=$(sed -n "s/^# sed -i '\(.*\)' .*/\1/p" "$ROOT/deploy/nginx-site.conf")
	[[ -n $edit ]]
	for file in nginx-site nginx-subpath-example nginx-protect-example; do
		sed "$edit" "$ROOT/deploy/$file.conf" >"$SCRATCH/new.conf"
		[[ $(grep -c '^	listen .*443 ssl;' "$SCRATCH/new.conf") == 2 && $(grep -c '^	http2 on;' "$SCRATCH/new.conf") == 1 ]]
		! grep -q 'ssl http2;' "$SCRATCH/new.conf"
		[[ $(grep -c '^	listen .*443 ssl http2;' "$ROOT/deploy/$file.conf") == 2 ]]
	done
}

@test "a second rendering keeps key and certificate" {
	local before
	before=$(cat "$RUN_DIR/tls/cert.pem")
	"$ROOT/deploy/stack" render
	[[ $before == "$(cat "$RUN_DIR/tls/cert.pem")" ]]
}

@test "the certificate is an ECDSA leaf for this machine's names, its key nobody else's" {
	local text
	text=$(openssl x509 -in "$RUN_DIR/tls/cert.pem" -noout -text)
	[[ $text == *prime256v1* && $text == *CA:FALSE* ]]
	[[ $text == *'DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1'* ]]
	openssl x509 -in "$RUN_DIR/tls/cert.pem" -noout -checkend $((824 * 86400))
	[[ $(stat -c %a "$RUN_DIR/tls/key.pem") == 600 ]]
}

# --- nginx ----------------------------------------------------------------------------------

@test "nginx takes the rendered configuration, with and without a port for measurements" {
	local port
	port=$(free_port)
	RUN_DIR=$SCRATCH/run BENCH_PORT=$port "$ROOT/deploy/stack" render
	grep -q "^[^#]*listen 127.0.0.1:$port;" "$SCRATCH/run/conf/nginx.conf"
	RUN_DIR=$SCRATCH/run "$ROOT/deploy/stack" render
	run ! grep -q '^[^#]*@' "$SCRATCH/run/conf/nginx.conf"
}

# takes SITE: nginx would start with that example, on ports of its own: SITE_PORT for plain HTTP; its webroot
# is in SCRATCH.
takes() {
	SITE_PORT=$(free_port)
	mkdir -p "$SCRATCH"/{snippets,tmp,www}
	cp "$ROOT"/nginx/postern-*.conf "$SCRATCH/snippets/"
	sed -e "s|/etc/ssl/postern/fullchain.pem|$RUN_DIR/tls/cert.pem|" \
		-e "s|/etc/ssl/postern/privkey.pem|$RUN_DIR/tls/key.pem|" -e "s|/var/www/html|$SCRATCH/www|" \
		-e "s|/var/log/nginx|$SCRATCH|" -e "s/:443/:$(free_port)/; s/ 443/ $(free_port)/" \
		-e "s/:80;/:$(free_port);/; s/ 80;/ 127.0.0.1:$SITE_PORT;/" \
		"$ROOT/deploy/$1.conf" >"$SCRATCH/site.conf"
	cat >"$SCRATCH/nginx.conf" <<-END
		pid $SCRATCH/nginx.pid;
		events { }
		http {
			client_body_temp_path $SCRATCH/tmp/body;
			fastcgi_temp_path $SCRATCH/tmp/fastcgi;
			proxy_temp_path $SCRATCH/tmp/proxy;
			uwsgi_temp_path $SCRATCH/tmp/uwsgi;
			scgi_temp_path $SCRATCH/tmp/scgi;
			access_log off;
			include site.conf;
		}
	END
	nginx -t -q -p "$SCRATCH" -e "$SCRATCH/error.log" -c "$SCRATCH/nginx.conf"
}

@test "nginx takes the example sites" {
	takes nginx-site
	takes nginx-subpath-example
}

@test "the example site answers for its certificate, in the clear, and with nothing else" {
	local path
	takes nginx-site
	mkdir -p "$SCRATCH/www/.well-known/acme-challenge/folder"
	echo 'token.thumbprint' >"$SCRATCH/www/.well-known/acme-challenge/token"
	echo 'not this' >"$SCRATCH/www/secret"
	chmod -R a+rX "$SCRATCH"
	nginx -p "$SCRATCH" -e "$SCRATCH/error.log" -c "$SCRATCH/nginx.conf" 3>&- 4>&-
	BASE=http://127.0.0.1:$SITE_PORT
	# Whatever name the authority comes by.
	for path in accounts.example.org 192.0.2.1; do
		get /.well-known/acme-challenge/token -H "Host: $path"
		status 200
		header Content-Type text/plain
		[[ $BODY == token.thumbprint ]]
	done
	for path in /.well-known/acme-challenge/{,folder,folder/,other,..%2f..%2fsecret,%2e%2e/%2e%2e/secret}; do
		get "$path" -H 'Host: accounts.example.org'
		[[ $STATUS =~ ^(404|308|301)$ && $BODY != *'not this'* ]] || fail "$path"
	done
	post /.well-known/acme-challenge/token '{}' -H 'Host: accounts.example.org'
	status 405
	body .error.code method-not-allowed
	get /api/v1/me -H 'Host: accounts.example.org'
	status 308
	header Location https://accounts.example.org/api/v1/me
	get /api/v1/me -H 'Host: elsewhere.example'
	status 421
}

@test "the example site and the stack give the pool the same upstream" {
	local file
	for file in nginx/nginx.conf deploy/nginx-{site,subpath-example}.conf; do
		sed -n '/upstream postern/,/}/p' "$ROOT/$file" | sed -e 's/#.*//' -e 's/^\s*//' -e '/^$/d' \
			-e 's|unix:[^ ]*|unix:SOCKET|' >"$SCRATCH/${file##*/}"
	done
	diff "$SCRATCH/nginx.conf" "$SCRATCH/nginx-site.conf"
	diff "$SCRATCH/nginx.conf" "$SCRATCH/nginx-subpath-example.conf"
	[[ $(grep -c '^server' "$SCRATCH/nginx.conf") -ge 2 ]]
}

@test "no location forgets the headers" {
	local file locations
	for file in mount again problem server; do
		locations=$(grep -cE '^\s*location ' "$ROOT/nginx/postern-$file.conf")
		# It stands in one itself.
		[[ $file != mount ]] || ((++locations))
		[[ $locations == "$(grep -cE '^\s*include snippets/postern-(headers|mount)[.]conf;' \
			"$ROOT/nginx/postern-$file.conf")" ]] || fail "$file"
	done
}

# raw BYTES: sent as they are over TLS; prints the reply.
raw() {
	# shellcheck disable=SC2059 # escapes are wanted
	printf "$1" | timeout 5 openssl s_client -quiet -ign_eof -CAfile "$RUN_DIR/tls/cert.pem" \
		-connect "localhost:$TLS_PORT" 2>/dev/null | tr -d '\r'
}

@test "what is hardly HTTP gets an error of the house all the same" {
	local line reply
	for line in 'GARBAGE' 'GET' 'get / HTTP/1.1' 'GET x HTTP/1.1' 'GET /../.. HTTP/1.1' \
		'GET /%%00 HTTP/1.1\r\nHost: a' 'GET / HTTP/1.1\r\nNo-Host: x' \
		'GET / HTTP/1.1\r\nHost: a\r\nHost: b' 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: x' \
		'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked'; do
		reply=$(raw "$line\r\n\r\n")
		[[ $reply == 'HTTP/1.1 400 '* ]] || fail "$line: $reply"
		[[ $reply == *X-Request-Id:* ]] || fail "$line: $reply"
		tail -n 1 <<<"$reply" | jq -e '.error | .status == 400 and .code == "bad-request"'
	done
	raw 'GET / HTTP/3.0\r\nHost: a\r\n\r\n' | tail -n 1 | jq -e '.error.code == "not-implemented"'
	raw 'GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: x\r\n\r\n' | tail -n 1 |
		jq -e '.error.code == "not-implemented"'
}

@test "plain HTTP on the TLS port is told so in the same shape" {
	BASE=http://localhost:$TLS_PORT get /api/v1/health
	problem 400 bad-request
}

@test "a body may have 64 KiB and not one byte more, in each protocol" {
	head -c 65536 /dev/zero >"$SCRATCH/fits"
	head -c 65537 /dev/zero >"$SCRATCH/large"
	local protocol
	for protocol in --http2 --http1.1; do
		post /api/v1/nothing "@$SCRATCH/fits" "$protocol"
		problem 503 pool-unavailable
		post /api/v1/nothing "@$SCRATCH/large" "$protocol"
		problem 413 body-too-large
		post /api/v1/nothing "@$SCRATCH/large" "$protocol" -H 'Transfer-Encoding: chunked'
		problem 413 body-too-large
	done
}

@test "an address that is too long is told so, however long" {
	local n
	for n in 4097 9000; do
		get "/$(printf "%0${n}d" 0)" --http1.1
		problem 414 uri-too-long
	done
	get "/$(printf '%05000d' 0)" --http2
	problem 414 uri-too-long
}

@test "a header that is too large is told so" {
	get /api/v1/me --http1.1 -H "X-Much: $(printf '%09000d' 0)"
	problem 431 headers-too-large
}

@test "nginx is alive without a pool, and says that there is none" {
	get /api/v1/health
	status 200
	body .status ok
	header Cache-Control no-store
	local method
	for method in GET POST DELETE; do
		request "$method" /api/v1/health/ready
		problem 503 pool-unavailable
		header Cache-Control no-store
		header X-Content-Type-Options nosniff
		header Strict-Transport-Security 'max-age=*'
	done
}

@test "the page that errors are made of is nobody's" {
	get /.problem
	problem 404 not-found
}

@test "no spelling of a path that costs a hash slips past the limit" {
	local path
	for _ in {1..25}; do
		post /api/v1/auth/login '{}'
	done
	for path in /api/v1/auth/login /api/v1/auth/%6cogin /api/v1//auth/login /api/v1/x/../auth/login \
		/api/v1/users /api/v1/users/ /api/v1/%75sers; do
		post "$path" '{}'
		# Every other second there is room for one.
		[[ $STATUS == 429 ]] || post "$path" '{}'
		[[ $STATUS == 429 ]] || fail "$path"
	done
	get /api/v1/users
	problem 503 pool-unavailable
}

@test "the access log is JSON and holds no query" {
	get "/api/v1/users?email=canary@example.org" -A 'quote " \ canary' -H 'X-Request-Id: canary_request'
	raw 'GET /\xff\xfe HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n' >/dev/null
	raw 'GARBAGE\r\n\r\n' >/dev/null
	jq -es 'map(select(.request_id == "canary_request"))[0]
		| .path == "/api/v1/users" and .method == "GET" and .status == 503 and (.time | length > 0)' \
		"$RUN_DIR/log/access.log"
	run ! grep -q 'canary@\|quote' "$RUN_DIR/log/access.log"
}

# --- systemd, spawn-fcgi ----------------------------------------------------------------------

@test "systemd takes the units" {
	command -v systemd-analyze >/dev/null || skip 'no systemd-analyze here'
	cp "$ROOT"/deploy/systemd/postern.* "$SCRATCH/"
	sed -i 's|^ExecStart=/usr/bin/postern|ExecStart=/bin/true|' "$SCRATCH/postern.service"
	run systemd-analyze verify "$SCRATCH/postern.service" "$SCRATCH/postern.socket"
	echo "$output"
	[[ $status == 0 && $output != *postern.s*:* ]]
}

@test "systemd finds little to say against the service's sandbox" {
	command -v systemd-analyze >/dev/null || skip 'no systemd-analyze here'
	run systemd-analyze security --offline=true --threshold=10 "$ROOT/deploy/systemd/postern.service"
	echo "$output" | tail -n 1
	[[ $status == 0 ]]
}

@test "spawn-fcgi hands over the socket, keeps standard error, and becomes the program" {
	[[ $(id -u) == 0 ]] || skip 'only root can give the socket away'
	cat >"$SCRATCH/postern" <<-'END'
		#!/bin/sh
		echo "$1 $(id -un) $$ $(readlink /proc/$$/fd/0)" >&2
	END
	chmod 755 "$SCRATCH/postern"
	SOCKET=$SCRATCH/run/fcgi.sock RUN_AS=www-data "$ROOT/deploy/spawn-fcgi" "$SCRATCH/postern" \
		2>"$SCRATCH/log" 3>&- 4>&- &
	local pid=$!
	wait "$pid"
	cat "$SCRATCH/log"
	[[ $(cat "$SCRATCH/log") == "serve www-data $pid socket:["* ]]
	[[ $(stat -c '%a %U %G' "$SCRATCH/run/fcgi.sock") == '660 www-data www-data' ]]
}
