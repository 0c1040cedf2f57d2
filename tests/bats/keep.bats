# SPDX-License-Identifier: MIT
# Who keeps which secret: the column keep of include/conf/conf.def, held against the memory of every
# process. Security requirement 70.

load helpers

setup_file() {
	[[ $EUID != 0 ]] || stack_start APP__SERVER__WORKERS=2
}

teardown_file() {
	[[ $EUID != 0 ]] || stack_stop
}

setup() {
	[[ $EUID == 0 ]] || skip 'needs to read the memory of others'
}

# secrets: "KEY KIND..." of every secret setting: the kinds of process that may keep it.
secrets() {
	tr '\n' ' ' <"$ROOT/include/conf/conf.def" | grep -o 'CONF_SECRET([a-z_]*, "[^"]*", [0-9]*, [0-9]*, [A-Z0_ |]*,' |
		sed -e 's/^[^"]*"\([^"]*\)", [0-9]*, [0-9]*, \(.*\),$/\1 \2/' -e 's/|//g' -e 's/CONF_//g' | tr -s ' '
}

# value KEY ROUND: one that is found nowhere else.
value() {
	local mark
	mark=$(mark "$1" "$2")-is-long-enough
	case $1 in
	database.*url) printf '%s&application_name=%s' "$(sed -n 's/^APP__DATABASE__URL=//p' "$RUN_DIR/env")" "${mark:0:60}" ;;
	*) printf '%s' "$mark" ;;
	esac
}

# mark KEY ROUND: a piece of that value.
mark() {
	printf 'canary-%s-of-%s-that\n' "$2" "${1//[._]/-}"
}

variable() {
	local name=${1//./__}
	echo "APP__${name^^}"
}

# give HOW ROUND: writes all secrets into files; prints the variables that give them. HOW: value, file.
give() {
	local key file
	while read -r key _; do
		file=$RUN_DIR/secrets/given.$key
		value "$key" "$2" >"$file"
		chown --reference="$RUN_DIR/pg" "$file"
		chmod 600 "$file"
		case $1 in
		value) echo "$(variable "$key")=$(cat "$file")" ;;
		file) echo "$(variable "$key")_FILE=$file" ;;
		esac
	done < <(secrets)
}

# bare NAME [VAR=value ...]: a pool with nothing in its environment but these, and where it listens.
bare() {
	local name=$1
	shift
	# shellcheck disable=SC2016 # expanded by the inner bash
	as_owner env -i PATH="$PATH" "$@" APP_CONFIG_DIR="$RUN_DIR/config" APP__SERVER__LISTEN="$RUN_DIR/sock/$name" \
		APP__SERVER__WORKERS=2 APP__SERVER__KEEPERS=1 APP__MAIL__USER=somebody APP__MAIL__URL=smtps://127.0.0.1:9 \
		PGPASSWORD="$(pgpassword)" \
		bash -c 'echo $$ >"$1/pid/$2.pool"; exec "$1/bin/postern" serve' - "$RUN_DIR" "$name" \
		>"$RUN_DIR/log/$name.log" 2>&1 </dev/null 3>&- 4>&- &
	pool_serves "$name"
}

# pgpassword: one for libpq; none with sanitizers, which keep a copy of the environment.
pgpassword() {
	grep -qa __asan_init "$POSTERN" || echo canary-of-PGPASSWORD
}

# found PID MARK...: which of these its memory holds, a line each.
found() {
	python3 "$ROOT/tests/bats/memory.py" "$@" || true
}

# marks ROUND: of all secrets, a line each.
marks() {
	local key
	while read -r key _; do
		mark "$key" "$1"
	done < <(secrets)
}

# allowed KIND ROUND [KEY ...]: what that kind of process is to have, a line each; not the KEYs.
allowed() {
	local key keep
	while read -r key keep; do
		[[ $key != secret_key* && " $keep " == *" ${1^^} "* && " ${*:3} " != *" $key "* ]] || continue
		mark "$key" "$2"
	done < <(secrets)
	if [[ $1 == keeper ]]; then
		derived "$(value secret_key "$2")"
		derived "$(value secret_key_previous "$2")"
	else
		pgpassword
	fi
}

# kept POOL ROUND [KEY ...]: every process has what it may keep, but for the KEYs, and nothing else. The
# keepers have what is made of secret_key, and not itself; and libpq's own PGPASSWORD who connects.
kept() {
	local master pid kind all
	master=$(cat "$RUN_DIR/pid/$1.pool")
	mapfile -t all < <(marks "$2")
	# The test can see them where they are.
	diff <(printf '%s\n' "${all[@]}") <(found "$master" "${all[@]}") >&2 || fail 'the master has not all' || return
	all+=("$(derived "$(value secret_key "$2")")" "$(derived "$(value secret_key_previous "$2")")" canary-of-PGPASSWORD)
	for pid in $(pgrep -P "$master"); do
		kind=$(cat "/proc/$pid/comm")
		diff <(allowed "${kind#postern-}" "${@:2}" | sort) <(found "$pid" "${all[@]}" | sort) >&2 ||
			fail "$kind: it may keep what stands at <, and has what stands at >" || return
	done
}

# derived TEXT: what keepers make of secret_key, in hexadecimal digits.
derived() {
	python3 -c 'import hashlib, sys
print("hex:" + hashlib.blake2b(b"postern secret_key\0" + sys.argv[1].encode(), digest_size=32).hexdigest())' "$1"
}

# none POOL ROUND: no child has any secret of an earlier round.
none() {
	local pid all
	mapfile -t all < <(marks "$2")
	for pid in $(pgrep -P "$(cat "$RUN_DIR/pid/$1.pool")"); do
		[[ -z $(found "$pid" "${all[@]}") ]] ||
			fail "$(cat "/proc/$pid/comm") has $(found "$pid" "${all[@]}")" || return
	done
}

@test "every secret names who may keep it" {
	[[ $(secrets | wc -l) == $(grep -c '^CONF_SECRET(' "$ROOT/include/conf/conf.def") ]]
	[[ $(secrets | wc -l) == $(cli config | grep -cE '= \((not )?set\)$') ]]
	secrets | grep -qx 'secret_key KEEPER'
}

@test "no process has a secret that it may not keep, given by files" {
	mapfile -t given < <(give file one)
	bare files "${given[@]}"
	kept files one
	pool_stop files
}

@test "no process has a secret that it may not keep, given by the environment" {
	# Sanitizers keep what was freed.
	! grep -qa __asan_init "$POSTERN" || skip 'sanitizers keep what was freed'
	mapfile -t given < <(give value two)
	bare values "${given[@]}"
	kept values two
	pool_stop values
}

@test "with ES256 no process keeps jwt_secret" {
	mapfile -t given < <(give file three)
	sql 'create database keep owner postern' postgres
	local url
	for url in "$RUN_DIR"/secrets/given.database.*url; do
		sed -i 's/postern?/keep?/' "$url"
	done
	bare keys "${given[@]}" APP__JWT__ALGORITHM=ES256
	kept keys three jwt_secret jwt_secret_previous
	pool_stop keys
}

@test "after a reload no process has a secret of the settings before" {
	mapfile -t given < <(give file four)
	bare again "${given[@]}"
	give file five >"$BATS_TEST_TMPDIR/given"
	pool_signal again HUP
	logged 'reload is complete' again.log
	kept again five
	none again four
	# One that is made anew has no more than the one before.
	local pid=''
	for pid in $(pgrep -P "$(cat "$RUN_DIR/pid/again.pool")"); do
		kill -KILL "$pid"
	done
	anew() { [[ $(pgrep -cP "$(cat "$RUN_DIR/pid/again.pool")") == 4 ]]; }
	wait_for 20 anew
	sleep 1
	kept again five
	none again four
	# Nor has the master any that is of no use.
	[[ -z $(found "$(cat "$RUN_DIR/pid/again.pool")" "$(mark secret_key four)" "$(mark jwt_secret four)") ]]
	pool_stop again
}
