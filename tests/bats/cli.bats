# SPDX-License-Identifier: MIT
# The command line, as one expects it of a Unix tool. Exit codes are those of sysexits.h: 65 the
# data are refused, 75 the database is away (try again), 78 the settings are at fault; 2 is misuse.

load helpers

# refuses TEXT... [-- VAR=value ...]: `postern -t` with these settings fails and says so on stderr.
refuses() {
	local text=()
	while [[ $# -gt 0 && $1 != -- ]]; do
		text+=("$1")
		shift
	done
	shift
	run --separate-stderr env "$@" timeout 20 "$RUN_DIR/postern" -t
	# shellcheck disable=SC2154 # run sets stderr
	echo "status $status: $output$stderr"
	[[ $status == 78 && -n $stderr ]] || return 1
	local t
	for t in "${text[@]}"; do
		[[ $stderr == *"$t"* ]] || {
			echo "stderr does not say: $t"
			return 1
		}
	done
}

# --- what it is -----------------------------------------------------------------------------

@test "--version tells name and version on stdout" {
	run --separate-stderr "$POSTERN" --version
	[[ $status == 0 && $output =~ ^postern\ [0-9]+\.[0-9]+\.[0-9]+$ && -z $stderr ]]
}

@test "--help lists every command on stdout" {
	run --separate-stderr "$POSTERN" --help
	[[ $status == 0 && -z $stderr ]]
	local command
	for command in serve migrate 'user create' 'user list' 'mail list' 'mail retry' 'key new' routes openapi \
		config -t --version; do
		[[ $output == *"$command"* ]] || fail "--help is silent about $command"
	done
}

@test "--help behind a command tells how that is typed, whatever the settings are" {
	local words
	for words in 'serve --help' 'migrate -h' 'user --help' 'user create --help' 'user create --admin -h' \
		'mail retry --help' 'key --help' 'config --help' 'routes -h' '-t --help'; do
		# shellcheck disable=SC2086 # several words
		run --separate-stderr env APP__LOG__FILTER=db=loud "$RUN_DIR/postern" $words
		echo "'$words': $status $output $stderr"
		[[ $status == 0 && $output == "usage: postern ${words%% *}"* && -z $(own_words <<<"$stderr") ]]
	done
	run --separate-stderr "$RUN_DIR/postern" frobnicate --help
	[[ $status == 2 && -z $output && -n $stderr ]]
}

@test "no command, an unknown one and unknown options are misuse: stderr, exit 2" {
	local words
	for words in '' frobnicate '--frobnicate' 'user frobnicate' 'user' 'routes extra' 'migrate --frob' \
		'user create --frob' 'serve extra'; do
		# shellcheck disable=SC2086 # several words
		run --separate-stderr "$RUN_DIR/postern" $words
		echo "'$words': $status $output $stderr"
		[[ $status == 2 && -z $output && -n $stderr ]]
	done
}

@test "a closed stdout is an error, not a success" {
	# shellcheck disable=SC2016 # expanded by the inner bash
	run --separate-stderr bash -c '"$1" openapi >/dev/full' - "$RUN_DIR/postern"
	[[ $status != 0 && -n $stderr ]]
}

@test "routes lists method, path and who may call" {
	run --separate-stderr cli routes
	[[ $status == 0 ]]
	[[ $output == *POST*/api/v1/auth/login* ]]
	[[ $(routes | wc -l) == $(cat "$ROOT"/src/api/*/routes.def | grep -c '^ROUTE(') ]]
	grep -E '/api/v1/users( |$)' <<<"$output" | grep GET | grep -i admin
}

@test "nginx limits what the table of operations says it costs" {
	local maps=$BATS_TEST_TMPDIR/maps
	cli routes --nginx >"$maps"
	[[ $(grep -c '^map' "$maps") == 2 ]]
	# Line for line, in one piece.
	grep -qF "$(head -n 1 "$maps")" "$ROOT/nginx/postern-http.conf"
	diff "$maps" <(grep -A "$(($(wc -l <"$maps") - 1))" -F "$(head -n 1 "$maps")" "$ROOT/nginx/postern-http.conf")
	run ! cli routes --apache
}

@test "openapi prints the document that is served" {
	cli openapi | jq -S . >"$BATS_TEST_TMPDIR/printed"
	get /api/v1/openapi.json
	diff "$BATS_TEST_TMPDIR/printed" <(jq -S . <<<"$BODY")
}

# --- settings -------------------------------------------------------------------------------

@test "config prints every setting, and no secret" {
	run --separate-stderr cli config
	[[ $status == 0 ]]
	local key
	while read -r key; do
		[[ $output == *"$key"* ]] || fail "config is silent about $key"
	done < <(sed -nE 's/^(CONF|CONF_SECRET)\([^"]*"([^"]*)".*/\2/p' "$ROOT/include/conf/conf.def")
	[[ $output != *"$(jwt_secret)"* && $output != *postgresql://* ]]
}

@test "the environment overrides what the files say" {
	APP__JWT__ISSUER=elsewhere run cli config
	[[ $output == *elsewhere* ]]
}

@test "a file of the chosen environment overrides the default one" {
	local dir=$BATS_TEST_TMPDIR/config
	mkdir "$dir"
	printf 'jwt:\n  issuer: first\nlog:\n  filter: warn\n' >"$dir/default.yaml"
	printf 'jwt:\n  issuer: second\n' >"$dir/staging.yaml"
	run env APP_CONFIG_DIR="$dir" APP_ENV=staging "$POSTERN" config
	[[ $status == 0 && $output == *second* && $output != *first* && $output == *warn* ]]
}

@test "a secret is read from the file that APP__X_FILE names" {
	printf 'a secret that is long enough for HS256\n' >"$BATS_TEST_TMPDIR/secret"
	run env APP_CONFIG_DIR="$ROOT/config" APP__JWT_SECRET_FILE="$BATS_TEST_TMPDIR/secret" \
		"$POSTERN" config
	[[ $status == 0 && $output == *'(set)'* && $output != *'long enough'* ]]
	run env APP_CONFIG_DIR="$ROOT/config" APP__JWT_SECRET_FILE=/nowhere "$POSTERN" config
	[[ $status == 78 && $output == *APP__JWT_SECRET_FILE* ]]
}

@test "a fault in a file is told with file, line and key" {
	local dir=$BATS_TEST_TMPDIR/config
	mkdir "$dir"
	printf '# comment\nserver:\n  workers: many\n  wrokers: 2\n' >"$dir/default.yaml"
	run --separate-stderr env APP_CONFIG_DIR="$dir" "$POSTERN" config
	echo "$stderr"
	[[ $status == 78 ]]
	[[ $stderr == *default.yaml:3:*server.workers* ]]
	[[ $stderr == *default.yaml:4:*server.wrokers* ]]
}

@test "DATABASE_URL stands in for APP__DATABASE__URL" {
	run --separate-stderr env -u APP__DATABASE__URL APP_CONFIG_DIR="$ROOT/config" \
		DATABASE_URL="postgresql://nobody@127.0.0.1/none" "$POSTERN" config
	[[ $status == 0 && $output == *'database.url = (set)'* ]]
	run --separate-stderr env -u APP__DATABASE__URL APP_CONFIG_DIR="$ROOT/config" "$POSTERN" config
	[[ $output == *'database.url = (not set)'* ]]
}

@test "-t is content with the settings of the stack" {
	run --separate-stderr cli -t
	echo "$output $stderr"
	[[ $status == 0 ]]
}

@test "-t refuses an unknown APP__ variable" {
	refuses APP__SERVER__WROKERS -- APP__SERVER__WROKERS=2
}

@test "-t refuses values of the wrong type and out of bounds, all at once" {
	refuses APP__SERVER__WORKERS APP__SERVER__REQUEST_TIMEOUT APP__DATABASE__PIPELINE -- \
		APP__SERVER__WORKERS=many APP__SERVER__REQUEST_TIMEOUT=10 APP__DATABASE__PIPELINE=maybe
	refuses APP__PASSWORD__MIN_LENGTH 8 -- APP__PASSWORD__MIN_LENGTH=4
}

@test "-t refuses a key that is too short, and tells how to make one" {
	refuses jwt_secret 32 'openssl rand' -- APP__JWT_SECRET=short
}

@test "-t tells that the database is away, and names the setting" {
	run --separate-stderr env "APP__DATABASE__URL=postgresql://nobody:canary@127.0.0.1:$(free_port)/none" \
		timeout 20 "$RUN_DIR/postern" -t
	echo "$status $stderr"
	# shellcheck disable=SC2154 # run sets stderr
	[[ $status == 75 && $stderr == *database.url* && $stderr != *canary* ]]
}

@test "-t refuses too few connections for the workers" {
	refuses database.max_connections -- APP__SERVER__WORKERS=8 APP__DATABASE__MAX_CONNECTIONS=4
}

@test "-t refuses hashing that is cheaper than OWASP's minimum" {
	refuses password.memory_kib -- APP__PASSWORD__MEMORY_KIB=4096
}

@test "-t refuses a malformed log filter" {
	refuses log.filter -- APP__LOG__FILTER=db=loud
}

@test "serve refuses the same settings before it listens" {
	run --separate-stderr timeout 10 env APP__JWT_SECRET=short \
		APP__SERVER__LISTEN="$RUN_DIR/sock/refused" "$RUN_DIR/postern" serve
	[[ $status == 78 && $stderr == *jwt_secret* && ! -e $RUN_DIR/sock/refused ]]
}

# --- users ----------------------------------------------------------------------------------

@test "user create makes a user who can sign in" {
	local email
	email=cli.$(unique)@example.org
	echo 'a long password' | cli user create --email "$email" --name 'Ann Zoë'
	sign_in "$email" 'a long password'
	get /api/v1/me
	body .name 'Ann Zoë'
	body .role user
}

@test "a password is typed without being shown, and the terminal is as it was, however that ends" {
	local how email
	for how in enter interrupt quit suspend TERM HUP end; do
		email=cli.$(unique)@example.org
		run python3 "$ROOT/tests/bats/terminal.py" "$how" 'a long password' "$RUN_DIR/postern" \
			user create --email "$email" --name Ann
		echo "$how: $output"
		[[ $status == 0 && $output == *'echo while asked: no'* && $output == *'echo afterwards: yes'* ]]
		[[ $output != *'a long password'* ]]
		case $how in
		enter | suspend) [[ $output == *'exit status: 0'* ]] && sign_in "$email" 'a long password' ;;
		interrupt) [[ $output == *'exit status: -2'* ]] ;;
		quit) [[ $output == *'exit status: -3'* ]] ;;
		TERM) [[ $output == *'exit status: -15'* ]] ;;
		HUP) [[ $output == *'exit status: -1'* ]] ;;
		end) [[ $output == *'exit status: 65'* ]] ;;
		esac
	done
}

@test "user create --admin makes an admin" {
	local email
	email=cli.$(unique)@example.org
	echo 'a long password' | cli user create --admin --email "$email" --name Ann
	sign_in "$email" 'a long password'
	get /api/v1/me
	body .role admin
}

@test "user create refuses what the API refuses" {
	local email
	email=cli.$(unique)@example.org
	run --separate-stderr cli user create --email 'no address' --name Ann <<<'a long password'
	[[ $status == 65 && $stderr == *email* ]]
	run --separate-stderr cli user create --email "$email" --name Ann <<<'short'
	[[ $status == 65 && $stderr == *password*8* && $stderr != *short* ]]
	run --separate-stderr cli user create --email "$email" --name '' <<<'a long password'
	[[ $status == 65 && $stderr == *name* ]]
	run --separate-stderr cli user create --email "$email" --name Ann </dev/null
	[[ $status == 65 && $stderr == *password* ]]
	run --separate-stderr cli user create --name Ann <<<'a long password'
	[[ $status != 0 && $stderr == *email* ]]
}

@test "user create refuses an address that is taken" {
	register ann
	run --separate-stderr cli user create --email "${EMAIL^^}" --name Ann <<<'a long password'
	echo "$output $stderr"
	[[ $status == 65 && $stderr == *registered* ]]
}

@test "user list prints who there is" {
	register ann
	run --separate-stderr cli user list
	[[ $status == 0 && $output == *"$USER_ID"*"$EMAIL"* && $output != *argon2* ]]
}

# --- migrations -----------------------------------------------------------------------------

@test "migrate has nothing to do on a migrated database, and says so" {
	run --separate-stderr cli migrate --plan
	echo "$output $stderr"
	[[ $status == 0 && $output != *pending* ]]
	run --separate-stderr cli migrate
	[[ $status == 0 ]]
}

@test "the database being away is a failure of migrate and user" {
	local url
	url=postgresql://nobody@127.0.0.1:$(free_port)/none
	run --separate-stderr env APP__DATABASE__URL="$url" "$RUN_DIR/postern" migrate
	[[ $status == 75 && -n $stderr ]]
	run --separate-stderr env APP__DATABASE__URL="$url" "$RUN_DIR/postern" user list
	[[ $status == 75 && -n $stderr ]]
}
