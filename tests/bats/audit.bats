# SPDX-License-Identifier: MIT
# The audit log: who did what to whom, from where; read by admins, changed by nobody.

load helpers

# notes QUERY: asks for them as an admin, whose token is ADMIN.
notes() {
	TOKEN=$ADMIN get "/api/v1/audit$1"
}

setup() {
	admin
	ADMIN=$TOKEN ADMIN_ID=$USER_ID
}

@test "what happens to an account is noted, newest first, with who and from where" {
	login ann
	local id
	id=$(session)
	refresh
	tokens
	TOKEN='' post /api/v1/auth/logout "{\"refresh_token\": \"$REFRESH\"}"
	TOKEN=$ADMIN request PATCH "/api/v1/users/$USER_ID" '{"role": "admin"}'
	local request_id
	request_id=$(header X-Request-Id)
	TOKEN=$ADMIN request PATCH "/api/v1/users/$USER_ID" '{"disabled": true}'
	TOKEN=$ADMIN delete "/api/v1/users/$USER_ID"
	status 204
	notes "?subject=$USER_ID"
	status 200
	body '[.[].action] | map(select(. != "user.register")) | join(" ")' \
		'user.delete user.disable user.role session.end session.begin'
	body_is 'all(.subject == $id and .at != null and .id != null)' --arg id "$USER_ID"
	body_is 'all(.address | test("^(127.0.0.1|::1)$"))'
	body_is 'map(.at) == (map(.at) | sort | reverse)'
	body_is '.[] | select(.action == "user.role") | .actor == $admin and .detail == "user -> admin" and .request_id == $id' \
		--arg admin "$ADMIN_ID" --arg id "$request_id"
	body_is '.[] | select(.action == "session.begin") | .actor == $id and .session == $session' \
		--arg id "$USER_ID" --arg session "$id"
	body_is 'all(keys - ["session", "actor"] == ["action", "address", "at", "detail", "id", "request_id", "subject"])'
	header Cache-Control '*no-store*'
}

@test "what was refused is not noted as done" {
	login ann
	request PATCH "/api/v1/users/$USER_ID" '{"role": "admin"}'
	problem 403 forbidden
	delete "/api/v1/me/sessions/$ADMIN_ID"
	problem 404 session-not-found
	notes "?subject=$USER_ID"
	body_is 'all(.action != "user.role" and .action != "session.end")'
}

@test "notes are read page by page, each once" {
	register ann
	for _ in {1..7}; do
		sign_in "$EMAIL" "$PASSWORD"
	done
	local seen=() next="?subject=$USER_ID&action=session.begin&limit=3" pages=0
	while [[ -n $next ]]; do
		notes "$next"
		status 200
		mapfile -t -O "${#seen[@]}" seen < <(jq -r '.[].id' <<<"$BODY")
		next=$(header Link 2>/dev/null | sed 's/^<[^?]*\(.*\)>; rel="next"$/\1/') || next=''
		pages=$((pages + 1))
	done
	[[ $pages == 3 && ${#seen[@]} == 7 ]]
	[[ $(printf '%s\n' "${seen[@]}" | sort -u | wc -l) == 7 ]]
	[[ $(printf '%s\n' "${seen[@]}" | sort -r) == "$(printf '%s\n' "${seen[@]}")" ]]
}

@test "each filter leaves out what it should, alone and with others" {
	login ann
	local ann=$USER_ID
	login bob
	local bob=$USER_ID
	TOKEN=$ADMIN delete "/api/v1/users/$ann/sessions"
	TOKEN=$ADMIN delete "/api/v1/users/$bob/sessions"
	notes "?actor=$ADMIN_ID"
	body_is 'length >= 3 and all(.actor == $id)' --arg id "$ADMIN_ID"
	notes "?actor=$ADMIN_ID&action=session.end-all"
	body length 2
	notes "?actor=$ADMIN_ID&subject=$ann"
	body length 1
	body '.[0].action' session.end-all
	body '.[0].detail' '1 ended'
	notes "?subject=$ann&action=session.begin"
	body length 1
	notes "?subject=$ann&actor=$ann&action=session.begin"
	body length 1
	notes "?subject=$ann&actor=$bob"
	body length 0
	notes '?action=session.end-all&limit=2'
	body_is 'length == 2 and all(.action == "session.end-all")'
	notes '?action=nothing.such'
	body length 0
	notes '?limit=100'
	body_is 'length <= 100 and (map(.id) == (map(.id) | sort | reverse))'
}

@test "notes are found by when they were written" {
	login ann
	local at next_ms
	notes "?subject=$USER_ID&action=session.begin"
	at=$(jq -r '.[0].at' <<<"$BODY")
	notes "?subject=$USER_ID&action=session.begin&since=$at"
	body length 1
	notes "?subject=$USER_ID&action=session.begin&before=$at"
	body length 0
	next_ms=$(date -u -d "$at + 1 second" +%Y-%m-%dT%H:%M:%SZ)
	notes "?subject=$USER_ID&action=session.begin&since=$(date -u -d "$at - 1 second" +%Y-%m-%dT%H:%M:%SZ)&before=$next_ms"
	body length 1
	notes "?subject=$USER_ID&since=$next_ms"
	body length 0
	notes "?subject=$USER_ID&action=session.begin&since=$(date -u -d "$at - 1 second" +%Y-%m-%dT%H:%M:%S)%2B00:00"
	body length 1
	notes '?before=1990-01-01T00:00:00Z'
	body length 0
	notes "?since=$at&limit=1"
	body length 1
	header Link "*since=*"
}

@test "the time of a note is the database's, whatever the clock of the host that wrote it" {
	local minutes id
	register ann
	# Of ids whose own time is half an hour off.
	for minutes in -30 30; do
		id=$(printf '%012x' $((${EPOCHREALTIME//[.,]/} / 1000 + minutes * 60000)))
		sql "insert into audit (id, action, subject, address, request_id, detail)
			values ('${id:0:8}-${id:8:4}-7000-8000-$(openssl rand -hex 6)', 'clock.test', '$USER_ID', '', '', '')"
	done
	notes "?subject=$USER_ID&action=clock.test&since=$(date -u -d '1 minute ago' +%FT%TZ)&before=$(date -u -d '1 minute' +%FT%TZ)"
	body length 2
}

@test "a question with faults is told all of them" {
	notes '?limit=0&actor=me&subject=1&action=No%20Such&since=yesterday&before=2026-02-30T00:00:00Z&color=red'
	problem 400 invalid-request
	fault /limit
	fault /actor
	fault /subject
	fault /action
	fault /since 'since must be an instant such as 2026-11-22T12:34:56Z'
	fault /before
	fault /color
	notes '?limit=101'
	problem 400 invalid-request
}

@test "only admins read it" {
	TOKEN='' get /api/v1/audit
	problem 401 unauthenticated
	login ann
	get /api/v1/audit
	problem 403 forbidden
	get "/api/v1/audit?subject=$USER_ID"
	problem 403 forbidden
}

@test "nothing in it can be changed or removed, by the service's own role neither" {
	login ann
	local role statement before
	before=$(sql "select count(*) from audit where subject = '$USER_ID'")
	[[ $before -gt 0 ]]
	for role in postgres postern; do
		for statement in "update audit set detail = 'x' where subject = '$USER_ID'" \
			"delete from audit where subject = '$USER_ID'" 'truncate audit' 'truncate audit, users cascade'; do
			run sql "set role $role; $statement"
			[[ $status != 0 && $output == *'audit is append-only'* ]] || fail "$role: $statement: $output"
		done
	done
	[[ $(sql "select count(*) from audit where subject = '$USER_ID'") == "$before" ]]
	local method
	for method in POST PUT PATCH DELETE; do
		TOKEN=$ADMIN request "$method" /api/v1/audit
		problem 405 method-not-allowed
	done
}

@test "what is noted of a deleted user outlives it" {
	login ann
	delete "/api/v1/users/$USER_ID"
	status 204
	notes "?subject=$USER_ID&action=user.delete"
	body length 1
	body '.[0].actor' "$USER_ID"
}

# plan STATEMENT: how PostgreSQL goes about a statement of src/sql/audit.sql with 100,000 rows.
plan() {
	{
		echo "begin; insert into audit (id, action, actor, subject, address, request_id, detail)
			select gen_random_uuid(), 'a.' || n % 20, ('00000000-0000-7000-8000-' || lpad((n % 500)::text, 12, '0'))::uuid,
				('00000000-0000-7000-9000-' || lpad((n % 5000)::text, 12, '0'))::uuid, '127.0.0.1', 'r', ''
			from generate_series(1, 100000) n;"
		# As autovacuum does it, for it passes by what is empty.
		echo 'analyze audit_first; set local plan_cache_mode = force_generic_plan;'
		# Parameters in their order of appearance.
		awk -v name="-- name: $1 " 'index($0, name) == 1 { on = 1 } on && !/^--/ { print } on && /;$/ { exit }' \
			"$ROOT/src/sql/audit.sql" | python3 -c '
import re, sys
seen = []
types = {"below": "uuid", "from": "uuid", "subject": "uuid", "actor": "uuid", "since": "timestamptz",
         "before": "timestamptz", "limit": "integer", "action": "text"}
def number(m):
    if m[1] not in seen:
        seen.append(m[1])
    return f"${seen.index(m[1]) + 1}"
text = re.sub(r"(?<!:):([a-z]+)(::[a-z_]+)?", number, sys.stdin.read())
print("prepare p (" + ", ".join(types[s] for s in seen) + ") as " + text)
values = {"uuid": "$$ffffffff-ffff-7fff-bfff-ffffffffffff$$", "timestamptz": "$$2000-01-01$$", "integer": "20", "text": "$$a.1$$"}
def value(name):
    return "$$infinity$$" if name == "before" else values[types[name]]
print("explain (costs off) execute p (" + ", ".join(map(value, seen)) + ");")'
		echo 'rollback;'
	} | as_owner env -C / "$(postgres_bin)/psql" -XqAt -v ON_ERROR_STOP=1 -h "$RUN_DIR/sock" -U postgres -d postern
}

@test "every filter has an index that also gives the order" {
	local row
	for row in audit_page:id_pkey audit_page_by_action:action_idx \
		audit_page_by_actor:actor_idx audit_page_by_subject:subject_idx; do
		run plan "${row%:*}"
		echo "$output"
		[[ $status == 0 && $output == *"Index Scan Backward using audit_first_${row#*:}"* ]]
		# Of its parts likewise; what they give is merged, one row from each at a time.
		run ! grep -E -- '-> +((Incremental )?Sort|Seq Scan|Bitmap)' <<<"$output"
	done
}
