# SPDX-License-Identifier: MIT
# What nginx limits before Postern sees it.

load helpers

setup_file() {
	stack_start AUTH_RATE=1r/m SESSION_RATE=1r/m
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

# used_up PATH: the budget that it belongs to is.
used_up() {
	local i
	for i in {1..150}; do
		post "$1" '{}'
		[[ $STATUS != 429 ]] || break
	done
	status 429
}

@test "what costs a hash or sends a mail shares one budget, what sessions need has another" {
	local path
	used_up /api/v1/auth/login
	for path in users auth/forgot auth/unlock auth/reset auth/verify me/password me/reauth me/email; do
		post "/api/v1/$path" '{}'
		status 429
	done
	# A person is told so on a page.
	post /account/reset token=x -H 'Content-Type: application/x-www-form-urlencoded'
	status 429
	header Content-Type 'text/html; charset=utf-8'
	header Retry-After '[1-9]*'
	post /api/v1/auth/refresh '{}'
	problem 401 refresh-token-invalid
	post /api/v1/auth/logout '{}'
	status 204
}

@test "refreshing has a limit, signing in does not share it" {
	used_up /api/v1/auth/refresh
	header Retry-After '[1-9]*'
	post /api/v1/auth/logout '{}'
	status 429
	get /api/v1/auth/check
	[[ $STATUS != 429 ]] || fail 'auth/check is limited'
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
