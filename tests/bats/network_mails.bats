# SPDX-License-Identifier: MIT
# Whoever uses up the mails of a network does not keep its other people from asking for theirs.

load helpers

ORIGIN=https://app.example

setup_file() {
	stack_start APP__SERVER__ORIGINS="$ORIGIN" APP__SERVER__WORKERS=2 APP__LIMITS__NETWORK_MAILS=3 APP__LIMITS__MAILS=4
}

teardown_file() {
	stack_stop
}

setup() {
	# Those who sign in there; and the network in which somebody asks for mails.
	# shellcheck disable=SC2034 # request reads it
	FROM=$(another_address)
	NEIGHBOURS=$(another_address)
	COOKIE=''
}

# asks KIND EMAIL: for a mail, from there and with the cookies COOKIE.
asks() {
	TOKEN='' FROM=$NEIGHBOURS post "/api/v1/auth/$1" "$(object email "$2")" -H "Cookie: ${COOKIE:-none=1}"
}

used_up() {
	local n
	for n in 1 2 3; do
		asks forgot "nobody.$n.$(unique)@example.org"
		status 202 || return
	done
	asks forgot "nobody.$(unique)@example.org"
	problem 429 too-many-attempts
}

# browses: registers, and signs in as a browser does; COOKIE is what knows it again.
browses() {
	register ann
	TOKEN='' post /api/v1/auth/login "$(credentials "$EMAIL" "$PASSWORD" | jq -c '.cookie = true')" -H "Origin: $ORIGIN"
	status 200 || return
	COOKIE=$(set_cookie __Secure-postern-device)
}

@test "a browser that has signed in to the account is sent its mail, whatever the network has asked for" {
	local kind
	browses
	used_up
	for kind in forgot unlock forgot unlock; do
		asks "$kind" "$EMAIL"
		status 202
		no_header Retry-After
	done
	[[ $(sql "select count(*) from outbox where recipient = '$EMAIL' and template in ('reset', 'unlock')") -ge 2 ]]
	# It has a count of its own, and that has an end.
	asks forgot "$EMAIL"
	problem 429 too-many-attempts
	header Retry-After
}

@test "it opens nothing for the mails of others, and who has no such token is told nothing" {
	local ann bob known unknown
	browses
	ann=$EMAIL bob=$COOKIE
	browses
	[[ $COOKIE != "$bob" ]]
	used_up
	asks forgot "$ann"
	problem 429 too-many-attempts
	known=$(jq -c 'del(.. | .request_id?, .instance?)' <<<"$BODY")
	asks forgot "nobody.$(unique)@example.org"
	problem 429 too-many-attempts
	unknown=$(jq -c 'del(.. | .request_id?, .instance?)' <<<"$BODY")
	[[ $known == "$unknown" ]] || fail "$known $unknown"
	COOKIE=${COOKIE%?}x asks forgot "$EMAIL"
	problem 429 too-many-attempts
	COOKIE='' asks forgot "$EMAIL"
	problem 429 too-many-attempts
}

@test "who is signed in asks for mails although the network may not" {
	local n
	login ann
	used_up
	for n in 1 2; do
		FROM=$NEIGHBOURS post /api/v1/me/verification
		status 202
	done
	for n in 1 2; do
		FROM=$NEIGHBOURS post /api/v1/me/email "$(object email "new.$n.$(unique)@example.org" password "$PASSWORD")"
		status 202
	done
	FROM=$NEIGHBOURS post /api/v1/me/verification
	problem 429 too-many-attempts
}
