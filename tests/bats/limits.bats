# SPDX-License-Identifier: MIT
# What nginx limits before Postern sees it.

load helpers

setup_file() {
	stack_start AUTH_RATE=30r/m
}

teardown_file() {
	stack_stop
}

@test "sign-ins beyond the rate are put off, other calls are not" {
	local statuses=()
	for _ in {1..40}; do
		post /api/v1/auth/login '{}'
		statuses+=("$STATUS")
		[[ $STATUS != 429 ]] || break
	done
	status 429
	header Retry-After '[1-9]*'
	header Content-Type 'application/json*'
	body .error.status 429
	body .error.code rate-limited
	body .error.request_id "$(header X-Request-Id)"
	body_is '.error.message | length > 0'
	[[ ${statuses[0]} == 400 ]] || fail 'not even the first one came through'
	get /api/v1/me
	problem 401 unauthenticated
	get /api/v1/health
	status 200
}

@test "the limit may be read by an allowed origin" {
	for _ in {1..40}; do
		post /api/v1/auth/login '{}' -H 'Origin: https://app.example'
		[[ $STATUS != 429 ]] || break
	done
	status 429
	header Access-Control-Allow-Origin https://app.example
}

@test "an address that is too long is told so" {
	get "/api/v1/users?x=$(printf 'a%.0s' {1..5000})"
	status 414
	body .error.code uri-too-long
	body .error.request_id "$(header X-Request-Id)"
}

@test "headers that are too large are told so" {
	get /api/v1/me --http1.1 -H "X-Much: $(printf 'a%.0s' {1..20000})"
	status 431
	body .error.code headers-too-large
}
