/* SPDX-License-Identifier: MIT */
#include "text/mailbox.h"

#include <string.h>

/* A space is the one control that str_has_controls does not fear. */
static bool plain(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == ' ' || strchr("()<>[]:;\\,\"@", s.p[i]) != NULL)
			return false;
	return s.n > 0;
}

bool mailbox_address(struct str s)
{
	struct str local = { 0 }, domain = s;

	if (s.n > MAILBOX_ADDRESS_MAX || !str_utf8(s) || str_has_controls(s) ||
	    !str_split(&domain, '@', &local) || domain.p == NULL)
		return false;
	if (local.n > 2 && local.p[0] == '"' && local.p[local.n - 1] == '"')
		local = (struct str){ local.p + 1, local.n - 2 };
	return plain(local) && plain(domain);
}

/* A name without the quotes around it, and the backslashes within. */
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
