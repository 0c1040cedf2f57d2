# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# One stack for all files that do not need their own.

setup_suite() {
	# shellcheck source=tests/bats/helpers.bash
	source "${BASH_SOURCE[0]%/*}/helpers.bash"
	export SEEN=$BATS_SUITE_TMPDIR/seen
	: >"$SEEN"
	# Some of them are wrong often.
	stack_start APP__LIMITS__FREE=100
}

teardown_suite() {
	# shellcheck source=tests/bats/helpers.bash
	source "${BASH_SOURCE[0]%/*}/helpers.bash"
	stack_stop
}
