# SPDX-License-Identifier: MIT
# What a process that was taken over finds: nothing in the others' memory, and no sockets of theirs.

load helpers

setup_file() {
	stack_start APP__SERVER__WORKERS=3 APP__SERVER__KEEPERS=2
}

teardown_file() {
	stack_stop
}

# sockets PID: the sockets that it has, one a line.
sockets() {
	as_root find "/proc/$1/fd" -lname 'socket:*' -printf '%l\n' | sort -u
}

# common PID PID: how many both of them have.
common() {
	comm -12 <(sockets "$1") <(sockets "$2") | wc -l
}

# access_us: how long the newest revocation is kept, in seconds.
kept() {
	sql "select extract(epoch from max(expires_at) - now())::integer from events"
}

@test "no process of the same user reads the memory of another" {
	# LeakSanitizer looks into memory by the same way.
	! grep -qa __asan_init "$POSTERN" || skip 'sanitizers need it'
	local pid
	for pid in $(pool_pid) $(pool_children); do
		if as_owner cat "/proc/$pid/maps" 2>/dev/null | grep -q .; then
			fail "the memory of $pid, $(cat "/proc/$pid/comm"), is open" || return
		fi
		if as_owner head -c 1 "/proc/$pid/environ" 2>/dev/null | grep -qa .; then
			fail "the environment of $pid is open" || return
		fi
		grep -q '^Max core file size *0 *0 ' "/proc/$pid/limits"
	done
}

@test "a worker has no sockets of another, nor of keepers" {
	needs_root
	local workers keepers a b
	mapfile -t workers < <(pool_kind worker)
	mapfile -t keepers < <(pool_kind keeper)
	[[ ${#workers[@]} == 3 && ${#keepers[@]} == 2 ]]
	for a in "${workers[@]}"; do
		for b in "${workers[@]}"; do
			# The listener, and where all of them bring jobs.
			[[ $a == "$b" || $(common "$a" "$b") == 3 ]] ||
				fail "$(common "$a" "$b") sockets in common" || return
		done
		for b in "${keepers[@]}"; do
			[[ $(common "$a" "$b") == 0 ]] || fail 'a worker has a socket of a keeper' || return
		done
	done
}

@test "what is revoked stays so for as long as any token could live" {
	login ann
	post /api/v1/auth/logout "$(object refresh_token "$REFRESH")"
	status 204
	[[ $(kept) -ge 86400 && $(kept) -le 86500 ]] || fail "kept for $(kept) s"
}

@test "a reset ends the tokens of sessions that are not known any more" {
	login ann
	local old=$TOKEN
	sql "delete from sessions where id = '$(session)'"
	TOKEN='' post /api/v1/auth/forgot "$(object email "$EMAIL")"
	status 202
	mail_for "$EMAIL" reset
	TOKEN='' post /api/v1/auth/reset "$(by_link | jq -c '.password = "a brand new horse"')"
	status 204
	TOKEN=$old
	get /api/v1/me
	problem 401 token-revoked
}

@test "a session may not end by itself before its token does" {
	run cli_with APP__SESSIONS__IDLE=5m
	[[ $status == 78 && $output == *'jwt.access_ttl'*'sessions.idle'* ]]
}

cli_with() {
	as_owner env "$@" "$RUN_DIR/postern" -t 2>&1
}
