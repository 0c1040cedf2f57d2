# SPDX-License-Identifier: MIT
# One secret takes the place of another, by a reload, and nobody is signed out. Security requirement 70.

load helpers

setup_file() {
	export APP_ENV=development # a file of settings that is only here
	stack_start APP__SERVER__WORKERS=2
}

teardown_file() {
	stack_stop
}

# a_secret: one that was never in use.
a_secret() {
	openssl rand -base64 48
}

# now_set LINE...: the pool reads these settings beside the default ones, and the processes that had
# others have gone.
now_set() {
	local before
	before=$(reloads)
	printf '%s\n' 'log: {filter: info}' "$@" >"$RUN_DIR/config/development.yaml"
	kill -HUP "$(pool_pid)"
	one_more() { (($(reloads) > before)); }
	wait_for 30 one_more || { tail -n 5 "$RUN_DIR/log/postern.log" >&2 && return 1; }
}

reloads() {
	grep -c 'reload is complete' "$RUN_DIR/log/postern.log" || true
}

# jwt_secret_is TEXT
jwt_secret_is() {
	printf '%s\n' "$1" >"$RUN_DIR/secrets/jwt_secret"
}

# signed_with SECRET: whether TOKEN is.
signed_with() {
	[[ ${TOKEN##*.} == $(printf '%s' "${TOKEN%.*}" | openssl dgst -sha256 -hmac "$1" -binary | base64url) ]]
}

# by_empty_secret HEADER CLAIMS: a token whose HMAC has no key at all.
by_empty_secret() {
	local input
	input=$(printf '%s' "$1" | base64url).$(printf '%s' "$2" | base64url)
	printf '%s.%s' "$input" "$(printf '%s' "$input" | python3 -c 'import hmac, sys
sys.stdout.buffer.write(hmac.digest(b"", sys.stdin.buffer.read(), "sha256"))' | base64url)"
}

# mailed_reset: asks for a reset of the password of EMAIL; sets PROOF, CODE and LINK.
mailed_reset() {
	TOKEN='' post /api/v1/auth/forgot "$(object email "$EMAIL")"
	status 202
	mail_for "$EMAIL" reset
}

@test "with jwt_secret_previous tokens that are about go on, and new ones are signed with the new one" {
	local old new key
	key=$(a_secret)
	now_set "secret_key: $key"
	login ann
	old=$(jwt_secret)
	new=$(a_secret)
	signed_with "$old"
	jwt_secret_is "$new"
	now_set "secret_key: $key" "jwt_secret_previous: $old"
	get /api/v1/me
	status 200
	refresh
	status 200
	tokens
	signed_with "$new"
	get /api/v1/me
	status 200
	# Without the previous one it is an end.
	now_set "secret_key: $key"
	get /api/v1/me
	status 200
	refresh
	status 200
	TOKEN=$(jwt '{"alg":"HS256","typ":"JWT"}' "$(claims)" sha256 "$old") get /api/v1/me
	problem 401 token-invalid
}

@test "a token by neither of two secrets is refused, nor one by an empty one" {
	local old
	login bob
	old=$(jwt_secret)
	jwt_secret_is "$(a_secret)"
	now_set "jwt_secret_previous: $old"
	TOKEN=$(jwt '{"alg":"HS256","typ":"JWT"}' "$(claims)" sha256 "$(a_secret)") get /api/v1/me
	problem 401 token-invalid
	now_set
	TOKEN=$(by_empty_secret '{"alg":"HS256","typ":"JWT"}' "$(claims)") get /api/v1/me
	problem 401 token-invalid
}

@test "with jwt_secret_previous alone refresh tokens, links and codes go on" {
	local old link proof code
	# A database that is older than keys of its own.
	local none="server: {state: $RUN_DIR/tmp}"
	login anybody # for something has to hang on a key
	sql 'delete from secret_marks'
	now_set "$none"
	login carl
	mailed_reset
	link=$LINK
	register dora
	mailed_reset
	proof=$PROOF code=$CODE
	old=$(jwt_secret)
	jwt_secret_is "$(a_secret)"
	now_set "$none" "jwt_secret_previous: $old"
	refresh
	status 200
	tokens
	TOKEN='' post /api/v1/auth/reset "$(by_link "$link" | jq -c '.password = "a brand new horse"')"
	status 204
	TOKEN='' post /api/v1/auth/reset "$(by_code "$proof" "$code" | jq -c '.password = "a brand new horse"')"
	status 204
	# A new one is of the new secret, and of that alone.
	sign_in "$EMAIL" 'a brand new horse'
	now_set "$none"
	refresh
	status 200
}

@test "with secret_key_previous refresh tokens, links and codes go on, and without it they end" {
	local one two link
	one=$(a_secret) two=$(a_secret)
	now_set "secret_key: $one"
	login erna
	local refresh_erna=$REFRESH
	login emil
	mailed_reset
	link=$LINK
	now_set "secret_key: $two" "secret_key_previous: $one"
	refresh
	status 200
	tokens
	TOKEN='' post /api/v1/auth/reset "$(by_link "$link" | jq -c '.password = "a brand new horse"')"
	status 204
	now_set "secret_key: $two"
	refresh "$refresh_erna"
	problem 401 refresh-token-invalid
}

@test "a secret_key takes the place of what was made of jwt_secret" {
	now_set "secret_key: $(jwt_secret)" # which makes the same as none did
	login fritz
	now_set "secret_key: $(a_secret)" "secret_key_previous: $(jwt_secret)"
	refresh
	status 200
	tokens
	# Nobody takes what is made of jwt_secret, which workers have, unless it is said.
	now_set "secret_key: $(a_secret)" "jwt_secret_previous: $(a_secret)"
	refresh
	problem 401 refresh-token-invalid
}

@test "private keys are sealed anew with a new secret_key, which then opens them alone" {
	local one two sealed
	one=$(a_secret) two=$(a_secret)
	now_set 'jwt: {algorithm: ES256}' "secret_key: $one"
	login gerd
	sealed=$(sql "select private_key from signing_keys where state = 'active'")
	now_set 'jwt: {algorithm: ES256}' "secret_key: $two" "secret_key_previous: $one"
	[[ $(sql "select private_key from signing_keys where state = 'active'") != "$sealed" ]]
	[[ $(sql "select count(*) from audit where action = 'key.seal'") == 1 ]]
	get /api/v1/me
	status 200
	sign_in "$EMAIL" "$PASSWORD"
	now_set 'jwt: {algorithm: ES256}' "secret_key: $two"
	sign_in "$EMAIL" "$PASSWORD"
	get /api/v1/me
	status 200
	now_set
}

@test "a host that has not got the new secret_key yet signs with keys that another one has sealed anew" {
	local one two
	one=$(a_secret) two=$(a_secret)
	sql 'delete from signing_keys'
	now_set 'jwt: {algorithm: ES256}' "secret_key: $one" "secret_key_previous: $two"
	login hans
	pool_start other APP__JWT__ALGORITHM=ES256 APP__SECRET_KEY="$two" APP__SECRET_KEY_PREVIOUS="$one"
	pool_serves other
	# The couriers and workers of this one know what the other one has sealed within seconds.
	sleep 6
	sign_in "$EMAIL" "$PASSWORD"
	get /api/v1/me
	status 200
	pool_stop other
	now_set
}

@test "a previous secret that is too short is a slip" {
	run as_owner env APP__JWT_SECRET_PREVIOUS=short "$RUN_DIR/postern" -t
	[[ $status == 78 && $output == *'jwt_secret_previous: shorter than 32 bytes'* ]]
	run as_owner env APP__SECRET_KEY_PREVIOUS=short "$RUN_DIR/postern" -t
	[[ $status == 78 && $output == *'secret_key_previous: shorter than 32 bytes'* ]]
}
