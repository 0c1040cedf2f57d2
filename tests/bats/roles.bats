# SPDX-License-Identifier: MIT
# What admins decide about users: roles, disabling, and that somebody is always left to decide.

load helpers

# Of its own, for who is the last administrator depends on who else there is.
setup_file() {
	stack_start APP__SERVER__WORKERS=2 APP__SERVER__KEEPERS=1
}

teardown_file() {
	stack_stop
}

UNKNOWN=01890000-0000-7000-8000-000000000000

# patch ID BODY [curl option ...]
patch() {
	request PATCH "/api/v1/users/$1" "$2" "${@:3}"
}

# only_admin: an admin, and no other; keeps ROOT_TOKEN and ROOT_ID.
only_admin() {
	sql "update users set disabled_at = now() where role = 'admin'"
	admin
	ROOT_TOKEN=$TOKEN ROOT_ID=$USER_ID
}

audit_of() {
	sql "select action || ' ' || detail from audit where subject = '$1' and action like 'user.%' order by id"
}

# --- roles ----------------------------------------------------------------------------------

@test "an admin makes an admin of a user, whose old token is refused at once" {
	admin
	local admin=$TOKEN admin_id=$USER_ID
	login ann
	local old=$TOKEN
	TOKEN=$admin patch "$USER_ID" '{"role": "admin"}'
	status 200
	body .id "$USER_ID"
	body .role admin
	body .disabled false
	body .email "$EMAIL"
	body_is 'keys == ["created_at", "disabled", "email", "id", "name", "role", "verified"]'
	header Cache-Control '*no-store*'
	TOKEN=$old get /api/v1/me
	problem 401 token-revoked
	refresh
	status 200
	tokens
	[[ $(claims .role) == '"admin"' ]]
	get /api/v1/users
	status 200
	[[ $(audit_of "$USER_ID") == *'user.role user -> admin'* ]]
	[[ $(sql "select actor from audit where subject = '$USER_ID' and action = 'user.role'") == "$admin_id" ]]
}

@test "who is an admin no longer is none at once" {
	admin
	local admin=$TOKEN
	login ann
	TOKEN=$admin patch "$USER_ID" '{"role": "admin"}'
	sign_in "$EMAIL" "$PASSWORD"
	local old=$TOKEN
	get /api/v1/users
	status 200
	TOKEN=$admin patch "$USER_ID" '{"role": "user"}'
	status 200
	body .role user
	TOKEN=$old get /api/v1/users
	problem 401 token-revoked
	refresh
	tokens
	get /api/v1/users
	problem 403 forbidden
}

@test "the same again changes nothing, and is not noted" {
	admin
	local admin=$TOKEN
	login ann
	TOKEN=$admin patch "$USER_ID" '{"role": "user", "disabled": false}'
	status 200
	get /api/v1/me
	status 200
	[[ $(audit_of "$USER_ID") != *user.role* && $(audit_of "$USER_ID") != *user.enable* ]]
}

@test "nobody raises anybody but admins" {
	login ann
	patch "$USER_ID" '{"role": "admin"}'
	problem 403 forbidden
	patch "$UNKNOWN" '{"role": "admin"}'
	problem 403 forbidden
	TOKEN='' patch "$USER_ID" '{"role": "admin"}'
	problem 401 unauthenticated
	get /api/v1/me
	body .role user
}

@test "roles and states come in nowhere else" {
	local member value
	for member in role disabled disabled_at verified verified_at token_version id password_hash created_at locale; do
		for value in '"admin"' true 1 null; do
			post /api/v1/users "$(person "x.$(unique)@example.org" 'a horse of mine' Ann | jq -c ".$member = $value")"
			problem 400 invalid-request
			fault "/$member" "$member is not known"
		done
	done
	login ann
	for member in role disabled verified token_version password; do
		put "/api/v1/users/$USER_ID" "$(jq -nc --arg e "$EMAIL" --arg m "$member" '{email: $e, name: "Ann", ($m): "admin"}')"
		problem 400 invalid-request
		fault "/$member" "$member is not known"
	done
	get /api/v1/me
	body .role user
}

# --- the patch itself -------------------------------------------------------------------------

@test "a patch is one of two types" {
	admin
	local admin=$TOKEN type
	register ann
	TOKEN=$admin
	for type in application/merge-patch+json 'application/merge-patch+json; charset=utf-8' application/json; do
		patch "$USER_ID" '{"disabled": false}' -H "Content-Type: $type"
		status 200
	done
	for type in text/plain application/json-patch+json application/x-www-form-urlencoded; do
		patch "$USER_ID" '{"disabled": false}' -H "Content-Type: $type"
		problem 415 unsupported-media-type
		header Accept-Patch '*application/merge-patch+json*'
	done
	put "/api/v1/users/$USER_ID" '{"email": "a@example.org", "name": "A"}' -H 'Content-Type: application/merge-patch+json'
	problem 415 unsupported-media-type
}

@test "a patch says what is to change, and nothing else" {
	admin
	local admin=$TOKEN
	register ann
	TOKEN=$admin
	patch "$USER_ID" '{}'
	status 200
	body .role user
	body .disabled false
	request PATCH "/api/v1/users/$USER_ID"
	problem 400 invalid-request 'the patch is missing'
	patch "$USER_ID" '{"role": null, "disabled": null}'
	problem 400 invalid-request
	fault /role 'role cannot be removed'
	fault /disabled 'disabled cannot be removed'
	patch "$USER_ID" '{"role": "root", "disabled": "yes"}'
	fault /role 'role must be one of user, admin'
	fault /disabled 'disabled must be true or false'
	local bad
	for bad in '"Admin"' '""' '"user, admin"' '" user"' 1 '["admin"]'; do
		patch "$USER_ID" "{\"role\": $bad}"
		problem 400 invalid-request
		fault /role
	done
	patch "$USER_ID" '{"role": "admin", "name": "x", "password": "another password", "verified": true}'
	problem 400 invalid-request
	fault /name
	fault /password
	fault /verified
	get "/api/v1/users/$USER_ID"
	body .name ann
	[[ $(sql "select role from users where id = '$USER_ID'") == user ]]
	patch "$UNKNOWN" '{"disabled": true}'
	problem 404 user-not-found "user $UNKNOWN not found"
	patch 42 '{"disabled": true}'
	problem 400 invalid-request
	fault /id
}

# --- disabling ------------------------------------------------------------------------------

@test "a disabled user is out at once, everywhere" {
	admin
	local admin=$TOKEN
	login ann
	local tokens=("$TOKEN") refreshes=("$REFRESH") i
	sign_in "$EMAIL" "$PASSWORD"
	tokens+=("$TOKEN") refreshes+=("$REFRESH")
	TOKEN=$admin patch "$USER_ID" '{"disabled": true}'
	status 200
	body .disabled true
	for i in 0 1; do
		TOKEN=${tokens[i]} get /api/v1/me
		problem 401 token-revoked
		TOKEN=${tokens[i]} get /api/v1/auth/check
		problem 401 token-revoked
		refresh "${refreshes[i]}"
		problem 401 refresh-token-invalid
	done
	TOKEN=$admin get "/api/v1/users/$USER_ID/sessions"
	body length 0
	[[ $(audit_of "$USER_ID") == *user.disable* ]]
	[[ $(mails_to "$EMAIL" account-disabled) == 1 ]]
}

@test "that an account is disabled is told to who knows its password, and to nobody else" {
	admin
	local admin=$TOKEN
	register ann
	TOKEN=$admin patch "$USER_ID" '{"disabled": true}'
	status 200
	post /api/v1/auth/login "$(credentials "$EMAIL" "$PASSWORD")"
	problem 403 account-disabled
	post /api/v1/auth/login "$(credentials "$EMAIL" 'not the password')"
	problem 401 bad-credentials
	[[ $(sql "select count(*) from sessions where user_id = '$USER_ID'") == 0 ]]
}

@test "an enabled user signs in again, with new tokens only" {
	admin
	local admin=$TOKEN
	login ann
	local old=$TOKEN
	TOKEN=$admin patch "$USER_ID" '{"disabled": true}'
	TOKEN=$admin patch "$USER_ID" '{"disabled": false}'
	status 200
	body .disabled false
	TOKEN=$old get /api/v1/me
	problem 401 token-revoked
	refresh
	problem 401 refresh-token-invalid
	sign_in "$EMAIL" "$PASSWORD"
	get /api/v1/me
	status 200
	[[ $(audit_of "$USER_ID") == *user.disable*user.enable* ]]
}

@test "both at once: raised and disabled" {
	admin
	local admin=$TOKEN
	login ann
	TOKEN=$admin patch "$USER_ID" '{"role": "admin", "disabled": true}'
	status 200
	body .role admin
	body .disabled true
	[[ $(audit_of "$USER_ID") == *'user.role user -> admin'*user.disable* ]]
	refresh
	problem 401 refresh-token-invalid
}

# --- the last administrator -------------------------------------------------------------------

@test "the last administrator stays one" {
	only_admin
	patch "$ROOT_ID" '{"role": "user"}'
	problem 409 last-admin
	patch "$ROOT_ID" '{"disabled": true}'
	problem 409 last-admin
	patch "$ROOT_ID" '{"role": "user", "disabled": true}'
	problem 409 last-admin
	delete "/api/v1/users/$ROOT_ID"
	problem 409 last-admin
	patch "$ROOT_ID" '{"role": "admin", "disabled": false}'
	status 200
	get /api/v1/users
	status 200
}

@test "a disabled administrator does not count, and can go" {
	only_admin
	register ann
	TOKEN=$ROOT_TOKEN
	patch "$USER_ID" '{"role": "admin", "disabled": true}'
	status 200
	patch "$ROOT_ID" '{"disabled": true}'
	problem 409 last-admin
	delete "/api/v1/users/$USER_ID"
	status 204
	patch "$ROOT_ID" '{"disabled": true}'
	problem 409 last-admin
}

@test "one of two administrators can go, in each way" {
	only_admin
	local change
	for change in '{"role": "user"}' '{"disabled": true}' delete; do
		register ann
		TOKEN=$ROOT_TOKEN patch "$USER_ID" '{"role": "admin"}'
		status 200
		if [[ $change == delete ]]; then
			TOKEN=$ROOT_TOKEN delete "/api/v1/users/$USER_ID"
			status 204
		else
			TOKEN=$ROOT_TOKEN patch "$USER_ID" "$change"
			status 200
		fi
		TOKEN=$ROOT_TOKEN patch "$ROOT_ID" '{"role": "user"}'
		problem 409 last-admin
	done
}

# at_once METHOD TOKEN PATH BODY ...: all of them at the same moment; prints their statuses.
at_once() {
	local n=0 pids=() method token path body
	while [[ $# -gt 0 ]]; do
		method=$1 token=$2 path=$3 body=$4
		shift 4
		curl -sS --cacert "$RUN_DIR/tls/cert.pem" -o /dev/null -w '%{http_code}\n' -X "$method" \
			-H 'Content-Type: application/json' -H "Authorization: Bearer $token" ${body:+-d "$body"} \
			"$BASE$path" >"$BATS_TEST_TMPDIR/status.$n" 3>&- &
		pids+=($!)
		n=$((n + 1))
	done
	wait "${pids[@]}"
	sort "$BATS_TEST_TMPDIR"/status.* | xargs
}

@test "two administrators who take one another away at the same moment: one is left" {
	local round how tokens ids statuses
	for round in {1..20}; do
		only_admin
		tokens=("$ROOT_TOKEN") ids=("$ROOT_ID")
		register bob
		TOKEN=$ROOT_TOKEN patch "$USER_ID" '{"role": "admin"}'
		sign_in "$EMAIL" "$PASSWORD"
		tokens+=("$TOKEN") ids+=("$USER_ID")
		case $((round % 4)) in
		0) how=(PATCH '{"role": "user"}' PATCH '{"role": "user"}') ;;
		1) how=(PATCH '{"disabled": true}' PATCH '{"role": "user"}') ;;
		2) how=(DELETE '' DELETE '') ;;
		3) how=(DELETE '' PATCH '{"disabled": true}') ;;
		esac
		statuses=$(at_once "${how[0]}" "${tokens[0]}" "/api/v1/users/${ids[1]}" "${how[1]}" \
			"${how[2]}" "${tokens[1]}" "/api/v1/users/${ids[0]}" "${how[3]}")
		[[ $statuses =~ ^20[04]\ (401|409)$ ]] || fail "round $round: $statuses"
		[[ $(sql "select count(*) from users where role = 'admin' and disabled_at is null") == 1 ]]
	done
}

@test "many administrators who all resign at once leave one" {
	only_admin
	local args=() statuses i
	for i in {1..10}; do
		register bob
		TOKEN=$ROOT_TOKEN patch "$USER_ID" '{"role": "admin"}'
		sign_in "$EMAIL" "$PASSWORD"
		args+=(PATCH "$TOKEN" "/api/v1/users/$USER_ID" '{"role": "user"}')
	done
	args+=(PATCH "$ROOT_TOKEN" "/api/v1/users/$ROOT_ID" '{"disabled": true}')
	statuses=$(at_once "${args[@]}")
	[[ $(tr ' ' '\n' <<<"$statuses" | sort | uniq -c | xargs) == '10 200 1 409' ]] || fail "got $statuses"
	[[ $(sql "select count(*) from users where role = 'admin' and disabled_at is null") == 1 ]]
}

# --- what admins cannot do ----------------------------------------------------------------------

@test "an admin sets nobody's password" {
	admin
	local admin=$TOKEN hash
	register ann
	hash=$(sql "select md5(password) from users where id = '$USER_ID'")
	TOKEN=$admin
	put "/api/v1/users/$USER_ID" "$(object email "$EMAIL" name Ann password 'mine now, thanks')"
	problem 400 invalid-request
	fault /password 'password is not known'
	patch "$USER_ID" '{"password": "mine now, thanks"}'
	problem 400 invalid-request
	fault /password 'password is not known'
	[[ $(sql "select md5(password) from users where id = '$USER_ID'") == "$hash" ]]
}
