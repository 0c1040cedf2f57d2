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

# easy PASSWORD: it is refused as too easy to guess; NAME is that of the user.
easy() {
	post /api/v1/users "$(person "$EMAIL" "$1" "$NAME")"
	problem 400 invalid-request || return
	fault /password 'password is too easy to guess: it is common, or made of your own email or name'
}

@test "seven characters are too few, eight are enough" {
	try 'red sofa'
	status 201
	sign_in "$EMAIL" 'red sofa'
	try 'red sof'
	problem 400 invalid-request
	fault /password 'password must be at least 8 characters'
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
	local longest
	longest="correct horse $(repeat x 1010)"
	try "$longest"
	status 201
	sign_in "$EMAIL" "$longest"
}

@test "the bound is in bytes, not in characters" {
	try "$(repeat é 513)"
	problem 400 invalid-request
	fault /password
	try "größer als é $(repeat é 503)"
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

@test "a letter and its accent are one character, whichever keyboard made them" {
	local typed
	for typed in $'f\u00f6n sof' $'fo\u0308n sof' $'\u1100\u1161\u11a8 sofas'; do
		try "$typed"
		problem 400 invalid-request
		fault /password 'password must be at least 8 characters'
	done
	try $'fo\u0308n sofa'
	status 201
	sign_in "$EMAIL" $'f\u00f6n sofa'
}

@test "every byte counts, also beyond the 72nd" {
	local start
	start="correct horse $(repeat x 85)"
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

# ASVS 5.0, 6.2.4; tests/unit/cred_judge_test.c goes through the 3,000 commonest.
@test "common passwords are refused, however they are decorated" {
	EMAIL=pw.$(unique)@example.org NAME=Ann
	local password
	for password in 12345678 password qwertyuiop iloveyou sunshine football1 Passw0rd! PASSWORD123 \
		1q2w3e4r5t 'letmein!!' fktrcfylh aaaaaaaaaa abcdefghijklmno 19850312; do
		easy "$password"
	done
}

# ASVS 5.0, 6.2.11
@test "passwords made of the user's own address or name, or of the product's, are refused" {
	EMAIL=marguerite.duras$(unique)@somewhere.example NAME='Zoë Donnadieu'
	local password
	for password in marguerite Marguerite1 marguerite12345 m@rguerite somewhere1 Donnadieu99 \
		'ZOË Donnadieu' $'ZO\u00cb\u00a0Donnadieu' $'ZO\u00cb\u3000Donnadieu' "$EMAIL" "${EMAIL%@*}" postern123 Postern2024; do
		easy "$password"
	done
	# With more to it they are as good as any.
	post /api/v1/users "$(person "$EMAIL" 'marguerite has a horse' "$NAME")"
	status 201
}

# ASVS 5.0, 6.2.5
@test "fifteen lower case letters that nobody would guess are enough, and so are digits" {
	local password
	for password in hcgmoaywkxiezrt 8392017465028374 'ann has a horse' 'a long password'; do
		try "$password"
		status 201
	done
}

@test "a password that is refused costs the fault and says nothing of itself" {
	EMAIL=pw.$(unique)@example.org NAME=Ann
	easy superman99
	[[ $BODY != *superman99* ]]
	run ! grep -rF superman99 "$RUN_DIR/log"
}

@test "the command line refuses the same passwords" {
	local email=marguerite.$(unique)@example.org password
	for password in sunshine1 marguerite1; do
		run --separate-stderr cli user create --name Ann "$email" <<<"$password"
		[[ $status == 65 && $stderr == *'too easy to guess'* && $stderr != *"$password"* ]]
	done
}
