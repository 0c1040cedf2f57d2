# SPDX-License-Identifier: MIT
# Things that chance seldom brings together: the one worker is stopped until an answer of the database and
# clients who have gone lie before it, so that it finds them in one turn of its loop.
# shellcheck disable=SC2317 # waiting and sleeping are called by wait_for

load helpers

setup_file() {
	# Three connections for writes.
	stack_start APP__SERVER__WORKERS=1 APP__DATABASE__MAX_CONNECTIONS=6 \
		APP__DATABASE__LOCK_TIMEOUT=8s APP__DATABASE__STATEMENT_TIMEOUT=9s
	# shellcheck disable=SC2016 # PostgreSQL's dollars
	sql 'create sequence meeting;
		create table met (n int);
		insert into met values (1);
		create function met() returns trigger language plpgsql security definer as $$ begin
			perform 1 from public.met for share;
			return null; end $$;
		create constraint trigger met after update on sessions deferrable initially deferred
			for each row execute function met();
		create function meeting() returns trigger language plpgsql as $$ begin
			if new.name like $x$meet:%$x$ then perform pg_sleep(1.2); end if;
			if new.name = $x$meet:full$x$ then
				raise exception $x$disk full$x$ using errcode = $x$53100$x$;
			elsif new.name = $x$meet:own$x$ then
				raise exception $x$its own fault$x$ using errcode = $x$22000$x$;
			elsif new.name = $x$meet:again$x$ and nextval($x$meeting$x$) % 4 <> 0 then
				raise exception $x$once more$x$ using errcode = $x$40001$x$;
			end if;
			return new; end $$;
		create trigger meeting before update on users for each row execute function meeting();
		grant usage on sequence meeting to public'
	local name
	for name in {0..7}; do
		login "met$name"
		echo "$USER_ID $EMAIL $TOKEN"
	done >"$BATS_FILE_TMPDIR/people"
}

teardown_file() {
	stack_stop
}

setup() {
	mapfile -t people <"$BATS_FILE_TMPDIR/people"
	worker=$(pool_kind worker)
	master=$(pool_pid)
	asked=()
}

teardown() {
	all_go_on || true
	kill "${asked[@]}" 2>/dev/null || true
	wait
}

# The worker is stopped; and the master, who would have another one in its place.
stops() {
	kill -STOP "$master" "$worker"
}

goes_on() {
	kill -CONT "$worker"
}

# The worker has been heard of since it goes on.
all_go_on() {
	kill -CONT "$worker" "$master"
}

# them N: the Nth person's ID, EMAIL and TOKEN.
them() {
	read -r ID EMAIL TOKEN <<<"${people[$1]}"
}

# ask N METHOD PATH [BODY]: in the background, for the Nth request; its status is in $N.status.
ask() {
	local out=$BATS_TEST_TMPDIR/$1 args=()
	[[ $# -lt 4 ]] || args=(-H 'Content-Type: application/json' --data-binary "$4")
	curl -sS --max-time 30 --cacert "$RUN_DIR/tls/cert.pem" -X "$2" -H "Authorization: Bearer $TOKEN" \
		-o "$out.body" -w '%{http_code}' "${args[@]}" "$BASE$3" >"$out.status" 2>"$out.errors" 3>&- &
	asked[$1]=$!
}

# leaves N: its client goes, and nginx gives the request up.
leaves() {
	kill -KILL "${asked[$1]}" || fail "$1 has not waited: $(cat "$BATS_TEST_TMPDIR/$1.status")" || return
	wait "${asked[$1]}" 2>/dev/null || true
	unset "asked[$1]"
}

# heard N: sets TOLD, its status.
heard() {
	wait "${asked[$1]}" || true
	TOLD=$(cat "$BATS_TEST_TMPDIR/$1.status")
}

# waiting N: so many statements of the pool wait for a lock.
waiting() {
	[[ $(sql "select count(*) from pg_stat_activity
		where application_name = 'postern' and wait_event_type = 'Lock'") == "$1" ]]
}

# holds STATEMENT: keeps what it locks until let_go.
holds() {
	sql "begin; $1; select pg_sleep(20)" >/dev/null 2>&1 3>&- &
	wait_for 20 sleeping psql
}

# sleeping WHO: a statement of psql (the holder) or postern (the trigger) sleeps.
sleeping() {
	[[ $(sql "select count(*) from pg_stat_activity
		where application_name = '$1' and wait_event = 'PgSleep'") == 1 ]]
}

let_go() {
	ends psql
}

# ends WHO: its connection, while its statement sleeps.
ends() {
	sql "select pg_terminate_backend(pid) from pg_stat_activity
		where application_name = '$1' and wait_event = 'PgSleep'" >/dev/null
}

# in_order: nobody has a transaction open, and everybody is served.
in_order() {
	local n
	[[ $(sql "select count(*) from pg_stat_activity
		where application_name = 'postern' and state like 'idle in transaction%'") == 0 ]]
	[[ $(pool_kind worker) == "$worker" ]] || fail 'the worker has died'
	for n in {0..7}; do
		them "$n"
		get "/api/v1/users/$ID"
		status 200
		body .id "$ID"
	done
	sane
}

# occupies N: three refreshes, the first of them number N, have all connections, and wait at their commit.
# The answer to that is the one behind which a connection comes free.
occupies() {
	local n
	them 0
	sign_in "$EMAIL" "${EMAIL%%.*} has a horse"
	holds 'select 1 from met for update'
	for n in "$1" $(($1 + 1)) $(($1 + 2)); do
		ask "$n" POST /api/v1/auth/refresh "$(object refresh_token "$REFRESH")"
	done
	wait_for 20 waiting 3
}

# queue GOERS...: three have connections, and four changes wait for one. Those are let go and the goers
# leave before the worker sees either. PAUSE: how long it is stopped. Sets ANSWERS of the others.
queue() {
	local n
	occupies 0
	for n in 3 4 5 6; do
		them "$n"
		ask "$n" DELETE /api/v1/me/email
		sleep 0.1
	done
	stops
	let_go
	for n; do leaves "$n"; done
	sleep "${PAUSE:-0.3}"
	goes_on
	answers
	all_go_on
}

# answers: sets ANSWERS, "number status" of each that was asked and has not left.
answers() {
	local n
	ANSWERS=
	for n in "${!asked[@]}"; do
		heard "$n"
		ANSWERS+="${ANSWERS:+, }$n $TOLD"
	done
	asked=()
}

@test "a connection that comes free as the first who waits for it leaves is the next one's" {
	queue 3
	[[ $ANSWERS == '0 200, 1 200, 2 200, 4 204, 5 204, 6 204' ]] || fail "$ANSWERS"
	in_order
}

@test "as the first two leave, who come next have one each" {
	queue 3 4
	[[ $ANSWERS == '0 200, 1 200, 2 200, 5 204, 6 204' ]] || fail "$ANSWERS"
	in_order
}

@test "as one leaves that has a connection and one that waits, both are forgotten once" {
	queue 0 3 5
	[[ $ANSWERS == '1 200, 2 200, 4 204, 6 204' ]] || fail "$ANSWERS"
	in_order
}

@test "as all who wait leave, the connections are everybody's again" {
	queue 3 4 5 6
	[[ $ANSWERS == '0 200, 1 200, 2 200' ]] || fail "$ANSWERS"
	in_order
}

@test "as the wait of all ends in the same moment, each is told yes or no, and that it is" {
	PAUSE=5.5 queue 4
	[[ $ANSWERS =~ ^'0 200, 1 200, 2 200, 3 '(204|503)', 5 '(204|503)', 6 '(204|503)$ ]] || fail "$ANSWERS"
	in_order
}

# changes WORD PLACE HOW: four changes wait while all connections are taken, and so go out in one
# transaction; the one at PLACE has a name that makes it fail as WORD says, and its client "leaves" while it
# runs, or "stays", or the connection is "ended". Sets ANSWERS; each of them holds what it was told.
changes() {
	local n names=() has
	sql "select setval('meeting', 1)" >/dev/null
	occupies 4
	for n in 0 1 2 3; do
		them "$n"
		names[n]="of $BATS_TEST_NUMBER $1 $2"
		[[ $n != "$2" ]] || names[n]=meet:$1
		ask "$n" PUT "/api/v1/users/$ID" \
			"$(object email "$EMAIL" name "${names[n]}")"
	done
	sleep 0.5
	let_go
	wait_for 20 sleeping postern
	[[ $3 != leaves ]] || leaves "$2"
	[[ $3 != ended ]] || ends postern
	answers
	ANSWERS=${ANSWERS%, 4 200, 5 200, 6 200}
	for n in 0 1 2 3; do
		them "$n"
		has=$(sql "select name from users where id = '$ID'")
		case "$ANSWERS," in
		*"$n 200,"*) [[ $has == "${names[n]}" ]] ;;
		*"$n 50"[03],*) [[ $has != "${names[n]}" ]] ;;
		*) [[ $n == "$2" && $3 == leaves ]] ;;
		esac || fail "$1 at $2 ($3): $ANSWERS, and $n is '$has'" || return
	done
}

@test "who shares a transaction with a failure whose client has left is told what became of it" {
	local place
	for place in 0 3; do
		changes own "$place" leaves
		[[ ! $ANSWERS =~ 50. ]] || fail "$ANSWERS"
	done
	changes again 1 leaves
	[[ ! $ANSWERS =~ 50. ]] || fail "$ANSWERS"
	changes full 2 leaves
	[[ ! $ANSWERS =~ 200 ]] || fail "$ANSWERS"
	in_order
}

@test "who shares a transaction with a failure is told what became of it" {
	changes own 1 stays
	[[ $ANSWERS == '0 200, 1 500, 2 200, 3 200' ]] || fail "$ANSWERS"
	changes again 2 stays
	[[ $ANSWERS == '0 200, 1 200, 2 200, 3 200' ]] || fail "$ANSWERS"
	changes full 0 stays
	[[ $ANSWERS == '0 503, 1 503, 2 503, 3 503' ]] || fail "$ANSWERS"
	in_order
}

@test "who shares a transaction whose connection is ended is not told that it is done" {
	changes slow 1 ended
	[[ $ANSWERS == '0 503, 1 503, 2 503, 3 503' ]] || fail "$ANSWERS"
	in_order
}

@test "readers of a locked table that leave take nobody along who waits for it too" {
	local n
	them 7
	holds 'lock table users in access exclusive mode'
	# The first finds it locked and tries again on a connection of its own; the others wait for it.
	for n in 0 1 2 3; do
		them "$n"
		ask "$n" GET "/api/v1/users/$ID"
		sleep 0.1
	done
	leaves 0
	leaves 2
	sleep 0.3
	stops
	let_go
	sleep 0.1
	goes_on
	for n in 1 3; do
		heard "$n"
		[[ $TOLD == 200 ]]
		them "$n"
		[[ $(jq -r .id "$BATS_TEST_TMPDIR/$n.body") == "$ID" ]]
	done
	all_go_on
	in_order
}
