# SPDX-License-Identifier: MIT
# What somebody does at the command line is noted: who, what, to whom, in the transaction that does it.
# The commands are those of src/cli/commands.def that leave notes; each has its act here.

load helpers

setup_file() {
	export APP__JWT__ALGORITHM=ES256 # of the command line, too
	stack_start APP__SERVER__WORKERS=1 APP__SERVER__COURIERS=0
}

teardown_file() {
	stack_stop
}

# noting: "WORDS|ACTIONS" of each command that changes something.
noting() {
	tr -d '\n' <"$ROOT/src/cli/commands.def" | grep -oE 'COMMAND\([a-z_]+, "[^"]+", "[^"]*", [A-Z]+,\s*NOTES\("[^"]+"\)' |
		sed -E 's/^COMMAND\([a-z_]+, "([^"]+)".*NOTES\("([^"]+)"\)$/\1|\2/'
}

# notes_since ID: "action subject detail operator address" of the notes behind one, the oldest first.
notes_since() {
	sql "select concat_ws(' ', action, coalesce(subject::text, '-'), '[' || detail || ']', '[' || coalesce(typed_by, '') || ']',
			'[' || address || ']')
		from audit where id > '$1' order by id"
}

newest() {
	sql "select coalesce((select id from audit order by id desc limit 1), '00000000-0000-0000-0000-000000000000')"
}

operator() {
	local owner
	owner=$(stat -c %U "$RUN_DIR/pg")
	echo "$owner (uid $(id -u "$owner"))"
}

# A mail that was given up.
dead_mail() {
	local id
	id=$(printf '%08x-%04x-7000-8000-%s' $((EPOCHSECONDS >> 16)) $((EPOCHSECONDS & 65535)) "$(openssl rand -hex 6)")
	sql "insert into outbox (id, template, locale, recipient, words, state, expires_at, finished_at)
		values ('$id', 'reset', 'en', 'dead@example.org', '{}', 'dead', now() + interval '1 day', now())"
	echo "$id"
}

# Each act: does it, and prints the notes that it should leave as "action subject [detail]".
act_user_create() {
	local id
	id=$(cli user create "operator.$(unique)@example.org" <<<'a long password')
	echo "user.create $id [user]"
	id=$(cli user create --admin "operator.$(unique)@example.org" <<<'a long password')
	echo "user.create $id [admin]"
}

act_mail_retry() {
	local id
	id=$(dead_mail)
	cli mail retry "$id" >/dev/null
	echo "mail.retry - [$id]"
	dead_mail >/dev/null
	dead_mail >/dev/null
	cli mail retry --dead >/dev/null
	echo "mail.retry - [2 dead ones]"
}

act_key_new() {
	local kid
	kid=$(cli key new)
	echo "key.new - [$kid]"
	kid=$(cli key new --activate)
	echo "key.new - [$kid]"
	echo "key.activate - [$kid]"
}

act_key_activate() {
	local kid
	kid=$(sql "select kid from signing_keys where state = 'next' limit 1")
	cli key activate "$kid"
	echo "key.activate - [$kid]"
	cli key activate "$kid" # nothing changes any more, and nothing is noted
}

act_key_retire() {
	local kid
	for kid in $(sql "select kid from signing_keys where state = 'retired' order by kid limit 1"); do
		cli key retire --now "$kid"
		echo "key.delete - [$kid]"
	done
	# That one: a courier may have made a next one meanwhile.
	kid=$(sql "update signing_keys set state = 'next', retired_at = null
		where kid = (select kid from signing_keys where state = 'retired' order by kid limit 1) returning kid")
	cli key retire "$kid"
	echo "key.retire - [$kid]"
}

act_key_rotate() {
	local kid
	kid=$(sql "select kid from signing_keys where state = 'retired' order by kid limit 1")
	sql "update signing_keys set retired_at = now() - interval '30 days' where kid = '$kid';
		update signing_keys set activated_at = now() - interval '100 days' where state = 'active'" >/dev/null
	cli key rotate
	echo "key.new - [$(sql "select kid from signing_keys where state = 'next'")]"
	echo "key.forget - [1 retired ones]"
}

@test "every command that changes something notes who, what and whom" {
	local command words before should
	[[ $(noting | wc -l) -ge 6 ]]
	while IFS='|' read -r words _; do
		command=act_${words// /_}
		declare -F "$command" >/dev/null || fail "$words: this test does not know it; give it an act"
		before=$(newest)
		"$command" >"$BATS_TEST_TMPDIR/should"
		should=$(sed "s/\$/ [$(operator)] [command line]/" "$BATS_TEST_TMPDIR/should")
		diff <(echo "$should") <(notes_since "$before") || fail "$words"
	done < <(noting)
}

@test "nothing is noted under another name than the table has" {
	local known
	known=$(noting | cut -d'|' -f2 | tr ' ' '\n' | sort -u)
	[[ $(sql "select count(*) from audit where typed_by is not null") -gt 0 ]]
	diff <(echo "$known") <(sql 'select distinct action from audit where typed_by is not null order by action')
}

@test "what is refused leaves no note" {
	local before id
	before=$(newest)
	id=$(sql "select id from outbox where state = 'queued' limit 1")
	run cli user create 'no address' <<<'a long password'
	[[ $status == 65 ]]
	run cli user create "operator.$(unique)@example.org" <<<'short'
	[[ $status == 65 ]]
	run cli mail retry 01900000-0000-7000-8000-000000000000
	[[ $status == 65 ]]
	run cli key retire "$(sql "select kid from signing_keys where state = 'active'")"
	[[ $status == 65 ]]
	[[ -z $(notes_since "$before") ]]
}

@test "a change that cannot be noted is not made" {
	local email
	email=operator.$(unique)@example.org
	sql 'alter table audit add constraint closed check (typed_by is null) not valid'
	run --separate-stderr cli user create "$email" <<<'a long password'
	sql 'alter table audit drop constraint closed'
	[[ $status == 70 && -z $output && -n $stderr ]]
	[[ $(sql "select count(*) from users where email = '$email'") == 0 ]]
}

@test "an id is told once it is committed" {
	local email
	email=operator.$(unique)@example.org
	sql "create function late() returns trigger language plpgsql as \$\$ begin raise exception 'late'; end \$\$;
		create constraint trigger late after insert on users deferrable initially deferred
		for each row execute function late()"
	run --separate-stderr cli user create "$email" <<<'a long password'
	sql 'drop trigger late on users; drop function late()'
	[[ $status != 0 && -z $output ]]
	[[ $(sql "select count(*) from users where email = '$email'") == 0 ]]
}

@test "administrators see in the audit log who did it at the command line" {
	local id
	id=$(cli user create "operator.$(unique)@example.org" <<<'a long password')
	admin
	get "/api/v1/audit?subject=$id"
	status 200
	body length 1
	body '.[0].action' user.create
	body '.[0].typed_by' "$(operator)"
	body '.[0].address' 'command line'
	body_is '.[0] | has("actor") | not'
}

@test "sudo's word on who asked is believed of root alone" {
	local id
	[[ $(id -u) == 0 ]] || skip 'only root can be believed'
	id=$(SUDO_USER=mallory cli user create "operator.$(unique)@example.org" <<<'a long password')
	[[ $(sql "select typed_by from audit where subject = '$id'") == "$(operator)" ]]
}
