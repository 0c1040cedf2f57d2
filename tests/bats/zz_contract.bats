# SPDX-License-Identifier: MIT
# Runs last: the suite has met every operation and every problem there is. ALL_SEEN says that it has, where
# its files ran one by one.

load helpers

setup() {
	[[ -n ${ALL_SEEN-} || $BATS_SUITE_TEST_NUMBER -gt 100 ]] || skip 'only after the whole suite'
}

@test "every row of the route table was exercised with success" {
	local method path pattern missing=()
	while read -r method path; do
		pattern=$(sed 's/[.]/[.]/g; s/{[^}]*}/[^ \/]+/g' <<<"$path")
		grep -Eq "^$method $pattern [23][0-9][0-9] " "$SEEN" || missing+=("$method $path")
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

# Lines "OPERATION STATUS CODE" of what the document lists.
listed() {
	cli openapi | jq -r '. as $d | .paths | to_entries[] | .value | to_entries[] | .value as $o
		| $o.responses | to_entries[] | .key as $status | (.value["$ref"] // "/none") | split("/")[-1] as $name
		| ($d.components.responses[$name]["x-codes"] // [])[] | "\($o.operationId) \($status) \(.)"' | sort -u
}

# The same of what was answered in the suite. A path that is none, and a method that its path has not,
# belong to no operation.
answered() {
	cli openapi | jq -r '.paths | to_entries[] | .key as $p | .value | to_entries[]
		| "\(.key | ascii_upcase) \($p) \(.value.operationId)"' |
		awk 'NR == FNR { p = $2; gsub(/[.]/, "[.]", p); n = gsub(/[{][^}]*[}]/, "[^/]+", p)
				re[++r] = "^" p "$"; method[r] = $1; name[r] = $3; params[r] = n; next }
			$4 == "-" || $4 == "method-not-allowed" || $4 == "not-found" && !/sessions/ { next }
			{ best = 0; for (i = 1; i <= r; i++) if (method[i] == $1 && $2 ~ re[i] &&
				(!best || params[i] < params[best])) best = i
			  if (best) print name[best], $3, $4 }' - "$SEEN" | sort -u
}

@test "OpenAPI lists whatever was answered" {
	local unlisted
	unlisted=$(comm -13 <(listed) <(answered))
	[[ $(answered | wc -l) -gt 60 ]] || fail 'nothing was collected'
	[[ -z $unlisted ]] || fail "not listed: $unlisted"
}

@test "what the column of a row lists was answered" {
	local code unmet common
	# What follows from the row, and from nginx, is tried with some operations and not with each.
	common='invalid-request|malformed-json|unauthenticated|token-[a-z]+|forbidden|not-acceptable|body-too-large'
	common+='|unsupported-media-type|internal|database-unavailable|database-read-only|overloaded|deadline-exceeded|bad-request'
	common+='|uri-too-long|rate-limited|headers-too-large|not-implemented|pool-unavailable'
	unmet=$(comm -23 <(listed) <(answered) | grep -vE " ($common)\$") || true
	# An address that is left is held for its owner as long as the link to undo it is good.
	unmet=$(grep -vx 'auth_email_undo 409 email-taken' <<<"$unmet") || true
	[[ -z $unmet ]] || fail "listed and never answered: $unmet"
}

@test "nginx answers with the codes and words of front.def" {
	local status code title
	while IFS='|' read -r status code title; do
		grep -Eq "^\s($status|default) +\"$code\";" "$ROOT/nginx/postern-http.conf"
		grep -Eq "^\s($status|default) +\"$title\";" "$ROOT/nginx/postern-http.conf"
	done < <(sed -n 's/^FRONT(\([0-9]*\), "\([^"]*\)", "\([^"]*\)")$/\1|\2|\3/p' "$ROOT/src/http/front.def")
	[[ -n $title ]] || [[ $(grep -c '^FRONT(' "$ROOT/src/http/front.def") -ge 7 ]]
}

@test "no operation answered what its row does not have" {
	run ! grep -h 'which its row in routes.def does not have' "$RUN_DIR/log/postern.log"
}

@test "every line of both logs is one JSON object" {
	local file pool=$RUN_DIR/log/postern.log access=$RUN_DIR/log/access.log
	[[ -z ${ALL_SEEN-} ]] || pool=$SEEN.pool access=$SEEN.access
	# Sanitizers write a warning of their own when they start.
	grep -v '^==[0-9]*==WARNING: ASan' "$pool" >"$BATS_TEST_TMPDIR/pool"
	for file in "$BATS_TEST_TMPDIR/pool" "$access"; do
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
