# SPDX-License-Identifier: MIT
# More sign-ins than can be worked off.

load helpers

setup_file() {
	stack_start APP__PASSWORD__QUEUE=1 APP__SERVER__KEEPERS=1 APP__LIMITS__FREE=100
}

teardown_file() {
	stack_stop
}

@test "what the keepers cannot take is answered 503 at once, and the rest is served" {
	register ann
	local out=$BATS_TEST_TMPDIR/out one bodies=()
	one=$(credentials "$EMAIL" "$PASSWORD")
	for _ in {1..60}; do
		bodies+=("$one")
	done
	PARALLEL=1 requests "$out" POST /api/v1/auth/login "${bodies[@]}"
	sort "$out/statuses" | uniq -c
	grep -q 200 "$out/statuses"
	grep -q 503 "$out/statuses"
	[[ $(grep -vc '200\|503' "$out/statuses") == 0 ]]
	local refused
	refused=$(grep -l overloaded "$out"/[0-9]* | head -1)
	[[ $(jq -r .error.code "$refused") == overloaded ]]
}

@test "an overloaded reply says when to come back" {
	register ann
	local one
	one=$(credentials "$EMAIL" "$PASSWORD")
	# Nothing is worked off meanwhile, and a queue of one has no room for the rest.
	pool_kind keeper | xargs -r kill -STOP
	for _ in {1..12}; do
		curl -s --cacert "$RUN_DIR/tls/cert.pem" -H 'Content-Type: application/json' \
			-d "$one" -D - "$BASE/api/v1/auth/login" -o /dev/null 3>&- &
	done >"$BATS_TEST_TMPDIR/headers.all"
	local said=0
	wait_for 8 grep -Eqi '^retry-after: [1-9]' "$BATS_TEST_TMPDIR/headers.all" || said=$?
	pool_kind keeper | xargs -r kill -CONT
	wait
	cat "$BATS_TEST_TMPDIR/headers.all"
	[[ $said == 0 ]]
}

@test "a full queue delays no reader" {
	login ann
	local out=$BATS_TEST_TMPDIR/out one bodies=()
	one=$(credentials "$EMAIL" "$PASSWORD")
	for _ in {1..60}; do
		bodies+=("$one")
	done
	PARALLEL=1 requests "$out" POST /api/v1/auth/login "${bodies[@]}" 3>&- &
	get /api/v1/me
	status 200
	wait
}
