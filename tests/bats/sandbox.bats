# SPDX-License-Identifier: MIT
# What the systemd unit allows is held against what the pool asks the kernel for. Needs strace and
# systemd-analyze.

load helpers

# missing: why none of this can be tried here; nothing: it can.
missing() {
	if [[ -z $(command -v strace) || -z $(command -v systemd-analyze) ]]; then
		echo 'no strace or systemd-analyze here'
	elif ! strace -f -o /dev/null true 2>/dev/null; then
		echo 'nobody may be traced here'
	elif grep -qa __asan_init "$POSTERN"; then
		echo 'sanitizers ask the kernel for more'
	fi
}

setup_file() {
	MISSING=$(missing)
	export MISSING
	[[ -z $MISSING ]] || return 0
	TRACES=$(mktemp -d /tmp/postern-test.XXXXXX)
	export TRACES
	chmod 1777 "$TRACES"
	install -m 755 "$POSTERN" "$TRACES/postern"
	# The tracer is the child, so that signals come to the master.
	printf '#!/bin/sh\nexec strace -D -f -qq -o %s/trace.$$ %s/postern "$@"\n' "$TRACES" "$TRACES" >"$TRACES/traced"
	chmod 755 "$TRACES/traced"
	POSTERN=$TRACES/traced stack_start APP__SERVER__WORKERS=1 APP__SERVER__KEEPERS=1 APP__JWT__ALGORITHM=ES256 \
		APP__MAIL__URL=smtp://localhost:1 APP__MAIL__PLAIN=true
}

teardown_file() {
	[[ -z $MISSING ]] || return 0
	stack_stop
	rm -rf "$TRACES"
}

setup() {
	[[ -z $MISSING ]] || skip "$MISSING"
}

# expand NAME...: system calls, and what is in groups of them, a line each.
expand() {
	local name
	for name; do
		case $name in
		@*) systemd-analyze syscall-filter "$name" | sed -n 's/^ \+\([@a-z]\)/\1/p' | {
			mapfile -t names
			expand "${names[@]}"
		} ;;
		*) echo "$name" ;;
		esac
	done
}

# allowed: what the unit's SystemCallFilter lines come to, one after the other.
allowed() {
	local line names all
	all=$(expand @default)
	while read -r line; do
		read -ra names <<<"${line#\~}"
		if [[ $line == \~* ]]; then
			all=$(grep -vxF -f <(expand "${names[@]}") <<<"$all")
		else
			all+=$'\n'$(expand "${names[@]}")
		fi
	done < <(sed -n 's/^SystemCallFilter=//p' "$ROOT/deploy/systemd/postern.service")
	sort -u <<<"$all"
}

# asked: every system call in the traces.
asked() {
	cat "$TRACES"/trace.* | sed -n 's/^[0-9]* *\([a-z_0-9]*\)(.*/\1/p' | sort -u
}

@test "the unit allows every system call of a start, sign-ins, mails, keys, a reload and an end" {
	login ann
	post /api/v1/auth/forgot "$(jq -nc --arg e "$EMAIL" '{email: $e}')"
	# By the size of an internet address: memory that is closed is closed to strace, too.
	tried() { grep -qE ' connect\([0-9]+, [^,]*, (16|28)' "$TRACES"/trace.*; }
	wait_for 30 tried
	APP__JWT__ALGORITHM=ES256 cli key new --activate
	kill -HUP "$(pool_pid)"
	logged 'reload is complete'
	sign_in "$EMAIL" "$PASSWORD"
	kill -TERM "$(pool_pid)"
	logged '"stopped"'
	local others
	asked >"$BATS_TEST_TMPDIR/asked"
	# It has seen the pool at its work.
	for others in execve socketpair signalfd4 epoll_wait setpriority connect; do
		grep -qx "$others" "$BATS_TEST_TMPDIR/asked"
	done
	others=$(comm -23 "$BATS_TEST_TMPDIR/asked" <(allowed))
	[[ -z $others ]] || fail "not allowed: $others"
}

@test "the unit allows every kind of socket of the pool" {
	local kinds
	kinds=$(cat "$TRACES"/trace.* | sed -n 's/^[0-9]* *socket(\(AF_[A-Z0-9]*\),.*/\1/p' | sort -u)
	[[ $kinds == *AF_UNIX* ]]
	# glibc asks the kernel for the machine's addresses by one, and does without.
	kinds=$(grep -vxF AF_NETLINK <<<"$kinds" |
		grep -vxF -f <(sed -n 's/^RestrictAddressFamilies=//p' "$ROOT/deploy/systemd/postern.service" | tr ' ' '\n')) || true
	[[ -z $kinds ]] || fail "not allowed: $kinds"
}
