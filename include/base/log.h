/* SPDX-License-Identifier: MIT */
/*
 * The log: one line an event on stderr, in JSON, or in a readable form on a terminal. Lines are
 * gathered and written in pieces that go out whole (PIPE_BUF bytes; more to a file that is appended
 * to), so lines of several processes never mix. A reader that stalls costs lines, never time: lines
 * that do not fit are counted and told later.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* The work that lines are about; its members are added to every line. Null members are left out. */
struct log_context {
	struct str request_id, user_id, route;
};

/* The end of a request, for the access line. */
struct log_request {
	struct str method, path, code;
	int status;
	int64_t duration_us;
};

struct vocabulary;

enum log_format { LOG_JSON = 1, LOG_TEXT, LOG_AUTO /* text on a terminal */ };
extern const struct vocabulary log_format_words;

/*
 * Sets filter and format. filter: "info", "warn,db=debug", ...: a level for all and for modules by
 * name. Returns false when it is malformed, with filter and format unchanged.
 */
bool log_configure(struct str filter, enum log_format format);

/* Checks a filter without applying it. */
bool log_filter_valid(struct str filter);

/* Sets the context of the lines that follow; NULL for none. Borrowed until the next call. */
void log_context(const struct log_context *context);

/* Whether a line of that level and module would be written. */
bool log_wants(enum log_level level, const char *module);

/* Formats and gathers one line. At most 2 KiB of message; longer ones are cut. */
void log_line(enum log_level level, const char *module, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The access line of a request, level info, module "http". */
void log_request(const struct log_request *r);

/*
 * Speaks to a person who has typed a command and is told what matters in a sentence: from here on a
 * line is written as "postern: module: message" if it is one that the caller wants spoken, as text
 * if log.filter is at debug for its module, and else not at all. Of the lines that are not spoken
 * the newest error, or without one the newest warning, is kept.
 */
void log_hold(bool (*spoken)(enum log_level level, const char *module));

/* The line that was kept, "" where there was none. Valid until the next line. */
const char *log_held(void);

/* Writes the gathered lines. A loop sees to it that nothing waits longer than a moment. */
void log_flush(void);

/* Whether gathered lines are not written yet. */
bool log_pending(void);

/* Forgets gathered lines: in a child after fork. */
void log_forget(void);

#define log_error(module, ...) log_line(LOG_ERROR, module, __VA_ARGS__)
#define log_warn(module, ...) log_line(LOG_WARN, module, __VA_ARGS__)
#define log_info(module, ...) log_line(LOG_INFO, module, __VA_ARGS__)
#define log_debug(module, ...)                                                                     \
	do {                                                                                       \
		if (log_wants(LOG_DEBUG, module))                                                  \
			log_line(LOG_DEBUG, module, __VA_ARGS__);                                  \
	} while (0)
