# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# One stack for all files that do not make their own; with OWN_STACKS set there is none of those.
# SEEN, where it is given, is added to, and so are SEEN.pool and SEEN.access, what the stacks have logged.

setup_suite() {
	# shellcheck source=tests/bats/helpers.bash
	source "${BASH_SOURCE[0]%/*}/helpers.bash"
	export SEEN=${SEEN:-$BATS_SUITE_TMPDIR/seen}
	touch "$SEEN"
	[[ -z ${OWN_STACKS-} ]] || return 0
	# Some of them are wrong often.
	stack_start APP__LIMITS__FREE=100
}

teardown_suite() {
	# shellcheck source=tests/bats/helpers.bash
	source "${BASH_SOURCE[0]%/*}/helpers.bash"
	[[ -z ${OWN_STACKS-} ]] || return 0
	cat "$RUN_DIR/log/postern.log" >>"$SEEN.pool"
	cat "$RUN_DIR/log/access.log" >>"$SEEN.access"
	stack_stop
}
