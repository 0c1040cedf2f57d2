# SPDX-License-Identifier: MIT
# Whoever guesses at an account does not keep out the browsers that its owner has signed in with: they
# bring a token, and have a guard of their own.

load helpers

ORIGIN=https://app.example

setup_file() {
	stack_start APP__SERVER__ORIGINS="$ORIGIN" APP__LIMITS__FREE=3 APP__LIMITS__ACCOUNT=20 \
		APP__LIMITS__NETWORK=30 APP__LIMITS__DELAY=15m APP__SESSIONS__ACCESS_COOKIE=true
}

teardown_file() {
	stack_stop
}

setup() {
	FROM=$(another_address)
}

# guess EMAIL PASSWORD [JQ]: signs in with a token in the body, or tries to.
guess() {
	TOKEN='' post /api/v1/auth/login "$(credentials "$1" "$2" | jq -c --arg d "${DEVICE-}" "${3-.}")"
}

known() {
	guess "$1" "$2" '.device_token = $d'
}

# browse EMAIL PASSWORD: as a browser whose cookies are COOKIE; keeps those that are set.
browse() {
	TOKEN='' post /api/v1/auth/login "$(credentials "$1" "$2" | jq -c '.cookie = true')" \
		-H "Origin: $ORIGIN" -H "Cookie: ${COOKIE-}"
	[[ $STATUS != 200 ]] || COOKIE=$(set_cookie __Secure-postern-device)
}

# guarded EMAIL: others have guessed at it so often that it asks for a proof.
guarded() {
	TOKEN='' FROM=127.8.8.8 post /api/v1/auth/login "$(credentials "$1" 'not the password')"
	problem 401 bad-credentials || return
	sql "update attempts set failures = 20 where kind = 'account' and failures > 0;
		delete from attempts where kind in ('pair', 'network')"
}

@test "a browser that has signed in before gets into an account that others guard" {
	register ann
	COOKIE='' browse "$EMAIL" "$PASSWORD"
	status 200
	grep -i '^set-cookie: __Secure-postern-device=.*; Path=/api/v1/auth; Max-Age=34560000; Secure; HttpOnly; SameSite=Strict$' <<<"$HEADERS"
	body_is 'has("device_token") | not'
	local device
	device=$(set_cookie __Secure-postern-device)
	guarded "$EMAIL"
	COOKIE='' browse "$EMAIL" "$PASSWORD"
	problem 403 proof-needed
	COOKIE=$device browse "$EMAIL" "$PASSWORD"
	status 200
	COOKIE=$device browse "$EMAIL" 'not the password'
	problem 401 bad-credentials
}

@test "a program that keeps its token does too" {
	login ann
	local DEVICE
	DEVICE=$(of_body .device_token)
	[[ ${#DEVICE} == 108 ]]
	guarded "$EMAIL"
	guess "$EMAIL" "$PASSWORD"
	problem 403 proof-needed
	known "$EMAIL" "$PASSWORD"
	status 200
	# And is told a new one, which is as good; going on with a session is no sign-in.
	DEVICE=$(of_body .device_token)
	tokens
	known "$EMAIL" "$PASSWORD"
	status 200
	refresh
	status 200
	body_is 'has("device_token") | not'
}

@test "what opens one account says nothing about another, nor does what somebody has made up" {
	login ann
	local ann=$EMAIL mine DEVICE other
	mine=$(of_body .device_token)
	login bob
	other=$(of_body .device_token)
	EMAIL=$ann PASSWORD='ann has a horse'
	guarded "$ann"
	for DEVICE in "$other" "${mine%%.*}.${other#*.}" "${other%%.*}.${mine#*.}" "${mine}A" "${mine:0:107}" x \
		"${mine%%.*}.$REFRESH" "$REFRESH" "${mine^^}" "00000000-0000-0000-0000-000000000000.${mine#*.}" '~~~' '.'; do
		FROM=$(another_address)
		known "$ann" "$PASSWORD"
		problem 403 proof-needed || return
	done
	DEVICE=$mine known "$ann" "$PASSWORD"
	status 200
}

@test "its own guard is shut by it alone, and it alone is shut out by that" {
	login ann
	local DEVICE i
	DEVICE=$(of_body .device_token)
	for i in 2 1 0; do
		known "$EMAIL" 'not the password'
		problem 401 bad-credentials
		header RateLimit-Remaining "$i"
	done
	# As if it had been wrong more often, so that the wait is long.
	sql "update attempts set failures = 20, blocked_until = '-infinity' where kind = 'pair' and failures = 3"
	sleep 1.1
	known "$EMAIL" 'not the password'
	problem 401 bad-credentials
	known "$EMAIL" "$PASSWORD"
	problem 429 too-many-attempts
	# The account and the network have not heard of it.
	guess "$EMAIL" 'not the password'
	header RateLimit-Remaining 2
	sign_in "$EMAIL" "$PASSWORD"
}

@test "a stolen token is good for as many guesses as anybody has, and no more" {
	login ann
	local DEVICE
	DEVICE=$(of_body .device_token)
	known "$EMAIL" 'not the password'
	problem 401 bad-credentials
	sql "update attempts set failures = 20, blocked_until = '-infinity' where kind = 'account' and failures = 1"
	known "$EMAIL" "$PASSWORD"
	problem 403 proof-needed
	DEVICE='' guess "$EMAIL" "$PASSWORD"
	status 200
}

@test "neighbours who guess do not shut it out" {
	register ann
	COOKIE='' browse "$EMAIL" "$PASSWORD"
	local device
	device=$(set_cookie __Secure-postern-device)
	guess "nobody.$(unique)@example.org" wrong
	sql "update attempts set failures = 100, blocked_until = now() + interval '10 minutes' where kind = 'network'"
	COOKIE='' browse "$EMAIL" "$PASSWORD"
	problem 429 too-many-attempts
	COOKIE=$device browse "$EMAIL" "$PASSWORD"
	status 200
}

@test "a new password makes the tokens of before nothing" {
	login ann
	local DEVICE
	DEVICE=$(of_body .device_token)
	post /api/v1/me/password "$(object current_password "$PASSWORD" password 'another long horse')"
	status 204
	guarded "$EMAIL"
	known "$EMAIL" 'another long horse'
	problem 403 proof-needed
}

@test "a browser is known to several accounts, and to each once" {
	local i emails=() cookie=''
	for i in ann bob eve joe mia; do
		register "$i"
		emails+=("$EMAIL")
		COOKIE=$cookie browse "$EMAIL" "$PASSWORD"
		status 200
		cookie=$(set_cookie __Secure-postern-device)
	done
	COOKIE=$cookie browse "$EMAIL" "$PASSWORD"
	cookie=$(set_cookie __Secure-postern-device)
	[[ $(tr -dc '~' <<<"$cookie") == '~~~' ]] || fail "$cookie"
	guarded "${emails[1]}"
	COOKIE=$cookie browse "${emails[1]}" 'bob has a horse'
	status 200
	guarded "${emails[0]}"
	COOKIE=$cookie browse "${emails[0]}" 'ann has a horse'
	problem 403 proof-needed
}

@test "cookies that another page puts beside it change nothing" {
	register ann
	COOKIE='' browse "$EMAIL" "$PASSWORD"
	local cookie bad name=__Secure-postern-device
	cookie=$(set_cookie "$name")
	guarded "$EMAIL"
	for bad in "$name=x; $cookie" "$cookie; $name=x" "$name=~~~~~; $cookie" "$name=; $cookie" \
		"$name=${cookie#*=}A~${cookie#*=}" "a=$name; $cookie; $cookie"; do
		COOKIE=$bad browse "$EMAIL" "$PASSWORD"
		status 200 || return
		sql "delete from attempts where kind in ('pair', 'network')"
	done
	COOKIE="x$cookie" browse "$EMAIL" "$PASSWORD"
	problem 403 proof-needed
}

@test "a proof by mail opens the account for all again, also when a token comes along" {
	login ann
	local device
	device=$(of_body .device_token)
	guarded "$EMAIL"
	TOKEN='' post /api/v1/auth/unlock "$(object email "$EMAIL")"
	mail_for "$EMAIL" unlock
	DEVICE=$device guess "$EMAIL" "$PASSWORD" ".device_token = \$d | .proof_token = \"$LINK\""
	status 200
	DEVICE='' guess "$EMAIL" "$PASSWORD"
	status 200
}

@test "who is signed in changes the password while others guard the account" {
	login ann
	guarded "$EMAIL"
	post /api/v1/me/password "$(object current_password "$PASSWORD" password 'another long horse')"
	status 204
}
