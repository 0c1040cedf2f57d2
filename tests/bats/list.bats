# SPDX-License-Identifier: MIT
# The list of users, page by page.

load helpers

# people N: registers that many and keeps their ids in IDS, oldest first.
people() {
	local n i bodies=() replies=() out=$BATS_TEST_TMPDIR/people
	n=$(unique)
	for ((i = 0; i < $1; i++)); do
		bodies+=("{\"email\":\"p$i.$n@example.org\",\"password\":\"a long password\",\"name\":\"$i\"}")
		replies+=("$out/$i")
	done
	requests "$out" POST /api/v1/users "${bodies[@]}"
	[[ $(grep -c 201 "$out/statuses") == "$1" ]] || fail "not all $1 could register" || return
	mapfile -t IDS < <(jq -r .id "${replies[@]}")
}

# next_page: follows the Link header; false on the last page.
next_page() {
	local link
	link=$(header Link 2>/dev/null) || return
	[[ $link =~ ^\<([^\>]+)\>\;\ *rel=\"next\"$ ]] || fail "no rel=next in $link" || return
	link=${BASH_REMATCH[1]}
	[[ $link == /* ]] || link=/${link#*://*/}
	get "$link"
}

# walk PATH: every page from there; ids and instants go to WALKED and INSTANTS.
walk() {
	local pages=0
	WALKED=() INSTANTS=()
	get "$1"
	while :; do
		status 200 || return
		mapfile -t -O ${#WALKED[@]} WALKED < <(jq -r '.[].id' <<<"$BODY")
		mapfile -t -O ${#INSTANTS[@]} INSTANTS < <(jq -r '.[].created_at' <<<"$BODY")
		((pages++ < 200)) || fail 'the pages do not end' || return
		next_page || break
	done
}

@test "the list is a bare array of users, newest first" {
	admin
	people 3
	get "/api/v1/users?limit=3&offset=0"
	status 200
	body_is 'type == "array" and length == 3'
	body '.[0].id' "${IDS[2]}"
	body '.[1].id' "${IDS[1]}"
	body '.[2].id' "${IDS[0]}"
	body_is 'all(has("id") and has("email") and has("name") and has("created_at"))'
	body_is 'any(has("password")) | not'
	header Cache-Control '*no-store*'
}

@test "admins see of each user the role, and whether it is disabled and confirmed" {
	admin
	local admin=$TOKEN id
	get "/api/v1/users?limit=1&offset=0"
	status 200
	body_is '.[0] | keys == ["created_at", "disabled", "email", "id", "name", "role", "verified"]'
	people 1
	id=${IDS[0]}
	TOKEN=$admin get "/api/v1/users/$id"
	body_is '.role == "user" and .disabled == false and .verified == false'
	sql "update users set disabled_at = now(), verified_at = now(), role = 'admin' where id = '$id'"
	TOKEN=$admin get "/api/v1/users/$id"
	body_is '.role == "admin" and .disabled and .verified'
	sql "update users set role = 'user' where id = '$id'"
}

@test "an admin finds a user by address, however it is spelt" {
	admin
	local admin=$TOKEN address
	register finn
	TOKEN=$admin
	address=${EMAIL^^}
	get "/api/v1/users?email=${address//+/%2B}"
	status 200
	body_is 'length == 1 and .[0].id == $id' --arg id "$USER_ID"
	get '/api/v1/users?email=nobody@nowhere.example'
	status 200
	body length 0
	get '/api/v1/users?email=nonsense'
	problem 400 invalid-request 'email must be a valid email address'
	get "/api/v1/users?email=nobody@nowhere.example&offset=1"
	problem 400 invalid-request 'offset cannot be used together with email'
	login ann
	get "/api/v1/users?email=$EMAIL"
	problem 403 forbidden
}

@test "offset skips the newest" {
	admin
	people 3
	get "/api/v1/users?limit=1&offset=2"
	status 200
	body length 1
	body '.[0].id' "${IDS[0]}"
}

@test "an offset beyond the end gives an empty list without a next page" {
	admin
	get "/api/v1/users?offset=1000000"
	status 200
	[[ $BODY == '[]' ]] || fail 'not an empty array'
	no_header Link
}

@test "twenty are listed unless the request says how many" {
	admin
	people 21
	get /api/v1/users
	status 200
	body length 20
}

@test "following the links visits every one of 55 users once, newest first" {
	admin
	people 55
	walk "/api/v1/users?limit=20"
	[[ $(printf '%s\n' "${WALKED[@]}" | sort | uniq -d | wc -l) == 0 ]] || fail 'some came twice'
	local newest=()
	for ((i = 54; i >= 0; i--)); do
		newest+=("${IDS[i]}")
	done
	[[ ${WALKED[*]:0:55} == "${newest[*]}" ]] || fail 'the newest 55 are others, or in another order'
	printf '%s\n' "${INSTANTS[@]}" | sort -rc || fail 'not newest first'
}

@test "users who register meanwhile do not shift the pages" {
	admin
	people 6
	local before=("${IDS[@]}")
	get "/api/v1/users?limit=3"
	body '.[2].id' "${before[3]}"
	people 2
	get "/api/v1/users?limit=3" # the cursor that is followed is the older one
	get "/api/v1/users?limit=3&offset=2"
	next_page
	body '.[0].id' "${before[2]}"
	body '.[2].id' "${before[0]}"
}

@test "a deleted user that a cursor points at does not lose the place" {
	admin
	people 4
	get "/api/v1/users?limit=2"
	local link=$HEADERS
	delete "/api/v1/users/${IDS[2]}"
	status 204
	HEADERS=$link
	next_page
	status 200
	body '.[0].id' "${IDS[1]}"
}

@test "the cursor keeps the limit" {
	admin
	people 5
	get "/api/v1/users?limit=2"
	header Link '*limit=2*'
	header Link '*after=*'
	next_page
	body length 2
}

@test "the last page has no next one" {
	admin
	walk "/api/v1/users?limit=100"
	no_header Link
}

@test "limit is between 1 and 100, offset not negative, both are numbers" {
	admin
	local query
	for query in limit=0 limit=101 limit=-1 limit=ten limit=1.5 limit= limit=99999999999999999999; do
		get "/api/v1/users?$query"
		problem 400 invalid-request
		fault /limit
	done
	get "/api/v1/users?offset=-1"
	problem 400 invalid-request
	fault /offset
	get "/api/v1/users?limit=101"
	fault /limit 'limit must be between 1 and 100'
	get "/api/v1/users?limit=1"
	status 200
	get "/api/v1/users?limit=100"
	status 200
}

@test "a cursor that nobody gave out is refused" {
	admin
	get "/api/v1/users?after=nonsense"
	problem 400 invalid-request
	fault /after
}

@test "unknown and repeated query parameters are refused, all of them" {
	admin
	get "/api/v1/users?limit=500&sort=name"
	problem 400 invalid-request
	fault /limit
	fault /sort 'sort is not known'
	get "/api/v1/users?limit=5&limit=6"
	problem 400 invalid-request
	fault /limit
}

@test "only admins see the list" {
	login ann
	get /api/v1/users
	problem 403 forbidden
	TOKEN='' get /api/v1/users
	problem 401 unauthenticated
}
