# SPDX-License-Identifier: MIT
# What one user may change in a minute is bounded, whatever it is and wherever it comes from.

load helpers

setup_file() {
	stack_start APP__LIMITS__CHANGES=3 APP__LIMITS__ADMIN_CHANGES=8
}

teardown_file() {
	stack_stop
}

rename() {
	put "/api/v1/users/$USER_ID" "$(object email "$EMAIL" name "$1")"
}

# used_up: what may be changed in this minute has been.
used_up() {
	local i
	for i in {1..30}; do
		rename "Ann $i"
		[[ $STATUS == 200 ]] || break
	done
	problem 429 too-many-attempts
}

@test "a user changes so much a minute, and the audit log grows by no more" {
	login ann
	local i began=$SECONDS
	for i in {1..3}; do
		rename "Ann $i"
		status 200
	done
	for i in {1..9}; do
		FROM=127.6.6.$i rename "Ann again $i"
		[[ $STATUS == 200 || $STATUS == 429 ]]
	done
	used_up
	header RateLimit-Limit 3
	header RateLimit-Remaining 0
	header Retry-After '[1-9]*'
	# One more each twenty seconds.
	[[ $(sql "select count(*) from audit where action = 'user.update' and subject = '$USER_ID'") -le $((4 + (SECONDS - began) / 20)) ]]
	get /api/v1/me
	status 200
	refresh
	status 200
	login bob
	rename Bob
	status 200
}

@test "nothing that changes something is left out, and what is refused for its form counts for nothing" {
	login ann
	local method path i
	for i in {1..20}; do
		put "/api/v1/users/$USER_ID" '{"name": 7}'
		problem 400 invalid-request
	done
	used_up
	local own=0 body='{"email": "x@example.org", "password": "a long password", "current_password": "x"}'
	while read -r method path; do
		[[ $method != GET && $path == /api/v1/me* ]] || continue
		path=${path//\{id\}/$(session)}
		case $path in
		*/password) body='{"current_password": "x", "password": "a long password"}' ;;
		*/reauth) body='{"password": "a long password"}' ;;
		*/email) body='{"email": "x@example.org", "password": "a long password"}' ;;
		*) body='' ;;
		esac
		[[ $method == POST ]] || body=''
		# A change comes back each twenty seconds: it is used up before each.
		used_up
		request "$method" "$path" ${body:+"$body"}
		problem 429 too-many-attempts || return
		own=$((own + 1))
	done < <(routes)
	[[ $own -ge 6 ]]
	used_up
	delete "/api/v1/users/$USER_ID"
	problem 429 too-many-attempts
	get /api/v1/me
	status 200
}

@test "administrators have a number of their own" {
	admin
	local i id=$USER_ID
	for i in {1..30}; do
		request PATCH "/api/v1/users/$id" '{"disabled": false}'
		[[ $STATUS == 200 ]] || break
	done
	problem 429 too-many-attempts
	header RateLimit-Limit 8
	for path in "/api/v1/users/$id/sessions" "/api/v1/users/$id/sessions/$(session)"; do
		delete "$path"
		problem 429 too-many-attempts
	done
}

@test "signing in over and over is bounded for each user, and is no wrong guess" {
	register ann
	local i
	for i in {1..30}; do
		TOKEN='' post /api/v1/auth/login "$(credentials "$EMAIL" "$PASSWORD")"
		[[ $STATUS == 200 ]] || break
	done
	problem 429 too-many-attempts
	header RateLimit-Limit 3
	[[ $(sql "select coalesce(sum(failures), 0) from attempts where kind = 'account'") == 0 ]]
	login bob
}
