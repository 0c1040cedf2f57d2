# SPDX-License-Identifier: MIT
# Runs last: the suite has met every operation and every problem there is.

load helpers

setup() {
	[[ $BATS_SUITE_TEST_NUMBER -gt 100 ]] || skip 'only after the whole suite'
}

@test "every row of the route table was exercised with success" {
	local method path pattern missing=()
	while read -r method path; do
		pattern=$(sed 's/[.]/[.]/g; s/{[^}]*}/[^ \/]+/g' <<<"$path")
		grep -Eq "^$method $pattern 2[0-9][0-9] " "$SEEN" || missing+=("$method $path")
	done < <(routes)
	[[ ${#missing[@]} == 0 ]] || {
		printf 'never answered with success: %s\n' "${missing[@]}"
		return 1
	}
}

@test "every row of the problem table was exercised" {
	local code missing=()
	while read -r code; do
		grep -q " $code$" "$SEEN" || missing+=("$code")
	done < <(sed -n 's/^ERR([^"]*"\([^"]*\)".*/\1/p' "$ROOT/include/base/err.def")
	[[ ${#missing[@]} == 0 ]] || {
		printf 'never seen: %s\n' "${missing[@]}"
		return 1
	}
}

@test "every line of both logs is one JSON object" {
	# Sanitizers write a warning of their own when they start.
	grep -v '^==[0-9]*==WARNING: ASan' "$RUN_DIR/log/postern.log" >"$BATS_TEST_TMPDIR/pool"
	local file
	for file in "$BATS_TEST_TMPDIR/pool" "$RUN_DIR/log/access.log"; do
		jq -ne '[inputs | type == "object" and has("time")] | length > 100 and all' "$file" >/dev/null
		[[ $(wc -l <"$file") == $(jq -n '[inputs] | length' "$file") ]]
	done
}

@test "no reply had a problem code that is not in the table" {
	local unknown
	unknown=$(awk '$4 != "-" { print $4 }' "$SEEN" | sort -u |
		grep -vxF -f <(sed -n 's/^ERR([^"]*"\([^"]*\)".*/\1/p' "$ROOT/include/base/err.def")) || true
	# nginx answers these itself.
	unknown=$(grep -vxE 'bad-request|uri-too-long|rate-limited|headers-too-large|not-implemented|pool-unavailable' \
		<<<"$unknown") || true
	[[ -z $unknown ]] || fail "unknown codes: $unknown"
}

# Lines "FILE TITLE" of what docs/security.md and docs/reliability.md name, as in `file`: "title".
named_tests() {
	grep -ohP '`[a-z_]+[.](bats|c)`: "[^"]+"' "$ROOT"/docs/{security,reliability}.md | sed 's/^`\([^`]*\)`: "\(.*\)"$/\1 \2/'
}

@test "every test that docs/security.md and docs/reliability.md name is there" {
	local file title missing=()
	while read -r file title; do
		case $file in
		*.bats) grep -qF "@test \"$title\"" "$ROOT/tests/bats/$file" ;;
		*) grep -q "static void $title(" "$ROOT/tests/unit/$file" ;;
		esac 2>/dev/null || missing+=("$file: $title")
	done < <(named_tests)
	[[ $(named_tests | wc -l) -gt 100 && ${#missing[@]} == 0 ]] || {
		printf 'not there: %s\n' "${missing[@]}"
		return 1
	}
}
