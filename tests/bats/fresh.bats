#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What is asked of who gave the password a moment ago, and of nobody else.
# shellcheck disable=SC2030,SC2031 # each test runs by itself

load helpers

# stale [SECONDS]: in the session of TOKEN the password was given so long ago.
stale() {
	sql "update sessions set proved_at = now() - interval '${1-601} seconds' where id = '$(session)'"
}

# reauth [PASSWORD]
reauth() {
	post /api/v1/me/reauth "$(object password "${1-$PASSWORD}")"
}

# asks METHOD PATH [BODY]: only who has given the password a moment ago may do that.
asks() {
	request "$@"
	problem 403 fresh-sign-in-needed || return
	header WWW-Authenticate 'Bearer *error="insufficient_user_authentication"*max_age="600"*' >/dev/null
}

exists() {
	[[ $(sql "select count(*) from users where id = '$1'") == 1 ]]
}

@test "deleting one's account asks who signed in long ago for the password" {
	login ann
	stale
	asks DELETE "/api/v1/users/$USER_ID"
	exists "$USER_ID"
	reauth
	status 200
	body_is 'keys == ["fresh_until"]'
	body_is '.fresh_until | sub("[.][0-9]+"; "") | fromdate - now | . > 500 and . <= 600'
	delete "/api/v1/users/$USER_ID"
	status 204
	run ! exists "$USER_ID"
}

@test "the window is as long as sessions.fresh says" {
	login ann
	stale 590
	delete "/api/v1/users/$USER_ID"
	status 204
	login bob
	stale 600
	asks DELETE "/api/v1/users/$USER_ID"
}

@test "what an administrator does to how somebody signs in asks for the password" {
	register ann
	local ann=$USER_ID email=$EMAIL
	admin
	local me=$USER_ID mine=$EMAIL other
	other=$(unique)@example.org
	stale
	asks PUT "/api/v1/users/$ann" "$(object email "$other" name ann)"
	asks PUT "/api/v1/users/$me" "$(object email "$other" name Admin)"
	asks PATCH "/api/v1/users/$ann" '{"role": "admin"}'
	asks PATCH "/api/v1/users/$me" '{"role": "user"}'
	asks PATCH "/api/v1/users/$ann" '{"disabled": true}'
	asks DELETE "/api/v1/users/$ann"
	asks DELETE "/api/v1/users/$me"
	[[ $(sql "select email, role, disabled_at is null from users where id = '$ann'") == "$email|user|t" ]]
	[[ $(sql "select email, role from users where id = '$me'") == "$mine|admin" ]]
	reauth
	status 200
	request PATCH "/api/v1/users/$ann" '{"role": "admin"}'
	status 200
	put "/api/v1/users/$ann" "$(object email "$other" name ann)"
	status 200
	delete "/api/v1/users/$ann"
	status 204
}

@test "what changes nothing of how somebody signs in asks for nothing, nor does what ends something" {
	login ann
	local first=$TOKEN
	sign_in "$EMAIL" "$PASSWORD"
	stale
	put "/api/v1/users/$USER_ID" "$(object email "${EMAIL^}" name 'Ann the second')"
	status 200
	get /api/v1/me
	status 200
	delete /api/v1/me/email
	status 204
	post /api/v1/me/verification
	status 202
	delete "/api/v1/me/sessions/$(TOKEN=$first session)"
	status 204
	delete /api/v1/me/sessions
	status 204
	local ann=$USER_ID
	admin
	stale
	delete "/api/v1/users/$ann/sessions"
	status 204
}

@test "the wrong password proves nothing" {
	login ann
	stale
	reauth 'not her horse'
	problem 403 password-wrong
	asks DELETE "/api/v1/users/$USER_ID"
	reauth ''
	problem 400 invalid-request
	fault /password
	post /api/v1/me/reauth '{}'
	problem 400 invalid-request
	TOKEN='' reauth
	problem 401 unauthenticated
}

@test "who gives the password again proves it for that session alone" {
	login ann
	local here=$TOKEN
	stale
	sign_in "$EMAIL" "$PASSWORD"
	stale
	reauth
	status 200
	TOKEN=$here asks DELETE "/api/v1/users/$USER_ID"
	[[ $(sql "select count(*) from audit where action = 'session.prove' and subject = '$USER_ID'
		and actor = subject and session = '$(session)'") == 1 ]]
}

@test "a refresh proves nothing" {
	login ann
	stale
	refresh
	tokens
	asks DELETE "/api/v1/users/$USER_ID"
}

@test "a refresh takes nothing away from who signed in a moment ago" {
	login ann
	refresh
	tokens
	delete "/api/v1/users/$USER_ID"
	status 204
}

@test "who gives the password for something else has given it" {
	login ann
	stale
	post /api/v1/me/email "$(object email "$(unique)@example.org" password "$PASSWORD")"
	status 202
	delete "/api/v1/users/$USER_ID"
	status 204
	login bob
	stale
	post /api/v1/me/password "$(object current_password "$PASSWORD" password 'another horse of bob')"
	status 204
	refresh
	tokens
	delete "/api/v1/users/$USER_ID"
	status 204
}

@test "a token of a session that is over proves nothing, whatever the password" {
	login ann
	# No host has heard of it yet.
	sql "delete from sessions where id = '$(session)'"
	delete "/api/v1/users/$USER_ID"
	problem 401 token-revoked
	reauth
	problem 401 token-revoked
}
