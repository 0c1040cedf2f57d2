# SPDX-License-Identifier: MIT
# How long the audit log is kept: months that fall away whole, by its owner's word, and nothing else that does.

load helpers

setup_file() {
	stack_start APP__SERVER__WORKERS=1 APP__SERVER__KEEPERS=1
}

teardown_file() {
	stack_stop
}

setup() {
	DATABASE=r$(unique)
}

# fresh [SETTING=VALUE ...]: a database of its own, migrated with these settings.
fresh() {
	sql "create database $DATABASE"
	again "$@"
}

again() {
	env APP__DATABASE__URL="$(database_url "$DATABASE")" "$@" "$RUN_DIR/postern" migrate
}

in_database() {
	sql "set timezone = 'Asia/Tokyo'; $1" "$DATABASE"
}

# noted AT ACTION: a note of that time.
noted() {
	in_database "insert into audit (id, at, action, address, request_id, detail)
		values (gen_random_uuid(), '$1', '$2', '', '', '')"
}

# due MOMENT: all that is due then.
due() {
	in_database "do \$\$ begin while audit_months_at('$1') > 0 loop end loop; end \$\$"
}

# The parts, and until when each is, in UTC.
parts() {
	in_database "select string_agg(part || ' ' || coalesce(to_char(until at time zone 'UTC', 'YYYY-MM-DD HH24:MI'), 'rest'),
		', ' order by until) from audit_parts"
}

kept() {
	in_database "select string_agg(action, ' ' order by at) from audit"
}

# begins MONTH: makes the first part end with the month before, as if it had been migrated then.
begins() {
	in_database "begin; alter table audit detach partition audit_first;
		alter table audit attach partition audit_first for values from (minvalue) to ('$1-01T00:00:00Z'); commit"
}

@test "all that is noted is kept, unless a retention is set" {
	fresh
	begins 2020-01
	noted 2019-12-31T23:59:59Z old
	due 2020-01-01T00:00:00Z
	noted 2020-01-01T00:00:00Z newer
	due 2022-01-01T00:00:00Z
	[[ $(kept) == 'old newer' ]]
	[[ $(in_database 'select keep is null from audit_retention') == t ]]
}

@test "a month falls away when all of it is older, and no other does" {
	fresh APP__AUDIT__RETENTION=60d
	begins 2020-01
	due 2020-01-15T00:00:00Z
	noted 2019-06-15T00:00:00Z first
	noted 2020-01-01T00:00:00Z january
	noted 2020-01-31T23:59:59.999999Z late-january
	noted 2020-02-01T00:00:00Z february
	noted 2020-03-31T23:59:59Z march
	# The first part ends with 2019: 60 days later is the 1st of March, for February had 29.
	due 2020-02-29T23:59:59Z
	[[ $(kept) == 'first january late-january february march' ]]
	due 2020-03-01T00:00:00Z
	[[ $(kept) == 'january late-january february march' ]]
	due 2020-03-31T23:59:59Z
	[[ $(kept) == 'january late-january february march' ]]
	due 2020-04-01T00:00:00Z
	[[ $(kept) == 'february march' ]]
	[[ $(in_database "select to_regclass('audit_2020_01') is null") == t ]]
	due 2021-01-01T00:00:00Z
	[[ -z $(kept) ]]
}

@test "three months are there ahead, wherever the clock stands and whatever the zone" {
	local at
	fresh
	begins 2020-01
	for at in 2020-01-01T00:00:00Z 2020-01-31T23:59:59.999999Z; do
		due "$at"
		[[ $(parts) == 'audit_first 2020-01-01 00:00, audit_2020_01 2020-02-01 00:00, audit_2020_02 2020-03-01 00:00, audit_2020_03 2020-04-01 00:00, audit_2020_04 2020-05-01 00:00, audit_rest rest' ]] ||
			fail "$(parts)"
	done
	due 2020-02-01T00:00:00Z
	[[ $(parts) == *', audit_2020_05 2020-06-01 00:00, audit_rest rest' ]] || fail "$(parts)"
	noted 2020-01-31T23:59:59.999999Z last
	noted 2020-02-01T00:00:00Z first
	[[ $(in_database "select string_agg(tableoid::regclass || ' ' || action, ', ' order by at) from audit") == \
		'audit_2020_01 last, audit_2020_02 first' ]]
	[[ $(in_database "select count(*) from audit_rest") == 0 ]]
}

@test "what is noted when nobody has made a month is not lost, and falls away in its turn" {
	fresh APP__AUDIT__RETENTION=30d
	begins 2020-01
	noted 2020-02-10T00:00:00Z february
	noted 2020-05-20T00:00:00Z may
	[[ $(kept) == 'february may' && $(in_database 'select count(*) from audit_rest') == 2 ]]
	due 2020-05-31T00:00:00Z
	[[ $(kept) == 'february may' && $(in_database 'select count(*) from audit_rest') == 0 ]]
	[[ $(parts) == 'audit_2020_01 2020-06-01 00:00, audit_2020_06 2020-07-01 00:00, '*', audit_2020_08 2020-09-01 00:00, audit_rest rest' ]] ||
		fail "$(parts)"
	due 2020-06-30T23:59:59Z
	[[ $(kept) == 'february may' ]]
	due 2020-07-01T00:00:00Z
	[[ -z $(kept) ]]
}

@test "each part refuses what all of it refuses" {
	local part words
	fresh
	begins 2020-01
	noted 2020-03-10T00:00:00Z one
	due 2020-03-15T00:00:00Z
	noted 2019-03-10T00:00:00Z old
	noted 2020-04-10T00:00:00Z two
	noted 2030-04-10T00:00:00Z three
	for part in audit audit_first audit_2020_01 audit_2020_04 audit_rest; do
		[[ $(in_database "select count(*) > 0 from $part") == t ]]
		for words in "update $part set detail = 'x'" "delete from $part" "truncate $part" \
			"update $part set at = '2020-03-10'"; do
			run in_database "$words"
			[[ $status != 0 && $output == *'audit is append-only'* ]] || fail "$words: $output"
		done
	done
	[[ $(kept) == 'old one two three' ]]
}

@test "each part has the indexes, and no right of its own whatever is given by default" {
	local role
	role=q$(unique)
	fresh
	in_database "create role $role; alter default privileges grant all on tables to $role, public"
	begins 2020-01
	due 2020-01-15T00:00:00Z
	[[ $(in_database "select count(distinct definition), count(*) from audit_parts
		cross join lateral (select string_agg(regexp_replace(indexdef, '^.* USING', ''), ', ' order by indexdef like '%UNIQUE%', regexp_replace(indexdef, '^.* USING', '')) as definition
			from pg_indexes where tablename = part) as of_part") == '1|6' ]]
	[[ $(in_database "select count(*) from audit_parts where has_table_privilege('$role', part::text, 'select, insert, update, delete, truncate, trigger')
		and part <> 'audit_first'") == 0 ]]
	in_database "drop owned by $role; drop role $role"
}

# while_held COMMAND...: does it while somebody who has looked at the log has not ended his transaction.
while_held() {
	local holder
	sql 'begin; select count(*) from audit; select pg_sleep(4); commit' "$DATABASE" >/dev/null 3>&- &
	holder=$!
	wait_for 5 held
	"$@"
	held
	wait "$holder"
}

held() {
	[[ $(sql "select count(*) from pg_stat_activity where datname = '$DATABASE' and wait_event = 'PgSleep'") == 1 ]]
}

notes_meanwhile() {
	local n
	for n in {1..10}; do
		noted now "note-$n"
	done
}

gives_up() {
	local n noting
	notes_meanwhile 3>&- &
	noting=$!
	for n in 1 2 3; do
		run in_database 'select audit_months()'
		[[ $status != 0 && $output == *'lock timeout'* ]] || fail "$output"
	done
	wait "$noting"
}

@test "a month that somebody uses is dropped later, and what is noted meanwhile is there" {
	fresh
	begins "$(date -u +%Y-%m -d "$(date -u +%Y-%m-15) -3 months")"
	due now
	noted "$(date -u +%FT%TZ -d '200 days ago')" old
	again APP__AUDIT__RETENTION=60d
	while_held gives_up
	[[ $(in_database "select count(*) filter (where action = 'old'), count(*) from audit") == '1|11' ]]
	while [[ $(in_database 'select audit_months()') == 1 ]]; do :; done
	[[ $(in_database "select count(*) filter (where action = 'old'), count(*) from audit") == '0|10' ]]
}

@test "a courier drops what is no longer kept, and goes on noting" {
	DATABASE=postern
	login ann
	in_database "begin; alter table audit detach partition audit_first; select audit_part('audit_2019_12');
		alter table audit attach partition audit_2019_12 for values from (minvalue) to ('2020-01-01T00:00:00Z');
		insert into audit (id, at, action, address, request_id, detail)
			values (gen_random_uuid(), '2019-12-31T23:59:59Z', 'old', '', '', '');
		alter table audit attach partition audit_first for values from ('2020-01-01T00:00:00Z') to ('$(date -u +%Y-%m -d "$(date -u +%Y-%m-15) +2 months")-01T00:00:00Z'); commit"
	stack_again APP__SERVER__WORKERS=1 APP__SERVER__KEEPERS=1 APP__AUDIT__RETENTION=30d
	wait_for 20 in_database_is t "select to_regclass('audit_2019_12') is null"
	in_database_is t "select count(*) > 0 from audit_first where subject = '$USER_ID'"
	sign_in "$EMAIL" "$PASSWORD"
	in_database_is t "select count(*) = 2 from audit where subject = '$USER_ID' and action = 'session.begin'"
}

in_database_is() {
	[[ $(in_database "$2") == "$1" ]]
}

# clock BEHIND: the database's clock is further by that than when it was looked at last.
clock() {
	in_database "update audit_retention set seen = seen - interval '$1', jumped = jumped - interval '$1'"
}

# looked: what is done by who serves, until nothing is due.
looked() {
	in_database 'do $$ begin while audit_months() > 0 loop end loop; end $$'
}

@test "a clock that is wrong for a moment drops nothing; one that goes on like that for a day is believed" {
	local way before
	fresh APP__AUDIT__RETENTION=400d
	begins 2019-12
	noted 2019-11-30T12:00:00Z old
	# Before it could be dropped.
	in_database "update audit_retention set keep = null"
	looked
	before=$(parts)
	in_database "update audit_retention set keep = interval '400 days'"
	for way in '30 years' '-30 years' '25 hours'; do
		clock "$way"
		looked
		clock '12 hours'
		looked
		[[ $(kept) == old && $(parts) == "$before" ]] || fail "$way: $(kept) $(parts)"
	done
	clock '12 hours 1 second'
	looked
	[[ -z $(kept) && $(parts) != "$before" ]] || fail "$(kept) $(parts)"
}

@test "a retention of less than a day is refused as a slip" {
	run --separate-stderr env APP__AUDIT__RETENTION=30s "$RUN_DIR/postern" -t
	# shellcheck disable=SC2154 # run sets stderr
	[[ $status == 78 && $stderr == *'audit.retention: shorter than a day'* ]] || fail "$status $stderr"
}

@test "postern -t says when the database goes by another retention" {
	run --separate-stderr env APP__AUDIT__RETENTION=31d "$RUN_DIR/postern" -t
	[[ $status == 0 && $stderr == *'audit.retention'*'postern migrate'* ]] || fail "$status $stderr"
	run --separate-stderr env APP__AUDIT__RETENTION=30d "$RUN_DIR/postern" -t
	[[ $status == 0 && $stderr != *'audit.retention'* ]] || fail "$status $stderr"
}
