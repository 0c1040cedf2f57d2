# SPDX-License-Identifier: MIT
# The pages behind the links in mails. What they do is seen in a real browser: where Chromium is not
# installed (it takes more room than all else that the tests need), those tests are skipped.

load helpers

KINDS='verify reset unlock email_old email_new email_undo'

link() { proof_of "$1" "$2" && echo "$LINK"; }

# ask: signs somebody in who asks for another address; sets NEW, OLD_ID and NEW_ID.
ask() {
	login ann
	NEW=new.$(unique)@example.org
	post /api/v1/me/email "$(credentials "$NEW" "$PASSWORD")"
	status 202
	OLD_ID=$(of_body .old_id)
	NEW_ID=$(of_body .new_id)
}

unused() {
	[[ $(sql "select used_at is null and tries = 0 from proofs where id = '$1'") == t ]]
}

browser() {
	command -v chromium >/dev/null || skip 'chromium is not installed'
}

# What the page says; OUTCOME waits until it is looked at, which takes timers, and those are scripts.
SAID='({ sort: document.getElementById("outcome").className, text: document.getElementById("outcome").textContent })'
OUTCOME='new Promise(done => {
	const began = Date.now();
	const timer = setInterval(() => {
		const outcome = document.getElementById("outcome");
		if (document.activeElement === outcome || Date.now() - began > 2000) {
			clearInterval(timer);
			done({ sort: outcome?.className, text: outcome?.textContent, focus: document.activeElement.id,
				form: document.getElementById("form") !== null });
		}
	}, 20);
})'
PRESS='document.getElementById("go").click()'

# page LANGUAGE KIND?token=TOKEN STEP...: sets PAGE to what the browser saw there. It talked to nobody
# else, had nothing to complain about, and sent the token in one address, and never where it
# came from.
page() {
	local token=${2##*token=}
	PAGE=$("$ROOT/tests/bats/browser.py" "$1" "$BASE/account/$2" "${@:3}" 3>&- 4>&-) || return
	page_is '.errors == [] and .referers == [] and (.requests | length > 0)' || return
	page_is --arg base "$BASE/account/" '.requests | all(split(" ")[1] | startswith($base))' || return
	[[ $token == "$2" ]] || page_is --arg t "$token" '[.requests[] | select(contains($t))] | length == 1'
}

# page_is [jq option ...] FILTER
page_is() {
	jq -e "$@" <<<"$PAGE" >/dev/null || {
		echo "does not hold: $* of $PAGE" >&2
		return 1
	}
}

# form NAME VALUE...: as browsers send it.
form() { jq -rn '[$ARGS.positional | _nwise(2) | map(@uri) | join("=")] | join("&")' --args -- "$@"; }

# press KIND TOKEN [NAME VALUE]...: what the button of a page does, without a browser.
press() {
	TOKEN='' post "/account/$1" "$(form token "$2" "${@:3}")" -H 'Content-Type: application/x-www-form-urlencoded'
}

# says WORDS: the reply is a page, and has them.
says() {
	header Content-Type 'text/html; charset=utf-8' && [[ $BODY == '<!doctype html>'*"$1"* ]] || fail "does not say: $1"
}

# refused STATUS WORDS: the page of what was not done.
refused() {
	status "$1" && says "role=\"alert\"" && says "$2"
}

# done_there OF WORDS: what was done is told where reloading does nothing.
done_there() {
	status 303
	header Location "/account/done?of=$1"
	get "$(header Location)"
	status 200
	says "role=\"status\""
	says "$2"
}

# --- what the pool serves ---------------------------------------------------------------------

@test "there is a page for each kind of link, and for nothing else" {
	local kind
	for kind in $KINDS; do
		get "/account/$kind?token=x"
		status 200
		says "action=\"/account/$kind\""
		says 'name="token" value="x"'
		get "/account/$kind" --head
		status 200
		get "/account/$kind"
		says 'This link is not complete'
		[[ $BODY != *'<form'* ]]
	done
	for kind in '' index.html email verify/x verify.html Verify account.html; do
		get "/account/$kind"
		status 404
		header Content-Type 'text/html*'
	done
	for kind in account.js/ account.json account.css.map .. ../conf/nginx.conf %2e%2e/conf/nginx.conf ..%2fenv; do
		get "/account/$kind"
		status 404
	done
}

@test "pages, script and style say what they are, and may load nothing but one another (security 57, 58)" {
	local path type
	get '/account/verify?token=x'
	status 200
	header Content-Type 'text/html; charset=utf-8'
	header Cache-Control no-store
	header Content-Security-Policy "default-src 'none'; script-src 'self'; style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
	[[ $(header Content-Security-Policy | wc -l) == 1 ]]
	header Referrer-Policy no-referrer
	header X-Content-Type-Options nosniff
	header Strict-Transport-Security 'max-age=*'
	header X-Request-Id
	no_header Set-Cookie
	while read -r path type; do
		get "/account/$path"
		status 200
		header Content-Type "$type; charset=utf-8"
		header Content-Security-Policy "default-src 'none'; frame-ancestors 'none'"
		header Referrer-Policy no-referrer
		header X-Content-Type-Options nosniff
		header Cache-Control no-cache
		header X-Request-Id
		no_header Set-Cookie
		get "/account/$path" -H "If-None-Match: $(header ETag)"
		status 304
	done <<-END
		account.css text/css
		account.js text/javascript
	END
	get /api/v1/health
	header Content-Security-Policy "default-src 'none'; frame-ancestors 'none'"
}

@test "nothing in the pages is from elsewhere, and no script or style is within" {
	run ! grep -nE 'https?:|//[a-z]|style=|<style| on[a-z]+=|<script>' "$ROOT/src/api/page/templates/page.html"
	run ! grep -nE 'https?:|innerHTML|outerHTML|insertAdjacent|document.write|eval\(|localStorage|sessionStorage|cookie' \
		"$ROOT/nginx/account/account.js"
	run ! grep -nE 'url\(|@import' "$ROOT/nginx/account/account.css"
}

@test "what is in an address stays text in its page" {
	local odd='"><script>alert(1)</script>&amp;'"'"
	get "/account/reset?$(form token "$odd")"
	status 200
	says 'value="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;amp;&#39;"'
	press unlock x email "$odd"
	says 'value="&quot;&gt;&lt;script&gt;'
	[[ $BODY != *'alert(1)</script>'* ]]
	get "/account/reset?$(form token "$(printf '%01025d' 0)")"
	refused 400 'not complete'
	get '/account/reset?token=a&token=b'
	refused 400 'not complete'
	get '/account/reset?token=%ff'
	refused 400 'not complete'
	get '/account/reset?other=%ff&token=x&token='
	status 200
	says 'value="x"'
	# What is too long to be right does not come back.
	printf "email=x&password=x&token=%s" "$(printf "%060000d" 0 | tr 0 \')" >"$BATS_TEST_TMPDIR/long"
	TOKEN='' post /account/unlock "@$BATS_TEST_TMPDIR/long" -H 'Content-Type: application/x-www-form-urlencoded'
	refused 400 'not complete'
	[[ ${#BODY} -lt 4000 && $BODY != *'<form'* ]]
	get '/account/done?of=nothing'
	status 400
	header Content-Type 'text/html*'
}

@test "a form is a form, and another site's is refused" {
	local site
	TOKEN='' post /account/reset '{"token":"x","password":"a long password"}'
	refused 415 'cannot be used in that way'
	TOKEN='' post /account/reset 'token=x' -H 'Content-Type: application/x-www-form-urlencoded; charset=latin1'
	refused 415 'cannot be used in that way'
	for site in cross-site same-site; do
		TOKEN='' post /account/email_old token=x -H 'Content-Type: application/x-www-form-urlencoded' -H "Sec-Fetch-Site: $site"
		refused 403 'Another site has sent this form'
	done
	for site in same-origin none; do
		TOKEN='' post /account/email_old token=x -H 'Content-Type: application/x-www-form-urlencoded' -H "Sec-Fetch-Site: $site"
		refused 400 'This link is not right'
	done
	request PUT /account/verify token=x -H 'Content-Type: application/x-www-form-urlencoded'
	status 405
	header Allow 'GET, HEAD, POST, OPTIONS'
	request OPTIONS /account/verify
	status 204
	header Allow 'GET, HEAD, POST, OPTIONS'
	post /account/done token=x -H 'Content-Type: application/x-www-form-urlencoded'
	status 405
	header Allow 'GET, HEAD, OPTIONS'
}

@test "following a link uses nothing up, however often and by whomever, and no log has what it proves" {
	ask
	local token
	token=$(link email_old "$OLD_ID")
	for _ in 1 2 3; do
		get "/account/email_old?token=$token" -A 'a mail scanner'
		status 200
		says "value=\"$token\""
		request HEAD "/account/email_old?token=$token"
		status 200
	done
	get "/account/email_old?token=$token&more=$(printf '%05000d' 0)"
	status 414
	header Content-Type 'text/html*'
	get "/api/v1/auth/email/confirm?token=$token"
	problem 405 method-not-allowed
	unused "$OLD_ID"
	run ! grep -rqF -- "$token" "$RUN_DIR/log"
}

# --- without JavaScript -----------------------------------------------------------------------

@test "a page says what will happen, in the reader's language" {
	get '/account/email_old?token=x' -H 'Accept-Language: de-AT, en;q=0.5'
	says '<html lang="de">'
	says '<title>Adresse ändern</title>'
	says '>Bestätigen</button>'
	get '/account/email_old?token=x' -H 'Accept-Language: fr'
	says '<html lang="en">'
	says '<title>Change your address</title>'
	says '>Confirm</button>'
	says "<footer>$(sed -n 's/^APP__SERVER__PUBLIC_URL=//p' "$RUN_DIR/env")"
}

@test "each link does what it is for by its form alone" {
	local undo
	register ann
	mail_for "$EMAIL" verify
	press verify "$LINK"
	refused 403 'Give the password of the account, or choose a new one.'
	press verify "$LINK" password 'not the password'
	refused 403 'That is not the password of the account.'
	says "value=\"$LINK\""
	press verify "$LINK" password "$PASSWORD" new_password ''
	done_there verify 'the address is confirmed'
	press verify "$LINK" password "$PASSWORD"
	refused 410 'used before'
	[[ $BODY != *'<form'* ]]
	ask
	press email_old "$(link email_old "$OLD_ID")"
	done_there 'email_old&left=true' 'The other address has to confirm too'
	press email_new "$(link email_new "$NEW_ID")" password 'not the password'
	refused 403 'That is not the password'
	press email_new "$(link email_new "$NEW_ID")" password "$PASSWORD"
	done_there email_new 'The new address is now that of your account'
	[[ $(sql "select email from users where id = '$USER_ID'") == "$NEW" ]]
	undo=$(sql "select id from proofs where user_id = '$USER_ID' and kind = 'email_undo'")
	press email_undo "$(link email_undo "$undo")"
	done_there email_undo 'The old address is back'
	[[ $(sql "select email from users where id = '$USER_ID'") == "$EMAIL" ]]
}

@test "who does not know the password of the registration sets a new one by the form" {
	register ann
	mail_for "$EMAIL" verify
	press verify "$LINK" password '' new_password short
	refused 400 'Choose another password: '
	says '<details id="choose" open>'
	press verify "$LINK" new_password "$EMAIL"
	refused 400 'Choose another password: '
	press verify "$LINK" password '' new_password 'Zwölf Boxkämpfer jagen'
	done_there verify 'the address is confirmed'
	sign_in "$EMAIL" 'Zwölf Boxkämpfer jagen'
}

@test "a forgotten password is set anew by the form" {
	register ann
	TOKEN='' post /api/v1/auth/forgot "$(object email "$EMAIL")"
	mail_for "$EMAIL" reset
	press reset "$LINK" password password1
	refused 400 'Choose another password: '
	says 'aria-invalid="true"'
	[[ $BODY != *password1* ]]
	press reset "$LINK"
	refused 400 'Choose another password: password is required.'
	press reset "${LINK:0:40}" password 'Zwölf "Boxkämpfer" & mehr'
	refused 400 'This link is not right'
	press reset "$LINK" password 'Zwölf "Boxkämpfer" & mehr'
	done_there reset 'You have a new password'
	sign_in "$EMAIL" 'Zwölf "Boxkämpfer" & mehr'
}

@test "a guarded account is opened by the form, which leaves no session behind" {
	register ann
	TOKEN='' post /api/v1/auth/unlock "$(object email "$EMAIL")"
	mail_for "$EMAIL" unlock
	press unlock "$LINK" email "$EMAIL" password 'not the password'
	refused 401 'Email or password is wrong.'
	says "value=\"$EMAIL\""
	unused "$PROOF"
	press unlock "$LINK" email "$EMAIL" password "$PASSWORD"
	done_there unlock 'The account is open again'
	no_header Set-Cookie
	run ! unused "$PROOF"
	[[ $(sql "select count(*) from audit where action = 'session.begin' and subject = '$USER_ID'") == 1 ]]
	[[ $(sql "select count(*) from sessions where user_id = '$USER_ID'") == 0 ]]
}

@test "who presses twice at once is told once that it is done" {
	local -a statuses
	register ann
	mail_for "$EMAIL" verify
	for i in 1 2; do
		curl -sS --cacert "$RUN_DIR/tls/cert.pem" -o "$BATS_TEST_TMPDIR/page.$i" -w '%{http_code}' "$BASE/account/verify" \
			-d "$(form token "$LINK" password "$PASSWORD")" >"$BATS_TEST_TMPDIR/status.$i" &
	done
	wait
	[[ $(cat "$BATS_TEST_TMPDIR"/status.? | tr -d '\n') == @(303410|410303) ]] || fail "$(cat "$BATS_TEST_TMPDIR"/status.?)"
}

# --- what a browser makes of it ---------------------------------------------------------------

# fill ID TEXT: a step that types it.
fill() { jq -nr --arg i "$1" --arg t "$2" '"document.getElementById(\($i | tojson)).value = \($t | tojson)"'; }

@test "a page does nothing by itself, and takes its token out of the address bar" {
	browser
	ask
	local token
	token=$(link email_old "$OLD_ID")
	page en-GB "email_old?token=$token" '({ url: location.href, length: history.length,
		lang: document.documentElement.lang, token: document.forms[0].elements.token.value })'
	page_is --arg url "$BASE/account/email_old" --arg t "$token" '.result | .url == $url and .lang == "en" and .token == $t'
	unused "$OLD_ID"
}

@test "both links change the address in a browser, with scripts and without" {
	browser
	ask
	page en "email_old?token=$(link email_old "$OLD_ID")" "$PRESS" loaded "$OUTCOME"
	page_is '.result | .sort == "done" and .focus == "outcome" and (.form | not)
		and (.text | contains("other address has to confirm"))'
	page_is --arg url "POST $BASE/account/email_old" '.requests | any(. == $url)'
	NO_SCRIPTS=1 page de "email_new?token=$(link email_new "$NEW_ID")" "$(fill password "$PASSWORD")" "$PRESS" loaded "$SAID"
	page_is '.result | .sort == "done" and .text == "Die neue Adresse ist jetzt die Ihres Kontos."'
	page_is '.requests | all(endswith(".js") | not)'
	[[ $(sql "select email from users where id = '$USER_ID'") == "$NEW" ]]
}

@test "a password that is not good enough is asked for again, in a browser" {
	browser
	register ann
	TOKEN='' post /api/v1/auth/forgot "$(object email "$EMAIL")"
	mail_for "$EMAIL" reset
	page de "reset?token=$LINK" "$(fill password 'password1')" "$PRESS" loaded "$OUTCOME"
	page_is '.result | .sort == "failed" and .form and .focus == "outcome" and (.text | startswith("Wählen Sie ein anderes Passwort: "))'
	# One that is empty does not leave the browser.
	page en "reset?token=$LINK" "$PRESS" 'document.activeElement.id'
	page_is '.result == "password" and (.requests | all(startswith("GET ")))'
	page de "reset?token=$LINK" "$(fill password 'password1')" "$PRESS" loaded \
		"$(fill password 'Zwölf "Boxkämpfer" & mehr')" "$PRESS" loaded "$OUTCOME"
	page_is '.result | .sort == "done" and (.form | not)'
	sign_in "$EMAIL" 'Zwölf "Boxkämpfer" & mehr'
}

@test "who does not know the password of the registration sets a new one on its page" {
	browser
	register ann
	mail_for "$EMAIL" verify
	page de "verify?token=$LINK" 'document.querySelector("summary").click()' \
		"$(fill new_password 'Zwölf Boxkämpfer jagen')" "$PRESS" loaded "$OUTCOME"
	page_is '.result | .sort == "done" and (.form | not)'
	sign_in "$EMAIL" 'Zwölf Boxkämpfer jagen'
	TOKEN='' post /api/v1/auth/login "$(credentials "$EMAIL" "$PASSWORD")"
	problem 401 bad-credentials
}

@test "a keyboard is enough" {
	browser
	ask
	page en "email_old?token=$(link email_old "$OLD_ID")" key:Tab key:Enter loaded "$OUTCOME"
	page_is '.result.sort == "done"'
	# Behind the password is what shows it.
	page en "email_new?token=$(link email_new "$NEW_ID")" "$(fill password "$PASSWORD")" \
		key:Tab key:Tab key:Space 'document.getElementById("password").type'
	page_is '.result == "text"'
	page en "email_new?token=$(link email_new "$NEW_ID")" "$(fill password "$PASSWORD")" \
		key:Tab key:Enter loaded "$OUTCOME"
	page_is '.result.sort == "done"'
}

@test "a link of a mail of an earlier version is good still" {
	browser
	ask
	page en "email_old#token=$(link email_old "$OLD_ID")" 'until:document.getElementById("go") !== null' \
		"$PRESS" 'until:document.getElementById("outcome") !== null' "$OUTCOME"
	page_is '.result.sort == "done"'
}

@test "each page has all of its words and labels in both languages" {
	browser
	local kind language
	for kind in $KINDS; do
		for language in en de; do
			page "$language" "$kind?token=x" '[...document.querySelectorAll("h1, #lead, label, summary, button")]
				.filter(e => !e.closest("[hidden]"))
				.map(e => e.textContent.trim())
				.concat([...document.querySelectorAll("input:not([type=checkbox], [type=hidden])")]
					.map(e => e.labels[0].textContent + ":" + e.autocomplete))'
			page_is '.result | length >= 3 and all(length > 3)'
			case $kind in
			reset) page_is '.result[-1] | test("^(New password|Neues Passwort):new-password$")' ;;
			verify) page_is '.result[-2:] | (.[0] | endswith(":current-password"))
				and (.[1] | endswith(":new-password"))' ;;
			unlock) page_is '.result[-2:] | (.[0] | endswith(":username"))
				and (.[1] | endswith(":current-password"))' ;;
			esac
		done
	done
}
