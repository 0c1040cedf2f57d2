# SPDX-License-Identifier: MIT
# postern -t goes as far with the mail server as one can without a mail, and says in one sentence each
# what is wrong and what to do. 75: perhaps later; 78: never as things are set.

load helpers

setup_file() {
	stack_start
}

teardown_file() {
	stack_stop
}

setup() {
	OUT=$BATS_TEST_TMPDIR/mails
	: >"$OUT"
	SMTP_PORT=$(free_port)
	SERVER=''
	: >"$BATS_TEST_TMPDIR/smtp.log" # the next one is not ready yet
}

teardown() {
	server_stop
	sane
}

server_stop() {
	[[ -z $SERVER ]] || kill -KILL "$SERVER" 2>/dev/null || true
	[[ -z $SERVER ]] || wait "$SERVER" 2>/dev/null || true
	SERVER=''
}

# smtp [option of smtp.py ...]: a server on SMTP_PORT.
smtp() {
	server_stop
	/usr/bin/python3 "$BATS_TEST_DIRNAME/smtp.py" "$SMTP_PORT" "$OUT" "$@" \
		>"$BATS_TEST_TMPDIR/smtp.log" 2>&1 </dev/null 3>&- 4>&- &
	SERVER=$!
	wait_for 30 grep -q ready "$BATS_TEST_TMPDIR/smtp.log" || fail "$(cat "$BATS_TEST_TMPDIR/smtp.log")"
}

# smtp_secure [option ...]: with STARTTLS and AUTH.
smtp_secure() {
	smtp --cert "$RUN_DIR/tls/cert.pem" --key "$RUN_DIR/tls/key.pem" --user bob --password 'Canary word' "$@"
}

# talks LINE...: a server that greets with the first line and answers each command by the next one; an empty
# line is no answer.
talks() {
	server_stop
	/usr/bin/python3 - "$SMTP_PORT" "$@" >"$BATS_TEST_TMPDIR/smtp.log" 2>&1 3>&- 4>&- <<-'END' &
		import socket, sys
		listening = socket.create_server(("127.0.0.1", int(sys.argv[1])))
		print("ready", flush=True)
		while True:
		    talk = listening.accept()[0].makefile("rwb")
		    for line in sys.argv[2:]:
		        if not line:
		            continue
		        talk.write(line.encode() + b"\r\n")
		        talk.flush()
		        if not talk.readline():
		            break
	END
	SERVER=$!
	wait_for 30 grep -q ready "$BATS_TEST_TMPDIR/smtp.log" || fail "$(cat "$BATS_TEST_TMPDIR/smtp.log")"
}

# try [VAR=value ...] [-- option]: postern -t with that server, who is asked as the courier would.
try() {
	local settings=()
	while [[ $# -gt 0 && $1 != -- ]]; do
		settings+=("$1")
		shift
	done
	run --separate-stderr env APP__MAIL__URL="smtp://localhost:$SMTP_PORT" APP__MAIL__TIMEOUT=10s \
		APP__SERVER__PUBLIC_URL=https://accounts.example.org APP__SERVER__ORIGINS= \
		APP__MAIL__CA_FILE="$RUN_DIR/tls/cert.pem" APP__MAIL__USER=bob APP__MAIL__PASSWORD='Canary word' \
		"${settings[@]}" timeout 60 "$RUN_DIR/postern" -t "${@:2}"
	# shellcheck disable=SC2154 # run sets stderr
	stderr=$(grep -v 'WARNING: ASan' <<<"$stderr") || true
	echo "status $status: $output$stderr"
	[[ $stderr != *Canary* && ! -s $OUT ]]
}

PLAIN=(APP__MAIL__PLAIN=true APP__MAIL__USER= APP__MAIL__PASSWORD=)

# told STATUS TEXT...: it ended so, and one line on stderr has each of these texts.
told() {
	local text
	[[ $status == "$1" && $(wc -l <<<"$stderr") == 1 && $stderr == 'postern: '* ]] || return
	for text in "${@:2}"; do
		[[ $stderr == *"$text"* ]] || fail "stderr does not say: $text"
	done
}

@test "a server that lets this host in is told, and gets no mail" {
	smtp_secure
	try
	[[ $status == 0 && -z $stderr && $output == *'the mail server lets this host in'* ]]
	smtp --cert "$RUN_DIR/tls/cert.pem" --key "$RUN_DIR/tls/key.pem" --implicit
	try APP__MAIL__URL="smtps://localhost:$SMTP_PORT" APP__MAIL__USER= APP__MAIL__PASSWORD=
	[[ $status == 0 && -z $stderr ]]
	smtp
	try "${PLAIN[@]}"
	[[ $status == 0 && -z $stderr ]]
}

@test "a server that is not there is told, and left out with --no-mail" {
	try
	told 75 "mail.url: the mail server smtp://localhost:$SMTP_PORT cannot be reached" 'see whether it runs'
	try APP__MAIL__URL=smtp://no-such-host.invalid:587
	told 75 'mail.url:' 'cannot be found' DNS
	try -- --no-mail
	[[ $status == 0 && -z $stderr && $output != *'mail server'* ]]
	try APP__SERVER__COURIERS=0
	[[ $status == 0 && -z $stderr && $output != *'mail server'* ]]
}

@test "a certificate that does not hold is told" {
	smtp_secure
	try APP__MAIL__CA_FILE=
	told 78 'mail.ca_file:' 'certificate that does not hold' 'name the certificates of its authority'
	try APP__MAIL__URL="smtp://127.0.0.2:$SMTP_PORT"
	told 75 'cannot be reached'
	echo nothing >"$BATS_TEST_TMPDIR/empty.pem"
	try APP__MAIL__CA_FILE="$BATS_TEST_TMPDIR/empty.pem"
	told 78 'mail.ca_file:' PEM
}

@test "no STARTTLS, TLS at once, and none of it are told apart" {
	smtp
	try
	told 78 'mail.url:' 'offers no STARTTLS' 'smtps://' mail.plain
	try APP__MAIL__URL="smtps://localhost:$SMTP_PORT"
	told 78 'mail.url:' 'does not speak TLS at once' 'smtp://'
	smtp --cert "$RUN_DIR/tls/cert.pem" --key "$RUN_DIR/tls/key.pem" --implicit
	try APP__MAIL__TIMEOUT=1s
	told 75 'mail.url:' 'does not answer' 'smtps://'
}

@test "a password that is refused is told, and never said" {
	smtp_secure
	try APP__MAIL__PASSWORD='another Canary'
	told 78 'mail.user:' 'refuses user and password' 535 'correct mail.user and mail.password'
	try APP__MAIL__AUTH=SCRAM-SHA-256
	told 78 'mail.auth:' 'offers no such way to sign in'
	try APP__MAIL__USER= APP__MAIL__PASSWORD=
	told 78 'mail.user:' 'asks for user and password' 'set mail.user and mail.password'
}

@test "a sender that is refused is told, and what the server says" {
	talks '220 hello' '250 hello' $'553 5.7.1 not\x01 yours' '221 bye'
	try "${PLAIN[@]}"
	told 78 'mail.from:' 'refuses the sender (553 5.7.1 not yours)' 'name one that it takes'
	talks '220 hello' '250 hello' '451 4.3.0 full' '221 bye'
	try "${PLAIN[@]}"
	told 75 'mail.url:' 'takes no mails now (451 4.3.0 full)'
	talks '554 go away' '221 bye'
	try "${PLAIN[@]}"
	told 78 'mail.url:' 'does not talk to this host (554 go away)'
	talks '421 too many' '221 bye'
	try "${PLAIN[@]}"
	told 75 'mail.url:' 'takes no mails now (421 too many)'
	talks 'SSH-2.0-other' ''
	try "${PLAIN[@]}" APP__MAIL__TIMEOUT=2s
	told 75 'mail.url:'
}

@test "a user whom the server does not ask for is told" {
	smtp --cert "$RUN_DIR/tls/cert.pem" --key "$RUN_DIR/tls/key.pem" --no-auth
	try
	told 0 'warning: mail.user:' 'takes mails without it' 'take mail.user and mail.password out'
}

@test "what is wrong with the database and with the mail server is told at once" {
	try APP__DATABASE__URL="postgresql://nobody@127.0.0.1:$(free_port)/none"
	[[ $status == 75 && $stderr == *database.url* && $stderr == *mail.url:* ]]
}

@test "settings that never come together in a browser or a mail are named, each" {
	smtp
	local other
	for other in https://app.example.com http://accounts.example.org https://example.net:8443 https://192.0.2.1 \
		https://localhost; do
		try "${PLAIN[@]}" APP__SERVER__ORIGINS="https://app.example.org, $other,https://example.org:8443"
		told 0 "warning: server.origins: pages of $other are of another site than server.public_url"
	done
	for other in https://localhost:8443 http://127.0.0.1:80 'https://[::1]:8443' http://localhost/accounts; do
		try "${PLAIN[@]}" APP__SERVER__PUBLIC_URL="$other"
		told 0 'warning: server.public_url: links in mails lead to' 'the machine of who reads them'
		try "${PLAIN[@]}" APP__SERVER__PUBLIC_URL="$other" APP__MAIL__URL=
		[[ $status == 0 && -z $stderr ]]
	done
	try "${PLAIN[@]}" APP__SERVER__PUBLIC_URL=https://192.0.2.1 APP__SERVER__ORIGINS=https://192.0.2.1:8443
	[[ $status == 0 && -z $stderr ]]
}

@test "the health check of the image asks no mail server" {
	[[ $(grep '^HEALTHCHECK' "$ROOT/Dockerfile") == *'CMD ["postern", "-t", "--no-mail"]' ]]
}
