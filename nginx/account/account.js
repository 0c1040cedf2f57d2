// SPDX-License-Identifier: MIT
// What a page behind a link is better with; it does without.
'use strict';

const go = document.getElementById('go');
const show = document.getElementById('show');
const token = new URLSearchParams(location.hash.slice(1)).get('token');

// Links of mails of earlier versions had it there.
if (token)
	location.replace(`${location.pathname}?${new URLSearchParams({ token })}`);
// What the link proves is in the form, and need not stay in the address bar and the history.
else if (location.search)
	history.replaceState(null, '', location.pathname);

if (go) {
	go.form.addEventListener('submit', () => { go.disabled = true; });
	// Back from the next page.
	addEventListener('pageshow', () => { go.disabled = false; });
}
if (show) {
	show.closest('label').hidden = false;
	show.addEventListener('change', () => {
		for (const field of go.form.querySelectorAll('[autocomplete$="-password"]'))
			field.type = show.checked ? 'text' : 'password';
	});
}
