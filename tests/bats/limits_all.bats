# SPDX-License-Identifier: MIT
# What nginx limits whatever it is: all requests, those that change something, and bodies. Each test is
# a network of its own.

# shellcheck disable=SC2153 # STATUS comes from the helpers
load helpers

setup_file() {
	stack_start CHANGE_RATE=1r/m REQUEST_RATE=1r/m
}

teardown_file() {
	stack_stop
}

# times N METHOD PATH: prints the N statuses of the same request, over one connection.
times() {
	curl -sS --max-time 120 --cacert "$RUN_DIR/tls/cert.pem" --interface "$FROM" -X "$2" -o /dev/null \
		-w '%{http_code}\n' "$BASE$3?[1-$1]"
}

# first_ones STATUS N FILE: about the first N are that, all others 429; a few more came in meanwhile.
first_ones() {
	local n
	n=$(grep -c "^$1\$" "$3")
	[[ $n -ge $2 && $n -lt $(($2 + 10)) ]] || fail "$n times $1, expected $2"
	[[ $(head -n "$2" "$3" | sort -u) == "$1" ]] || fail "not the first $2 are $1"
	[[ $(tail -n 1 "$3") == 429 ]] || fail 'the last one is not refused'
	[[ $(sort -u "$3") == $"$1"$'\n429' ]] || fail "others too: $(sort -u "$3" | xargs)"
}

@test "of one network a thousand requests may come at once, of whatever kind" {
	FROM=127.0.0.11
	times 1040 GET /nowhere >"$BATS_TEST_TMPDIR/statuses"
	first_ones 404 1001 "$BATS_TEST_TMPDIR/statuses"
	for path in /api/v1/auth/check /api/v1/me /account/verify; do
		get "$path"
		status 429
		header Retry-After '[1-9]*'
		[[ $path == /account/* ]] || body .error.code rate-limited
	done
	header Content-Type 'text/html*'
	# A monitor's question and a browser's preflight cost nothing.
	get /api/v1/health
	status 200
	request OPTIONS /api/v1/me -H 'Origin: https://app.example' -H 'Access-Control-Request-Method: GET'
	status 204
	FROM=127.0.0.12 get /api/v1/me
	problem 401 unauthenticated
}

@test "of one network two hundred changes may come at once, and reads go on" {
	FROM=127.0.0.13
	times 240 DELETE /api/v1/me/email >"$BATS_TEST_TMPDIR/statuses"
	first_ones 401 201 "$BATS_TEST_TMPDIR/statuses"
	put /api/v1/users/018f0000-0000-7000-8000-000000000000 '{}'
	status 429
	header Retry-After '[1-9]*'
	body .error.code rate-limited
	# By another spelling of the path, and a method that nobody knows.
	delete //api/v1/./me/%65mail
	status 429
	request BREW /api/v1/me
	[[ $STATUS == 429 || $STATUS == 405 ]] || fail 'an unknown method'
	get /api/v1/me
	problem 401 unauthenticated
	# Signing out has a budget of its own.
	post /api/v1/auth/logout '{}'
	status 204
	FROM=127.0.0.14 delete /api/v1/me/email
	problem 401 unauthenticated
}

@test "of one network 64 requests with a body are under way at a time, and any number without" {
	FROM=127.0.0.15
	coproc HOLDER { exec python3 "$ROOT/tests/bats/bodies.py" "$TLS_PORT" "$FROM" 64; }
	local holder=$HOLDER_PID ready
	read -r -t 60 -u "${HOLDER[0]}" ready
	[[ $ready == 64 ]] || fail "$ready bodies are open"
	post /api/v1/auth/login '{}'
	status 429
	header Retry-After '[1-9]*'
	body .error.code rate-limited
	get /api/v1/me
	problem 401 unauthenticated
	FROM=127.0.0.16 post /api/v1/auth/login '{}'
	status 400
	kill "$holder"
	wait "$holder" || true
	wait_for 10 answers 400 POST /api/v1/auth/login '{}'
}
