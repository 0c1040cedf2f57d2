# SPDX-License-Identifier: MIT
# What a password costs at an address without an account, after password.memory_kib was changed: told by
# the memory that a keeper has ever used, for time would tell nothing here that can be relied on.

load helpers

setup_file() {
	stack_start APP__PASSWORD__MEMORY_KIB=19456 APP__PASSWORD__PASSES=2
}

teardown_file() {
	stack_stop
}

# dear NAME: a pool beside the stack's, whose own hashes take 256 MiB.
dear() {
	pool_start "$1" APP__PASSWORD__MEMORY_KIB=262144 APP__SERVER__KEEPERS=1 APP__SERVER__COURIERS=0 || return
	pool_serves "$1"
}

# guess POOL EMAIL PASSWORD: the status of a sign-in there.
guess() {
	python3 "$BATS_TEST_DIRNAME/fcgi.py" post "$RUN_DIR/sock/$1" /api/v1/auth/login \
		"127.5.5.$((RANDOM % 250 + 1))" "$(credentials "$2" "$3")"
}

# most POOL: KiB that its keeper has had in memory, at most.
most() {
	local pid
	pid=$(pgrep -P "$(cat "$RUN_DIR/pid/$1.pool")" -x postern-keeper)
	awk '$1 == "VmHWM:" { print $2 }' "/proc/$pid/status"
}

@test "an unknown address costs what accounts do, not what a new password would" {
	register ann
	local i
	dear first
	for i in {1..4}; do
		[[ $(guess first "nobody.$i@example.org" wrong) == 401 ]]
	done
	[[ $(guess first 'no address' wrong) == 401 ]]
	[[ $(guess first "$EMAIL" wrong) == 401 ]]
	[[ $(most first) -lt 200000 ]] || fail "$(most first) KiB"
	# Signing in makes hers a dear one, and with her all that are nobody's.
	[[ $(guess first "$EMAIL" "$PASSWORD") == 200 ]]
	[[ $(most first) -gt 262144 ]]
	pool_stop first
	dear second
	[[ $(guess second "nobody.1@example.org" wrong) == 401 ]]
	[[ $(most second) -gt 262144 ]] || fail "$(most second) KiB"
	pool_stop second
}

@test "of several costs each address that nobody has keeps its own, in their proportion" {
	sql "delete from users;
		insert into users (id, email, email_key, name, role, password)
		select gen_random_uuid(), n || '@example.org', n || '@example.org', 'x', 'user',
			'\$argon2id\$v=19\$m=' || case when n % 4 = 0 then 65536 else 19456 end || ',t=2,p=1\$c2FsdHNhbHRzYWx0c2FsdA\$'
				|| repeat('A', 43)
		from generate_series(1, 400) as n"
	# An order by which each address is followed by somebody, whoever that is, and always the same.
	local dear
	dear=$(sql "select count(*) from generate_series(1, 2000) as n, lateral (
			select password from users
			where email_place(email_key) > email_place('nobody' || n || '@example.org')
			order by email_place(email_key) limit 1) as beside
		where password like '%m=65536,%'")
	# Of 2000 a quarter, give or take what chance does with 400 gaps: six times its standard deviation.
	[[ $dear -gt 200 && $dear -lt 900 ]] || fail "$dear of 2000"
	[[ $(sql "select email_place('a@example.org') = email_place('a@example.org')
		and email_place('a@example.org') <> email_place('b@example.org')") == t ]]
	# It is read from the index, whatever the address.
	sql "set plan_cache_mode = force_generic_plan; set enable_seqscan = off;
		prepare p as select password from users where email_place(email_key) > email_place(\$1)
			order by email_place(email_key) limit 1; explain execute p('x')" | grep -q users_place_idx
}

@test "the order is another one in each database" {
	local other
	other=$(sql "select encode(email_place('a@example.org'), 'hex')")
	sql 'create database another'
	as_owner env APP__DATABASE__URL="$(database_url another)" DATABASE_URL="$(database_url another)" \
		"$RUN_DIR/postern" migrate >/dev/null 2>&1 || true
	[[ $(sql "select encode(email_place('a@example.org'), 'hex')" another) =~ ^[0-9a-f]{32}$ ]]
	[[ $(sql "select encode(email_place('a@example.org'), 'hex')" another) != "$other" ]]
}
