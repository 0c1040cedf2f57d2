# SPDX-License-Identifier: MIT
# Access tokens by RS256, for those who cannot check ES256. What both have in common: keys.bats.
# Security requirements 29, 30, 68.

load helpers

setup_file() {
	export APP__JWT__ALGORITHM=RS256 # of the command line, too
	stack_start
}

teardown_file() {
	stack_stop
}

# refused TOKEN: it signs nobody in.
refused() {
	TOKEN=$1 get /api/v1/me
	problem 401 token-invalid
}

@test "an RSA key has 3072 bits, and is published as such" {
	TOKEN='' get /.well-known/jwks.json
	status 200
	body_is '.keys | length == 1'
	body_is '.keys[0] | keys == ["alg", "e", "kid", "kty", "n", "use"]'
	body_is '.keys[0] | .kty == "RSA" and .alg == "RS256" and .use == "sig" and .e == "AQAB"'
	body_is '.keys[0].n | length == 512'
	[[ $(jq -cj '.keys[0] | {e, kty, n}' <<<"$BODY" | openssl dgst -sha256 -binary | base64url) == \
		$(jq -r '.keys[0].kid' <<<"$BODY") ]]
	local pem
	pem=$(sql 'select public_pem from signing_keys')
	[[ $(openssl pkey -pubin -noout -text <<<"$pem") == *'(3072 bit)'* ]]
}

@test "others can check tokens with what is published" {
	login ann
	[[ $(jwt_part "$TOKEN" 1 | jq -r .alg) == RS256 ]]
	TOKEN='' get /.well-known/jwks.json
	python3 "$ROOT/tests/bats/jose.py" verify "$TOKEN" <<<"$BODY"
	get /api/v1/me
	status 200
}

@test "the public key is no secret to sign HS256 with" {
	login ann
	local pem kid header
	pem=$(sql 'select public_pem from signing_keys')
	kid=$(jwt_part "$TOKEN" 1 | jq -r .kid)
	for header in '{"alg":"HS256","typ":"JWT"}' "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"$kid\"}" \
		"{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"$kid\"}" \
		"{\"alg\":\"PS256\",\"typ\":\"JWT\",\"kid\":\"$kid\"}"; do
		refused "$(jwt "$header" "$(claims)" sha256 "$pem")"
		refused "$(jwt "$header" "$(claims)" sha256 "$pem"$'\n')"
		refused "$(jwt "$header" "$(claims)")"
	done
	local none
	none=$(jwt "{\"alg\":\"none\",\"typ\":\"JWT\",\"kid\":\"$kid\"}" "$(claims)")
	refused "$none"
	refused "${none%.*}."
	get /api/v1/me
	status 200
}

@test "a key of another algorithm is checked too, so that the setting can change" {
	local kid
	kid=$(APP__JWT__ALGORITHM=ES256 cli key new)
	published() { TOKEN='' get /.well-known/jwks.json && body_is ".keys | any(.kid == \"$kid\")"; }
	wait_for 10 published
	# It does not sign here, and may go although it is the only one of its kind.
	APP__JWT__ALGORITHM=ES256 cli key activate "$kid"
	login ann
	[[ $(jwt_part "$TOKEN" 1 | jq -r .alg) == RS256 ]]
	cli key retire "$kid"
}

@test "a reload takes another algorithm, and makes its first key" {
	login ann
	local settings=$RUN_DIR/config/reloaded.yaml
	sql "delete from signing_keys where algorithm = 'ES256'"
	printf 'jwt:\n  algorithm: HS256\n' >"$settings"
	pool_start reloaded -u APP__JWT__ALGORITHM APP_ENV=reloaded
	pool_serves reloaded
	me() { python3 "$ROOT/tests/bats/fcgi.py" get "$RUN_DIR/sock/reloaded" /api/v1/me "$TOKEN"; }
	[[ $(me) == 401 ]]
	printf 'jwt:\n  algorithm: ES256\n' >"$settings"
	pool_signal reloaded HUP
	logged 'reload is complete' reloaded.log
	[[ $(sql "select state from signing_keys where algorithm = 'ES256'") == active ]]
	[[ $(me) == 200 ]]
	# What is wrong is not taken, and those who serve go on.
	printf 'jwt:\n  algorithm: none\n' >"$settings"
	pool_signal reloaded HUP
	logged 'not reloaded: .*jwt.algorithm' reloaded.log
	[[ $(me) == 200 ]]
	pool_stop reloaded
}
