# SPDX-License-Identifier: MIT
# Mails: what the outbox holds reaches a real SMTP server, once, whatever goes wrong; and nothing of
# it is written down elsewhere.

load helpers

# The server ends and begins anew in these tests, and pools have settings of their own.
setup() {
	export OUT=$BATS_TEST_TMPDIR/mails
	: >"$OUT"
	SMTP_PORT=$(free_port)
	SMTP='' POOL=''
}

teardown() {
	pool_stop
	smtp_stop
	sql "delete from outbox"
	# shellcheck disable=SC2119
	sql "delete from proofs"
	sane
}

setup_file() {
	# Its own courier is off: each test has one with the settings it is about.
	stack_start APP__SERVER__COURIERS=0 APP__MAIL__URL= APP__SESSIONS__GRACE=0s
}

teardown_file() {
	stack_stop
}

# --- the server and the courier -------------------------------------------------------------

# smtp_start [option of smtp.py ...]
smtp_start() {
	: >"$BATS_TEST_TMPDIR/smtp.log" # of one before nothing is to be found there
	/usr/bin/python3 "$BATS_TEST_DIRNAME/smtp.py" "$SMTP_PORT" "$OUT" "$@" \
		>"$BATS_TEST_TMPDIR/smtp.log" 2>&1 </dev/null 3>&- 4>&- &
	SMTP=$!
	wait_for 10 grep -q ready "$BATS_TEST_TMPDIR/smtp.log" || cat "$BATS_TEST_TMPDIR/smtp.log"
}

# With STARTTLS and AUTH, as servers in the world have it.
smtp_secure() {
	smtp_start --cert "$RUN_DIR/tls/cert.pem" --key "$RUN_DIR/tls/key.pem" --user bob \
		--password 'Canary word' "$@"
}

smtp_stop() {
	[[ -z $SMTP ]] || kill -KILL "$SMTP" 2>/dev/null || true
	[[ -z $SMTP ]] || wait "$SMTP" 2>/dev/null || true
	SMTP=''
}

# pool_start [VAR=value ...]: a second pool on the same database, with a courier.
pool_start() {
	env APP__SERVER__LISTEN="$RUN_DIR/sock/mail.$RANDOM.sock" APP__SERVER__COURIERS=1 \
		APP__SERVER__WORKERS=1 APP__SERVER__KEEPERS=1 APP__SERVER__DRAIN_TIMEOUT=2s \
		APP__MAIL__URL="smtp://localhost:$SMTP_PORT" APP__MAIL__CA_FILE="$RUN_DIR/tls/cert.pem" \
		APP__MAIL__USER=bob APP__MAIL__PASSWORD='Canary word' APP__LOG__FILTER=debug "$@" \
		"$RUN_DIR/postern" serve >>"$RUN_DIR/log/postern.log" 2>&1 </dev/null 3>&- 4>&- &
	POOL+=" $!"
}

# Without TLS and AUTH, for what is not about these.
pool_plain() {
	pool_start APP__MAIL__PLAIN=true APP__MAIL__USER= APP__MAIL__PASSWORD= "$@"
}

pool_stop() {
	local pid
	for pid in $POOL; do
		kill "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	POOL=''
}

# The couriers of the pools of this test.
couriers() {
	local pid
	for pid in $POOL; do
		pgrep -P "$pid" -x postern-courier || true
	done
}

courier_runs() {
	[[ -n $(couriers) ]]
}

# --- the outbox -----------------------------------------------------------------------------

WORDS='{"name":"Ann","address":"192.0.2.7","device":"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0","at":"2026-11-22T12:34:56.123456Z"}'

# queue RECIPIENT [TEMPLATE] [LOCALE] [WORDS] [PROOF]: sets MAIL.
queue() {
	local words=${4-$WORDS} recipient=${1//\'/\'\'}
	MAIL=$(new_id)
	sql "insert into outbox (id, template, locale, recipient, words, proof_id, state, expires_at) values
		('$MAIL', '${2-session-reused}', '${3-en}', '$recipient', '${words//\'/\'\'}', nullif('${5-}', '')::uuid,
		'queued', now() + interval '1 hour')"
}

# queue_proof RECIPIENT KIND [LOCALE]: one with a link and a code; sets MAIL and PROOF.
queue_proof() {
	PROOF=$(new_id)
	sql "insert into proofs (id, kind, code_until, link_until)
		values ('$PROOF', '$2', now() + interval '10 minutes', now() + interval '1 day')"
	queue "$1" "${2//_/-}" "${3-en}" "$WORDS" "$PROOF"
}

new_id() {
	cat /proc/sys/kernel/random/uuid
}

# is STATE [ID]: for wait_for.
is() {
	[[ $(sql "select state from outbox where id = '${2-$MAIL}'") == "$1" ]]
}

# became STATE [SECONDS]: MAIL is soon in that state.
became() {
	wait_for "${2-20}" is "$1" || fail "$(sql "select * from outbox")$(cat "$BATS_TEST_TMPDIR/smtp.log")"
}

reply() {
	sql "select reply from outbox where id = '$MAIL'"
}

# mail JQ: of the mail MAIL as the server got it.
mail() {
	jq -r --arg id "$MAIL" "select(.message_id == \$id) | $1" "$OUT"
}

# mail_is JQ: that holds of it.
mail_is() {
	[[ $(mail "$1") == true ]] || fail "$1 does not hold of $(mail . | head -c 6000)"
}

count() {
	wc -l <"$OUT"
}

# --- what a mail is -------------------------------------------------------------------------

@test "a refresh token used twice leads to a mail, over STARTTLS and with AUTH" {
	smtp_secure
	pool_start
	login_confirmed ann
	post /api/v1/auth/login "$(credentials "$EMAIL" "$PASSWORD")" -A 'Mozilla/5.0 (X11; Linux) Firefox/128.0'
	local refresh
	refresh=$(of_body .refresh_token)
	TOKEN='' post /api/v1/auth/refresh "{\"refresh_token\":\"$refresh\"}"
	status 200
	TOKEN='' post /api/v1/auth/refresh "{\"refresh_token\":\"$refresh\"}" -A 'Mozilla/5.0 (X11; Linux) Firefox/128.0'
	problem 401 refresh-token-reused
	MAIL=$(sql "select id from outbox where recipient = '$EMAIL' and template = 'session-reused'")
	became sent
	mail_is '.tls and .user == "bob" and .sender == "postern@localhost"'
	mail_is '.subject == "A session of your account was ended" and .language == "en"'
	mail_is '.text | contains("Hello ann,") and contains("Device: Firefox, Linux") and (contains("127.0.0.1") or contains("::1"))'
	mail_is '.html | contains("<p>Hello ann,</p>")'
	mail_is '.defects == [] and .bare == 0 and .longest <= 78'
	mail_is '.headers | map(.[0]) == ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted",
		"Content-Language", "MIME-Version", "Content-Type"]'
	mail_is ".headers | map(select(.[0] == \"To\"))[0][1] == \"$EMAIL\""
	[[ $(reply) == '250 2.0.0 queued as '* ]]
}

@test "a server that offers CRAM-MD5 and NTLM, and can do neither, is signed in to all the same" {
	smtp_secure --decoys
	queue ann@example.org
	pool_start
	became sent
	mail_is '.tls and .user == "bob"'
}

@test "a mail carries its link and its code in groups, and the outbox neither" {
	smtp_start
	pool_plain APP__SERVER__PUBLIC_URL=https://accounts.example.org
	queue_proof ann@example.org reset
	became sent
	local link code
	link=$(mail .text | tr -d '\r' | grep -o '^https://accounts.example.org/account/reset?token=[A-Za-z0-9_-]\{71\}$')
	code=$(mail .text | tr -d '\r' | sed -n 's/^    \([0-9]\{4\} [0-9]\{4\}\)$/\1/p')
	[[ -n $link && -n $code ]]
	mail_is ".html | contains(\"$link\") and contains(\"$code\")"
	mail_is '.text | contains("good for 24 hours") and contains("good for 10 minutes")'
	mail_is '.html | test("<img|http://|src=|@import|url\\(") | not'
	[[ $(sql "select outbox::text, proofs::text from outbox, proofs") != *"${link##*=}"* ]]
	[[ $(sql "select outbox::text, proofs::text from outbox, proofs") != *"${code/ /}"* ]]
	# What is before the "#" names the proof, and opens nothing; the whole of it is in no log.
	sleep 0.3
	run ! grep -rF -e "${link##*=}" -e "${code/ /}" -e "$code" "$RUN_DIR/log"
}

@test "the link and the code of each proof are its own, and the same whenever they are made" {
	smtp_start
	pool_plain
	queue_proof ann@example.org reset
	local first=$MAIL proof=$PROOF
	became sent
	queue_proof ann@example.org reset
	became sent
	local second=$MAIL
	queue ann@example.org reset en "$WORDS" "$proof"
	became sent
	local third=$MAIL
	links() { MAIL=$1 mail .text | grep -oE 'token=[^[:space:]]*|^    [0-9 ]*'; }
	[[ $(links "$first") == "$(links "$third")" && $(links "$first") != "$(links "$second")" ]]
}

@test "a German reader gets German, whoever reads neither gets English" {
	smtp_start
	pool_plain
	local locale all=()
	for locale in de-CH:de DE:de fr:en en-GB:en '':en; do
		queue_proof ann@example.org verify "${locale%:*}"
		all+=("${locale##*:} $MAIL")
	done
	for locale in "${all[@]}"; do
		MAIL=${locale#* }
		became sent
		mail_is ".language == \"${locale% *}\""
	done
	queue_proof ann@example.org reset de-AT
	became sent
	mail_is '.subject == "Wählen Sie ein neues Passwort"'
	mail_is '.text | contains("Öffnen Sie diesen Link. Er gilt 24 Stunden:") and contains("Guten Tag Ann,")'
}

@test "every template is there in both languages, with its words in place" {
	smtp_start
	pool_plain
	local name locale kinds=() plain=()
	for locale in en de; do
		for name in verify reset unlock email_old email_new email_undo; do
			queue_proof ann@example.org "$name" "$locale"
			kinds+=("$name $MAIL")
		done
		for name in email-undone email-changed password-changed session-reused registered-again account-disabled more; do
			queue ann@example.org "$name" "$locale" "${WORDS/\"name\"/\"new_email\":\"new@example.org\",\"name\"}"
			plain+=("$MAIL")
		done
	done
	for name in "${kinds[@]}"; do
		MAIL=${name#* }
		became sent
		mail_is '.text | contains("/account/'"${name% *}"'?token=") and (contains("{{") | not)'
		mail_is '.html | contains("<a href=\"https://") and (contains("{{") | not)'
	done
	for MAIL in "${plain[@]}"; do
		became sent
		mail_is '(.text | contains("{{") or contains("token=") | not) and (.subject | length > 10)'
	done
}

# --- hostile words --------------------------------------------------------------------------

@test "names, devices and addresses that others chose bring nothing into a mail but themselves" {
	smtp_start
	pool_plain
	local words
	words=$(jq -nc '{name: "Ann\r\nBcc: all@example.org\r\n\r\n<script>alert(1)</script>\u0000",
		new_email: "x@example.org>\r\nBcc: all@example.org", device: "Firefox\r\n<b>Linux</b> visit evil.example",
		address: "192.0.2.7\r\nBcc: x", at: "2026\r\nBcc: x"}' | sed 's/\\u0000//')
	queue ann@example.org email-changed en "$words"
	became sent
	mail_is '[.text, .html] | all(contains("evil") or contains("<script") or contains("Bcc") | not)'
	mail_is '.headers | map(.[0]) | contains(["Bcc"]) | not'
	mail_is '.recipient == "ann@example.org" and .defects == []'
}

@test "a name is escaped in HTML, and one that looks like a link is not shown" {
	smtp_start
	pool_plain
	local name
	local -A said
	queue ann@example.org session-reused en "$(jq -nc '{name: "O\u0027Neil & \"Söhne\""}')"
	became sent
	mail_is '.html | contains("Hello O&#39;Neil &amp; &quot;Söhne&quot;,")'
	mail_is '.text | contains("Hello O'"'"'Neil & \"Söhne\",")'
	for name in $'Zo\u00eb M\u00fcller-L\u00fcdenscheidt' $'Zoe\u0308' $'O\u2019Neil' 'J. R. Ewing' 'Ewing jr.' \
		$'\u5c71\u7530 \u592a\u90ce' $'\u30e6\u30fc\u30b6\u30fc' $'\u0938\u0941\u0928\u0940\u0924\u093e' \
		$'\u0645\u062d\u0645\u062f' $'\uff21\uff4e\uff4e'; do
		queue ann@example.org session-reused en "$(object name "$name")"
		said[$MAIL]=".text | contains(\"Hello $name,\")"
	done
	for name in 'Win now: http://evil.example' 'evil.example' 'Mail me@evil.example' '<b>x</b>' \
		$'evil\u2024example' $'evil\u3002example' $'evil\uff0eexample' $'evil\uff61example' $'evil\ufe52example' \
		$'evil\u00b7example' $'evil\ua4f8example' $'evil\u2044x' $'evil\u2215x' $'evil\uff0fx' $'evil\u2100x' \
		$'evil\uff20example' $'evil\ufe6bexample' $'https\uff1a evil' $'evil\u2236 x' $'evil\u02d0 x' $'evil\uff3cx' \
		$'evil\u200bexample' $'evil\u202ex' $'evil\u2028x' 'evil 0900 555' $'evil \uff10\uff19' $'evil \u0660' \
		$'evil \U0001f381' 'evil!' 'evil?' 'evil % off' 'evil=x' 'evil_x'; do
		queue ann@example.org session-reused en "$(object name "$name")"
		said[$MAIL]='.text | contains("Hello,\r\n") and (contains("evil") | not)'
	done
	for MAIL in "${!said[@]}"; do
		became sent
		mail_is "${said[$MAIL]}"
	done
}

@test "an address that could end a command is never sent to" {
	smtp_start
	pool_plain
	local address all=()
	for address in $'ann@example.org>\r\nRCPT TO:<all@example.org' 'ann@example.org> <b@example.org' \
		$'ann@example.org\nBcc: b@example.org' 'no address' 'a b@example.org' '<ann@example.org>' \
		'ann@example.org,b@example.org' $'ann\x01@example.org'; do
		queue "$address"
		all+=("$MAIL")
	done
	for MAIL in "${all[@]}"; do
		became dead
		[[ $(reply) == 'the recipient is not an address' ]]
	done
	[[ $(count) == 0 ]]
}

@test "an internationalised domain is sent to as the DNS has it, a local part by SMTPUTF8 or not at all" {
	smtp_start
	pool_plain
	queue 'ann@Bücher.example'
	became sent
	mail_is '.recipient == "ann@xn--bcher-kva.example" and .smtputf8 == false'
	mail_is '.text | contains("to ann@Bücher.example.")'
	queue 'zoë@example.org'
	became dead
	smtp_stop
	smtp_start --utf8
	queue 'zoë@bücher.example'
	became sent
	mail_is '.recipient == "zoë@xn--bcher-kva.example" and .smtputf8'
}

@test "an address whose dots want it is written in quotes, in the envelope and in the header" {
	smtp_start
	pool_plain
	local address
	for address in taro..y@docomo.ne.jp '"taro..y"@docomo.ne.jp' Taro.@docomo.ne.jp .taro@docomo.ne.jp; do
		queue "$address"
		became sent
		address=${address//\"/}
		address="\"${address%@*}\"@docomo.ne.jp"
		[[ $(mail .rcpt) == "TO:<$address>"* && $(mail .to) == "To: <$address>" ]] || fail "$(mail '.rcpt, .to')"
	done
	queue '"ann"@example.org'
	became sent
	mail_is '(.rcpt | startswith("TO:<ann@example.org>")) and .to == "To: <ann@example.org>"'
}

@test "words that are no object are given up at once" {
	smtp_start
	pool_plain
	queue ann@example.org session-reused en 'no json'
	became dead
	[[ $(reply) == *words* ]]
}

@test "a mail that a newer version has queued waits for that, and holds up no other" {
	smtp_start
	pool_plain
	local list newer
	list=$(sql "select pg_get_constraintdef(oid) from pg_constraint where conname = 'mail_kind_check'")
	sql 'alter domain mail_kind drop constraint mail_kind_check'
	queue ann@example.org nonsense
	newer=$MAIL
	queue ann@example.org
	became sent
	logged 'outbox_claim: column template has a value that is not known here: nonsense'
	[[ $(sql "select state from outbox where id = '$newer'") == queued ]]
	run --separate-stderr cli mail list
	[[ $status == 0 && $output == *"$newer"*nonsense* ]]
	sql "delete from outbox where id = '$newer'"
	sql "alter domain mail_kind add constraint mail_kind_check $list"
	run ! sql "update outbox set template = 'nonsense'"
}

# --- what servers do ------------------------------------------------------------------------

@test "a refused recipient is given up, and what the server said is kept and told" {
	smtp_start
	pool_plain
	queue refused.ann@example.org
	became dead
	[[ $(reply) == '550 5.1.1 <refused.ann@example.org>: no such mailbox' ]]
	run --separate-stderr cli mail list --state dead
	[[ $status == 0 && $output == "$MAIL"$'\tdead\tsession-reused\trefused.ann@example.org\t1\t'*'550 5.1.1 '* ]]
	run ! grep -F 'no such mailbox' "$RUN_DIR/log/postern.log"
	logged "mail $MAIL .*refused \(550\)"
}

@test "a refused content is given up too" {
	smtp_start
	pool_plain
	queue bad.ann@example.org
	became dead
	[[ $(reply) == '554 5.6.0 content refused' ]]
}

@test "who says later is asked again later" {
	smtp_start
	pool_plain
	queue late.ann@example.org
	put_back() { [[ $(reply) == '451-4.7.1 greylisted 451 4.7.1 come back later' ]]; }
	wait_for 10 put_back
	[[ $(sql "select state, attempts, not_before > now(), locked_until is null from outbox") == 'queued|1|t|t' ]]
	became sent
	[[ $(sql "select attempts from outbox") == 2 && $(count) == 1 ]]
}

@test "four mails that stall do not hold up a fifth for longer than mail.timeout" {
	smtp_start
	pool_plain APP__MAIL__TIMEOUT=7s
	wait_for 10 courier_runs
	local before who
	before=$(couriers)
	for who in stall.1 stall.2 hang.3 hang.4; do
		queue "$who@example.org"
	done
	queue ann@example.org
	became sent 30
	[[ $(sql "select count(*) from outbox where state = 'queued' and recipient similar to '(stall|hang).%'") == 4 ]]
	# It did not hang itself meanwhile, or it would have been replaced.
	[[ $(couriers) == "$before" ]]
}

@test "a connection on which an answer is missing is not used for another mail" {
	smtp_start
	pool_plain APP__MAIL__TIMEOUT=2s
	queue hang.ann@example.org
	tried() { [[ -n $(reply) ]]; }
	wait_for 20 tried
	local before
	before=$(grep -c 'mails cannot be sent' "$RUN_DIR/log/postern.log") || true
	queue ann@example.org
	became sent
	[[ $(sql "select attempts from outbox where id = '$MAIL'") == 1 ]]
	[[ $(grep -c 'mails cannot be sent' "$RUN_DIR/log/postern.log") == "$before" ]]
}

@test "a server that is down for a while gets everything when it is back, and no mail is blamed" {
	pool_plain
	local n
	for n in {1..20}; do
		queue "ann.$n@example.org"
	done
	logged 'mails cannot be sent: .*connect'
	sleep 3
	[[ $(sql "select count(*), max(attempts) from outbox where state = 'queued'") == '20|'[01] ]]
	smtp_start
	all_sent() { [[ $(sql "select count(*) from outbox where state = 'sent'") == 20 ]]; }
	wait_for 40 all_sent
	[[ $(count) == 20 && $(jq -r .message_id "$OUT" | sort -u | wc -l) == 20 ]]
	logged 'mails are sent again'
}

@test "who does not speak TLS gets neither mail nor password" {
	smtp_start
	pool_start
	queue ann@example.org
	logged 'mails cannot be sent: .*(TLS|SSL|STARTTLS)'
	[[ $(sql "select state from outbox") == queued && $(count) == 0 ]]
}

@test "a certificate for another name, or of nobody known, is not accepted" {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=elsewhere \
		-addext subjectAltName=DNS:elsewhere.example -keyout "$BATS_TEST_TMPDIR/key" \
		-out "$BATS_TEST_TMPDIR/cert" 2>/dev/null
	smtp_start --cert "$BATS_TEST_TMPDIR/cert" --key "$BATS_TEST_TMPDIR/key" --user bob --password 'Canary word'
	chmod 644 "$BATS_TEST_TMPDIR/cert"
	install -m 644 "$BATS_TEST_TMPDIR/cert" "$RUN_DIR/config/other.pem"
	pool_start APP__MAIL__CA_FILE="$RUN_DIR/config/other.pem"
	queue ann@example.org
	said() { [[ $(reply) == *[Cc]ertificate*name* || $(reply) == *'does not match'* || $(reply) == *'no alternative certificate'* ]]; }
	wait_for 10 said || fail "$(reply)"
	pool_stop
	pool_start
	unknown() { [[ $(reply) == *'self-signed'* || $(reply) == *'self signed'* ]]; }
	wait_for 10 unknown || fail "$(reply)"
	[[ $(count) == 0 ]]
}

@test "TLS from the first byte works too" {
	smtp_secure --implicit
	pool_start APP__MAIL__URL="smtps://localhost:$SMTP_PORT"
	queue ann@example.org
	became sent
	mail_is '.tls and .user == "bob"'
}

@test "a wrong password is the settings' fault, not that of the mails" {
	smtp_secure
	pool_start APP__MAIL__PASSWORD='another word'
	queue ann@example.org
	logged 'mails cannot be sent: 535'
	[[ $(sql "select state, attempts from outbox") == 'queued|'[01] ]]
	pool_stop
	pool_start
	became sent
	sleep 0.3
	run ! grep -rF -e 'Canary word' -e "$(printf '\0bob\0Canary word' | base64)" -e 'another word' "$RUN_DIR/log"
}

@test "a mail that the server took without a word is sent again, under the same Message-ID" {
	smtp_start
	pool_plain
	queue die.ann@example.org
	wait_for 10 test -e "$OUT.died"
	smtp_stop
	smtp_start
	became sent
	[[ $(count) == 2 && $(jq -r .message_id "$OUT" | sort -u) == "$MAIL" ]]
}

# --- several couriers, and what becomes of them ---------------------------------------------

@test "four couriers of two pools send 300 mails, each once" {
	smtp_start
	pool_plain APP__SERVER__COURIERS=2
	pool_plain APP__SERVER__COURIERS=2
	# Each pool has two.
	both() { [[ $(couriers | wc -l) == 4 ]]; }
	wait_for 10 both
	sql "insert into outbox (id, template, locale, recipient, words, state, expires_at)
		select gen_random_uuid(), 'session-reused', 'en', n || '@example.org', '{}', 'queued', now() + interval '1 hour'
		from generate_series(1, 300) n"
	all_sent() { [[ $(sql "select count(*) from outbox where state = 'sent'") == 300 ]]; }
	wait_for 60 all_sent
	[[ $(count) == 300 && $(jq -r .recipient "$OUT" | sort -u | wc -l) == 300 ]]
}

@test "what a killed courier had in hand is sent by the next" {
	smtp_start
	pool_plain APP__MAIL__TIMEOUT=1s
	wait_for 10 courier_runs
	queue stall.ann@example.org
	queue ann@example.org
	became sent
	# Left behind as by a courier that died over it.
	local before
	before=$(couriers)
	queue bob@example.org
	sql "update outbox set locked_until = now() + interval '8 seconds' where id = '$MAIL'"
	kill -KILL $before
	sleep 1
	is queued
	became sent
	[[ $(couriers) != "$before" ]]
	[[ $(jq -r 'select(.recipient == "bob@example.org") | .recipient' "$OUT" | wc -l) == 1 ]]
}

@test "a courier that hangs is replaced, and mails go on" {
	smtp_start
	pool_plain
	wait_for 10 courier_runs
	local before
	before=$(couriers)
	kill -STOP "$before"
	queue ann@example.org
	became sent 30
	[[ $(couriers) != "$before" ]]
}

@test "an end of the pool does not wait for a server that stalls, and loses nothing" {
	smtp_start
	pool_plain
	queue stall.ann@example.org
	taken() { [[ $(sql "select locked_until > now() from outbox") == t ]]; }
	wait_for 10 taken
	sleep 0.5
	pool_stop
	[[ $(sql "select state, attempts, locked_until is null, not_before <= now() from outbox") == 'queued|0|t|t' ]]
}

@test "a reload takes new settings of mails" {
	smtp_start
	pool_plain
	queue ann@example.org
	became sent
	mail_is '.headers[0][1] == "Postern <postern@localhost>"'
	printf 'mail:\n  from: Häuser, GmbH <no-reply@example.org>\n' >"$RUN_DIR/config/default.yaml"
	# shellcheck disable=SC2086 # one number
	kill -HUP $POOL
	renamed() {
		queue ann@example.org && wait_for 20 is sent && [[ $(mail .sender) == no-reply@example.org ]]
	}
	wait_for 20 renamed
	mail_is '.headers[0][1] == "\"Häuser, GmbH\" <no-reply@example.org>"'
	install -m 644 "$ROOT/config/default.yaml" "$RUN_DIR/config/default.yaml"
}

# --- too late -------------------------------------------------------------------------------

@test "a mail whose link was used, replaced or has run out is void, and nobody is warned of it" {
	local change
	for change in 'used_at = now()' "link_until = now() - interval '1 second'"; do
		queue_proof ann@example.org reset
		sql "update proofs set $change where id = '$PROOF'"
	done
	smtp_start
	pool_plain
	became void
	[[ $(sql "select distinct state, reply from outbox") == 'void|its link is used, replaced or too old' ]]
	[[ $(count) == 0 ]]
	run ! grep -E "warn.*$MAIL" "$RUN_DIR/log/postern.log"
}

@test "a mail that has expired is dead, with what was heard last" {
	queue ann@example.org
	sql "update outbox set expires_at = now() - interval '1 second', reply = '451 later'"
	smtp_start
	pool_plain
	became dead
	[[ $(reply) == 'not sent in time; 451 later' && $(count) == 0 ]]
}

@test "a void mail is never sent" {
	queue ann@example.org
	sql "update outbox set state = 'void'"
	smtp_start
	pool_plain
	queue bob@example.org
	became sent
	[[ $(count) == 1 ]]
}

@test "without mail.url nothing is sent, and what expires is dead all the same" {
	queue ann@example.org
	local kept=$MAIL
	queue bob@example.org
	sql "update outbox set expires_at = now() where id = '$MAIL'"
	pool_plain APP__MAIL__URL= APP__MAIL__PLAIN=false
	became dead
	is queued "$kept"
}

# --- the command line -----------------------------------------------------------------------

@test "a dead mail is retried by its id, or all of them" {
	smtp_start
	pool_plain
	queue refused.ann@example.org
	became dead
	sql "update outbox set recipient = 'ann@example.org'"
	run --separate-stderr cli mail retry "$MAIL"
	[[ $status == 0 && $output == 1 ]]
	became sent
	queue refused.bob@example.org
	became dead
	sql "update outbox set recipient = 'bob@example.org', expires_at = now() - interval '1 day' where id = '$MAIL'"
	run --separate-stderr cli mail retry --dead
	[[ $status == 0 && $output == 1 ]]
	became sent
	run --separate-stderr cli mail retry --dead
	[[ $status == 0 && $output == 0 ]]
}

@test "retry refuses what is no dead mail" {
	run --separate-stderr cli mail retry "$(new_id)"
	# shellcheck disable=SC2154 # run sets stderr
	[[ $status == 65 && $stderr == *'postern mail list'* && -z $output ]]
	queue ann@example.org
	sql "update outbox set state = 'sent'"
	run --separate-stderr cli mail retry "$MAIL"
	[[ $status == 65 ]]
	sql "update outbox set state = 'queued', locked_until = now() + interval '1 minute'"
	run --separate-stderr cli mail retry "$MAIL"
	[[ $status == 65 ]]
}

@test "mail list knows states and limits, and misuse is told" {
	local words
	queue ann@example.org
	queue bob@example.org
	[[ $(cli mail list | wc -l) == 2 && $(cli mail list --limit 1 | wc -l) == 1 ]]
	[[ $(cli mail list --state=queued | wc -l) == 2 && -z $(cli mail list --state sent) ]]
	for words in 'mail' 'mail list --state lost' 'mail list --limit 0' 'mail retry' 'mail retry 1' 'mail send'; do
		# shellcheck disable=SC2086 # several words
		run --separate-stderr cli $words
		[[ $status == 2 && $stderr == usage:* && -z $output ]] || fail "$words: $status $output $stderr"
	done
	run --separate-stderr env APP__DATABASE__URL="postgresql://nobody@127.0.0.1:$(free_port)/none" \
		"$RUN_DIR/postern" mail list
	[[ $status == 75 && -n $stderr ]]
}

# --- templates ------------------------------------------------------------------------------

@test "a folder has templates instead of the built-in ones, and those it lacks stay" {
	local dir=$RUN_DIR/templates
	mkdir -p "$dir/en"
	printf 'Überraschung for {{email}}\n\nIt is {{name}}, {{#code}}no{{/code}}{{^code}}without a code{{/code}}.\n' >"$dir/en/session-reused.txt"
	chmod -R a+rX "$dir"
	smtp_start
	pool_plain APP__MAIL__TEMPLATES="$dir"
	queue ann@example.org
	became sent
	mail_is '.subject == "Überraschung for ann@example.org"'
	mail_is '.text | startswith("It is Ann, without a code.")'
	mail_is '.html | contains("A session of your account")'
	queue ann@example.org session-reused de
	became sent
	mail_is '.subject == "Eine Sitzung Ihres Kontos wurde beendet"'
	rm -r "$dir"
}

@test "a template that cannot be used keeps the pool from starting, and -t says why" {
	local dir=$RUN_DIR/templates
	mkdir -p "$dir/en" "$dir/fr"
	printf 'Subject\n\n{{nmae}}\n' >"$dir/en/reset.txt"
	printf 'x' >"$dir/en/rest.html"
	chmod -R a+rX "$dir"
	run --separate-stderr env APP__MAIL__TEMPLATES="$dir" "$RUN_DIR/postern" -t
	[[ $status == 78 && $stderr == *'/en/reset.txt: line 3: there is no such word: {{nmae}}'* ]]
	[[ $stderr == *'/en/rest.html: there is no mail of that name'* && $stderr == *'/fr: '* ]]
	run --separate-stderr timeout 10 env APP__MAIL__TEMPLATES="$dir" \
		APP__SERVER__LISTEN="$RUN_DIR/sock/refused" "$RUN_DIR/postern" serve
	[[ $status != 0 && $stderr == *nmae* ]]
	rm -r "$dir"
	run --separate-stderr env APP__MAIL__TEMPLATES="$dir" "$RUN_DIR/postern" -t
	[[ $status == 78 && $stderr == *"$dir"* ]]
}

# --- files ----------------------------------------------------------------------------------

@test "with file:// each mail is a file of its own, for its owner only" {
	local dir=$RUN_DIR/mail
	pool_plain APP__MAIL__URL="file://$dir" APP__MAIL__PLAIN=false
	queue ann@example.org
	became sent
	[[ $(stat -c %a "$dir/$MAIL.eml") == 600 && $(stat -c %a "$dir") == 700 ]]
	[[ $(find "$dir" -name '.*' -type f) == '' ]]
	grep -q '^To: <ann@example.org>' "$dir/$MAIL.eml"
}

@test "a folder that is not there is told by -t" {
	run --separate-stderr env APP__MAIL__URL=file:///nowhere/mail "$RUN_DIR/postern" -t
	[[ $status == 78 && $stderr == *mail.url*/nowhere/mail* ]]
}

# --- cleaning up ----------------------------------------------------------------------------

@test "what has run out is swept, what has not stays" {
	local old fresh void
	login ann
	old=$(new_id) fresh=$(new_id) void=$(new_id)
	sql "insert into outbox (id, template, locale, recipient, words, state, created_at, expires_at, finished_at) values
		('$old', 'reset', 'en', 'a@example.org', '{}', 'sent', now() - interval '9 days', now(), now() - interval '8 days'),
		('$void', 'reset', 'en', 'a@example.org', '{}', 'void', now() - interval '2 hours', now(), null),
		('$fresh', 'reset', 'en', 'a@example.org', '{}', 'dead', now(), now(), now() - interval '6 days'),
		(gen_random_uuid(), 'reset', 'en', 'fresh@example.org', '{}', 'void', now(), now(), null)"
	sql "insert into proofs (id, kind, code_until, link_until) values
		('$old', 'reset', now() - interval '2 days', now() - interval '2 days'),
		('$fresh', 'reset', now() - interval '1 hour', now() - interval '1 hour')"
	sql "insert into attempts (kind, key, failures, forget_at, blocked_until) values
		('network', '$old', 1, now() - interval '1 second', '-infinity'),
		('network', '$fresh', 1, now() + interval '1 hour', '-infinity')"
	sql "insert into sessions (id, user_id, idle_until, ends_at, cookie, address, user_agent) values
		('$old', '$USER_ID', now() - interval '1 second', now(), false, '', '')"
	sql "insert into events (bucket, seq, type, subject, version, expires_at) values
		(63, -2, 'session.revoked', '$old', 0, now() - interval '1 hour'), (63, -1, 'session.revoked', '$fresh', 0, now() + interval '1 hour')"
	sql "insert into email_changes (id, user_id, old_email, old_email_key, new_email, new_email_key, expires_at, done_at) values
		('$old', '$USER_ID', 'a', 'a', 'b', 'b', now() - interval '9 days', now() - interval '9 days'),
		('$fresh', '$USER_ID', 'a', 'a', 'b', 'b', now() - interval '5 days', now() - interval '5 days')"
	there() {
		sql "select (select count(*) from outbox where id in ('$1', '$2')), (select count(*) from proofs where id = '$1'),
			(select count(*) from attempts where key = '$1'), (select count(*) from events where subject = '$1'),
			(select count(*) from email_changes where id = '$1')"
	}
	pool_plain APP__MAIL__URL= APP__MAIL__PLAIN=false
	swept() {
		[[ $(there "$old" "$void") == '0|0|0|0|0' && $(sql "select count(*) from sessions where id = '$old'") == 0 ]]
	}
	wait_for 20 swept || fail "$(there "$old" "$void")"
	# Longer than a round takes: what was to be spared has been.
	sleep 1
	[[ $(there "$fresh" "$fresh") == '1|1|1|1|1' ]]
	[[ $(sql "select count(*) from outbox where recipient = 'fresh@example.org'") == 1 ]]
	[[ $(sql "select count(*) from sessions where user_id = '$USER_ID'") == 1 ]]
	sql "delete from attempts where key = '$fresh'; delete from email_changes; delete from events where subject = '$fresh'"
}
