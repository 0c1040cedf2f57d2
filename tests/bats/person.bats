# SPDX-License-Identifier: MIT
# A person at the command line: root has the service's settings and becomes its user, what goes wrong is
# one sentence with what to do, and exit statuses are those of --help.

load helpers

setup_file() {
	stack_start APP__SERVER__WORKERS=1 APP__SERVER__COURIERS=0
}

teardown_file() {
	stack_stop
}

# The settings as README has root make them, in a folder of the test's own.
setup() {
	ETC=$BATS_TEST_TMPDIR/etc
	mkdir "$ETC"
	cp "$ROOT/config/default.yaml" "$ETC"
	(umask 077 && cp "$RUN_DIR/secrets/jwt_secret" "$ETC/jwt_secret")
	(umask 077 && echo "postgresql:///postern?host=$RUN_DIR/sock&user=postern" >"$ETC/database_url")
	OWNER=$(stat -c %U "$RUN_DIR/pg")
}

# typed WORD...: as root types it, whose environment has nothing of the service; sets status, output, stderr.
typed() {
	run --separate-stderr env -i PATH="$PATH" APP_CONFIG_DIR="$ETC" APP__SERVER__USER="$OWNER" \
		APP__SERVER__STATE="${STATE-$RUN_DIR/secrets}" "${EXTRA[@]}" \
		timeout 30 "$RUN_DIR/bin/postern" "$@"
	# shellcheck disable=SC2154 # run sets stderr
	stderr=$(own_words <<<"$stderr")
	echo "status $status: $output | $stderr"
}

# sentence: stderr is one line for people, and says what to do.
sentence() {
	[[ $(wc -l <<<"$stderr") == 1 && $stderr == postern:* && $stderr != *'{'* ]] || fail "not one sentence: $stderr"
}

only_root() {
	[[ $(id -u) == 0 ]] || skip 'root alone becomes somebody else'
}

@test "root makes the first administrator and runs every command, as the user of the service" {
	only_root
	local email words
	EXTRA=()
	email=person.$(unique)@example.org
	typed user create --admin "$email" <<<'the keys to it all'
	[[ $status == 0 && -z $stderr ]]
	sign_in "$email" 'the keys to it all'
	get /api/v1/users
	status 200
	for words in '-t' 'migrate' 'migrate --plan' 'user list' 'mail list' 'mail retry --dead' 'key list' config; do
		# shellcheck disable=SC2086 # several words
		typed $words
		[[ $status == 0 && -z $stderr ]] || fail "$words"
	done
}

@test "postern.env counts for who types a command, and what is in the environment counts more" {
	cat >"$ETC/postern.env" <<-'END'
		# a comment
		; another
		APP__JWT__ISSUER="one \"two\""

		APP__LOG__FILTER='warn'
		APP__MAIL__FROM=Postern <postern@example.org>
	END
	EXTRA=(APP__LOG__FILTER=error)
	typed config
	[[ $status == 0 && $output == *'one "two"'* && $output == *'Postern <postern@example.org>'* ]]
	[[ $output == *'log.filter = error'* && $output != *'log.filter = warn'* ]]
	echo 'no assignment' >>"$ETC/postern.env"
	typed config
	[[ $status == 78 && $stderr == *"postern.env:7: "* ]]
}

@test "postern.env says to who types a command what systemd reads in it" {
	local issuer='' line
	EXTRA=()
	# What is written, and the issuer that it stands for.
	local -A lines=(
		['one']=one ["'o\ne'"]='o\ne' ['"o\ne"']='o\ne' ['o\ne']=one ['"o\"n\\e\$"']='o"n\e$'
		['"one"  ']=one ['one # two']='one # two' ['o"n"e']='o"n"e' ['"one"two']=onetwo
	)
	for line in "${!lines[@]}"; do
		printf 'APP__JWT__ISSUER=never\r\nAPP__JWT__ISSUER=%s\r\n' "$line" >"$ETC/postern.env"
		typed config
		issuer=$(sed -n 's/^jwt.issuer = //p' <<<"$output")
		[[ $issuer == "${lines[$line]}" ]] || fail "$line: $issuer, not ${lines[$line]}"
	done
	for line in '"one' "'one" 'one\'; do
		printf 'APP__JWT__ISSUER=%s\n' "$line" >"$ETC/postern.env"
		typed config
		[[ $status == 78 && $stderr == *'postern.env:1: a value ends in its line'* ]] || fail "$line"
	done
}

@test "a secret lies in a file of its name, unless it is given otherwise" {
	local STATE=$BATS_TEST_TMPDIR # where there is none
	EXTRA=()
	typed config
	[[ $output == *'database.url = (set)'* && $output == *'jwt_secret = (set)'* && $output == *'secret_key = (not set)'* ]]
	printf 'short' >"$ETC/secret_key"
	typed -t
	[[ $status == 78 && $stderr == *secret_key*32* ]]
	EXTRA=(APP__SECRET_KEY=)
	typed config
	[[ $output == *'secret_key = (not set)'* ]]
	printf 'shorter' >"$ETC/jwt_secret"
	EXTRA=(APP__SECRET_KEY= APP__JWT_SECRET="$(jwt_secret)")
	typed config
	[[ $status == 0 && $output == *'jwt_secret = (set)'* ]]
}

@test "who may not read the secrets is told so, and nothing is made up for them" {
	only_root
	EXTRA=()
	chmod 755 "$BATS_TEST_TMPDIR" "$ETC"
	run --separate-stderr setpriv --reuid=65534 --regid=65534 --clear-groups env -i PATH="$PATH" APP_CONFIG_DIR="$ETC" \
		"$RUN_DIR/bin/postern" user list
	echo "$status $stderr"
	[[ $status == 78 && $stderr == *"jwt_secret: $ETC/jwt_secret cannot be read: Permission denied; use sudo"* ]]
}

@test "a database that cannot be reached is one sentence, with its cause and what to do" {
	local port words
	port=$(free_port)
	EXTRA=(APP__DATABASE__URL="postgresql://nobody:canary@127.0.0.1:$port/none")
	for words in 'user list' 'mail list' 'key list' migrate 'migrate --plan' -t; do
		# shellcheck disable=SC2086 # several words
		typed $words
		[[ $status == 75 && $stderr == *'Connection refused'*database.url* && $stderr != *canary* ]] || fail "$words"
		sentence
	done
}

@test "a role or a database that is not there is a matter of configuration, and says how to make it" {
	local words
	for words in 'user list' migrate -t; do
		EXTRA=(APP__DATABASE__URL="postgresql:///postern?host=$RUN_DIR/sock&user=postgres&dbname=nowhere")
		# shellcheck disable=SC2086 # several words
		typed $words
		[[ $status == 78 && $stderr == *'"nowhere" does not exist'*createdb* ]] || fail "$words"
		sentence
		EXTRA=(APP__DATABASE__URL="postgresql:///postern?host=$RUN_DIR/sock&user=stranger")
		# shellcheck disable=SC2086 # several words
		typed $words
		[[ $status == 78 && $stderr == *stranger* ]] || fail "$words"
		sentence
	done
}

@test "exit statuses are those of --help" {
	local row words
	EXTRA=()
	typed --help
	for row in 0 2 65 70 71 73 74 75 78; do
		[[ $output == *"$row "* ]] || fail "--help is silent about $row"
	done
	while IFS='|' read -r row words; do
		[[ -n $row ]] || continue
		EXTRA=()
		[[ $words != *' < '* ]] || EXTRA+=("${words#* < }")
		# shellcheck disable=SC2086 # several words
		typed ${words% < *} <<<'short'
		[[ $status == "$row" ]] || fail "$words: $status, not $row"
	done <<-END
		0|--help
		0|--version
		0|routes
		0|openapi
		0|config --env
		0|config
		0|-t
		0|user list
		0|mail list --state dead --limit 1
		0|mail retry --dead
		0|key list
		0|migrate --plan
		2|
		2|frobnicate
		2|user
		2|user list more
		2|user create --frob
		2|mail list --state lost
		2|mail list --limit 0
		2|mail retry
		2|mail retry not-an-id
		2|key
		2|key activate
		2|key retire --now
		2|key list more
		2|migrate --frob
		2|-t more
		2|config --frob
		2|serve more
		65|user create nobody
		65|user create short.$(unique)@example.org
		65|mail retry 01900000-0000-7000-8000-000000000000
		65|key activate nothing
		65|key retire nothing
		75|user list < APP__DATABASE__URL=postgresql://nobody@127.0.0.1:1/none
		78|user list < APP__DATABASE__URL=nonsense
		78|user list < APP__LOG__FILTER=db=loud
		78|config < APP__SERVER__WROKERS=2
		78|-t < APP__JWT_SECRET=short
		78|serve < APP__JWT_SECRET=short
		78|key new
		78|key rotate
		73|serve < APP__SERVER__LISTEN=/nowhere/fcgi.sock
	END
	run env -i APP_CONFIG_DIR="$ETC" bash -c '"$1" config >/dev/full' - "$RUN_DIR/bin/postern"
	[[ $status == 74 ]]
}
