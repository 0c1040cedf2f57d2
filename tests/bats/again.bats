# SPDX-License-Identifier: MIT
# A handler that is run again because its transaction lost a race does for good only once what is done
# for good; and a link opens whatever the neighbours do.

load helpers

setup_file() {
	stack_start APP__LIMITS__NETWORK=10 APP__LIMITS__DELAY=15m APP__LIMITS__NETWORK_MAILS=1000
	sql "create sequence lost; create function lose() returns trigger language plpgsql security definer as \$\$
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

# races TABLE: the next three transactions that write to it lose theirs.
races() {
	sql "alter sequence lost restart;
		create or replace trigger lose before insert or update on $1 for each row execute function lose()"
}

no_races() {
	sql "drop trigger if exists lose on users; drop trigger if exists lose on sessions;
		drop trigger if exists lose on audit; drop trigger if exists lose on outbox"
}

teardown() {
	no_races
}

forgot() {
	TOKEN='' post /api/v1/auth/forgot "$(jq -nc --arg e "$EMAIL" '{email: $e}')"
	status 202 || return
	mail_for "$EMAIL" reset
}

reset() {
	TOKEN='' post /api/v1/auth/reset "$(jq -c '.password = "a brand new horse"' <<<"$1")"
}

wrong_code() {
	printf '%08d' $(((10#$CODE + ${1:-1}) % 100000000))
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
