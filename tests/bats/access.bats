# SPDX-License-Identifier: MIT
# What holds for every operation there is: who may call it, by which methods, and what a reply says of
# itself. Made from the route table, so an operation that is added is tested, too.

load helpers
shopt -s extglob

# table: lines "METHOD PATH WHO" of what speaks JSON; pages are in account_pages.bats.
table() {
	cli routes | awk '{ for (i = 1; i <= NF; i++) if ($i ~ /^\//) path = i
		if ($path !~ /^\/account\//) print $(path - 1), $path, $(path + 1) }'
}

# filled PATH: with the id of somebody else for each parameter.
filled() {
	local path=${1/'{id}'/$OTHER}
	echo "${path//{+([a-z_])\}/01890000-0000-7000-8000-000000000000}"
}

# call METHOD PATH: with an empty object where a body may be.
call() {
	case $1 in
	GET | DELETE) request "$1" "$2" ;;
	*) request "$1" "$2" '{}' ;;
	esac
}

setup() {
	register bob
	OTHER=$USER_ID
}

@test "the table is read as it is meant to be" {
	[[ $(table | grep -c .) -ge 20 ]]
	[[ $(table | awk '{ print $3 }' | sort -u | xargs) == 'admin anyone gate self user' ]]
}

@test "without a token nobody gets into what is not for anyone (security 41)" {
	local method path who
	while read -r method path who; do
		TOKEN='' call "$method" "$(filled "$path")"
		if [[ $who == anyone ]]; then
			[[ $BODY != *'"code":"unauthenticated"'* ]] || fail "$method $path is not for anyone"
		else
			problem 401 unauthenticated
		fi
	done < <(table)
}

@test "a user does nothing that is for admins, and nothing to others (security 41)" {
	login ann
	local method path who count=0
	while read -r method path who; do
		[[ $who == admin || $who == self ]] || continue
		call "$method" "$(filled "$path")"
		problem 403 forbidden
		count=$((count + 1))
	done < <(table)
	((count > 8))
}

@test "an admin is let in wherever there is a door (security 41)" {
	admin
	local method path who
	while read -r method path who; do
		# Not the ones that would end what the test needs.
		[[ $method == GET ]] || continue
		call "$method" "$(filled "$path")"
		[[ $STATUS != 401 && $STATUS != 403 ]] || fail "$method $path refuses an admin"
	done < <(table)
}

# foreign_methods: lines "METHOD PATH" of what no path lists.
foreign_methods() {
	comm -13 <(table | awk '{ print $1, $2 }' | sort) \
		<(table | awk '{ split("GET POST PUT PATCH DELETE", m); for (i in m) print m[i], $2 }' | sort -u)
}

@test "what a path does not list is not allowed there (security 60)" {
	admin
	local method path status type id allow out=$BATS_TEST_TMPDIR/out
	mkdir "$out"
	while read -r method path; do
		printf '%s = "%s"\n' url "$BASE$(filled "$path")" request "$method" cacert "$RUN_DIR/tls/cert.pem" \
			header "Authorization: Bearer $TOKEN" output "$out/$method${path//\//.}" \
			write-out "%{http_code}|%{content_type}|%header{x-request-id}|%header{allow}|$method|$path\\n"
		[[ $method == GET || $method == DELETE ]] ||
			printf '%s = "%s"\n' header 'Content-Type: application/json' data '{}'
		printf 'silent\nnext\n'
	done < <(foreign_methods) | head -n -1 >"$BATS_TEST_TMPDIR/config"
	curl --max-time 60 --config "$BATS_TEST_TMPDIR/config" >"$BATS_TEST_TMPDIR/allowed"
	while IFS='|' read -r status type id allow method path; do
		[[ $status == 405 && $type == application/json* && -n $allow && $allow != *$method* ]] ||
			fail "$method $path: $status, $type, Allow: $allow"
		BODY=$(<"$out/$method${path//\//.}") is_problem 405 method-not-allowed "$id" ''
	done <"$BATS_TEST_TMPDIR/allowed"
	[[ $(wc -l <"$BATS_TEST_TMPDIR/allowed") -gt 80 ]]
	request TRACE /api/v1/me
	status 405
	delete /api/v1/me
	problem 405 method-not-allowed
}

@test "what is told to who is signed in is kept by nobody, and says what it is (security 58, 59)" {
	admin
	local method path who
	while read -r method path who; do
		[[ $method == GET && $who != anyone ]] || continue
		call "$method" "$(filled "$path")"
		header Cache-Control no-store
		header X-Content-Type-Options nosniff
		header Referrer-Policy no-referrer
		header Content-Security-Policy "*frame-ancestors 'none'*"
		if [[ $STATUS == 204 ]]; then
			no_header Content-Type
		elif [[ $path == */export ]]; then
			header Content-Type application/x-ndjson
		else
			header Content-Type 'application/json; charset=utf-8'
		fi
	done < <(table)
}
