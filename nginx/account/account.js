// SPDX-License-Identifier: MIT
// What a link in a mail leads to. The token stands behind the "#", which browsers do not send, so no
// log has it; it is used only when somebody presses the button, for scanners of mail follow links too.
'use strict';

const TEXTS = {
	en: {
		verify: ['Confirm your address', 'Confirm that this email address is yours, with the password that was chosen for the account. If you do not know it, or somebody else made the account, choose a new one.', 'Confirm'],
		reset: ['Set a new password', 'It replaces the one you have had.', 'Set password'],
		unlock: ['Unlock your account', 'There were too many wrong passwords. Sign in once here, and the account is open again.', 'Unlock'],
		email_old: ['Change your address', 'Confirm that another email address is to replace this one, as the mail says.', 'Confirm'],
		email_new: ['Change your address', 'Confirm that this email address is yours and is to replace the one your account has had. If you did not ask for that, close this page.', 'Confirm'],
		email_undo: ['Undo the change of address', 'Your account gets back the email address that this mail was sent to, and is signed out everywhere.', 'Undo the change'],
		verify_done: 'Thank you, the address is confirmed. You can close this page.',
		reset_done: 'You have a new password. Sign in with it.',
		unlock_done: 'The account is open again. Sign in as usual.',
		half_done: 'Thank you. The other address has to confirm too; a mail is there already.',
		email_done: email => `Your address is now ${email}.`,
		email_undo_done: 'The old address is back. Now set a new password: somebody may know the one you have.',
		email: 'Email',
		password: 'Password',
		new_password: 'New password',
		choose: 'I do not know the password: set a new one',
		show: 'Show the password',
		no_token: 'This link is not complete. Open it from the mail once more.',
		offline: 'The service cannot be reached. Try again in a moment.',
		busy: seconds => `Too many attempts. Try again in ${seconds} seconds.`,
		later: 'The service is not available at the moment. Try again.',
		refused: message => `This is not possible: ${message}.`,
		bad_password: message => `Choose another password: ${message}.`,
		codes: {
			'proof-gone': 'This link was used before, or a newer one has replaced it, or it is too old.',
			'proof-wrong': 'This link is not right. Open it from the mail once more.',
			'password-wrong': 'That is not the password of the account.',
			'proof-needed': 'There were too many wrong passwords. Set a new one first.',
			'email-taken': 'That address belongs to another account by now.',
			'bad-credentials': 'Email or password is wrong.',
			'account-disabled': 'The account is disabled.',
		},
	},
	de: {
		verify: ['Adresse bestätigen', 'Bestätigen Sie, dass diese E-Mail-Adresse Ihre ist, mit dem Passwort, das für das Konto gewählt wurde. Wenn Sie es nicht kennen oder jemand anders das Konto angelegt hat, wählen Sie ein neues.', 'Bestätigen'],
		reset: ['Neues Passwort', 'Es ersetzt das, das Sie bisher hatten.', 'Passwort setzen'],
		unlock: ['Konto entsperren', 'Es gab zu viele falsche Passwörter. Melden Sie sich einmal hier an, dann ist das Konto wieder offen.', 'Entsperren'],
		email_old: ['Adresse ändern', 'Bestätigen Sie, dass eine andere E-Mail-Adresse diese ersetzen soll, wie es in der Mail steht.', 'Bestätigen'],
		email_new: ['Adresse ändern', 'Bestätigen Sie, dass diese E-Mail-Adresse Ihre ist und die bisherige Ihres Kontos ersetzen soll. Wenn Sie das nicht gewünscht haben, schließen Sie diese Seite.', 'Bestätigen'],
		email_undo: ['Änderung der Adresse zurücknehmen', 'Ihr Konto bekommt die E-Mail-Adresse zurück, an die diese Mail ging, und wird überall abgemeldet.', 'Zurücknehmen'],
		verify_done: 'Danke, die Adresse ist bestätigt. Sie können diese Seite schließen.',
		reset_done: 'Sie haben ein neues Passwort. Melden Sie sich damit an.',
		unlock_done: 'Das Konto ist wieder offen. Melden Sie sich wie gewohnt an.',
		half_done: 'Danke. Auch die andere Adresse muss bestätigen; die Mail dafür ist schon da.',
		email_done: email => `Ihre Adresse ist jetzt ${email}.`,
		email_undo_done: 'Die alte Adresse gilt wieder. Setzen Sie jetzt ein neues Passwort: vielleicht kennt jemand das bisherige.',
		email: 'E-Mail',
		password: 'Passwort',
		new_password: 'Neues Passwort',
		choose: 'Ich kenne das Passwort nicht: ein neues setzen',
		show: 'Passwort zeigen',
		no_token: 'Dieser Link ist nicht vollständig. Öffnen Sie ihn noch einmal aus der Mail.',
		offline: 'Der Dienst ist nicht zu erreichen. Versuchen Sie es gleich noch einmal.',
		busy: seconds => `Zu viele Versuche. Versuchen Sie es in ${seconds} Sekunden noch einmal.`,
		later: 'Der Dienst ist gerade nicht verfügbar. Versuchen Sie es noch einmal.',
		refused: message => `Das geht nicht: ${message}.`,
		bad_password: message => `Wählen Sie ein anderes Passwort: ${message}.`,
		codes: {
			'proof-gone': 'Dieser Link wurde schon benutzt, durch einen neueren ersetzt, oder er ist zu alt.',
			'proof-wrong': 'Dieser Link stimmt nicht. Öffnen Sie ihn noch einmal aus der Mail.',
			'password-wrong': 'Das ist nicht das Passwort des Kontos.',
			'proof-needed': 'Es gab zu viele falsche Passwörter. Setzen Sie zuerst ein neues.',
			'email-taken': 'Diese Adresse gehört inzwischen zu einem anderen Konto.',
			'bad-credentials': 'E-Mail oder Passwort ist falsch.',
			'account-disabled': 'Das Konto ist gesperrt.',
		},
	},
};

// What each kind of link asks for, and the operation that it is for.
const KINDS = {
	verify: {
		path: 'verify',
		password: 'current-password',
		choose: true,
		body: token => ({ token, [at('choose').checked ? 'new_password' : 'password']: at('password').value }),
	},
	reset: {
		path: 'reset',
		password: 'new-password',
		body: token => ({ token, password: at('password').value }),
	},
	unlock: {
		path: 'login',
		email: true,
		password: 'current-password',
		body: token => ({ email: at('email').value, password: at('password').value, proof_token: token }),
		// The session was only for unlocking.
		after: reply => post('logout', { refresh_token: reply.refresh_token }).catch(() => null),
	},
	email_old: { path: 'email/confirm', body: token => ({ token }), done: confirmed },
	// The password shows that the account is the reader's too.
	email_new: {
		path: 'email/confirm',
		password: 'current-password',
		body: token => ({ token, password: at('password').value }),
		done: confirmed,
	},
	email_undo: { path: 'email/undo', body: token => ({ token }) },
};

const kind = location.pathname.split('/').pop();
const page = KINDS[kind];
const language = navigator.languages.map(tag => tag.slice(0, 2).toLowerCase()).find(tag => tag in TEXTS) ?? 'en';
const texts = TEXTS[language];
let token = null;

function at(id) {
	return document.getElementById(id);
}

function confirmed(reply) {
	return reply.done ? texts.email_done(reply.email) : texts.half_done;
}

// sort: "done" or "failed".
function tell(sort, text) {
	at('outcome').dataset.sort = sort;
	at('outcome').textContent = text;
}

function show(field, visible) {
	at(`${field}-field`).hidden = !visible;
	at(field).disabled = !visible;
}

// Takes the token out of the address bar and the history, and shows what it is for.
function open_link() {
	token = new URLSearchParams(location.hash.slice(1)).get('token');
	history.replaceState(null, '', location.pathname);
	at('form').hidden = token === null;
	at('lead').hidden = token === null;
	delete at('outcome').dataset.sort;
	at('outcome').textContent = '';
	if (token === null)
		tell('failed', texts.no_token);
}

function post(path, body) {
	return fetch(new URL(`../api/v1/auth/${path}`, location.href), {
		method: 'POST',
		headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
		body: JSON.stringify(body),
		cache: 'no-store',
		credentials: 'omit',
		redirect: 'error',
		referrerPolicy: 'no-referrer',
	});
}

function reason(response, error) {
	const wrong = error?.fields?.find(field => field.pointer.endsWith('password'));

	if (wrong)
		return texts.bad_password(wrong.message);
	if (error?.code in texts.codes)
		return texts.codes[error.code];
	if (response.status === 429)
		return texts.busy(response.headers.get('Retry-After') ?? 1);
	return response.status >= 500 || !error ? texts.later : texts.refused(error.message);
}

async function send() {
	const response = await post(page.path, page.body(token));
	const reply = response.status === 204 ? null : await response.json().catch(() => null);

	if (!response.ok) {
		tell('failed', reason(response, reply?.error));
		return false;
	}
	await page.after?.(reply);
	tell('done', page.done ? page.done(reply) : texts[`${kind}_done`]);
	return true;
}

async function submit(event) {
	let done = false;

	event.preventDefault();
	at('go').disabled = true;
	try {
		done = await send();
	} catch {
		tell('failed', texts.offline);
	}
	at('go').disabled = false;
	if (done) {
		token = null;
		at('form').reset();
		ask_password();
		at('form').hidden = true;
		at('lead').hidden = true;
	}
	at('outcome').focus();
}

// Which password is asked for: the one there is, or a new one.
function ask_password() {
	const purpose = at('choose').checked ? 'new-password' : page.password ?? 'off';

	at('password-label').textContent = purpose === 'new-password' ? texts.new_password : texts.password;
	at('password').autocomplete = purpose;
}

function start() {
	const [title, lead, go] = texts[kind];

	document.documentElement.lang = language;
	document.title = title;
	at('title').textContent = title;
	at('lead').textContent = lead;
	at('go').textContent = go;
	at('email-label').textContent = texts.email;
	at('show-label').textContent = texts.show;
	show('email', page.email === true);
	show('password', page.password !== undefined);
	at('choose-label').textContent = texts.choose;
	show('choose', page.choose === true);
	ask_password();
	at('choose').addEventListener('change', ask_password);
	at('show').addEventListener('change', () => {
		at('password').type = at('show').checked ? 'text' : 'password';
	});
	at('form').addEventListener('submit', submit);
	// Another link into a page that is open changes only what is behind the "#".
	addEventListener('hashchange', () => location.hash && open_link());
	open_link();
}

start();
