/* SPDX-License-Identifier: MIT */
/* Settings that are good each, and never come together in a browser or a mail. */
#include "base/origin.h"
#include "conf/setting.h"

static const struct str HTTPS = STR("https://"), HTTP = STR("http://");

/* The host of an origin as origin_parse writes it. */
static struct str host_of(struct str origin)
{
	struct str rest = str_from_at(origin, str_starts(origin, HTTPS) ? HTTPS.n : HTTP.n);
	struct str host = rest;

	if (!str_starts(rest, STR("[")))
		str_split(&rest, ':', &host);
	else if (str_split(&rest, ']', &host))
		host = (struct str){ host.p, host.n + 1 };
	return host;
}

/* IPv6 has brackets; the last label of a name is no number (RFC 1123 section 2.1). */
static bool is_address(struct str host)
{
	return host.n > 0 &&
	       (host.p[0] == '[' || (host.p[host.n - 1] >= '0' && host.p[host.n - 1] <= '9'));
}

/* The last two labels of a name. Below one public suffix or several, a site has no fewer. */
static struct str tail_of(struct str host)
{
	size_t at = host.n, dots = 0;

	while (at > 0 && (dots += host.p[at - 1] == '.') < 2)
		at--;
	return str_from_at(host, at);
}

/*
 * Whether pages of one origin can be of the same site as the other (RFC 6265bis section 5.2). One
 * site by this may still be two, for there are suffixes of several labels; two sites by this are
 * two for every browser.
 */
static bool may_be_one_site(struct str a, struct str b)
{
	struct str x = host_of(a), y = host_of(b);

	if (str_starts(a, HTTPS) != str_starts(b, HTTPS))
		return false;
	return is_address(x) || is_address(y) ? str_eq(x, y) : str_eq(tail_of(x), tail_of(y));
}

static void doubt_origins(const struct conf *c, struct str ours, struct arena *a,
			  struct conf_faults *doubts)
{
	struct str rest = c->server_origins, one = { 0 }, origin = { 0 }, path = { 0 };

	while (rest.n > 0 && str_split(&rest, ',', &one)) {
		if (!origin_parse(str_trim(one), a, &origin, &path) ||
		    may_be_one_site(origin, ours))
			continue;
		conf_fault_add(
			doubts, a,
			"server.origins: pages of %s are of another site than "
			"server.public_url, %s, and browsers keep no cookie of it for them "
			"(SameSite=Strict); serve both below one domain and by https, or let "
			"that page work with tokens and take it out",
			origin.p, ours.p);
	}
}

/* Whether a host is the machine of whoever reads the mail. */
static bool at_the_reader(struct str host)
{
	static const struct str names[] = { STR("localhost"), STR("[::1]") };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (str_eq(host, names[i]))
			return true;
	return (is_address(host) && str_starts(host, STR("127."))) ||
	       (host.n > 10 && str_eq(str_from_at(host, host.n - 10), STR(".localhost")));
}

void conf_doubt(const struct conf *c, struct arena *a, struct conf_faults *doubts)
{
	struct str ours = { 0 }, path = { 0 };

	if (!origin_parse(c->server_public_url, a, &ours, &path))
		return;
	doubt_origins(c, ours, a, doubts);
	if (str_starts(c->mail_url, STR("smtp")) && at_the_reader(host_of(ours)))
		conf_fault_add(doubts, a,
			       "server.public_url: links in mails lead to %s, which is the machine "
			       "of who reads them; write the address that people reach this by",
			       ours.p);
}
