/* SPDX-License-Identifier: MIT */
/* The two forms of a log line. Private to the log. */
#pragma once

#include "base/log.h"

enum {
	LINE_MAX_BYTES = 3072,
	LINE_MODULE = 16,    /* longest module name */
	LINE_MESSAGE = 2048, /* longest message, escaped */
};

struct line {
	bool text, colour; /* readable rather than JSON */
	size_t n;
	char p[LINE_MAX_BYTES];
};

/* The event that a line tells. context and request may be NULL. */
struct event {
	enum log_level level;
	struct str module, message;
	const struct log_context *context;
	const struct log_request *request;
};

/* The name of a level; null for a number that is none. */
struct str line_level(size_t level);

/* Adds s as it is. */
void line_put(struct line *l, struct str s);

/* Adds the whole line, with its time and newline. */
void line_event(struct line *l, const struct event *e);
