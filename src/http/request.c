/* SPDX-License-Identifier: MIT */
#include "http/request.h"

#include <string.h>

static const char *const names[METHOD_COUNT] = {
	[METHOD_GET] = "GET",	  [METHOD_POST] = "POST",     [METHOD_PUT] = "PUT",
	[METHOD_PATCH] = "PATCH", [METHOD_DELETE] = "DELETE",
};

const char *method_name(enum method m)
{
	return names[m];
}

bool method_find(struct str name, enum method *out)
{
	if (str_eq(name, STR("HEAD")))
		name = STR("GET");
	for (enum method m = 0; m < METHOD_COUNT; m++) {
		if (!str_eq(name, str_from(names[m])))
			continue;
		*out = m;
		return true;
	}
	return false;
}

const char *status_phrase(int status)
{
	static const struct {
		int status;
		const char *phrase;
	} phrases[] = {
		{ 200, "OK" },
		{ 201, "Created" },
		{ 202, "Accepted" },
		{ 204, "No Content" },
		{ 303, "See Other" },
		{ 304, "Not Modified" },
		{ 400, "Bad Request" },
		{ 401, "Unauthorized" },
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 406, "Not Acceptable" },
		{ 408, "Request Timeout" },
		{ 409, "Conflict" },
		{ 410, "Gone" },
		{ 412, "Precondition Failed" },
		{ 413, "Content Too Large" },
		{ 415, "Unsupported Media Type" },
		{ 422, "Unprocessable Content" },
		{ 428, "Precondition Required" },
		{ 429, "Too Many Requests" },
		{ 500, "Internal Server Error" },
		{ 501, "Not Implemented" },
		{ 503, "Service Unavailable" },
	};

	for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++)
		if (phrases[i].status == status)
			return phrases[i].phrase;
	return "";
}

/* A value may hold what a client sent: a line break in it would begin a header of its own. */
static bool breaks_line(char c)
{
	return ((unsigned char)c < 0x20 && c != '\t') || c == 0x7f;
}

/*
 * Whether one of eight bytes may break a line: below 0x20, or 0x7f. One of the other bytes may look
 * so, too, but only beside one that does; "Bit Twiddling Hacks" (hasless, haszero).
 */
static bool may_break(const char *p)
{
	const uint64_t ones = UINT64_MAX / 255, tops = ones * 0x80;
	uint64_t w, deletes;

	memcpy(&w, p, sizeof w);
	deletes = w ^ ones * 0x7f;
	return ((((w - ones * 0x20) & ~w) | ((deletes - ones) & ~deletes)) & tops) != 0;
}

static void keep_line(char *p, size_t n)
{
	size_t at = 0;

	while (at < n) {
		if (n - at >= 8 && !may_break(p + at)) {
			at += 8;
			continue;
		}
		if (breaks_line(p[at]))
			p[at] = ' ';
		at++;
	}
}

void header_add(struct http_reply *r, const char *name, struct str value)
{
	buf_add(&r->headers, str_from(name));
	buf_add(&r->headers, STR(": "));

	size_t start = r->headers.n;

	buf_add(&r->headers, value);
	keep_line(r->headers.p + start, r->headers.n - start);
	buf_add(&r->headers, STR("\r\n"));
}

bool header_has(struct http_reply *r, const char *name)
{
	const char *line = r->headers.p, *end = line + r->headers.n;
	size_t n = strlen(name);

	while (line != NULL && (size_t)(end - line) > n) {
		if (line[n] == ':' && memcmp(line, name, n) == 0)
			return true;
		line = memchr(line, '\n', (size_t)(end - line));
		line += line != NULL;
	}
	return false;
}
