# SPDX-License-Identifier: MIT
# How many mails an address can be made to receive, whatever they are about and whoever is behind it.

load helpers

setup_file() {
	stack_start APP__LIMITS__ADDRESS_MAILS=5 APP__LIMITS__ADDRESS_MAILS_DAY=8 \
		APP__LIMITS__MAILS=4 APP__LIMITS__NETWORK_MAILS=1000
}

teardown_file() {
	stack_stop
}

# changes N: so many new passwords for who is signed in.
changes() {
	local i next
	for ((i = 0; i < $1; i++)); do
		next="a passphrase of $(unique)"
		post /api/v1/me/password "$(jq -nc --arg p "$PASSWORD" --arg n "$next" \
			'{current_password: $p, password: $n}')"
		status 204 || return
		PASSWORD=$next
		refresh
		status 200 || return
		tokens
		sleep 0.2 # nginx lets five a second pass
	done
}

# reused: an exchanged refresh token comes back, which ends the session and is told.
reused() {
	local first=$REFRESH
	refresh
	status 200 || return
	sql "update sessions set rotated_at = rotated_at - interval '31 seconds' where id = '$(session)'"
	refresh "$first"
	problem 401 refresh-token-reused
}

# ask KIND: forgot or unlock, for EMAIL.
ask() {
	TOKEN='' post "/api/v1/auth/$1" "$(object email "$EMAIL")"
	status 202
}

asks() {
	local i
	for ((i = 0; i < $1; i++)); do ask "$2" || return; done
}

# An hour, or a day, goes by for the mails of all addresses.
pass() {
	sql "update mail_budgets set hour_until = hour_until - interval '$1', day_until = day_until - interval '$1'"
	sql "update proofs set created_at = created_at - interval '$1'"
}

# The links that EMAIL was mailed are good no more.
links_expire() {
	sql "update proofs set code_until = now(), link_until = now() - interval '1 second',
			created_at = created_at - interval '31 minutes'
		where user_id = (select id from users where email = '$EMAIL')"
}

@test "an address is sent so many notices an hour, the last of them a summary" {
	login ann
	changes 7
	[[ $(mails_to "$EMAIL" password-changed) == 4 ]]
	[[ $(mails_to "$EMAIL" more) == 1 ]]
	mail_for "$EMAIL" more
	grep -qi '^Subject: More has happened' "$MAIL"
}

@test "the budget is the address's, whatever the notices are about and however it is spelt" {
	login ann
	changes 3
	reused
	sign_in "${EMAIL^^}" "$PASSWORD"
	reused
	sign_in "$EMAIL" "$PASSWORD"
	reused
	[[ $(mails_to "$EMAIL" password-changed) == 3 ]]
	[[ $(mails_to "$EMAIL" session-reused) == 1 ]]
	[[ $(mails_to "$EMAIL" more) == 1 ]]
}

@test "after an hour notices go on, but not for longer than a day's are left" {
	login ann
	changes 6
	[[ $(mails_to "$EMAIL" password-changed) == 4 ]]
	pass '1 hour'
	changes 4
	# Each of the six has counted for the day.
	[[ $(mails_to "$EMAIL" password-changed) == 5 ]]
	[[ $(mails_to "$EMAIL" more) == 2 ]]
	pass '1 day'
	changes 1
	[[ $(mails_to "$EMAIL" password-changed) == 6 ]]
}

@test "notices do not use up the proofs, nor proofs the notices" {
	login ann
	changes 6
	ask forgot
	[[ $(mails_to "$EMAIL" reset) == 1 ]]
	asks 4 forgot
	asks 4 unlock
	pass '1 hour'
	sql "delete from mail_budgets where sort = 'notice'"
	changes 1
	[[ $(mails_to "$EMAIL" password-changed) == 5 ]]
}

@test "proofs of all kinds have one budget, and of each kind one is left" {
	login ann
	# The registration's was the first of five.
	asks 4 forgot
	[[ $(mails_to "$EMAIL" reset) == 4 ]]
	asks 4 unlock
	[[ $(mails_to "$EMAIL" unlock) == 1 ]]
}

@test "who has no link that is good is sent one, whoever has used up the hour's" {
	login ann
	asks 6 forgot
	[[ $(mails_to "$EMAIL" reset) == 4 ]]
	links_expire
	ask forgot
	[[ $(mails_to "$EMAIL" reset) == 5 ]]
	mail_for "$EMAIL" reset
	asks 3 forgot
	[[ $(mails_to "$EMAIL" reset) == 5 ]]
	TOKEN='' post /api/v1/auth/reset "$(by_link | jq -c '.password = "a brand new horse"')"
	status 204
}

@test "a link that was used does not count against its owner" {
	login ann
	local i
	for i in 1 2 3 4 5 6; do
		ask unlock
		[[ $(mails_to "$EMAIL" unlock) == "$i" ]]
		mail_for "$EMAIL" unlock
		TOKEN='' post /api/v1/auth/login "$(credentials "$EMAIL" "$PASSWORD" |
			jq -c --arg t "$LINK" '.proof_token = $t')"
		status 200
		sleep 0.2
	done
}

@test "what is made void by a new password does not make room for more mails" {
	login ann
	asks 4 forgot
	asks 2 unlock
	[[ $(mails_to "$EMAIL" unlock) == 1 ]]
	local i
	for i in 1 2 3; do
		changes 1
		ask unlock
		ask forgot
	done
	# One for each kind beyond the budget, and not one each time.
	[[ $(mails_to "$EMAIL" unlock) == 1 && $(mails_to "$EMAIL" reset) == 5 ]]
}

@test "an address without an account is counted in the same way" {
	local EMAIL
	EMAIL=nobody.$(unique)@example.org
	asks 6 forgot
	[[ $(sql "select count(*) from outbox where recipient = '$EMAIL'") == 0 ]]
	[[ $(sql "select hour_mails from mail_budgets where sort = 'proof' order by hour_until desc limit 1") == 4 ]]
}
