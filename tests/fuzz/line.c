/* SPDX-License-Identifier: MIT */
/*
 * Log lines of what clients send (path, method, request id): one line whatever is in it, JSON where
 * JSON is wanted, and no control character on a terminal. A part each for path, method, id and
 * message, separated by newlines of the input's own.
 */
#include <assert.h>
#include <jansson.h>
#include <string.h>

#include "base/line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct event *e, bool text)
{
	static struct line l;

	l = (struct line){ .text = text };
	line_event(&l, e);
	assert(l.n > 0 && l.n <= sizeof l.p && l.p[l.n - 1] == '\n');
	for (size_t i = 0; i + 1 < l.n; i++)
		assert((unsigned char)l.p[i] >= 0x20 && l.p[i] != 0x7f);
	assert(str_utf8((struct str){ l.p, l.n }));
	if (text)
		return;

	json_t *json = json_loadb(l.p, l.n - 1, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);

	assert(json_is_object(json));
	json_decref(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = { size > 0 ? (const char *)data : "", size };
	struct log_request request = { .status = 200, .duration_us = 1 };
	struct log_context context = { 0 };
	struct event e = { .level = LOG_WARN, .module = STR("http"), .context = &context };

	str_split(&rest, '\n', &request.path);
	str_split(&rest, '\n', &request.method);
	str_split(&rest, '\n', &context.request_id);
	for (int text = 0; text < 2; text++) {
		e.request = NULL;
		e.message = rest;
		check(&e, text);
		/* As log_request says it: a long path and a long message never meet. */
		e.request = &request;
		e.message = STR("request");
		check(&e, text);
	}
	return 0;
}
