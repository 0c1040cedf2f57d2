# SPDX-License-Identifier: MIT
# A handler that is run again because its transaction lost a race does for good only once what is done
# for good; and a link opens whatever the neighbours do.

load helpers

setup_file() {
	stack_start APP__LIMITS__CHANGES=3 APP__LIMITS__NETWORK=10 APP__LIMITS__DELAY=15m APP__LIMITS__NETWORK_MAILS=1000
	# What its transaction wrote is gone with it: a sequence and the server's log remember.
	sql "create sequence lost; create sequence counted;
		create function note_guess() returns trigger language plpgsql security definer as \$\$
		begin
			perform nextval('counted');
			return new;
		end \$\$;
		create trigger count before insert or update on attempts for each row execute function note_guess();
		create function lose_hash() returns trigger language plpgsql security definer as \$\$
		begin
			if nextval('lost') <= 3 then
				raise exception 'a race was lost over %', md5(new.password) using errcode = '40001';
			end if;
			return new;
		end \$\$;
		create function lose() returns trigger language plpgsql security definer as \$\$
		begin
			if nextval('lost') <= 3 then
				raise exception 'a race was lost' using errcode = '40001';
			end if;
			return new;
		end \$\$"
}

teardown_file() {
	stack_stop
}

# races TABLE [FUNCTION]: the next three transactions that write to it lose theirs.
races() {
	sql "alter sequence lost restart;
		create or replace trigger lose before insert or update on $1
			for each row execute function ${2-lose}()"
}

# always_lost TABLE: as races, but all of them.
always_lost() {
	races "$1"
	sql "alter sequence lost minvalue -1000 restart with -1000"
}

no_races() {
	sql "drop trigger if exists lose on users; drop trigger if exists lose on sessions;
		drop trigger if exists lose on audit; drop trigger if exists lose on outbox;
		drop trigger if exists lose on proofs"
}

teardown() {
	no_races
}

forgot() {
	TOKEN='' post /api/v1/auth/forgot "$(object email "$EMAIL")"
	status 202 || return
	mail_for "$EMAIL" reset
}

reset() {
	TOKEN='' post /api/v1/auth/reset "$(jq -c '.password = "a brand new horse"' <<<"$1")"
}

wrong_code() {
	printf '%08d' $(((10#$CODE + ${1:-1}) % 100000000))
}

# counted: how many rows of guesses were written to since the last time.
counted() {
	sql "select case when is_called then last_value else 0 end from counted; alter sequence counted restart" |
		head -1
}

# change_password PASSWORD NEW
change_password() {
	post /api/v1/me/password \
		"$(object current_password "$1" password "$2")"
}

asked() {
	sql "select coalesce(sum(failures), 0) from attempts where kind = 'mail'"
}

@test "one registration is counted once, however often its transaction is lost" {
	local before
	before=$(asked)
	races users
	register ann
	[[ $(sql "select last_value from lost") == 4 ]]
	[[ $(asked) == $((before + 1)) ]]
}

@test "what is registered is hashed once, however often its transaction is lost" {
	local before hashes
	before=$(grep -c 'a race was lost over' "$RUN_DIR/log/postgresql.log" || true)
	races users lose_hash
	register ann
	hashes=$(grep -o 'a race was lost over [0-9a-f]*' "$RUN_DIR/log/postgresql.log" | tail -n +$((before + 1)))
	[[ $(wc -l <<<"$hashes") == 3 ]] || fail "$hashes"
	[[ $(sort -u <<<"$hashes") == "a race was lost over $(sql "select md5(password) from users where id = '$USER_ID'")" ]]
	sign_in "$EMAIL" "$PASSWORD"
}

@test "a new password is hashed once, and the old one counted once, however often that is lost" {
	login ann
	counted
	change_password "$PASSWORD" 'another long horse'
	status 204
	local once hashes
	once=$(counted)
	[[ $once -gt 0 ]]
	sign_in "$EMAIL" 'another long horse'
	counted
	local before
	before=$(grep -c 'a race was lost over' "$RUN_DIR/log/postgresql.log" || true)
	races users lose_hash
	change_password 'another long horse' 'a third long horse'
	status 204
	[[ $(sql "select last_value from lost") -ge 4 ]]
	[[ $(counted) == "$once" ]]
	hashes=$(grep -o 'a race was lost over [0-9a-f]*' "$RUN_DIR/log/postgresql.log" | tail -n +$((before + 1)))
	[[ $(sort -u <<<"$hashes" | wc -l) == 1 ]] || fail "$hashes"
}

@test "a sign-in that loses races is one sign-in of those that a user has in a minute" {
	register ann
	races sessions
	sign_in "$EMAIL" "$PASSWORD"
	[[ $(sql "select last_value from lost") == 4 ]]
	sign_in "$EMAIL" "$PASSWORD"
	sign_in "$EMAIL" "$PASSWORD"
}

@test "a fault is told once, however often the transaction that keeps its try is lost" {
	register ann
	forgot
	sql "alter sequence lost restart; create trigger lose before update on proofs
		for each row when (new.tries < old.tries) execute function lose()"
	TOKEN='' post /api/v1/auth/reset "$(by_code | jq -c '.password = "password"')"
	[[ $(sql "select last_value from lost") == 4 ]]
	problem 400 invalid-request
	body '.error.fields | length' 1
	[[ $(sql "select tries from proofs where id = '$PROOF'") == 0 ]]
}

@test "a right password that loses every race is no guess" {
	register ann
	local before
	before=$(sql "select coalesce(sum(failures), 0) from attempts where kind <> 'mail'")
	always_lost sessions
	TOKEN='' post /api/v1/auth/login "$(credentials "$EMAIL" "$PASSWORD")"
	problem 503 overloaded
	[[ $(sql "select coalesce(sum(failures), 0) from attempts where kind <> 'mail'") == "$before" ]]
	no_races
	sign_in "$EMAIL" "$PASSWORD"
}

# wrong_guess: from FROM, at nobody.
wrong_guess() {
	TOKEN='' post /api/v1/auth/login "$(credentials "nobody.$(unique)@example.org" 'not the password')"
}

@test "a right password that is counted opens, whatever the neighbours do while its transaction is run again" {
	FROM=127.77.3.1
	register ann
	sql "create table if not exists go_on (); create or replace function lose_later() returns trigger language plpgsql
		security definer as \$\$
		begin
			if nextval('lost') = 1 then
				while not exists (select from go_on) loop
					perform pg_sleep(0.02);
				end loop;
				raise exception 'a race was lost' using errcode = '40001';
			end if;
			return new;
		end \$\$"
	races sessions lose_later
	local _ out=$BATS_TEST_TMPDIR/out
	for _ in {1..8}; do wrong_guess; done
	(TOKEN='' post /api/v1/auth/login "$(credentials "$EMAIL" "$PASSWORD")" && echo "$STATUS" >"$out") 3>&- &
	wait_for 20 lost_once
	wrong_guess
	# The network has to wait: a second, and then two.
	wait_for 20 guessed_again
	wrong_guess
	problem 429 too-many-attempts
	sql 'insert into go_on default values'
	wait $!
	sql 'drop table go_on'
	[[ $(<"$out") == 200 ]] || fail "$(<"$out")"
}

lost_once() {
	[[ $(sql 'select is_called from lost') == t ]]
}

guessed_again() {
	wrong_guess && [[ $STATUS == 401 ]]
}

@test "a reset that loses every race takes back no guesses of others" {
	FROM=127.77.4.1
	register ann
	forgot
	local _ before
	for _ in {1..3}; do wrong_guess; done
	TOKEN='' post /api/v1/auth/login "$(credentials "$EMAIL" 'not the password')"
	before=$(sql "select string_agg(kind || failures, ' ' order by kind, key) from attempts where kind <> 'mail'")
	always_lost audit
	reset "$(by_link)"
	problem 503 overloaded
	[[ $(sql "select string_agg(kind || failures, ' ' order by kind, key) from attempts where kind <> 'mail'") == "$before" ]]
	no_races
	reset "$(by_link)"
	status 204
}

@test "a right code on the last try is one try, however often the transaction is lost" {
	register ann
	forgot
	local i
	for i in 1 2 3 4; do
		reset "$(by_code "$PROOF" "$(wrong_code "$i")")"
		problem 400 proof-wrong
	done
	races audit
	reset "$(by_code)"
	status 204
	[[ $(sql "select last_value from lost") == 4 ]]
	[[ $(sql "select tries from proofs where id = '$PROOF'") == 5 ]]
}

@test "a link opens although the network has tried too many wrong ones" {
	FROM=127.77.1.1
	register ann
	forgot
	local i made=$LINK codes=''
	for i in {1..14}; do
		reset "$(by_link "AQGiJgmtG3uNjiIFzjhVh1UAAAADChNR-HDBldSetUo1HdBPw78-shJ2GA6c6Kxpm3kFRv4")"
		codes+="$STATUS "
		sleep 0.2
	done
	[[ $codes == *400*429* ]] || fail "$codes"
	reset "$(by_link "$made")"
	status 204
}

@test "wrong links do not keep a code from being given, nor do codes of what there is not" {
	FROM=127.77.2.1
	register ann
	forgot
	local i
	for i in {1..12}; do
		reset "$(by_link "AQGiJgmtG3uNjiIFzjhVh1UAAAADChNR-HDBldSetUo1HdBPw78-shJ2GA6c6Kxpm3kFRv4")"
		reset "$(by_code "$(</proc/sys/kernel/random/uuid)" 12345678)"
		problem 410 proof-gone
		sleep 0.4
	done
	reset "$(by_code)"
	status 204
}
