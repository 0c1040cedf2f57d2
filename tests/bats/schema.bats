# SPDX-License-Identifier: MIT
# What a stranger makes of the OpenAPI document: schemathesis, where it is installed (pip install schemathesis),
# calls each operation by what its schemas say and holds the replies against them.

load helpers

setup_file() {
	command -v schemathesis >/dev/null || return 0
	export SEEN=/dev/null
	stack_start CHANGE_RATE=off REQUEST_RATE=off
}

teardown_file() {
	command -v schemathesis >/dev/null || return 0
	stack_stop
}

@test "replies are what the document says, whatever its schemas let somebody ask" {
	command -v schemathesis >/dev/null || skip 'schemathesis is not installed'
	admin
	get /api/v1/openapi.json
	# No schema says which proofs there are, which passwords are common, and what of a query excludes what.
	# What ends the sessions of who asks is left out.
	# It leaves a folder where it is started.
	cd "$BATS_TEST_TMPDIR" || return
	run schemathesis run "$REPLY_DIR/body" --url "$BASE" --tls-verify "$RUN_DIR/tls/cert.pem" \
		-H "Authorization: Bearer $TOKEN" --phases coverage,fuzzing -n 5 --generation-deterministic \
		--exclude-checks positive_data_acceptance --exclude-path-regex '/me/|auth/logout|/me$' --request-timeout 20
	echo "$output" | tail -n 80
	[[ $status == 0 && $output =~ Tested:\ +2[0-9] ]]
}
