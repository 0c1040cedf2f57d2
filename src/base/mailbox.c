/* SPDX-License-Identifier: MIT */
#include "base/mailbox.h"

#include <string.h>

bool mailbox_address(struct str s)
{
	size_t ats = 0;

	if (s.n < 3 || s.n > MAILBOX_ADDRESS_MAX || !str_utf8(s) || str_has_controls(s))
		return false;
	for (size_t i = 0; i < s.n; i++) {
		/* str_has_controls knows of DEL and C1; a space is the only other one to fear. */
		if (s.p[i] == ' ' || strchr("()<>[]:;\\,\"", s.p[i]) != NULL)
			return false;
		ats += s.p[i] == '@';
	}
	return ats == 1 && s.p[0] != '@' && s.p[s.n - 1] != '@';
}

/* Without the quotes around it, and the backslashes within. */
static struct str unquote(struct str s, struct arena *a)
{
	char *p = arena_alloc(a, s.n + 1);
	size_t n = 0;

	if (s.n < 2 || s.p[0] != '"' || s.p[s.n - 1] != '"')
		return s;
	for (size_t i = 1; i + 1 < s.n; i++) {
		if (s.p[i] == '\\' && i + 2 < s.n)
			i++;
		p[n++] = s.p[i];
	}
	return (struct str){ p, n };
}

bool mailbox_parse(struct str text, struct arena *a, struct mailbox *out)
{
	struct str address = str_trim(text);
	size_t open = address.n;

	if (!str_utf8(text) || str_has_controls(text))
		return false;
	*out = (struct mailbox){ .name = STR("") };
	if (address.n > 0 && address.p[address.n - 1] == '>') {
		while (open > 0 && address.p[open - 1] != '<')
			open--;
		if (open == 0)
			return false;
		out->name = unquote(str_trim((struct str){ address.p, open - 1 }), a);
		address = (struct str){ address.p + open, address.n - open - 1 };
	}
	out->address = arena_dup(a, address);
	return mailbox_address(address);
}
