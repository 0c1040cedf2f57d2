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
	for _ in {1..12}; do
		curl -s --cacert "$RUN_DIR/tls/cert.pem" -H 'Content-Type: application/json' \
			-d "$one" -D - "$BASE/api/v1/auth/login" -o /dev/null &
	done >"$BATS_TEST_TMPDIR/headers.all"
	wait
	grep -Eqi '^retry-after: [1-9]' "$BATS_TEST_TMPDIR/headers.all"
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
