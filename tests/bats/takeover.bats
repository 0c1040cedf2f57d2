# SPDX-License-Identifier: MIT
# Somebody's address in the hands of a stranger, before she comes and while she is there: in every order
# and in every mode she ends up with an account that nothing of the stranger's opens.

load helpers

THEIRS='the horse of a thief'
HERS='her own horse is grey'

teardown() {
	stack_stop
}

# mode NAME: a stack in it.
mode() {
	MODE=$1
	case $1 in
	open) stack_start ;;
	verified) stack_start APP__ACCOUNTS__REQUIRE_VERIFIED=true ;;
	safe) stack_start APP__ACCOUNTS__REQUIRE_VERIFIED=true APP__ACCOUNTS__ENUMERATION_SAFE=true ;;
	esac
}

# stranger: registers her address, which may be taken, and signs in if that is possible; sets SPOILS,
# what he has of it.
stranger() {
	TOKEN='' post /api/v1/users "$(person "$EMAIL" "$THEIRS" Thief)" || return
	if [[ $STATUS == 201 && $MODE == open ]]; then
		sign_in "$EMAIL" "$THEIRS" && SPOILS="$TOKEN $REFRESH"
	fi
}

# owner: registers; where the address is taken she sets a password by mail.
owner() {
	TOKEN='' post /api/v1/users "$(person "$EMAIL" "$HERS" Ann)" || return
	PROOF=''
	if [[ $STATUS == 201 ]]; then
		PROOF=$(of_body .verification_id)
		return
	fi
	problem 409 email-taken
}

# proves: with the mail of her own registration, or by a reset.
proves() {
	if [[ -n $PROOF ]]; then
		proof_of verify "$PROOF" && verify "$(by_link_of "$HERS")" && status 204
	else
		resets
	fi
}

resets() {
	TOKEN='' post /api/v1/auth/forgot "$(object email "$EMAIL")" && status 202 &&
		mail_for "$EMAIL" reset || return
	TOKEN='' post /api/v1/auth/reset "$(jq -c --arg p "$HERS" '.password = $p' <<<"$(by_link)")" && status 204
}

verify() {
	TOKEN='' post /api/v1/auth/verify "$1"
}

# hers: the account is hers alone.
hers() {
	TOKEN='' post /api/v1/auth/login "$(credentials "$EMAIL" "$THEIRS")" || return
	problem 401 bad-credentials || return
	if [[ -n $SPOILS ]]; then
		TOKEN=${SPOILS% *} get /api/v1/me && problem 401 || fail 'the access token of a stranger is good' || return
		refresh "${SPOILS#* }" && problem 401 refresh-token-invalid || return
	fi
	sign_in "$EMAIL" "$HERS" && get /api/v1/me && status 200 && body .verified true || return
	# Ann where she could say so: in her own registration, not to whoever had her address before.
	[[ $(of_body .name) == @(Ann|"${EMAIL%@*}") ]] || fail 'called by what a stranger said' || return
	[[ $(sql "select count(*) from users where email_key = '$EMAIL'") == 1 ]] || fail 'not one account'
}

# problem STATUS alone is enough here.
problem() {
	status "$1" || return
	[[ $# == 1 ]] || body .error.code "$2"
}

# --- the orders -----------------------------------------------------------------------------

stranger_first() {
	stranger && owner && proves
}

owner_first() {
	owner && stranger && proves
}

crowd() {
	stranger && stranger && owner && stranger && stranger && proves
}

# She follows the stranger's link, and does not know the password that goes with it.
stranger_link() {
	stranger && mail_for "$EMAIL" verify && verify "$(by_link)" && problem 403 password-needed || return
	verify "$(by_link_of "$HERS")" && problem 403 password-wrong || return
	verify "$(jq -c --arg p "$HERS" '.new_password = $p' <<<"$(by_link)")" && status 204
}

# The stranger has her sent as many mails as there may be, so her own is not sent: his will do.
crowded_out() {
	local _
	for _ in {1..6}; do stranger || return; done
	owner && mail_for "$EMAIL" verify || return
	verify "$(jq -c --arg p "$HERS" '.new_password = $p' <<<"$(by_link)")" && status 204
}

# He asks for the mail again, where he is signed in.
resend() {
	stranger || return
	if [[ -n $SPOILS ]]; then
		post /api/v1/me/verification && status 202 || return
	fi
	mail_for "$EMAIL" verify && verify "$(by_link)" && problem 403 password-needed || return
	TOKEN=${OTHERS-} post /api/v1/auth/verify "$(by_link)" && problem 403 password-needed || return
	verify "$(jq -c --arg p "$HERS" '.new_password = $p' <<<"$(by_link)")" && status 204
}

# She has forgotten that there is no account yet.
recovery_between() {
	stranger && TOKEN='' post /api/v1/auth/forgot "$(object email "$EMAIL")" && status 202 &&
		stranger && owner && proves && stranger
}

# His account is to have her address; she follows the link.
moved() {
	local email=$EMAIL password=$THEIRS
	EMAIL=thief.$(unique)@example.org PROOF=''
	TOKEN='' post /api/v1/users "$(person "$EMAIL" "$password" Thief)" && status 201 &&
		PROOF=$(of_body .verification_id) && proof_of verify "$PROOF" &&
		verify "$(by_link_of "$password")" && status 204 && sign_in "$EMAIL" "$password" || return
	post /api/v1/me/email "$(credentials "$email" "$password")" && status 202 || return
	local old new
	old=$(of_body .old_id) new=$(of_body .new_id)
	proof_of email_old "$old" && TOKEN='' post /api/v1/auth/email/confirm "$(by_link)" && status 200 || return
	proof_of email_new "$new" && TOKEN='' post /api/v1/auth/email/confirm "$(by_link)" &&
		problem 403 password-needed || return
	EMAIL=$email SPOILS=''
	owner && proves || return
	# Nor has he it afterwards, whatever he knows.
	proof_of email_new "$new" && TOKEN='' post /api/v1/auth/email/confirm "$(by_link_of "$password")" &&
		problem 409 email-taken
}

# An administrator has given her address to his account, which is unconfirmed by that.
by_admin() {
	local email=$EMAIL user
	EMAIL=thief.$(unique)@example.org
	stranger && user=$(sql "select id from users where email_key = '$EMAIL'") || return
	if [[ -z $user ]]; then # where a registration is no account yet
		mail_for "$EMAIL" verify && verify "$(by_link_of "$THEIRS")" && status 204 || return
		user=$(sql "select id from users where email_key = '$EMAIL'")
	fi
	TOKEN=$ADMIN put "/api/v1/users/$user" "$(object email "$email" name Thief)" && status 200 || return
	EMAIL=$email SPOILS=''
	owner && proves
}

# all: every order, each with an address of its own.
all() {
	local order
	admin
	ADMIN=$TOKEN
	login_confirmed other
	OTHERS=$TOKEN
	for order in stranger_first owner_first crowd stranger_link crowded_out resend recovery_between moved by_admin; do
		EMAIL=ann.$(unique)@example.org
		SPOILS=''
		"$order" && hers || fail "$MODE: $order" || return
	done
}

@test "where unconfirmed addresses sign in, nobody takes an account before its owner comes" {
	mode open
	all
}

@test "where they do not, nobody takes an account before its owner comes" {
	mode verified
	all
}

@test "where nobody is told who is registered, nobody takes an account before its owner comes" {
	mode safe
	login_confirmed() {
		register "$1" && proof_of verify "$(of_body .verification_id)" && verify "$(by_link_of "$PASSWORD")" &&
			sign_in "$EMAIL" "$PASSWORD"
	}
	all
	# And the proof of his registration tells the stranger nothing of that.
	EMAIL=ann.$(unique)@example.org
	stranger
	local his answers=()
	his=$(of_body .verification_id)
	verify "$(by_code "$his" 00000000)"
	answers+=("$STATUS $(of_body .error.code)")
	owner
	proves
	verify "$(by_code "$his" 00000000)"
	answers+=("$STATUS $(of_body .error.code)")
	[[ ${answers[*]} == '400 proof-wrong 400 proof-wrong' ]] || fail "${answers[*]}"
	proof_of verify "$his"
	verify "$(by_code "$his" "$CODE")"
	problem 410 proof-gone
	verify "$(by_link_of "$THEIRS")"
	problem 410 proof-gone
}

# --- what a stranger has her told -----------------------------------------------------------

# asks KIND
asks() {
	TOKEN='' post "/api/v1/auth/$1" "$(object email "$EMAIL")" "${AGENT[@]}" && status 202
}

# says WORD: how many of the mails to EMAIL and NEW that were sent do.
says() {
	local id n=0
	for id in $(sql "select id from outbox where recipient in ('$EMAIL', '$NEW') and state = 'sent'"); do
		python3 - "$RUN_DIR/mail/$id.eml" "$1" <<'P' || n=$((n + 1))
import email, email.policy, sys
mail = email.message_from_file(open(sys.argv[1]), policy=email.policy.default)
parts = [mail["Subject"]] + [mail.get_body((kind,)).get_content() for kind in ("plain", "html")]
sys.exit(any(sys.argv[2] in part for part in parts))
P
	done
	echo "$n"
}

sent() {
	[[ $(sql "select count(*) from outbox where recipient in ('$EMAIL', '$NEW') and state = 'sent'") == "$1" ]]
}

@test "a mail to an address that nobody has proved says nothing that others chose, whatever it is about" {
	mode open
	AGENT=(-A 'Mozilla/5.0 (X11; Linux) Firefox/128.0')
	NEW=win.a.prize.$(unique)@evil.example
	admin
	local admin=$TOKEN old
	login thief
	put "/api/v1/users/$USER_ID" "$(object email "$EMAIL" name 'Call me')"
	status 200
	sign_in "$EMAIL" "$PASSWORD" "${AGENT[@]}"
	old=$REFRESH
	post /api/v1/me/verification "${AGENT[@]}" -H 'Content-Length: 0'
	status 202
	asks forgot
	asks unlock
	post /api/v1/me/email "$(credentials "$NEW" "$PASSWORD")" "${AGENT[@]}"
	status 202
	refresh
	status 200
	sql "update sessions set rotated_at = rotated_at - interval '1 hour' where user_id = '$USER_ID'"
	TOKEN='' post /api/v1/auth/refresh "$(object refresh_token "$old")" "${AGENT[@]}"
	status 401
	sign_in "$EMAIL" "$PASSWORD" "${AGENT[@]}"
	post /api/v1/me/password "$(object current_password "$PASSWORD" password 'a goat instead')" "${AGENT[@]}"
	status 204
	TOKEN=$admin request PATCH "/api/v1/users/$USER_ID" '{"disabled": true}' "${AGENT[@]}"
	status 200
	TOKEN=$admin put "/api/v1/users/$USER_ID" "$(object email "x$NEW" name 'Call me')" "${AGENT[@]}"
	status 200
	[[ $(sql "select string_agg(distinct template, ' ' order by template) from outbox
		where recipient in ('$EMAIL', '$NEW')") == 'account-disabled email-changed email-new email-old password-changed reset session-reused unlock verify' ]]
	[[ $(sql "select count(*) from outbox where recipient in ('$EMAIL', '$NEW')
		and (select string_agg(key, ' ') from jsonb_object_keys(words::jsonb) key) <> 'at'") == 0 ]] ||
		fail "$(sql "select template, words from outbox where recipient in ('$EMAIL', '$NEW')")"
	# Once it is proved they say who it was and where.
	login_confirmed bob
	NEW=$EMAIL
	asks forgot
	wait_for 20 sent 2
	[[ $(says Firefox) == 1 && $(says 'Hello bob,') == 1 ]]
	[[ $(says 127.0.0.1) == 1 || $(says ::1) == 1 ]]
}
