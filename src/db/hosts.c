/* SPDX-License-Identifier: MIT */
#include "db/hosts.h"

#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

/* Value of a keyword; NULL when it is not given. */
static const char *given(const PQconninfoOption *options, const char *keyword)
{
	for (; options != NULL && options->keyword != NULL; options++)
		if (strcmp(options->keyword, keyword) == 0)
			return options->val;
	return NULL;
}

static size_t elements(const char *list)
{
	size_t n = 1;

	for (; list != NULL && *list != '\0'; list++)
		n += *list == ',';
	return n;
}

static size_t count(const PQconninfoOption *options)
{
	size_t names = elements(given(options, "host"));
	size_t addresses = elements(given(options, "hostaddr"));

	return names > addresses ? names : addresses;
}

/*
 * The list from element `first` on, then the elements before it. NULL for NULL or one element, and
 * when out of memory.
 */
static char *turn(const char *list, size_t first)
{
	/* One element is for all: a port, usually. */
	if (list == NULL || elements(list) == 1)
		return NULL;

	const char *cut = list;

	for (first %= elements(list); first > 0; first--)
		cut = strchr(cut, ',') + 1;

	size_t before = (size_t)(cut - list), after = strlen(cut);
	char *out = malloc(before + after + 2);

	if (out == NULL)
		return NULL;
	memcpy(out, cut, after);
	out[after] = '\0';
	if (before > 0) {
		out[after] = ',';
		memcpy(out + after + 1, list, before - 1);
		out[after + before] = '\0';
	}
	return out;
}

size_t hosts_count(struct secret url)
{
	PQconninfoOption *options = PQconninfoParse(url.p, NULL);
	size_t n = count(options);

	PQconninfoFree(options);
	return n;
}

bool hosts_writable(struct secret url)
{
	PQconninfoOption *options = PQconninfoParse(url.p, NULL);
	const char *attrs = given(options, "target_session_attrs");
	bool asked = attrs != NULL &&
		     (strcmp(attrs, "read-write") == 0 || strcmp(attrs, "primary") == 0);
	size_t n = count(options);

	PQconninfoFree(options);
	return asked && n > 1;
}

void hosts_from(struct secret url, size_t first, struct hosts *out)
{
	PQconninfoOption *options = PQconninfoParse(url.p, NULL);
	const char *host = given(options, "host"), *hostaddr = given(options, "hostaddr");
	const char *port = given(options, "port");

	*out = (struct hosts){ turn(host, first), turn(hostaddr, first), turn(port, first) };
	/* A list that was turned and one that was not would no longer belong together. */
	if ((out->host == NULL && elements(host) > 1) ||
	    (out->hostaddr == NULL && elements(hostaddr) > 1) ||
	    (out->port == NULL && elements(port) > 1))
		hosts_free(out);
	PQconninfoFree(options);
}

void hosts_free(struct hosts *h)
{
	free(h->host);
	free(h->hostaddr);
	free(h->port);
	*h = (struct hosts){ 0 };
}
