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

# Waits until the page says what came of it.
OUTCOME='new Promise(done => {
	const timer = setInterval(() => {
		const outcome = document.getElementById("outcome");
		if (outcome.dataset.sort && !document.getElementById("go").disabled) {
			clearInterval(timer);
			done({ sort: outcome.dataset.sort, text: outcome.textContent, focus: document.activeElement.id,
				form: !document.getElementById("form").hidden });
		}
	}, 20);
})'
PRESS='document.getElementById("go").click()'

# page LANGUAGE KIND#FRAGMENT STEP...: sets PAGE to what the browser saw there. It talked to nobody
# else, had nothing to complain about, and sent the token in no address.
page() {
	local token=${2##*token=}
	PAGE=$("$ROOT/tests/bats/browser.py" "$1" "$BASE/account/$2" "${@:3}" 3>&- 4>&-) || return
	page_is '.errors == [] and (.requests | length > 0)' || return
	page_is --arg base "$BASE/" '.requests | all(split(" ")[1] | startswith($base))' || return
	[[ $token == "$2" ]] || page_is --arg t "$token" '.requests | all(contains($t) | not)'
}

# page_is [jq option ...] FILTER
page_is() {
	jq -e "$@" <<<"$PAGE" >/dev/null || {
		echo "does not hold: $* of $PAGE" >&2
		return 1
	}
}

# --- what nginx serves ------------------------------------------------------------------------

@test "there is a page for each kind of link, and for nothing else" {
	local kind
	for kind in $KINDS; do
		get "/account/$kind"
		status 200
		[[ $BODY == '<!doctype html>'* ]]
		get "/account/$kind" --head
		status 200
	done
	for kind in '' index.html email verify/ verify.html verify/x Verify account.js/ account.json \
		.. ../conf/nginx.conf %2e%2e/conf/nginx.conf ..%2fenv; do
		get "/account/$kind"
		problem 404 not-found
	done
}

@test "pages, script and style say what they are, and may load nothing but one another (security 57, 58)" {
	local path type
	while read -r path type; do
		get "/account/$path"
		status 200
		header Content-Type "$type; charset=utf-8"
		header Content-Security-Policy "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
		[[ $(header Content-Security-Policy | wc -l) == 1 ]]
		header Referrer-Policy no-referrer
		header X-Content-Type-Options nosniff
		header Strict-Transport-Security 'max-age=*'
		header Cache-Control no-cache
		header X-Request-Id
		no_header Set-Cookie
		get "/account/$path" -H "If-None-Match: $(header ETag)"
		status 304
	done <<-END
		verify text/html
		email_undo text/html
		account.css text/css
		account.js text/javascript
	END
	get /api/v1/health
	header Content-Security-Policy "default-src 'none'; frame-ancestors 'none'"
}

@test "nothing in the pages is from elsewhere, and no script or style is within" {
	run ! grep -nE 'https?:|//[a-z]|style=|<style| on[a-z]+=|<script>' "$ROOT/nginx/account/index.html"
	run ! grep -nE 'https?:|innerHTML|outerHTML|insertAdjacent|document.write|eval\(|localStorage|sessionStorage|cookie' \
		"$ROOT/nginx/account/account.js"
	run ! grep -nE 'url\(|@import' "$ROOT/nginx/account/account.css"
}

@test "a page takes nothing" {
	local method
	for method in POST PUT DELETE PATCH; do
		request "$method" /account/verify
		problem 405 method-not-allowed
		header Allow 'GET, HEAD, OPTIONS'
	done
}

@test "following a link uses nothing up, however often and by whomever" {
	ask
	local token
	token=$(link email_old "$OLD_ID")
	for _ in 1 2 3; do
		get "/account/email_old" -A 'a mail scanner'
		status 200
		get "/account/email_old?token=$token"
		status 200
		request HEAD "/account/email_old?token=$token"
		status 200
	done
	get "/api/v1/auth/email/confirm?token=$token"
	problem 405 method-not-allowed
	unused "$OLD_ID"
	run ! grep -rqF -- "$token" "$RUN_DIR/log"
}

# --- what a browser makes of it ---------------------------------------------------------------

@test "a page says what will happen, in the reader's language, and does nothing by itself" {
	browser
	ask
	local token
	token=$(link email_old "$OLD_ID")
	page en-GB "email_old#token=$token" '({ url: location.href, length: history.length,
		lang: document.documentElement.lang, title: document.title,
		lead: document.getElementById("lead").textContent, go: document.getElementById("go").textContent })'
	page_is --arg url "$BASE/account/email_old" '.result | .url == $url and .lang == "en"
		and .title == "Change your address" and (.lead | length > 20) and .go == "Confirm"'
	page de-AT "email_old#token=$token" '({ lang: document.documentElement.lang, title: document.title })'
	page_is '.result | .lang == "de" and .title == "Adresse ändern"'
	page fr "email_old#token=$token" 'document.documentElement.lang'
	page_is '.result == "en"'
	unused "$OLD_ID"
}

@test "both links change the address, and each page says what is left to do" {
	browser
	ask
	page en "email_old#token=$(link email_old "$OLD_ID")" "$PRESS" "$OUTCOME"
	page_is '.result | .sort == "done" and .focus == "outcome" and (.form | not)
		and (.text | contains("other address has to confirm"))'
	page_is --arg url "POST $BASE/api/v1/auth/email/confirm" '.requests | any(. == $url)'
	page de "email_new#token=$(link email_new "$NEW_ID")" "$(fill password "$PASSWORD")" "$PRESS" "$OUTCOME"
	page_is --arg text "Ihre Adresse ist jetzt $NEW." '.result | .sort == "done" and .text == $text'
	[[ $(sql "select email from users where id = '$USER_ID'") == "$NEW" ]]
	local undo
	undo=$(sql "select id from proofs where user_id = '$USER_ID' and kind = 'email_undo'")
	page en "email_undo#token=$(link email_undo "$undo")" "$PRESS" "$OUTCOME"
	page_is '.result | .sort == "done" and (.text | contains("old address is back"))'
	[[ $(sql "select email from users where id = '$USER_ID'") == "$EMAIL" ]]
}

# fill ID TEXT: a step that types it.
fill() { jq -nr --arg i "$1" --arg t "$2" '"document.getElementById(\($i | tojson)).value = \($t | tojson)"'; }

@test "a forgotten password is set anew, when it is good enough" {
	browser
	register ann
	TOKEN='' post /api/v1/auth/forgot "$(object email "$EMAIL")"
	mail_for "$EMAIL" reset
	page de "reset#token=$LINK" "$(fill password 'password1')" "$PRESS" "$OUTCOME" \
		"$(fill password 'Zwölf "Boxkämpfer" & mehr')" 'delete document.getElementById("outcome").dataset.sort' \
		"$PRESS" "$OUTCOME"
	page_is '.result | .sort == "done" and (.form | not)'
	page_is --arg url "POST $BASE/api/v1/auth/reset" '[.requests[] | select(. == $url)] | length == 2'
	sign_in "$EMAIL" 'Zwölf "Boxkämpfer" & mehr'
	TOKEN='' post /api/v1/auth/forgot "$(object email "$EMAIL")"
	mail_for "$EMAIL" reset
	page de "reset#token=$LINK" "$(fill password 'password1')" "$PRESS" "$OUTCOME"
	page_is '.result | .sort == "failed" and .form and (.text | startswith("Wählen Sie ein anderes Passwort: "))'
	page en "reset#token=$LINK" "$PRESS" 'document.activeElement.id'
	page_is '.result == "password" and (.requests | all(startswith("GET ")))'
}

@test "a guarded account is opened again, and the page leaves no session behind" {
	browser
	register ann
	TOKEN='' post /api/v1/auth/unlock "$(object email "$EMAIL")"
	status 202
	mail_for "$EMAIL" unlock
	page en "unlock#token=$LINK" "$(fill email "$EMAIL")" "$(fill password 'not the password')" \
		"$PRESS" "$OUTCOME"
	page_is '.result | .sort == "failed" and .form and .text == "Email or password is wrong."'
	unused "$PROOF"
	page en "unlock#token=$LINK" "$(fill email "$EMAIL")" "$(fill password "$PASSWORD")" \
		"$PRESS" "$OUTCOME"
	page_is '.result | .sort == "done" and (.form | not)'
	run ! unused "$PROOF"
	[[ $(sql "select count(*) from audit where action = 'session.begin' and subject = '$USER_ID'") == 1 ]]
	[[ $(sql "select count(*) from sessions where user_id = '$USER_ID'") == 0 ]]
}

@test "a new address is confirmed on its page" {
	browser
	register ann
	mail_for "$EMAIL" verify
	page en "verify#token=$LINK" "$(fill password 'not the password')" "$PRESS" "$OUTCOME"
	page_is '.result | .sort == "failed" and .form and (.text | contains("not the password"))'
	page en "verify#token=$LINK" "$(fill password "$PASSWORD")" "$PRESS" "$OUTCOME"
	page_is '.result | .sort == "done" and (.text | contains("confirmed"))'
	[[ $(sql "select verified_at is not null from users where id = '$USER_ID'") == t ]]
}

@test "who does not know the password of the registration sets a new one on its page" {
	browser
	register ann
	mail_for "$EMAIL" verify
	page de "verify#token=$LINK" 'document.getElementById("choose").click()' \
		"$(fill password 'Zwölf Boxkämpfer jagen')" "$PRESS" "$OUTCOME"
	page_is '.result | .sort == "done" and (.form | not)'
	sign_in "$EMAIL" 'Zwölf Boxkämpfer jagen'
	TOKEN='' post /api/v1/auth/login "$(credentials "$EMAIL" "$PASSWORD")"
	problem 401 bad-credentials
}

@test "a keyboard is enough" {
	browser
	ask
	page en "email_old#token=$(link email_old "$OLD_ID")" key:Tab key:Enter "$OUTCOME"
	page_is '.result.sort == "done"'
	page en "email_new#token=$(link email_new "$NEW_ID")" "$(fill password "$PASSWORD")" \
		key:Tab key:Enter "$OUTCOME"
	page_is '.result.sort == "done"'
}

@test "a link that is used, wrong or cut says so" {
	browser
	ask
	local token
	token=$(link email_old "$OLD_ID")
	page en "email_old#token=$token" "$PRESS" "$OUTCOME"
	page en "email_old#token=$token" "$PRESS" "$OUTCOME"
	page_is '.result | .sort == "failed" and .form and (.text | contains("used before"))'
	page de "email_old#token=${token:0:40}" "$PRESS" "$OUTCOME"
	page_is '.result | .sort == "failed" and (.text | contains("stimmt nicht"))'
	page en email_old "$OUTCOME"
	page_is '.result | .sort == "failed" and (.form | not) and (.text | contains("not complete"))'
}

@test "a second link into an open page is the one that counts" {
	browser
	ask
	page en "email_old#token=x" "location.hash = 'token=$(link email_old "$OLD_ID")'" \
		'new Promise(done => setTimeout(done, 100))' "$PRESS" "$OUTCOME"
	page_is '.result.sort == "done"'
}

@test "each page has all of its words and labels in both languages" {
	browser
	local kind language
	for kind in $KINDS; do
		for language in en de; do
			page "$language" "$kind#token=x" '[...document.querySelectorAll("h1, #lead, label, button")]
				.filter(e => !e.closest("[hidden]"))
				.map(e => e.textContent.trim())
				.concat([...document.querySelectorAll("input:enabled:not([type=checkbox])")]
					.filter(e => !e.closest("[hidden]"))
					.map(e => e.labels[0].textContent + ":" + e.autocomplete))'
			page_is '.result | length >= 3 and all(length > 3 and (contains("undefined") | not))'
			case $kind in
			reset) page_is '.result[-1] | test("^(New password|Neues Passwort):new-password$")' ;;
			unlock) page_is '.result[-2:] | (.[0] | endswith(":username"))
				and (.[1] | endswith(":current-password"))' ;;
			esac
		done
	done
}
