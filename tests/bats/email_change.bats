# SPDX-License-Identifier: MIT
# Another address: asked for with the password, confirmed by both addresses, undone by the old one.

load helpers

# link KIND ID, code KIND ID: what the mail with that proof says.
link() { proof_of "$1" "$2" && echo "$LINK"; }
code() { proof_of "$1" "$2" && echo "$CODE"; }

# ask [ADDRESS]: for another address; sets NEW, OLD_ID and NEW_ID.
ask() {
	NEW=${1:-new.$(unique)@example.org}
	post /api/v1/me/email "$(credentials "$NEW" "$PASSWORD")" || return
	status 202 || return
	OLD_ID=$(of_body .old_id)
	NEW_ID=$(of_body .new_id)
}

# confirm KIND ID: follows the link in that mail; to the new address it takes the password as well.
confirm() {
	TOKEN='' post /api/v1/auth/email/confirm "$(jq -nc --arg t "$(link "$1" "$2")" --arg p "$PASSWORD" \
		--arg kind "$1" '{token: $t} + if $kind == "email_new" then {password: $p} else {} end')"
}

# move [ADDRESS]: asks, and both confirm; sets UNDO, the id of the proof that undoes it.
move() {
	ask "$@" || return
	confirm email_old "$OLD_ID" || return
	status 200 || return
	confirm email_new "$NEW_ID" || return
	status 200 || return
	body .done true || return
	mail_for "$EMAIL" email-undo || return
	UNDO=$PROOF
}

# letter EMAIL TEMPLATE: the text of the newest such mail as the courier has delivered it; sets LINK
# to the one in it.
letter() {
	mail_for "$1" "$2" || return
	TEXT=$(python3 -c 'import email, email.policy, sys
mail = email.message_from_binary_file(sys.stdin.buffer, policy=email.policy.default)
print(mail["To"], mail.get_body(("plain",)).get_content(), sep="\n")' <"$MAIL") || return
	LINK=$(grep -o 'https://[^ ]*/account/[^ ]*' <<<"$TEXT" || true)
}

# undo ID: follows that link.
undo() {
	TOKEN='' post /api/v1/auth/email/undo "{\"token\": \"$(link email_undo "$1")\"}"
}

# noted ACTION [WHERE]: how many such notes the audit log has about the user.
noted() {
	sql "select count(*) from audit where action = '$1' and subject = '$USER_ID' ${2:+and $2}"
}

address_is() {
	[[ $(sql "select email from users where id = '$USER_ID'") == "$1" ]] ||
		fail "the address is $(sql "select email from users where id = '$USER_ID'")"
}

# --- asking -----------------------------------------------------------------------------------

@test "of two mailboxes the same one is waited for first, whichever is the old address" {
	local -A address token
	local box low='' high='' mark out=$BATS_TEST_TMPDIR/out
	for _ in 1 2; do
		mark=$(sql 'select now()')
		login ann
		box=$(sql "select mailbox from mail_budgets where sort = 'proof' and day_until >= timestamptz '$mark' + interval '1 day'")
		address[$box]=$EMAIL token[$box]=$TOKEN
		[[ -n $low && $low < $box ]] && high=$box || high=${low:-$box} low=$box
	done
	sql "do \$\$ begin
		perform from mail_budgets where mailbox = '$low' and sort = 'proof' for update;
		perform pg_sleep(0.5);
		while not exists (select from pg_stat_activity where wait_event_type = 'Lock' and query like '%mail_budgets%') loop
			perform pg_sleep(0.02);
			perform pg_stat_clear_snapshot();
		end loop;
		perform from mail_budgets where mailbox = '$high' and sort = 'proof' for update nowait;
	end \$\$" 2>"$out" 3>&- &
	underway
	TOKEN=${token[$high]} post /api/v1/me/email "$(credentials "${address[$low]}" "$PASSWORD")"
	status 202
	wait $! || fail "$(<"$out")"
}

@test "another address is asked for, seen in /me, and changes nothing yet" {
	login ann
	get /api/v1/me
	body_is 'keys | map(select(startswith("pending"))) == []'
	ask
	body_is 'keys == ["expires_at", "new_id", "old_id"] and .old_id != .new_id'
	get /api/v1/me
	body .email "$EMAIL"
	body .pending_email "$NEW"
	body_is 'has("pending_email_expires_at")
		and (has("pending_email_old_confirmed_at") or has("pending_email_new_confirmed_at") | not)'
	mail_for "$EMAIL" email-old
	[[ $PROOF == "$OLD_ID" ]]
	mail_for "$NEW" email-new
	[[ $PROOF == "$NEW_ID" ]]
	[[ $(noted email.change-ask "actor = '$USER_ID' and detail = '$EMAIL -> $NEW'") == 1 ]]
	get "/api/v1/users/$USER_ID"
	body .email "$EMAIL"
}

@test "asking needs the current password (security 39)" {
	login ann
	post /api/v1/me/email "$(credentials "new.$(unique)@example.org" 'not the password')"
	problem 403 password-wrong
	get /api/v1/me
	body_is 'has("pending_email") | not'
}

@test "asking needs to be signed in" {
	post /api/v1/me/email "$(credentials "new.$(unique)@example.org" 'a password')"
	problem 401 unauthenticated
}

@test "what is no address, or the address already, is refused, and so are members that are not asked for (security 72)" {
	login ann
	local bad
	for bad in '' ann 'ann@' $'ann@example.org\nBcc: x@example.org' "$EMAIL" "${EMAIL^^}"; do
		post /api/v1/me/email "$(credentials "$bad" "$PASSWORD")"
		problem 400 invalid-request
		fault /email
	done
	post /api/v1/me/email "$(jq -c '.user_id = "x" | .verified = true' \
		<<<"$(credentials new@example.org "$PASSWORD")")"
	problem 400 invalid-request
	fault /user_id
	fault /verified
}

@test "asking for somebody else's address is answered as for a free one, and mails nobody there (security 15)" {
	register bob
	local bob=$EMAIL
	login ann
	ask "${bob^^}"
	body_is 'keys == ["expires_at", "new_id", "old_id"]'
	[[ $(mails_to "${bob^^}") == 0 ]]
	[[ $(sql "select state from outbox where proof_id = '$NEW_ID'") == void ]]
	get /api/v1/me
	body .pending_email "${bob^^}"
}

@test "asking again replaces what was asked for before" {
	login ann
	ask
	local old=$OLD_ID new=$NEW_ID
	confirm email_old "$old"
	status 200
	ask
	get /api/v1/me
	body .pending_email "$NEW"
	body_is 'has("pending_email_old_confirmed_at") | not'
	confirm email_new "$new"
	problem 410 proof-gone
	confirm email_old "$old"
	problem 410 proof-gone
	address_is "$EMAIL"
}

@test "what was asked for is withdrawn, as often as one likes" {
	login ann
	ask
	delete /api/v1/me/email
	status 204
	[[ $(noted email.change-cancel) == 1 ]]
	get /api/v1/me
	body_is 'has("pending_email") | not'
	confirm email_old "$OLD_ID"
	problem 410 proof-gone
	delete /api/v1/me/email
	status 204
	[[ $(noted email.change-cancel) == 1 ]]
	TOKEN='' delete /api/v1/me/email
	problem 401 unauthenticated
}

@test "a new password withdraws what was asked for" {
	login ann
	ask
	post /api/v1/me/password "$(jq -nc --arg p "$PASSWORD" \
		'{current_password: $p, password: "ann has a mule too"}')"
	status 204
	get /api/v1/me
	body_is 'has("pending_email") | not'
	confirm email_old "$OLD_ID"
	problem 410 proof-gone
}

@test "an address gets only so many mails, however often it is asked for" {
	login ann
	local new n
	new=much.$(unique)@example.org
	for n in {1..7}; do
		ask "$new"
	done
	[[ $(mails_to "$new") == 5 && $(mails_to "$EMAIL" email-old) == 5 ]]
	# Who has been mailed enough is answered as before.
	body_is 'keys == ["expires_at", "new_id", "old_id"]'
}

@test "what was not confirmed in time is gone, from /me too" {
	login ann
	ask
	sql "update email_changes set expires_at = now() where user_id = '$USER_ID'"
	get /api/v1/me
	body_is 'has("pending_email") | not'
	confirm email_old "$OLD_ID"
	problem 410 proof-gone
}

# --- confirming -------------------------------------------------------------------------------

@test "one address alone changes nothing, whichever it is" {
	login ann
	ask
	confirm email_old "$OLD_ID"
	status 200
	body .email "$NEW"
	body_is '.old_confirmed and (.new_confirmed or .done | not)'
	get /api/v1/me
	body .email "$EMAIL"
	body_is 'has("pending_email_old_confirmed_at") and (has("pending_email_new_confirmed_at") | not)'
	login bob
	ask
	confirm email_new "$NEW_ID"
	status 200
	body_is '.new_confirmed and (.old_confirmed or .done | not)'
	address_is "$EMAIL"
}

@test "when both have confirmed, in either order, the address is the new one" {
	local first
	for first in old new; do
		login ann
		ask "New.$(unique)@BÜCHER.example"
		if [[ $first == old ]]; then
			confirm email_old "$OLD_ID"
			confirm email_new "$NEW_ID"
		else
			confirm email_new "$NEW_ID"
			confirm email_old "$OLD_ID"
		fi
		status 200
		body_is '.done and .old_confirmed and .new_confirmed'
		body .email "$NEW"
		TOKEN='' post /api/v1/auth/login "$(credentials "$EMAIL" "$PASSWORD")"
		problem 401 bad-credentials
		sign_in "${NEW,,}" "$PASSWORD"
		get /api/v1/me
		body .email "$NEW"
		body_is 'has("pending_email") | not'
		[[ $(sql "select verified_at is not null from users where id = '$USER_ID'") == t ]]
		[[ $(noted email.change "actor = '$USER_ID' and detail = '$EMAIL -> $NEW'") == 1 ]]
		[[ $(mails_to "$EMAIL" email-undo) == 1 && $(mails_to "$NEW" email-changed) == 1 ]]
	done
}

@test "codes confirm as links do, typed with spaces and hyphens" {
	login ann
	ask
	local code
	code=$(code email_old "$OLD_ID")
	TOKEN='' post /api/v1/auth/email/confirm "{\"id\": \"$OLD_ID\", \"code\": \"${code:0:4} ${code:4}\"}"
	status 200
	code=$(code email_new "$NEW_ID")
	post /api/v1/auth/email/confirm "{\"id\": \"$NEW_ID\", \"code\": \"${code:0:4}-${code:4}\"}"
	status 200
	body .done true
	header Cache-Control no-store
	address_is "$NEW"
}

@test "a code is for its own address, and wrong five times it is dead" {
	login ann
	ask
	local code
	code=$(code email_old "$OLD_ID")
	[[ $code != 00000000 ]] || skip 'one in a hundred million'
	TOKEN='' post /api/v1/auth/email/confirm "{\"id\": \"$NEW_ID\", \"code\": \"$code\"}"
	problem 400 proof-wrong
	for _ in {1..5}; do
		TOKEN='' post /api/v1/auth/email/confirm "{\"id\": \"$OLD_ID\", \"code\": \"00000000\"}"
		problem 400 proof-wrong
	done
	TOKEN='' post /api/v1/auth/email/confirm "{\"id\": \"$OLD_ID\", \"code\": \"$code\"}"
	problem 410 proof-gone
	# Nobody guesses a link, so it is still good.
	confirm email_old "$OLD_ID"
	status 200
}

@test "a link is good once" {
	login ann
	ask
	confirm email_old "$OLD_ID"
	status 200
	confirm email_old "$OLD_ID"
	problem 410 proof-gone
	confirm email_new "$NEW_ID"
	status 200
	confirm email_new "$NEW_ID"
	problem 410 proof-gone
	[[ $(noted email.change) == 1 ]]
}

@test "the link to the new address alone confirms nothing: it may be a stranger's account that is to have it" {
	login ann
	ask
	confirm email_old "$OLD_ID"
	status 200
	local token
	token=$(link email_new "$NEW_ID")
	TOKEN='' post /api/v1/auth/email/confirm "{\"token\": \"$token\"}"
	problem 403 password-needed
	TOKEN='' post /api/v1/auth/email/confirm "{\"token\": \"$token\", \"password\": \"not the password\"}"
	problem 403 password-wrong
	[[ $(sql "select email from users where id = '$USER_ID'") == "$EMAIL" ]]
	# Who is signed in to it needs none.
	post /api/v1/auth/email/confirm "{\"token\": \"$token\"}"
	status 200
	body .done true
}

@test "going back to an address that was never confirmed does not confirm it: it may not be the asker's" {
	login ann
	sql "update users set verified_at = null where id = '$USER_ID'"
	move
	[[ $(sql "select verified_at is not null from users where id = '$USER_ID'") == t ]]
	TOKEN='' post /api/v1/auth/email/undo "{\"token\": \"$(link email_undo "$UNDO")\"}"
	status 204
	[[ $(sql "select email = '$EMAIL' and verified_at is null from users where id = '$USER_ID'") == t ]]
	login_confirmed bob
	move
	TOKEN='' post /api/v1/auth/email/undo "{\"token\": \"$(link email_undo "$UNDO")\"}"
	status 204
	[[ $(sql "select email = '$EMAIL' and verified_at is not null from users where id = '$USER_ID'") == t ]]
}

@test "whoever reads the mail of a new address guesses no more at the password than anybody else" {
	login ann
	ask
	local token left
	token=$(link email_new "$NEW_ID")
	for left in 99 98 97; do
		TOKEN='' post /api/v1/auth/email/confirm "$(by_link_of "guess number $left" "$token")"
		problem 403 password-wrong
		header RateLimit-Remaining "$left"
	done
	# They count as those at a sign-in do.
	TOKEN='' post /api/v1/auth/login "$(credentials "$EMAIL" 'guess number 96')"
	problem 401 bad-credentials
	header RateLimit-Remaining 96
	TOKEN='' post /api/v1/auth/email/confirm "$(by_link_of "$PASSWORD" "$token")"
	status 200
}

@test "links of another kind, changed ones and nonsense confirm nothing" {
	login ann
	ask
	local token bad
	token=$(link email_old "$OLD_ID")
	for bad in "$(link email_new "$OLD_ID")" "$(link reset "$OLD_ID")" "$(link email_undo "$OLD_ID")" \
		"${token:0:70}$([[ ${token: -1} == A ]] && echo Q || echo A)" x "$token$token" \
		"$(link email_old 01890000-0000-7000-8000-000000000000)"; do
		TOKEN='' post /api/v1/auth/email/confirm "{\"token\": \"$bad\"}"
		[[ $STATUS == 400 || $STATUS == 410 ]] || fail "took $bad"
	done
	TOKEN='' post /api/v1/auth/email/confirm '{}'
	problem 400 invalid-request
	get /api/v1/me
	body_is 'has("pending_email_old_confirmed_at") | not'
	confirm email_old "$OLD_ID"
	status 200
}

@test "a new address ends the access tokens that tell the old one, and no session" {
	register ann
	TOKEN='' post /api/v1/auth/login "$(credentials "$EMAIL" "$PASSWORD")"
	status 200
	local refresh
	TOKEN=$(of_body .access_token)
	refresh=$(of_body .refresh_token)
	move
	get /api/v1/me
	problem 401 token-revoked
	TOKEN='' post /api/v1/auth/refresh "{\"refresh_token\": \"$refresh\"}"
	status 200
	TOKEN=$(of_body .access_token)
	[[ $(claims .email) == "\"$NEW\"" ]]
	get /api/v1/me
	body .email "$NEW"
}

@test "an address that was taken meanwhile is refused, and so is the change" {
	login ann
	ask
	confirm email_old "$OLD_ID"
	TOKEN='' post /api/v1/users "$(person "$NEW" 'a long passphrase' Bob)"
	status 201
	confirm email_new "$NEW_ID"
	problem 409 email-taken
	address_is "$EMAIL"
	get /api/v1/me
	body_is 'has("pending_email") | not'
	[[ $(noted email.change-refuse) == 1 ]]
	confirm email_new "$NEW_ID"
	problem 410 proof-gone
}

@test "an address that came and went meanwhile is refused as long as its owner can go back to it" {
	login ann
	ask
	confirm email_old "$OLD_ID"
	local ann=$USER_ID email=$EMAIL new=$NEW_ID password=$PASSWORD
	EMAIL=$NEW
	PASSWORD='bob has a horse'
	TOKEN='' post /api/v1/users "$(person "$EMAIL" "$PASSWORD" bob)"
	status 201
	sign_in "$EMAIL" "$PASSWORD"
	move
	PASSWORD=$password confirm email_new "$new"
	problem 409 email-taken
	USER_ID=$ann address_is "$email"
}

@test "one address that two ask for is the first one's" {
	login ann
	ask
	local old=$OLD_ID new=$NEW_ID password=$PASSWORD
	login bob
	ask "$NEW"
	confirm email_old "$old"
	confirm email_old "$OLD_ID"
	confirm email_new "$NEW_ID"
	status 200
	body .done true
	PASSWORD=$password confirm email_new "$new"
	problem 409 email-taken
	address_is "$NEW"
}

@test "fifty confirmations at the same moment make one change (security 66)" {
	login ann
	ask
	local out=$BATS_TEST_TMPDIR/out one bodies=()
	confirm email_old "$OLD_ID"
	one=$(by_link "$(link email_new "$NEW_ID")")
	for _ in {1..50}; do
		bodies+=("$one")
	done
	HEADER="Authorization: Bearer $TOKEN" PARALLEL=1 \
		requests "$out" POST /api/v1/auth/email/confirm "${bodies[@]}"
	sort "$out/statuses" | uniq -c
	[[ $(grep -c 200 "$out/statuses") == 1 && $(grep -c 410 "$out/statuses") == 49 ]]
	[[ $(noted email.change) == 1 && $(mails_to "$EMAIL" email-undo) == 1 ]]
	address_is "$NEW"
}

@test "a disabled user does not get another address" {
	login ann
	ask
	confirm email_old "$OLD_ID"
	sql "update users set disabled_at = now() where id = '$USER_ID'"
	confirm email_new "$NEW_ID"
	problem 410 proof-gone
	address_is "$EMAIL"
}

# --- undoing ----------------------------------------------------------------------------------

@test "the old address undoes the change, and whoever made it is signed out" {
	login_confirmed ann
	move
	local old=$EMAIL moved=$NEW
	sign_in "$moved" "$PASSWORD"
	ask
	undo "$UNDO"
	status 204
	address_is "$old"
	[[ $(sql "select verified_at is not null from users where id = '$USER_ID'") == t ]]
	[[ $(sql "select count(*) from sessions where user_id = '$USER_ID'") == 0 ]]
	[[ $(noted email.undo "actor = '$USER_ID'") == 1 ]]
	get /api/v1/me
	problem 401 token-revoked
	# What was asked for meanwhile is forgotten, too.
	confirm email_old "$OLD_ID"
	problem 410 proof-gone
	[[ $(mails_to "$old" email-undone) == 1 && $(mails_to "$moved" email-undone) == 1 ]]
	sign_in "$old" "$PASSWORD"
	get /api/v1/me
	body .email "$old"
	body_is 'has("pending_email") | not'
}

@test "a change is undone once, and by its own link only" {
	login ann
	move
	TOKEN='' post /api/v1/auth/email/undo "{\"token\": \"$(link email_old "$UNDO")\"}"
	problem 400 proof-wrong
	TOKEN='' post /api/v1/auth/email/undo '{"token": "x"}'
	problem 400 proof-wrong
	undo "$UNDO"
	status 204
	undo "$UNDO"
	problem 410 proof-gone
	[[ $(noted email.undo) == 1 ]]
}

@test "a change cannot be undone for ever" {
	login ann
	move
	[[ $(sql "select link_until - now() between interval '6 days 23 hours' and interval '7 days'
		from proofs where id = '$UNDO'") == t ]]
	sql "update proofs set link_until = now() where id = '$UNDO'"
	undo "$UNDO"
	problem 410 proof-gone
	address_is "$NEW"
}

@test "a new password does not take the way back away" {
	login ann
	move
	sign_in "$NEW" "$PASSWORD"
	post /api/v1/me/password "$(jq -nc --arg p "$PASSWORD" \
		'{current_password: $p, password: "the thief has a mule"}')"
	status 204
	local old=$EMAIL
	undo "$UNDO"
	status 204
	address_is "$old"
}

@test "after two changes each old address leads back to itself" {
	login ann
	local first=$EMAIL second undo_first undo_second
	move
	second=$NEW undo_first=$UNDO
	sign_in "$second" "$PASSWORD"
	EMAIL=$second
	move
	undo_second=$UNDO
	# Whoever has the second address does not close the way to the first one.
	undo "$undo_second"
	status 204
	address_is "$second"
	undo "$undo_first"
	status 204
	address_is "$first"
	undo "$undo_second"
	problem 410 proof-gone
}

@test "going back to the first of three addresses takes the second one's way back" {
	login ann
	local first=$EMAIL undo_first undo_second
	move
	undo_first=$UNDO
	sign_in "$NEW" "$PASSWORD"
	EMAIL=$NEW
	move
	undo_second=$UNDO
	undo "$undo_first"
	status 204
	address_is "$first"
	undo "$undo_second"
	problem 410 proof-gone
	address_is "$first"
}

@test "nobody else takes the old address while it can be undone, its owner does" {
	login ann
	move
	local ann=$USER_ID old=$EMAIL new=$NEW password=$PASSWORD
	TOKEN='' post /api/v1/users "$(person "${old^^}" 'a long passphrase' Eve)"
	problem 409 email-taken
	echo 'the keys to it all' | {
		run cli user create --name Eve "$old"
		[[ $status != 0 && $output == *registered* ]]
	}
	login eve
	ask "$old"
	[[ $(sql "select state from outbox where proof_id = '$NEW_ID'") == void ]]
	confirm email_new "$NEW_ID"
	problem 400 proof-wrong
	local eve=$USER_ID
	admin
	put "/api/v1/users/$eve" "$(object email "$old" name Eve)"
	problem 409 email-taken
	PASSWORD=$password USER_ID=$ann
	sign_in "$new" "$PASSWORD"
	EMAIL=$new
	move "$old"
	address_is "$old"
}

@test "the old address is free again when it can no longer be undone" {
	login ann
	move
	sql "update email_changes set expires_at = now() where user_id = '$USER_ID'"
	TOKEN='' post /api/v1/users "$(person "$EMAIL" 'a long passphrase' Bob)"
	status 201
}

@test "the letters themselves lead all the way to another address and back (security 16)" {
	login_confirmed ann
	ask
	local old=$EMAIL
	letter "$EMAIL" email-old
	[[ $TEXT == *"$EMAIL"*"$NEW"* && $LINK == "$BASE/account/email_old?token="* ]]
	TOKEN='' post /api/v1/auth/email/confirm "{\"token\": \"${LINK#*token=}\"}"
	status 200
	letter "$NEW" email-new
	# Who reads it may be a stranger.
	[[ $TEXT == *"$NEW"* && $TEXT != *"$EMAIL"* && $TEXT != *ann,* && $LINK == "$BASE/account/email_new?token="* ]]
	post /api/v1/auth/email/confirm "{\"token\": \"${LINK#*token=}\"}"
	status 200
	body .done true
	letter "$NEW" email-changed
	[[ $TEXT == *"$NEW"* && -z $LINK ]]
	letter "$EMAIL" email-undo
	[[ $TEXT == *"$NEW"*'7 days'* && $LINK == "$BASE/account/email_undo?token="* ]]
	run ! grep -E '[0-9]{4} [0-9]{4}' <<<"$TEXT"
	TOKEN='' post /api/v1/auth/email/undo "{\"token\": \"${LINK#*token=}\"}"
	status 204
	address_is "$old"
	letter "$old" email-undone
	[[ $TEXT == *"$old again"* ]]
}

# --- PUT --------------------------------------------------------------------------------------

@test "PUT is no way around the confirmations (security 41)" {
	login ann
	put "/api/v1/users/$USER_ID" "$(object email "new.$EMAIL" name Ann)"
	problem 403 proof-needed 'both addresses have to confirm: POST /api/v1/me/email'
	get "/api/v1/users/$USER_ID"
	body .email "$EMAIL"
	body .name ann
	# Nor is it one to find out who has an account.
	register bob
	local bob=$EMAIL
	login ann
	put "/api/v1/users/$USER_ID" "$(object email "$bob" name Ann)"
	problem 403 proof-needed
}

@test "a PUT that changes something is noted with what, one that changes nothing is not" {
	login ann
	put "/api/v1/users/$USER_ID" "$(object email "$EMAIL" name ann)"
	status 200
	[[ $(noted user.update) == 0 ]]
	put "/api/v1/users/$USER_ID" "$(object email "$EMAIL" name 'Ann B.')"
	status 200
	[[ $(noted user.update "actor = '$USER_ID' and detail = 'name'") == 1 ]]
	put "/api/v1/users/$USER_ID" "$(object email "${EMAIL^^}" name Ann)"
	status 200
	[[ $(noted user.update "detail = 'name, spelling of email'") == 1 ]]
	get /api/v1/me
	status 200
}

@test "forty changes of one user at once are all made, and each is noted" {
	login ann
	local bodies=() n
	for n in {1..40}; do
		bodies+=("$(object email "$EMAIL" name "Ann $n")")
	done
	PARALLEL=1 HEADER="Authorization: Bearer $TOKEN" \
		requests "$BATS_TEST_TMPDIR/put" PUT "/api/v1/users/$USER_ID" "${bodies[@]}"
	[[ $(sort -u "$BATS_TEST_TMPDIR/put/statuses") == 200 ]]
	[[ $(noted user.update "actor = '$USER_ID' and detail = 'name'") == 40 ]]
	get "/api/v1/users/$USER_ID"
	[[ $(of_body .name) == 'Ann '* ]]
}

# meanwhile SQL: an open transaction that has done this to $USER_ID's row; `settle` ends it.
meanwhile() {
	sql "begin; $1; select pg_sleep(0.8); commit" >/dev/null 3>&- &
	OTHER=$!
	underway
}

settle() { wait "$OTHER"; }

# rename NAME [EMAIL]: by whoever TOKEN is.
rename() {
	put "/api/v1/users/$USER_ID" "$(object email "${2:-$EMAIL}" name "$1")"
}

@test "a PUT that waits for another change notes what it has changed then, not what it saw before" {
	login ann
	meanwhile "update users set name = 'other' where id = '$USER_ID'"
	rename ann
	settle
	status 200
	body .name ann
	[[ $(noted user.update "detail = 'name'") == 1 ]]
	meanwhile "update users set name = 'other' where id = '$USER_ID'"
	rename other
	settle
	status 200
	body .name other
	[[ $(noted user.update) == 1 ]]
	meanwhile "update users set name = 'ann', email = upper(email) where id = '$USER_ID'"
	rename other
	settle
	status 200
	[[ $(noted user.update "detail = 'name, spelling of email'") == 1 ]]
	[[ $(noted user.update) == 2 ]]
	address_is "$EMAIL"
}

@test "a PUT that waits for another address or a deletion is told of it" {
	login ann
	meanwhile "update users set email = 'moved.' || email, email_key = 'moved.' || email_key where id = '$USER_ID'"
	rename Ann
	settle
	problem 403 proof-needed
	address_is "moved.$EMAIL"
	[[ $(noted user.update) == 0 ]]
	meanwhile "delete from users where id = '$USER_ID'"
	rename Ann "moved.$EMAIL"
	settle
	problem 404 user-not-found
	[[ $(noted user.update) == 0 ]]
}

@test "an admin's new address waits for another change, and notes what it has changed then" {
	login ann
	local ann=$USER_ID email
	admin
	USER_ID=$ann email=next.$(unique)@example.org
	meanwhile "update users set name = 'other' where id = '$USER_ID'"
	rename ann "$email"
	settle
	status 200
	body .name ann
	address_is "$email"
	[[ $(noted user.email) == 1 ]]
	[[ $(noted user.update "detail = 'name'") == 1 ]]
}

@test "a PUT is noted as any other deed: by whom, from where, and by which request" {
	login ann
	local ann=$USER_ID email=$EMAIL
	admin
	local admin=$USER_ID
	USER_ID=$ann EMAIL=$email
	rename Robert
	status 200
	# The id is nginx's.
	local request
	request=$(header X-Request-Id)
	[[ $(noted user.update "actor = '$admin' and session is null and address in ('127.0.0.1', '::1') and detail = 'name'
		and request_id = '$request' and at > now() - interval '1 minute'") == 1 ]] ||
		fail "$(sql "select * from audit where subject = '$ann'")"
	rename Robert "${EMAIL^^}"
	status 200
	[[ $(noted user.update "detail = 'spelling of email'") == 1 ]]
	[[ $(noted user.update) == 2 ]]
}

@test "a PUT that changes nothing is a change all the same: the row says when" {
	login ann
	sql "update users set updated_at = now() - interval '1 day' where id = '$USER_ID'"
	rename ann
	status 200
	[[ $(sql "select updated_at > now() - interval '1 minute' from users where id = '$USER_ID'") == t ]]
	[[ $(noted user.update) == 0 ]]
}

@test "an admin changes an address at once, and everything that the old one said is void" {
	login ann
	move
	sign_in "$NEW" "$PASSWORD"
	ask
	local ann=$USER_ID old=$UNDO before token=$TOKEN password=$PASSWORD
	before=$(sql "select email from users where id = '$ann'")
	local email=forced.$(unique)@example.org
	admin
	local admin=$USER_ID
	put "/api/v1/users/$ann" "$(object email "$email" name ann)"
	status 200
	body .email "$email"
	USER_ID=$ann
	[[ $(sql "select verified_at is null from users where id = '$ann'") == t ]]
	[[ $(noted user.email "actor = '$admin' and detail = '$before -> $email'") == 1 ]]
	[[ $(noted user.update) == 0 ]]
	[[ $(mails_to "$before" email-changed) == 2 ]]
	undo "$old"
	problem 410 proof-gone
	confirm email_old "$OLD_ID"
	problem 410 proof-gone
	TOKEN=$token get /api/v1/me
	problem 401 token-revoked
	sign_in "$email" "$password"
}

@test "an admin who changes only the name touches nothing else" {
	login ann
	ask
	sql "update users set verified_at = now() where id = '$USER_ID'"
	local ann=$USER_ID email=$EMAIL token=$TOKEN
	admin
	put "/api/v1/users/$ann" "$(object email "$email" name Robert)"
	status 200
	USER_ID=$ann
	[[ $(sql "select verified_at is not null from users where id = '$ann'") == t ]]
	TOKEN=$token get /api/v1/me
	status 200
	body .name Robert
	body .pending_email "$NEW"
	[[ $(noted user.email) == 0 ]]
	confirm email_old "$OLD_ID"
	status 200
}

@test "no token and no code of these mails is in the database or in a log (security 57)" {
	login ann
	move
	local text
	for text in "$(link email_old "$OLD_ID")" "$(code email_old "$OLD_ID")" "$(link email_undo "$UNDO")"; do
		run ! grep -rqF -- "$text" "$RUN_DIR/log"
		[[ $(sql "select count(*) from outbox where position('$text' in outbox::text) > 0") == 0 ]]
		[[ $(sql "select count(*) from audit where position('$text' in audit::text) > 0") == 0 ]]
	done
}
