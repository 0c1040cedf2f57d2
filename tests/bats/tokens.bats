# SPDX-License-Identifier: MIT
# Access tokens: what they hold, and everything that must not pass for one.

load helpers

HEADER='{"alg":"HS256","typ":"JWT"}'

# refused CODE TOKEN: it signs nobody in, and RFC 6750 says why.
refused() {
	TOKEN=$2 get /api/v1/me
	problem 401 "$1" || return
	header WWW-Authenticate 'Bearer *error="invalid_token"*' >/dev/null
}

@test "a token is an HS256 JWT with the claims that were promised" {
	login_confirmed ann
	[[ $(jwt_part "$TOKEN" 1 | jq -r .alg) == HS256 ]]
	local now
	now=$(date +%s)
	claims | jq -e --arg id "$USER_ID" --arg email "$EMAIL" --argjson now "$now" '
		.sub == $id and .email == $email and .role == "user" and .iss == "postern"
		and (.iat - $now | fabs) < 5 and .exp == .iat + 600
		and (.jti | length >= 16)
		and (.sid | length == 36) and .ver == 0
		and (keys == ["email", "exp", "iat", "iss", "jti", "role", "sid", "sub", "ver"])' ||
		fail "claims are $(claims)"
}

@test "an address that nobody has confirmed is no claim; one that is, as it is compared" {
	register ann
	sign_in "$EMAIL" "$PASSWORD"
	claims | jq -e 'has("email") | not'
	refresh
	tokens
	claims | jq -e 'has("email") | not'
	get /api/v1/me
	body .email "$EMAIL"
	local old=$TOKEN
	put "/api/v1/users/$USER_ID" "$(object email "${EMAIL^^}" name ann)"
	status 200
	mail_for "$EMAIL" verify
	TOKEN='' post /api/v1/auth/verify "$(by_link_of "$PASSWORD")"
	status 204
	TOKEN=$old get /api/v1/me
	problem 401 token-revoked
	refresh
	status 200
	tokens
	[[ $(claims .email) == "\"$EMAIL\"" ]]
	sign_in "$EMAIL" "$PASSWORD"
	[[ $(claims .email) == "\"$EMAIL\"" ]]
}

@test "no two tokens have one jti" {
	login ann
	local first
	first=$(claims .jti)
	sign_in "$EMAIL" "$PASSWORD"
	[[ $(claims .jti) != "$first" ]]
}

@test "a token that the test signs with the key passes, so the refusals below mean something" {
	login ann
	TOKEN=$(jwt "$HEADER" "$(claims)") get /api/v1/me
	status 200
}

@test "an expired token is refused as such" {
	login ann
	refused token-expired "$(jwt "$HEADER" "$(claims '.iat -= 1000 | .exp -= 1000')")"
	refused token-expired "$(jwt "$HEADER" "$(claims '.iat -= 601 | .exp = .iat + 600')")"
}

@test "alg none is refused, with a signature and without" {
	login ann
	local token
	token=$(jwt '{"alg":"none","typ":"JWT"}' "$(claims)")
	refused token-invalid "$token"
	refused token-invalid "${token%.*}."
	refused token-invalid "${token%.*}"
	token=$(jwt '{"alg":"nOnE"}' "$(claims)")
	refused token-invalid "${token%.*}."
}

@test "another algorithm than the key's is refused, though the key fits" {
	login ann
	refused token-invalid "$(jwt '{"alg":"HS512","typ":"JWT"}' "$(claims)" sha512)"
	refused token-invalid "$(jwt '{"alg":"HS384","typ":"JWT"}' "$(claims)" sha384)"
	refused token-invalid "$(jwt '{"typ":"JWT"}' "$(claims)")"
}

@test "a wrong signature is refused" {
	login ann
	refused token-invalid "$(jwt "$HEADER" "$(claims)" sha256 'another key that is long enough, too')"
	refused token-invalid "${TOKEN%?????}AAAAA"
	refused token-invalid "${TOKEN%.*}."
}

@test "claims changed under a good signature are refused" {
	login ann
	local forged
	forged=$(claims '.role = "admin"' | base64url)
	refused token-invalid "${TOKEN%%.*}.$forged.${TOKEN##*.}"
}

@test "another issuer's token is refused, though the key fits" {
	login ann
	refused token-invalid "$(jwt "$HEADER" "$(claims '.iss = "elsewhere"')")"
	refused token-invalid "$(jwt "$HEADER" "$(claims 'del(.iss)')")"
}

@test "a token from the future is refused" {
	login ann
	refused token-invalid "$(jwt "$HEADER" "$(claims '.iat += 300 | .exp += 300')")"
	refused token-invalid "$(jwt "$HEADER" "$(claims '.nbf = .iat + 300')")"
}

@test "missing and mistyped claims are refused" {
	login ann
	local change
	for change in 'del(.sub)' 'del(.exp)' 'del(.iat)' 'del(.role)' '.sub = 1' '.sub = "me"' \
		'.exp = "tomorrow"' '.exp = null'; do
		refused token-invalid "$(jwt "$HEADER" "$(claims "$change")")"
	done
}

@test "a header with crit is refused" {
	login ann
	refused token-invalid "$(jwt '{"alg":"HS256","typ":"JWT","crit":["x"],"x":1}' "$(claims)")"
}

@test "a JWT of another kind is refused" {
	login ann
	refused token-invalid "$(jwt '{"alg":"HS256","typ":"reset+jwt"}' "$(claims)")"
}

@test "what is no JWT at all is refused" {
	local token
	for token in x . .. a.b.c a.b 'e30.e30.e30' "$(printf 'a%.0s' {1..5000})" \
		"$(jwt '[]' '[]')" "$(jwt "$HEADER" '{}')" "$(jwt "$HEADER" 'no json')"; do
		refused token-invalid "$token"
	done
}

@test "a token of a user who is gone is refused" {
	login ann
	delete "/api/v1/users/$USER_ID"
	status 204
	get /api/v1/me
	status 401
	header WWW-Authenticate 'Bearer *'
}

@test "with HS256 there are no keys: none to publish, and none to make" {
	get /.well-known/jwks.json
	status 200
	header Cache-Control 'public, max-age=600'
	body_is '. == {keys: []}'
	run --separate-stderr cli key new
	# shellcheck disable=SC2154 # run sets stderr
	[[ $status == 78 && -z $output && $stderr == *jwt.algorithm* ]]
	run --separate-stderr cli key rotate
	[[ $status == 78 ]]
	run --separate-stderr cli key list
	[[ $status == 0 && ${#lines[@]} == 1 ]]
}
