# SPDX-License-Identifier: MIT
# The keepers' secret is one of their own, whether or not somebody has set one. Security requirement 70.

load helpers

setup_file() {
	stack_start APP__SERVER__WORKERS=2
}

teardown_file() {
	stack_stop
}

setup() {
	STATE=$RUN_DIR/tmp/state.$BATS_TEST_NUMBER
	as_owner mkdir -m 700 "$STATE"
	DB=state$BATS_TEST_NUMBER
	sql "create database $DB owner postern" postgres
	local url
	url=$(sed -n 's/^APP__DATABASE__URL=//p' "$RUN_DIR/env")
	URL=${url/postern?/$DB?}
}

# other COMMAND...: the command line, with a database and a folder of this test.
other() {
	as_owner env APP__DATABASE__URL="$URL" APP__SERVER__STATE="$STATE" APP__SERVER__LISTEN="$RUN_DIR/sock/refused" \
		timeout 30 "$RUN_DIR/postern" "$@" 2>&1
}

# put TEXT [MODE]: a secret_key in the folder.
put() {
	printf '%b' "$1" >"$STATE/secret_key"
	chown --reference="$STATE" "$STATE/secret_key"
	chmod "${2:-600}" "$STATE/secret_key"
}

# refused WORDS...: neither the check nor serving goes on, and it is said why.
refused() {
	local words
	local command
	for command in serve -t; do
		run other "$command"
		[[ $status == 78 && ! -e $RUN_DIR/sock/refused ]] || fail "$command: $status: $output" || return
		for words; do
			[[ $output == *"$words"* ]] || fail "$command: not said: $words; but $output" || return
		done
	done
}

@test "the first start makes a secret_key that its owner alone can read" {
	[[ $(stat -c '%a %U' "$RUN_DIR/secrets/secret_key") == "600 $(stat -c %U "$RUN_DIR/pg")" ]]
	[[ $(secret_key | wc -lc | tr -s ' ') == ' 1 65' ]]
	[[ $(secret_key) != "$(jwt_secret)" ]]
	[[ $(find "$RUN_DIR/secrets" -name 'secret_key?*' | wc -l) == 0 ]]
	cli config | grep -qx 'secret_key = (set)'
}

@test "who has jwt_secret makes no refresh token and no link" {
	login ann
	post /api/v1/auth/forgot "$(object email "$EMAIL")"
	status 202
	mail_for "$EMAIL" reset
	local right=$LINK code=$CODE
	proof_of reset "$PROOF"
	[[ $LINK == "$right" && $CODE == "$code" ]]
	read -r CODE LINK < <(jwt_secret | python3 "$ROOT/tests/bats/proof.py" reset "$PROOF")
	[[ $LINK != "$right" && $CODE != "$code" ]]
	TOKEN='' post /api/v1/auth/reset "$(by_link | jq -c '.password = "a brand new horse"')"
	problem 400 proof-wrong
}

@test "a database in use before there were keys of one's own goes on with jwt_secret's, and it is said" {
	other migrate
	echo 'the keys to it all' | other user create old@example.org
	sql "insert into sessions (id, user_id, idle_until, ends_at, cookie, address, user_agent)
		select gen_random_uuid(), id, now() + interval '1 day', now() + interval '1 day', false, '', '' from users" "$DB"
	pool_start old APP__DATABASE__URL="$URL" APP__SERVER__STATE="$STATE"
	pool_serves old
	[[ ! -e $STATE/secret_key ]]
	logged 'secret_key: not set, and so made of jwt_secret' old.log
	pool_stop old
	run other -t
	[[ $status == 0 && $output == *'warning: secret_key: not set, and so made of jwt_secret'* ]] || fail "$output"
	# The same at each start, and a key is then no surprise.
	pool_start old APP__DATABASE__URL="$URL" APP__SERVER__STATE="$STATE"
	pool_serves old
	logged 'secret_key: not set, and so made of jwt_secret' old.log
	pool_stop old
	put "$(openssl rand -base64 48)"
	pool_start old APP__DATABASE__URL="$URL" APP__SERVER__STATE="$STATE" APP__SECRET_KEY_PREVIOUS_FILE="$RUN_DIR/secrets/jwt_secret"
	pool_serves old
	run ! grep 'secret_key: ' "$RUN_DIR/log/old.log"
	pool_stop old
}

@test "an administrator who is made before the first start keeps no key from being made" {
	other migrate
	echo 'the keys to it all' | other user create --admin first@example.org
	pool_start first APP__DATABASE__URL="$URL" APP__SERVER__STATE="$STATE"
	pool_serves first
	logged 'secret_key: made' first.log
	[[ -s $STATE/secret_key ]]
	pool_stop first
}

@test "what somebody has left who was killed while he made a key is in nobody's way" {
	local pid
	pid=$(exec sh -c 'echo $$')
	# shellcheck disable=SC2016 # expanded by the inner bash
	as_owner bash -c 'for pid in $(seq "$2" "$(($2 + 3000))"); do : >"$1/secret_key.$pid"; done' - "$STATE" "$pid"
	pool_start left APP__DATABASE__URL="$URL" APP__SERVER__STATE="$STATE"
	pool_serves left
	pool_stop left
	[[ $(stat -c %a "$STATE/secret_key") == 600 ]]
}

@test "a registration that waits hangs on a key as an account does" {
	other migrate
	sql "insert into registrations (address, id, email, email_key, name, password, locale, expires_at)
		values (gen_random_uuid(), gen_random_uuid(), 'a@example.org', 'a@example.org', 'a', 'x', 'en', now() + interval '1 hour')" "$DB"
	pool_start waiting APP__DATABASE__URL="$URL" APP__SERVER__STATE="$STATE"
	pool_serves waiting
	[[ ! -e $STATE/secret_key ]]
	logged 'secret_key: not set, and so made of jwt_secret' waiting.log
	pool_stop waiting
}

@test "another host without the key is told where it is, and makes none" {
	URL=$(sed -n 's/^APP__DATABASE__URL=//p' "$RUN_DIR/env")
	refused 'secret_key: not set' "$STATE/secret_key" 'copy that file from the host that has it'
	[[ ! -e $STATE/secret_key ]]
	secret_key >"$BATS_TEST_TMPDIR/key"
	put "$(cat "$BATS_TEST_TMPDIR/key")\n"
	pool_start second APP__SERVER__STATE="$STATE"
	pool_serves second
	pool_stop second
}

@test "a host with another key says what that ends" {
	put "$(openssl rand -base64 48)"
	pool_start one APP__DATABASE__URL="$URL" APP__SERVER__STATE="$STATE"
	pool_serves one
	pool_stop one
	put "$(openssl rand -base64 48)"
	run other -t
	[[ $status == 0 && $output == *'warning: secret_key: another one than this database was used with'* ]] || fail "$output"
	pool_start one APP__DATABASE__URL="$URL" APP__SERVER__STATE="$STATE"
	pool_serves one
	logged 'secret_key: another one than this database was used with' one.log
	pool_stop one
}

@test "of several that start at once on one folder all have the same key" {
	local n
	for n in 1 2 3; do
		pool_start "first$n" APP__DATABASE__URL="$URL" APP__SERVER__STATE="$STATE"
	done
	for n in 1 2 3; do
		pool_serves "first$n"
		run ! grep 'another one' "$RUN_DIR/log/first$n.log"
	done
	pool_stop first1 first2 first3
	[[ $(ls -A "$STATE") == secret_key ]]
	[[ $(sql "select own from secret_marks" "$DB") == t ]]
}

@test "where no key can be made, nobody serves" {
	other migrate
	STATE=$RUN_DIR/pg/PG_VERSION
	refused "secret_key: cannot be made in $STATE" 'server.state'
	STATE=$RUN_DIR/nowhere/state
	refused "secret_key: cannot be made in $STATE: No such file or directory"
}

@test "a key that others can read, or that is none, is refused" {
	local good
	good=$(openssl rand -base64 48)
	put "$good" 644
	refused 'is open to others than its owner: chmod 600'
	put "$good" 620
	refused 'is open to others than its owner'
	put ''
	refused "$STATE/secret_key is empty"
	put '\n'
	refused "$STATE/secret_key is empty"
	put 'too short'
	refused 'secret_key: shorter than 32 bytes'
	put "$good\\0000$good" # all digits of it: the first of a key may be others
	refused 'holds a NUL byte'
	put "$good\\n\\n"
	refused 'holds more than one line'
	put "$good $(printf '%01000d' 0)"
	refused 'must be one line of text'
	put "$good"
	if [[ $(id -u) == 0 && $(stat -c %U "$STATE") != root ]]; then
		chown nobody "$STATE/secret_key"
		refused 'Permission denied'
		rm "$STATE/secret_key"
	fi
	as_owner rm -f "$STATE/secret_key"
	as_owner mkdir "$STATE/secret_key"
	refused "$STATE/secret_key cannot be read: Is a directory"
}

@test "a key that root alone can read is told to root as well, whom the service would not follow there" {
	[[ $(id -u) == 0 && $(stat -c %U "$STATE") != root ]] || skip 'root alone can read what the service cannot'
	put "$(openssl rand -base64 48)"
	chown root "$STATE/secret_key"
	as_root() {
		env -i PATH="$PATH" APP_CONFIG_DIR="$RUN_DIR/config" APP__SERVER__USER="$(stat -c %U "$STATE")" APP__SERVER__STATE="$STATE" \
			APP__DATABASE__URL="$URL" APP__JWT_SECRET="$(jwt_secret)" "$RUN_DIR/bin/postern" -t
	}
	run as_root
	[[ $status == 78 && $output == *"$STATE/secret_key belongs to somebody else; chown it"* ]] || fail "$status: $output"
	chown --reference="$STATE" "$STATE/secret_key"
	run as_root
	[[ $status == 0 ]] || fail "$status: $output"
	refused_to_all() { as_owner chmod 000 "$STATE/secret_key" && other -t; }
	run refused_to_all
	[[ $status == 78 && $output == *'cannot be read: Permission denied; use sudo, or let the user'* ]] || fail "$status: $output"
}
