# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# The words of the tests: one request over TLS, and what must hold of its reply. Every word that
# checks something shows request and reply when it does not hold.
#
# shellcheck disable=SC2016 # a $ in single quotes is jq's
# shellcheck disable=SC2034 # what the words keep is for the tests

# What stands in a test as \u00e9 is that character wherever the tests run.
export LC_ALL=C.UTF-8
# Debian's programs, whichever else there are, and where servers lie, which is not in the way of everybody.
export PATH=/usr/bin:/bin:$PATH:/usr/sbin:/sbin

ROOT=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)
POSTERN=${POSTERN:-$ROOT/build/gcc/postern}
export POSTERN

bats_require_minimum_version 1.5.0

# bats looks at the stack before each command. Whoever says "local -; set +T" does without that in what
# it calls; and what programs would be asked for again and again, bash does itself: both are most of
# the time that a test takes.

# --- a stack of one's own -------------------------------------------------------------------

# A TCP port that nobody listens on, outside the range from which connections take theirs.
free_port() {
	local port
	while :; do
		port=$((10240 + RANDOM % 22000))
		(exec 9<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
	done
	echo "$port"
}

# stack_start [VAR=value ...]: PostgreSQL, pool and nginx in a folder of their own. The variables
# it exports are what the other words use, so a file that calls it in setup_file has its own stack.
stack_start() {
	RUN_DIR=$(mktemp -d "${STACKS:-/tmp}/postern-test.XXXXXX")
	chmod 711 "$RUN_DIR" # PostgreSQL runs as somebody else and has to get in
	TLS_PORT=$(free_port)
	PORT=$(free_port)
	BASE=https://localhost:$TLS_PORT
	export RUN_DIR TLS_PORT PORT BASE
	stack_begin "$@" || {
		stack_stop
		return 1
	}
}

# stack_begin [VAR=value ...]: starts what of the stack does not run.
stack_begin() {
	# Descriptors 3 and 4 belong to bats, which waits until nobody holds them.
	# All tests come from one network.
	env AUTH_RATE=off SESSION_RATE=off CORS_ORIGINS=https://app.example \
		APP__LIMITS__NETWORK=100000 APP__LIMITS__NETWORK_MAILS=1000000 \
		APP__LIMITS__CHANGES=0 APP__LIMITS__ADMIN_CHANGES=0 "$@" \
		"$ROOT/deploy/stack" start >"$RUN_DIR/start.log" 2>&1 </dev/null 3>&- 4>&- || {
		cat "$RUN_DIR/start.log" >&2
		return 1
	}
}

stack_stop() {
	local pool
	for pool in "$RUN_DIR"/pid/*.pool; do # that a failed test has left
		[[ ! -e $pool ]] || pool_stop "$(basename "$pool" .pool)"
	done
	"$ROOT/deploy/stack" stop >"$RUN_DIR/stop.log" 2>&1 </dev/null 3>&- 4>&- || {
		cat "$RUN_DIR/stop.log" >&2
		return 1
	}
	sane || return
	[[ -n ${KEEP_STACK-} ]] || rm -rf "$RUN_DIR"
}

# stack_again VAR=value ...: the stack's pool ends and is there again, with these settings too.
stack_again() {
	kill -TERM "$(pool_pid)"
	wait_for 30 not kill -0 "$(pool_pid)"
	rm "$RUN_DIR/pid/pool"
	stack_begin "$@"
}

# sane: no sanitizer complained in the pool, none of its processes aborted, nobody used a connection
# that was another's, and PostgreSQL never saw two requests in one transaction.
sane() {
	local log words
	for log in postern postgresql; do
		[[ -e $RUN_DIR/log/$log.log ]] || continue
		case $log in
		postern)
			words='ERROR: [A-Za-z]+Sanitizer|runtime error:|Assertion .* failed|stack smashing'
			words+='|by one that does not hold it'
			;;
		postgresql) words='already a transaction in progress|there is no transaction in progress' ;;
		esac
		! grep -aE "$words" "$RUN_DIR/log/$log.log" >&2 || {
			echo "see $RUN_DIR/log/$log.log" >&2
			return 1
		}
	done
}

# Lines without those that the sanitizer build says of itself.
own_words() {
	grep -v "WARNING: ASan doesn't fully support makecontext" || true
}

# The command line, with the environment of the stack.
cli() {
	timeout 30 "$RUN_DIR/postern" "$@"
}

# --- one request ----------------------------------------------------------------------------

# request METHOD PATH [BODY] [curl option ...]: keeps STATUS, HEADERS, BODY and SECONDS_TAKEN. A
# BODY of "@file" is read from there. TOKEN, where there is one, goes along. It comes from the address
# FROM, if that is set. The last reply lies in REPLY_DIR.
request() {
	local -
	set +T
	make_request "$@"
}

make_request() {
	local method=$1 path=$2 out args
	shift 2
	REPLY_DIR=${BATS_TEST_TMPDIR:-$BATS_FILE_TMPDIR}
	REQUEST="$method $path"
	args=(-sS -g --path-as-is --max-time 30 --cacert "$RUN_DIR/tls/cert.pem"
		-D "$REPLY_DIR/headers" -o "$REPLY_DIR/body" -w '%{http_code} %{time_total}')
	if [[ $method == HEAD ]]; then
		args+=(--head)
	else
		args+=(-X "$method")
	fi
	if [[ $# -gt 0 && $1 != -* ]]; then
		REQUEST+=" ${1:0:2000}"
		args+=(--data-binary "$1")
		shift
		[[ $* == *Content-Type:* ]] || args+=(-H 'Content-Type: application/json')
	fi
	if [[ -n ${TOKEN-} && $* != *Authorization:* ]]; then
		args+=(-H "Authorization: Bearer $TOKEN")
	fi
	[[ -z ${FROM-} ]] || args+=(--interface "$FROM")
	REQUEST+=" $*"
	: >"$REPLY_DIR/headers"
	: >"$REPLY_DIR/body"
	STATUS=000 BODY='' HEADERS=''
	out=$(curl "${args[@]}" "$@" "$BASE$path") || fail "curl could not do it: $out" || return
	read -r STATUS SECONDS_TAKEN <<<"$out"
	{ HEADERS=$(<"$REPLY_DIR/headers") BODY=$(<"$REPLY_DIR/body"); } 2>/dev/null # it tells of NUL
	HEADERS=${HEADERS//$'\r'/}
	seen "$method" "$path"
}

get() { request GET "$@"; }
post() { request POST "$@"; }
put() { request PUT "$@"; }
delete() { request DELETE "$@"; }

# Notes what was exercised, for contract.bats: method, path, status and problem code.
seen() {
	local code=-
	[[ $STATUS -ge 400 && $BODY =~ \"code\":\"([a-z-]+)\" ]] && code=${BASH_REMATCH[1]}
	printf '%s %s %s %s\n' "$1" "${2%%\?*}" "$STATUS" "$code" >>"${SEEN:-/dev/null}"
}

# --- what must hold -------------------------------------------------------------------------

show() {
	echo "  request: ${REQUEST-none}"
	echo "  status:  ${STATUS-none}"
	sed 's/^/  | /' "${REPLY_DIR-}/headers" 2>/dev/null
	head -c 4000 "${REPLY_DIR-}/body" 2>/dev/null
	echo
}

fail() {
	{
		echo "$*"
		show
	} >&2
	return 1
}

status() {
	[[ $STATUS == "$1" ]] || fail "status is $STATUS, expected $1"
}

# header NAME [PATTERN]: prints the value; it must be there, and match the glob.
header() {
	local -
	set +T
	header_value "$1" || fail "no header $1" || return
	# shellcheck disable=SC2053 # a glob is wanted
	[[ $# -lt 2 || $VALUE == $2 ]] || fail "$1 is '$VALUE', expected '$2'" || return
	echo "$VALUE"
}

# header_value NAME: sets VALUE to that of the reply's header, each in a line where there are several.
header_value() {
	local line name=${1,,} found=''
	VALUE=''
	while IFS= read -r line; do
		[[ ${line,,} == "$name: "* || ${line,,} == "$name:" ]] || continue
		line=${line#*:}
		VALUE+=${found:+$'\n'}${line# }
		found=1
	done <<<"$HEADERS"
	[[ -n $found ]]
}

no_header() {
	header_value "$1" || return 0
	fail "unexpected header: $1: $VALUE"
}

# body .path value: jq's answer, strings without quotes.
body() {
	local value
	value=$(of_body "$1") || fail "the body is not JSON with $1" || return
	[[ $value == "$2" ]] || fail "$1 is '$value', expected '$2'"
}

# of_body .path: prints that, a string without quotes.
of_body() {
	local code='^\{"error":\{"status":[0-9]+,"code":"([a-z-]+)",'
	if [[ $1 == .error.code && $BODY =~ $code ]]; then
		echo "${BASH_REMATCH[1]}"
	elif member "${1#.}"; then
		echo "$VALUE"
	else
		jq -r "$1" <<<"$BODY"
	fi
}

# member NAME: sets VALUE to a member of the body, when that is an object of nothing but plain values:
# then what a pattern finds is what jq would.
member() {
	local name='"[^"\\]*"' plain='("[^"\\]*"|-?[0-9.]+|true|false|null)' one="[{,]\"$1\":(\"([^\"]*)\"|[^,}]*)[,}]"
	[[ $1 =~ ^[a-z_]+$ && $BODY =~ ^\{$name:$plain(,$name:$plain)*\}$ && $BODY =~ $one ]] || return
	VALUE=${BASH_REMATCH[1]}
	[[ $VALUE != \"* ]] || VALUE=${BASH_REMATCH[2]}
}

# body_is FILTER [jq option ...]: the filter's answer is true.
body_is() {
	local filter=$1
	shift
	jq -e "$@" "$filter" <<<"$BODY" >/dev/null || fail "does not hold: $filter ($*)"
}

# problem STATUS CODE [MESSAGE]: an error reply in the one shape there is, with all that its
# status asks for (RFC 9110 sections 15.5 and 15.6, RFC 6750 section 3).
problem() {
	local -
	set +T
	status "$1" || return
	header Content-Type 'application/json*' >/dev/null || return
	header_value X-Request-Id || fail 'no header X-Request-Id' || return
	is_problem "$1" "$2" "$VALUE" "${3-}" || return
	case $1 in
	401) header WWW-Authenticate 'Bearer *' >/dev/null || return ;;
	405) header Allow >/dev/null || return ;;
	429 | 503) header Retry-After '[1-9]*' >/dev/null || return ;;
	esac
}

# is_problem STATUS CODE ID MESSAGE: as the body. The usual one is told without jq.
is_problem() {
	local text='"([^"\\]+)"' field='\{"pointer":"[^"\\]*","message":"[^"\\]+"\}'
	local usual="^\{\"error\":\{\"status\":$1,\"code\":\"$2\",\"message\":$text,\"request_id\":\"$3\"(,\"fields\":\[$field(,$field)*\])?\}\}$"
	[[ $BODY =~ $usual && (-z $4 || ${BASH_REMATCH[1]} == "$4") ]] ||
		body_is '.error | .code == $code and .status == $status and .request_id == $id
			and (.message | length > 0) and ($message == "" or .message == $message)' \
			--argjson status "$1" --arg code "$2" --arg id "$3" --arg message "$4"
}

# set_cookie NAME: "name=value" of the cookie that the last reply sets.
set_cookie() {
	grep -i "^set-cookie: $1=" <<<"$HEADERS" | sed -E 's/^[^:]*: ([^;]*);.*/\1/'
}

# fault POINTER [MESSAGE]: the last problem points there. A plain one is told without jq.
fault() {
	local plain="{\"pointer\":\"$1\",\"message\":\"${2-}"
	[[ $1${2-} != *[\"\\]* && ($BODY == *"$plain\"}"* && -n ${2-} || $BODY == *"$plain"[!\"]* && -z ${2-}) ]] ||
		body_is '.error.fields | any(.pointer == $p and (.message | length > 0) and ($m == "" or .message == $m))' \
			--arg p "$1" --arg m "${2-}"
}

# --- people ---------------------------------------------------------------------------------

unique() {
	echo "${EPOCHREALTIME//[.,]/}$RANDOM"
}

# An address of loopback that nobody has come from yet.
another_address() {
	local n=${EPOCHREALTIME//[.,]/}
	echo "127.$((n / 62500 % 250 + 1)).$((n / 250 % 250)).$((n % 250 + 1))"
}

# register NAME: a new user; sets EMAIL, PASSWORD and USER_ID.
register() {
	local -
	set +T
	EMAIL=$1.$(unique)@example.org
	PASSWORD="$1 has a horse"
	TOKEN='' post /api/v1/users "$(person "$EMAIL" "$PASSWORD" "$1")" || return
	status 201 || return
	member id || fail 'the new user has no id' || return
	USER_ID=$VALUE
}

# object NAME VALUE ...: one of those members, strings.
object() {
	local text='' filter='{' args=() n=0
	if [[ $* == *[[:cntrl:]\"\\]* ]]; then
		for (( ; $# > 0; n++)); do
			args+=(--arg "v$n" "$2")
			filter+="\"$1\": \$v$n, "
			shift 2
		done
		jq -nc "${args[@]}" "${filter%, }}"
		return
	fi
	for (( ; $# > 0; )); do
		text+=",\"$1\":\"$2\""
		shift 2
	done
	echo "{${text#,}}"
}

# person EMAIL PASSWORD NAME: the body that registers one.
person() {
	object email "$1" password "$2" name "$3"
}

credentials() {
	object email "$1" password "$2"
}

# sign_in EMAIL PASSWORD [curl option ...]: sets TOKEN and REFRESH.
sign_in() {
	local -
	set +T
	TOKEN='' post /api/v1/auth/login "$(credentials "$1" "$2")" "${@:3}" || return
	status 200 || return
	tokens
}

# tokens: takes TOKEN and REFRESH from the last reply.
tokens() {
	member access_token || fail 'no access token' || return
	TOKEN=$VALUE REFRESH=''
	! member refresh_token || REFRESH=$VALUE
}

# refresh [TOKEN]: asks for new tokens with REFRESH, or with another one.
refresh() {
	TOKEN='' post /api/v1/auth/refresh "$(object refresh_token "${1-$REFRESH}")"
}

# login NAME: registers a new user and signs in.
login() {
	register "$1" && sign_in "$EMAIL" "$PASSWORD"
}

# login_confirmed NAME: the same, and the address counts as confirmed.
login_confirmed() {
	register "$1" && sql "update users set verified_at = now() where id = '$USER_ID'" &&
		sign_in "$EMAIL" "$PASSWORD"
}

# admin: makes an administrator on the command line and signs in.
admin() {
	EMAIL=admin.$(unique)@example.org
	PASSWORD='the keys to it all'
	echo "$PASSWORD" | cli user create --admin --email "$EMAIL" --name Admin >/dev/null || return
	sign_in "$EMAIL" "$PASSWORD" || return
	get /api/v1/me || return
	member user_id || fail 'no user_id' || return
	USER_ID=$VALUE
}

# requests OUT METHOD PATH BODY...: one request for each BODY over kept connections, all at once
# with PARALLEL=1; OUT/N holds the body of the Nth reply, OUT/statuses one status a line. HEADER goes
# along with each; PATHS, an array, has a path for each BODY.
requests() {
	local out=$1 method=$2 path=$3 n=0 body args=()
	shift 3
	mkdir -p "$out"
	for body; do
		printf '%s' "$body" >"$out/request.$n"
		[[ $n == 0 ]] || printf 'next\n'
		printf '%s = "%s"\n' url "$BASE${PATHS[n]-$path}" request "$method" output "$out/$n" \
			cacert "$RUN_DIR/tls/cert.pem" data-binary "@$out/request.$n" \
			write-out '%{http_code}\n' header 'Content-Type: application/json'
		[[ -z ${HEADER-} ]] || printf 'header = "%s"\n' "$HEADER"
		printf 'silent\n'
		[[ -z ${FROM-} ]] || printf 'interface = "%s"\n' "$FROM"
		n=$((n + 1))
	done >"$out/config"
	[[ -z ${PARALLEL-} ]] || args=(--parallel --parallel-immediate --parallel-max 50)
	curl --max-time 60 "${args[@]}" --config "$out/config" >"$out/statuses"
	find "$out" -name '[0-9]*' -size +0 -exec \
		jq -r --arg r "$method $path" '"\($r) \(.error.status // 200) \(.error.code // "-")"' {} + \
		>>"${SEEN:-/dev/null}"
}

# --- mails ----------------------------------------------------------------------------------

# mail_for EMAIL [TEMPLATE]: the newest mail to that address, once it is there; sets MAIL, its file,
# PROOF, and as it says them CODE and LINK, the token of its link.
mail_for() {
	local - id text
	set +T
	wait_for 10 mailed "$1" "${2-}" || fail "no mail ${2-} to $1" || return
	IFS='|' read -r id PROOF <<<"$MAILED"
	MAIL=$RUN_DIR/mail/$id.eml
	wait_for 10 test -e "$MAIL" || fail "the mail $id was not sent" || return
	# Of quoted-printable (RFC 2045 section 6.7) code and link have soft line breaks, "=", and "F" where a
	# line begins with it.
	text=$(<"$MAIL") text=${text//$'\r'/} text=${text//$'=\n'/} text=${text//=3D/=} text=${text//=46/F}
	CODE=- LINK=-
	[[ ! $text =~ $'\n'\ +([0-9]{4})[\ -]?([0-9]{4})$'\n' ]] || CODE=${BASH_REMATCH[1]}${BASH_REMATCH[2]}
	[[ ! $text =~ $'\n'https?://[^[:space:]]*[#?\&/=]([A-Za-z0-9_-]{71})$'\n' ]] || LINK=${BASH_REMATCH[1]}
}

# mails_to EMAIL [TEMPLATE]: how many are sent or on their way.
mails_to() {
	sql "select count(*) from outbox where recipient = '$1' and (state <> 'void' or reply is not null)
		and ('${2-}' = '' or template = '${2-}')"
}

# mailed EMAIL TEMPLATE: sets MAILED to "ID|PROOF" of the newest one.
mailed() {
	MAILED=$(sql "select id, coalesce(proof_id::text, '') from outbox
		where recipient = '$1' and (state <> 'void' or reply is not null) and ('$2' = '' or template = '$2')
		order by id desc limit 1")
	[[ -n $MAILED ]]
}

# proof_of KIND ID: sets CODE and LINK as a keeper makes them.
proof_of() {
	local made
	made=$(secret_key | python3 -S "$ROOT/tests/bats/proof.py" "$1" "$2") || return
	read -r CODE LINK <<<"$made"
}

# by_link [TOKEN]: the input that brings LINK; by_code [ID] [CODE]: the one with the code.
by_link() {
	object token "${1-$LINK}"
}

# by_link_of PASSWORD [TOKEN]: the input that brings LINK, or another one, and shows that it was asked
# for by who has that password.
by_link_of() {
	object token "${2-$LINK}" password "$1"
}

by_code() {
	object id "${1-$PROOF}" code "${2-$CODE}"
}

# --- tokens ---------------------------------------------------------------------------------

base64url() {
	openssl base64 -A | tr '+/' '-_' | tr -d '='
}

# unbase64url TEXT: its bytes.
unbase64url() {
	local text=${1//-/+}
	text=${text//_//}
	while ((${#text} % 4)); do
		text+='='
	done
	base64 -d <<<"$text"
}

# jwt HEADER CLAIMS [DIGEST] [KEY]: an access token as anybody with the key could make it.
jwt() {
	local input
	input=$(printf '%s' "$1" | base64url).$(printf '%s' "$2" | base64url)
	printf '%s.%s' "$input" "$(printf '%s' "$input" |
		openssl dgst "-${3:-sha256}" -hmac "${4:-$(jwt_secret)}" -binary | base64url)"
}

# jwt_part TOKEN N: its Nth part (1: header, 2: claims), decoded.
jwt_part() {
	local parts
	IFS=. read -ra parts <<<"$1"
	unbase64url "${parts[$2 - 1]}"
}

# claims [JQ FILTER]: those of TOKEN, changed by the filter.
claims() {
	jwt_part "$TOKEN" 2 | jq -c "${1:-.}"
}

# The session of TOKEN.
session() {
	[[ $(jwt_part "$TOKEN" 2) =~ \"sid\":\"([^\"]+)\" ]] && echo "${BASH_REMATCH[1]}"
}

jwt_secret() {
	cat "$RUN_DIR/secrets/jwt_secret"
}

# What the stack has made for its keepers.
secret_key() {
	cat "$RUN_DIR/secrets/secret_key"
}

# --- the machinery of the stack -------------------------------------------------------------

# Method and path of every operation, as the program itself tells them.
routes() {
	cli routes | awk '{ for (i = 1; i < NF; i++)
		if ($i ~ /^[A-Z]+$/ && $(i + 1) ~ /^\//) { print $i, $(i + 1); next } }'
}

# Runs a command as the user of the stack, which is not root.
as_owner() {
	local owner
	if [[ -O $RUN_DIR/pg ]]; then
		"$@"
	else
		owner=$(stat -c %U "$RUN_DIR/pg")
		setpriv --reuid="$owner" --regid="$owner" --clear-groups "$@"
	fi
}

# as_root COMMAND...: the kernel shows the descriptors and the memory of a pool to root alone.
as_root() {
	if [[ $EUID == 0 ]]; then
		"$@"
	else
		sudo -n "$@"
	fi
}

needs_root() {
	as_root true 2>/dev/null || skip 'only root sees that, and sudo asks for a password'
}

postgres_bin() {
	echo "/usr/lib/postgresql/$(<"$RUN_DIR/pg/PG_VERSION")/bin"
}

# postgres start|stop [pg_ctl option ...]
postgres() {
	as_owner "$(postgres_bin)/pg_ctl" -D "$RUN_DIR/pg" -w -l "$RUN_DIR/log/postgresql.log" "$@" \
		>/dev/null 2>&1 </dev/null 3>&- 4>&-
}

# sql STATEMENT [DATABASE]: as the superuser; prints bare values.
sql() {
	as_owner env -C / "$(postgres_bin)/psql" -XqAt -v ON_ERROR_STOP=1 -h "$RUN_DIR/sock" \
		-U postgres -d "${2:-postern}" -c "$1"
}

database_url() {
	echo "postgresql:///$1?host=$RUN_DIR/sock&user=postgres"
}

pool_pid() {
	cat "$RUN_DIR/pid/pool"
}

# pool_start NAME [VAR=value ...]: one more pool, of the same settings but for those given, on the
# socket sock/NAME; its log is log/NAME.log. It does not wait until it serves.
pool_start() {
	local name=$1
	shift
	# At once: of one that had this name before nothing is to be found there.
	: >"$RUN_DIR/log/$name.log"
	# shellcheck disable=SC2016 # expanded by the inner bash
	as_owner env "$@" APP__SERVER__LISTEN="$RUN_DIR/sock/$name" bash -c \
		'echo $$ >"$1/pid/$2.pool"; exec "$1/postern" serve' - "$RUN_DIR" "$name" \
		>"$RUN_DIR/log/$name.log" 2>&1 </dev/null 3>&- 4>&- &
}

# pool_serves NAME: that pool has all its workers.
pool_serves() {
	wait_for 30 grep -q 'serving with' "$RUN_DIR/log/$1.log" || {
		cat "$RUN_DIR/log/$1.log" >&2
		return 1
	}
}

# pool_signal NAME SIGNAL
pool_signal() {
	kill "-$2" "$(cat "$RUN_DIR/pid/$1.pool")"
}

# pool_stop NAME ...: they have gone.
pool_stop() {
	local name pid
	for name; do
		pid=$(cat "$RUN_DIR/pid/$name.pool")
		rm "$RUN_DIR/pid/$name.pool"
		kill -TERM "$pid" 2>/dev/null || continue
		wait_for 30 not kill -0 "$pid"
	done
}

not() {
	! "$@"
}

# The processes of the pool, without the master.
pool_children() {
	pgrep -P "$(pool_pid)"
}

# Those of one kind: worker, keeper.
pool_kind() {
	local pid
	for pid in $(pool_children); do
		[[ $(cat "/proc/$pid/comm" 2>/dev/null) != *"$1"* ]] || echo "$pid"
	done
}

# wait_for SECONDS COMMAND...: until it succeeds. What takes long is asked about less often, for asking
# takes as much of the machine as what is waited for.
wait_for() {
	local - end=$((${EPOCHREALTIME//[.,]/} + $1 * 1000000)) pause=0.02 tries=0
	set +T
	shift
	until "$@" >/dev/null 2>&1; do
		((${EPOCHREALTIME//[.,]/} < end)) || return 1
		((++tries < 5)) || pause=0.1
		sleep "$pause"
	done
}

# underway: what another psql of this test was asked to do has come as far as its pg_sleep.
underway() {
	wait_for 20 pausing || fail 'nothing has come as far as pg_sleep'
}

pausing() {
	(($(sql "select count(*) from pg_stat_activity where wait_event = 'PgSleep' and datname = 'postern'") > 0))
}

# served: the whole chain works, database included.
served() {
	get /api/v1/health/ready && [[ $STATUS == 200 ]]
}

# answers STATUS METHOD PATH [BODY]: for wait_for.
answers() {
	request "${@:2}" && [[ $STATUS == "$1" ]]
}

# logged PATTERN [FILE]: a line of that log matches, now or within ten seconds (a reload waits for
# the one before).
logged() {
	wait_for 10 grep -Eq -- "$1" "$RUN_DIR/log/${2:-postern.log}" ||
		fail "nothing in ${2:-postern.log} matches $1"
}
