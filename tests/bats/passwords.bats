# SPDX-License-Identifier: MIT
# What may be a password, and what counts as the same one.

load helpers

# try PASSWORD: registers with it; sets EMAIL.
try() {
	EMAIL=pw.$(unique)@example.org
	post /api/v1/users "$(person "$EMAIL" "$1" Ann)"
}

repeat() {
	printf "$1%.0s" $(seq "$2")
}

@test "seven characters are too few, eight are enough" {
	try 1234567
	problem 400 invalid-request
	fault /password 'password must be at least 8 characters'
	try 12345678
	status 201
	sign_in "$EMAIL" 12345678
}

@test "characters are counted, not bytes" {
	try "$(repeat 🔑 7)"
	problem 400 invalid-request
	fault /password 'password must be at least 8 characters'
	try "$(repeat 🔑 8)"
	status 201
	sign_in "$EMAIL" "$(repeat 🔑 8)"
}

@test "1024 bytes are allowed, one more is not" {
	try "$(repeat x 1025)"
	problem 400 invalid-request
	fault /password
	try "$(repeat x 1024)"
	status 201
	sign_in "$EMAIL" "$(repeat x 1024)"
}

@test "the bound is in bytes, not in characters" {
	try "$(repeat é 513)"
	problem 400 invalid-request
	fault /password
	try "$(repeat é 512)"
	status 201
}

@test "composed and decomposed spellings are one password" {
	try $'caf\u00e9 \u00fcber alles'
	status 201
	sign_in "$EMAIL" $'cafe\u0301 u\u0308ber alles'
	try $'cafe\u0301 u\u0308ber alles'
	status 201
	sign_in "$EMAIL" $'caf\u00e9 \u00fcber alles'
}

@test "every byte counts, also beyond the 72nd" {
	local start
	start=$(repeat x 99)
	try "${start}a"
	status 201
	post /api/v1/auth/login "$(credentials "$EMAIL" "${start}b")"
	problem 401 bad-credentials
	post /api/v1/auth/login "$(credentials "$EMAIL" "$start")"
	problem 401 bad-credentials
	sign_in "$EMAIL" "${start}a"
}

@test "case and spaces at the ends count" {
	try ' A long password '
	status 201
	post /api/v1/auth/login "$(credentials "$EMAIL" 'A long password')"
	problem 401 bad-credentials
	post /api/v1/auth/login "$(credentials "$EMAIL" ' a long password ')"
	problem 401 bad-credentials
	sign_in "$EMAIL" ' A long password '
}

@test "any script and emoji make a password" {
	local password
	for password in 'пароль из слов' '正しい馬のバッテリー' 'כלב חתול סוס' '👩‍👩‍👧 🏴‍☠️ 🔑🔑🔑🔑🔑'; do
		try "$password"
		status 201
		sign_in "$EMAIL" "$password"
	done
}

