# SPDX-License-Identifier: MIT
# Keys of access tokens: what signs, what is published, and how one takes the place of another.
# Security requirements 24, 29-33, 69, 70.

load helpers

setup_file() {
	export APP__JWT__ALGORITHM=ES256 # of the command line, too
	stack_start APP__SERVER__WORKERS=2
}

teardown_file() {
	stack_stop
}

# jwks: the published keys, into BODY.
jwks() {
	TOKEN='' get /.well-known/jwks.json && status 200
}

# key_states: "KID STATE" of every key, the oldest first.
key_states() {
	cli key list | awk 'NR > 1 { print $1, $3 }'
}

# active: the kid of the key that is to sign.
active() {
	key_states | awk '$2 == "active" { print $1 }'
}

header_of() {
	jwt_part "$1" 1 | jq -r "$2"
}

# refused TOKEN: it signs nobody in.
refused() {
	TOKEN=$1 get /api/v1/me
	problem 401 token-invalid
}

# accepted TOKEN
accepted() {
	TOKEN=$1 get /api/v1/me
	status 200
}

# --- what is published ----------------------------------------------------------------------

@test "the key set holds the public key alone, and may be cached for ten minutes" {
	jwks
	header Content-Type 'application/json*'
	header Cache-Control 'public, max-age=600'
	body_is '.keys | length >= 1'
	body_is '.keys[] | keys == ["alg", "crv", "kid", "kty", "use", "x", "y"]'
	body_is '.keys[] | .kty == "EC" and .crv == "P-256" and .alg == "ES256" and .use == "sig"'
	# 32 bytes each, leading zeros kept (RFC 7518 section 6.2.1.2).
	body_is '.keys[] | (.x | length == 43) and (.y | length == 43)'
}

@test "a kid is the thumbprint of its key (RFC 7638)" {
	jwks
	local key
	while read -r key; do
		[[ $(jq -cj '{crv, kty, x, y}' <<<"$key" | openssl dgst -sha256 -binary | base64url) == \
			$(jq -r .kid <<<"$key") ]]
	done < <(jq -c '.keys[]' <<<"$BODY")
}

@test "the header of a token names algorithm and key, and nothing else" {
	login ann
	jwt_part "$TOKEN" 1 | jq -e --arg kid "$(active)" \
		'.alg == "ES256" and .typ == "JWT" and .kid == $kid and (keys | length == 3)'
	[[ $(unbase64url "${TOKEN##*.}" | wc -c) == 64 ]]
	accepted "$TOKEN"
}

@test "others can check tokens with what is published" {
	login ann
	jwks
	python3 "$ROOT/tests/bats/jose.py" verify "$TOKEN" <<<"$BODY"
	run ! python3 "$ROOT/tests/bats/jose.py" verify "${TOKEN%.*}.$(head -c 64 /dev/zero | base64url)" <<<"$BODY"
}

# --- what is refused ------------------------------------------------------------------------

@test "with ES256 no HS256 token passes, whatever it is signed with" {
	login ann
	local kid pem claims
	kid=$(active)
	claims=$(claims)
	sql "select public_pem from signing_keys where kid = '$kid'" >"$BATS_TEST_TMPDIR/pem"
	pem=$(cat "$BATS_TEST_TMPDIR/pem")
	openssl pkey -pubin -in "$BATS_TEST_TMPDIR/pem" -noout
	local header
	for header in '{"alg":"HS256","typ":"JWT"}' "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"$kid\"}" \
		"{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"$kid\"}"; do
		refused "$(jwt "$header" "$claims")"
		refused "$(jwt "$header" "$claims" sha256 "$pem")"
		refused "$(jwt "$header" "$claims" sha256 "$pem"$'\n')"
	done
	accepted "$TOKEN"
}

@test "with ES256 alg none is refused, with a signature and without" {
	login ann
	local alg token
	for alg in none None nOnE NONE; do
		token=$(jwt "{\"alg\":\"$alg\",\"typ\":\"JWT\",\"kid\":\"$(active)\"}" "$(claims)")
		refused "$token"
		refused "${token%.*}."
		refused "${token%.*}"
	done
}

# signed HEADER KEY: the claims of TOKEN, signed by ES256 with somebody's private key.
signed() {
	local input der
	input=$(printf '%s' "$1" | base64url).$(claims | tr -d '\n' | base64url)
	printf '%s.%s' "$input" "$(printf '%s' "$input" | python3 "$ROOT/tests/bats/jose.py" sign "$2")"
}

@test "a key of somebody else's signs nobody in, however the header offers it" {
	login ann
	local key=$BATS_TEST_TMPDIR/key.pem kid header
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$key"
	kid=$(active)
	for header in '{"alg":"ES256","typ":"JWT"}' '{"alg":"ES256","typ":"JWT","kid":"x"}' \
		"{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"$kid\"}" \
		"{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":[\"$kid\"]}" \
		'{"alg":"ES256","typ":"JWT","kid":"../../dev/null"}' \
		"{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"x' or '1'='1\"}"; do
		refused "$(signed "$header" "$key")"
	done
}

@test "jku, x5u and jwk are not looked at: nobody is asked for a key" {
	login ann
	local key=$BATS_TEST_TMPDIR/key.pem port jwk header sink
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$key"
	jwk=$(python3 "$ROOT/tests/bats/jose.py" jwk "$key")
	port=$(free_port)
	python3 -m http.server --bind 127.0.0.1 "$port" >"$BATS_TEST_TMPDIR/sink" 2>&1 3>&- &
	sink=$!
	wait_for 20 curl -s "http://127.0.0.1:$port/up"
	for header in "\"jku\":\"http://127.0.0.1:$port/jku\"" "\"x5u\":\"http://127.0.0.1:$port/x5u\"" \
		"\"jwk\":$jwk"; do
		refused "$(signed "{\"alg\":\"ES256\",\"typ\":\"JWT\",$header}" "$key")"
		refused "$(signed "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"$(active)\",$header}" "$key")"
	done
	kill "$sink"
	grep -q /up "$BATS_TEST_TMPDIR/sink"
	run ! grep -E 'jku|x5u' "$BATS_TEST_TMPDIR/sink"
}

@test "a signature is exactly 64 bytes, and not DER" {
	login ann
	local input=${TOKEN%.*} bytes=$BATS_TEST_TMPDIR/signature
	unbase64url "${TOKEN##*.}" >"$bytes"
	refused "$input.$(head -c 63 "$bytes" | base64url)"
	refused "$input.$( (
		cat "$bytes"
		printf '\0'
	) | base64url)"
	refused "$input.$( (
		printf '\0'
		cat "$bytes"
	) | base64url)"
	refused "$input.$(python3 "$ROOT/tests/bats/jose.py" der "$bytes" | base64url)"
	accepted "$TOKEN"
}

# --- by hand --------------------------------------------------------------------------------

@test "postern key list is a table" {
	run --separate-stderr cli key list
	[[ $status == 0 && $stderr != *postern:* ]]
	[[ ${lines[0]} == KID*ALGORITHM*STATE*CREATED*ACTIVATED*RETIRED ]]
	[[ ${lines[1]} =~ ^[A-Za-z0-9_-]{43}\ +ES256\ +(active|next|retired)\ +20[0-9-]+T[0-9:]+Z ]]
}

@test "a new key is published first, signs when it is activated, and the former one is retired" {
	login ann
	local old=$TOKEN former kid
	former=$(active)
	kid=$(cli key new)
	[[ $(key_states) == *"$kid next"* && $(active) == "$former" ]]
	published() { jwks && body_is ".keys | any(.kid == \"$kid\")"; }
	wait_for 8 published
	cli key activate "$kid"
	[[ $(key_states) == *"$former retired"* && $(active) == "$kid" ]]
	# Activating it again changes nothing.
	cli key activate "$kid"
	[[ $(active) == "$kid" ]]
	signs() { sign_in "$EMAIL" "$PASSWORD" && [[ $(header_of "$TOKEN" .kid) == "$kid" ]]; }
	wait_for 20 signs
	accepted "$TOKEN"
	accepted "$old"
	jwks
	body_is ".keys | any(.kid == \"$former\")"
}

@test "the key that signs cannot be retired, nor a retired one activated" {
	local kid
	run --separate-stderr cli key retire "$(active)"
	[[ $status == 65 && -z $output && $stderr == *'activate another one first'* ]]
	run --separate-stderr cli key retire --now "$(active)"
	[[ $status == 65 ]]
	kid=$(cli key new)
	cli key retire "$kid"
	[[ $(key_states) == *"$kid retired"* ]]
	run --separate-stderr cli key activate "$kid"
	[[ $status == 65 && $stderr == *retired* ]]
	run --separate-stderr cli key activate nonsense
	[[ $status == 65 && $stderr == *'no such key'* ]]
	run --separate-stderr cli key retire nonsense
	[[ $status == 65 && $stderr == *'no such key'* ]]
}

@test "key is misused: stderr, exit 2" {
	local words
	for words in key 'key frobnicate' 'key new extra' 'key new --now' 'key activate' 'key retire --now' \
		'key list --all' 'key activate a b' 'key rotate now'; do
		# shellcheck disable=SC2086 # several words
		run --separate-stderr cli $words
		[[ $status == 2 && -z $output && $stderr == *usage:* ]] || fail "'$words': $status $output"
	done
}

@test "a key whose name begins with a hyphen can be retired like any other" {
	local kid=-bcdefghijklmnopqrstuvwxyz0123456789_ABCDEF
	sql "insert into signing_keys (kid, algorithm, state, public_pem, public_jwk, private_key, created_at)
		select '$kid', algorithm, 'next', public_pem, public_jwk, private_key, now() from signing_keys where state = 'active'"
	cli key retire "$kid"
	[[ $(key_states) == *"$kid retired"* ]]
	cli key retire --now "$kid"
	[[ $(key_states) != *"$kid"* ]]
}

@test "what is done with keys is in the audit log" {
	local kid
	kid=$(cli key new --activate)
	[[ $(sql "select string_agg(action, ' ' order by id) from audit where detail = '$kid'") == \
		'key.new key.activate' ]]
}

@test "tokens of a key that is retired at once are refused within seconds, cached or not" {
	login ann
	local stolen=$TOKEN former
	former=$(header_of "$TOKEN" .kid)
	accepted "$stolen"
	if [[ $(active) == "$former" ]]; then
		cli key new --activate
	fi
	cli key retire --now "$former"
	gone() { TOKEN=$stolen get /api/v1/me && [[ $STATUS == 401 ]]; }
	wait_for 10 gone
	for _ in {1..20}; do # each of the workers
		refused "$stolen"
	done
	sign_in "$EMAIL" "$PASSWORD"
	accepted "$TOKEN"
	jwks
	body_is ".keys | all(.kid != \"$former\")"
}

@test "a private key is nowhere but in the table, and there it is sealed" {
	[[ $(sql "select count(*) from signing_keys where private_key ~ 'PRIVATE|BEGIN|MIGHAgEA|MIIEv|MHcCAQEE'") == 0 ]]
	run ! grep -rE 'BEGIN|PRIVATE KEY' "$RUN_DIR/log"
	local sealed
	sealed=$(sql "select private_key from signing_keys limit 1")
	run ! grep -rF "$sealed" "$RUN_DIR/log"
	[[ $(cli key list) != *"$sealed"* ]]
	# A nonce of its own each time.
	[[ $(sql "select count(distinct left(private_key, 32)) = count(*) from signing_keys") == t ]]
}

# --- by the clock ---------------------------------------------------------------------------

# rotate: as the courier does it, with a clock that runs fast.
rotate() {
	APP__KEYS__ROTATE_AFTER=2s APP__KEYS__PUBLISH_AHEAD=1s cli key rotate
}

@test "rotation publishes a key ahead of its time, activates it when it is due, and forgets old ones" {
	local first
	sql "delete from signing_keys where state <> 'active'"
	first=$(active)
	sql "update signing_keys set activated_at = now()"
	rotate # nothing is due
	[[ $(key_states) == "$first active" ]]
	sql "update signing_keys set activated_at = now() - interval '1.5 s'"
	rotate
	[[ $(key_states | awk '{ print $2 }' | xargs) == 'active next' ]]
	sql "update signing_keys set activated_at = now() - interval '3 s' where state = 'active'"
	sql "update signing_keys set created_at = now() where state = 'next'"
	rotate # published for too short a time
	[[ $(active) == "$first" ]]
	sql "update signing_keys set created_at = now() - interval '1 s' where state = 'next'"
	rotate
	[[ $(key_states | awk '{ print $2 }' | xargs) == 'retired active' && $(active) != "$first" ]]
	# Tokens live for 10 minutes; with skew and margin it is twelve.
	sql "update signing_keys set retired_at = now() - interval '11 min' where kid = '$first'"
	cli key rotate
	[[ $(key_states) == *"$first retired"* ]]
	sql "update signing_keys set retired_at = now() - interval '13 min' where kid = '$first'"
	cli key rotate
	[[ $(key_states) != *"$first"* ]]
}

@test "rotation can be left to people" {
	sql "update signing_keys set activated_at = now() - interval '10 years' where state = 'active'"
	local before
	before=$(key_states)
	APP__KEYS__ROTATE_AFTER=0s cli key rotate
	[[ $(key_states) == "$before" ]]
	sql "update signing_keys set activated_at = now() where state = 'active'"
}

@test "the courier does it by itself, and its key is made by a keeper" {
	sql "delete from signing_keys where state <> 'active'"
	sql "update signing_keys set activated_at = now() - interval '91 days'"
	pool_start second # its courier begins with that
	next() { [[ $(key_states | awk '{ print $2 }' | xargs) == 'active next' ]]; }
	wait_for 15 next
	local kid
	kid=$(key_states | awk '$2 == "next" { print $1 }')
	pool_stop second
	cli key activate "$kid"
	signs() { login ann && [[ $(header_of "$TOKEN" .kid) == "$kid" ]]; }
	wait_for 20 signs
	accepted "$TOKEN"
}

@test "rows that cannot be swept keep neither keys from being rotated nor others from being swept" {
	sql "delete from signing_keys where state <> 'active'"
	sql "update signing_keys set activated_at = now() - interval '91 days'"
	login ann
	sql "create function refuse() returns trigger language plpgsql as 'begin raise exception ''not now''; end';
		create trigger refuse before delete on sessions for each row execute function refuse();
		update sessions set idle_until = now() - interval '1 day', ends_at = now() - interval '1 day';
		insert into outbox (id, template, locale, recipient, words, state, created_at, expires_at)
		values (gen_random_uuid(), 'reset', 'en', 'a@example.org', '{}', 'void',
			now() - interval '1 day', now() - interval '1 day')"
	pool_start second # its courier begins with that
	next() { [[ $(key_states | awk '{ print $2 }' | xargs) == 'active next' ]]; }
	swept() { [[ $(sql "select count(*) from outbox where state = 'void'") == 0 ]]; }
	wait_for 15 next && wait_for 15 swept || fail 'they stop one another'
	logged 'session_sweep failed' second.log
	sql 'drop trigger refuse on sessions; drop function refuse()'
	pool_stop second
	sql "delete from signing_keys where state <> 'active'"
	sql "update signing_keys set activated_at = now()"
}

@test "several hosts that rotate at once do it once" {
	sql "delete from signing_keys where state <> 'active'"
	sql "update signing_keys set activated_at = now() - interval '1.5 s'"
	for _ in {1..6}; do
		rotate 3>&- &
	done
	wait
	[[ $(key_states | awk '{ print $2 }' | xargs) == 'active next' ]]
	sql "update signing_keys set created_at = now() - interval '1 min', activated_at = now() - interval '3 s'"
	for _ in {1..6}; do
		rotate 3>&- &
	done
	wait
	[[ $(key_states | awk '{ print $2 }' | sort | uniq -c | xargs) == '1 active 1 retired' ]]
}

# me SOCKET TOKEN: the status of /me from the pool on that socket.
me() {
	python3 "$ROOT/tests/bats/fcgi.py" get "$1" /api/v1/me "$2"
}

@test "no valid token fails while keys rotate, in two pools on one database" {
	login ann
	local second=$RUN_DIR/sock/second tokens=("$TOKEN") token round said
	pool_start second
	pool_serves second
	for round in {1..6}; do
		sql "update signing_keys set activated_at = activated_at - interval '1 day',
			created_at = created_at - interval '1 h' where state <> 'retired'"
		rotate
		# At once, and also by who has not read the new key yet.
		sign_in "$EMAIL" "$PASSWORD"
		tokens+=("$TOKEN")
		for token in "${tokens[@]}"; do
			for _ in 1 2 3; do
				accepted "$token"
				said=$(me "$second" "$token")
				[[ $said == 200 ]] || fail "the second pool says $said"
			done
		done
		sleep 1
	done
	pool_stop second
	[[ $(key_states | grep -c retired) -ge 2 ]]
}

@test "requests go on while keys are made and activated" {
	login ann
	local begin=$SECONDS made=0 token=$TOKEN
	while ((made < 3 || SECONDS < begin + 14)); do
		if ((made < 3 && SECONDS >= begin + 4 * made)); then
			cli key new --activate >/dev/null
			made=$((made + 1))
		fi
		sign_in "$EMAIL" "$PASSWORD"
		accepted "$TOKEN"
		accepted "$token"
		sleep 0.1
	done
	# And once the workers know them, the newest signs.
	newest() { sign_in "$EMAIL" "$PASSWORD" && [[ $(header_of "$TOKEN" .kid) == "$(active)" ]]; }
	wait_for 20 newest
}

# --- the beginning --------------------------------------------------------------------------

@test "another secret_key than that of the keys is told by -t, before anybody serves, and has ended nothing" {
	local command before
	before=$(sql 'select mark from secret_marks')
	for command in -t serve -t; do
		run --separate-stderr as_owner env APP__SERVER__LISTEN="$RUN_DIR/sock/refused" \
			APP__SECRET_KEY='another key that is long enough, too' timeout 20 "$RUN_DIR/postern" "$command"
		echo "$command: $status $stderr"
		# shellcheck disable=SC2154 # run sets stderr
		[[ $status == 78 && $stderr == *secret_key* && $stderr == *'key new --activate'* ]]
		[[ ! -e $RUN_DIR/sock/refused ]]
	done
	[[ $(sql 'select mark from secret_marks') == "$before" ]]
	run --separate-stderr as_owner env APP__SECRET_KEY='another key that is long enough, too' \
		APP__SECRET_KEY_PREVIOUS="$(secret_key)" timeout 20 "$RUN_DIR/postern" -t
	[[ $status == 0 && -z $(own_words <<<"$stderr") ]] || fail "$status $stderr"
}

@test "a key that somebody else keeps from being made is to be tried again, and is not one too many" {
	sql "select pg_advisory_xact_lock(1802072435), pg_sleep(8)" >/dev/null 3>&- &
	underway
	run --separate-stderr cli key new
	# shellcheck disable=SC2154 # run sets stderr
	[[ $status == 75 && $stderr == *'somebody else is changing the same, try again'* ]] || fail "$status $stderr"
	wait $!
	sql "insert into signing_keys (kid, algorithm, state, public_pem, public_jwk, private_key, retired_at)
		select 'full' || n, 'ES256', 'retired', '', '', '', now() from generate_series(1, 64) n"
	run --separate-stderr cli key new
	sql "delete from signing_keys where kid like 'full%'"
	[[ $status == 65 && $stderr == *'there are 64 keys'* ]] || fail "$status $stderr"
}

@test "of several pools that start on a fresh database one makes the key" {
	sql 'create database fresh owner postern' postgres
	local url n
	url=$(sed -n 's/^APP__DATABASE__URL=//p' "$RUN_DIR/env")
	for n in 1 2 3; do
		pool_start "fresh$n" APP__DATABASE__URL="${url/postern?/fresh?}" APP__JWT__ALGORITHM=RS256
	done
	for n in 1 2 3; do
		pool_serves "fresh$n"
	done
	pool_stop fresh1 fresh2 fresh3
	[[ $(sql "select string_agg(algorithm || state, ' ') from signing_keys" fresh) == RS256active ]]
	[[ $(sql "select count(*) from audit where action = 'key.activate'" fresh) == 1 ]]
}
