/* SPDX-License-Identifier: MIT */
/* Lines are gathered here and written when the next one does not fit, or when told to. */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/kind.h"
#include "base/line.h"

enum {
	MODULES = 16, /* the most modules that a filter may name */
	PIECE = 16 *
		1024 /* written at once to a file; to a pipe PIPE_BUF, so that it stays whole */
};

struct filter {
	enum log_level all;
	size_t n;
	struct {
		char name[LINE_MODULE];
		size_t length;
		enum log_level level;
	} modules[MODULES];
};

/*
 * The one state that base/ keeps: stderr belongs to the whole process, and a line can be due
 * anywhere, so handing this through every call would put an argument into every signature.
 */
static struct {
	struct filter filter;
	bool text, colour;
	const struct log_context *context;
	size_t used, piece;
	uint64_t dropped; /* lines since the last "dropped" line */
	bool (*spoken)(enum log_level level, const char *module); /* NULL: all are written */
	enum log_level held_level;
	char held[LINE_MESSAGE + 2];
	bool torn; /* a line went out in part; the next one needs a fresh start */
	char gathered[PIECE];
} state = { .filter = { .all = LOG_INFO }, .piece = PIPE_BUF };

static bool level_find(struct str name, enum log_level *out)
{
	for (size_t i = 0; line_level(i).p != NULL; i++) {
		if (str_eq(line_level(i), name)) {
			*out = (enum log_level)i;
			return true;
		}
	}
	return false;
}

static bool module_name_valid(struct str s)
{
	if (s.n == 0 || s.n > LINE_MODULE)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!(s.p[i] >= 'a' && s.p[i] <= 'z') && !(s.p[i] >= '0' && s.p[i] <= '9') &&
		    s.p[i] != '_' && s.p[i] != '-')
			return false;
	return true;
}

/* The level of a module, NULL when the filter does not name it. */
static const enum log_level *module_find(const struct filter *f, struct str name)
{
	for (size_t i = 0; i < f->n; i++)
		if (str_eq((struct str){ f->modules[i].name, f->modules[i].length }, name))
			return &f->modules[i].level;
	return NULL;
}

/* Reads one "module=level". */
static bool filter_module(struct str part, struct filter *f)
{
	struct str name = { 0 };

	if (!str_split(&part, '=', &name) || !module_name_valid(name) || f->n == MODULES)
		return false;
	if (module_find(f, name) != NULL)
		return false;
	memcpy(f->modules[f->n].name, name.p, name.n);
	f->modules[f->n].length = name.n;
	return level_find(part, &f->modules[f->n++].level);
}

static bool filter_parse(struct str text, struct filter *f)
{
	struct str part = { 0 };
	bool all = false;

	*f = (struct filter){ .all = LOG_INFO };
	while (str_split(&text, ',', &part)) {
		part = str_trim(part);
		if (part.n > 0 && memchr(part.p, '=', part.n) != NULL) {
			if (!filter_module(part, f))
				return false;
			continue;
		}
		if (all || !level_find(part, &f->all))
			return false;
		all = true;
	}
	return all || f->n > 0;
}

bool log_filter_valid(struct str filter)
{
	struct filter f = { 0 };

	return filter_parse(filter, &f);
}

/* no-color.org: set and not empty means no colours. */
static bool colours_wanted(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDERR_FILENO) && (no == NULL || *no == '\0') &&
	       (term == NULL || strcmp(term, "dumb") != 0);
}

/* Whether stderr is a file to which each write goes whole, wherever its end is by then. */
static bool appends(void)
{
	struct stat s;

	return fstat(STDERR_FILENO, &s) == 0 && S_ISREG(s.st_mode) &&
	       (fcntl(STDERR_FILENO, F_GETFL) & O_APPEND) != 0;
}

static const struct str formats[] = {
	{ 0 }, [LOG_JSON] = STR("json"), [LOG_TEXT] = STR("text"), [LOG_AUTO] = STR("auto")
};

const struct vocabulary log_format_words = VOCABULARY(formats);

bool log_configure(struct str filter, enum log_format format)
{
	struct filter f = { 0 };

	if (!filter_parse(filter, &f))
		return false;
	state.filter = f;
	state.text = format == LOG_TEXT || (format == LOG_AUTO && isatty(STDERR_FILENO));
	state.colour = state.text && colours_wanted();
	state.piece = appends() ? PIECE : PIPE_BUF;
	return true;
}

void log_context(const struct log_context *context)
{
	state.context = context;
}

bool log_wants(enum log_level level, const char *module)
{
	const enum log_level *own = module_find(&state.filter, str_from(module));

	return level <= (own != NULL ? *own : state.filter.all);
}

/*
 * Whether stderr takes PIPE_BUF bytes at once; a reader that has gone shows as POLLERR, where
 * writing would raise SIGPIPE. O_NONBLOCK is not set: stderr's flags belong to the shell too.
 */
static bool writable(void)
{
	struct pollfd fd = { .fd = STDERR_FILENO, .events = POLLOUT };

	return poll(&fd, 1, 0) == 1 && fd.revents == POLLOUT;
}

/* Writes without waiting; returns how many bytes went out. */
static size_t write_out(const char *p, size_t n)
{
	size_t done = 0;

	while (done < n && writable()) {
		ssize_t wrote = write(STDERR_FILENO, p + done, n - done);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0)
			break;
		done += (size_t)wrote;
	}
	return done;
}

/* Tells how many lines are missing; false when that line does not fit either. */
static bool tell_dropped(void)
{
	char text[48] = "";
	struct line l = { .text = state.text, .colour = state.colour };

	snprintf(text, sizeof text, "%llu log lines dropped", (unsigned long long)state.dropped);
	if (state.torn)
		line_put(&l, STR("\n"));
	line_event(&l, &(struct event){ LOG_WARN, STR("log"), str_from(text), NULL, NULL });

	size_t done = write_out(l.p, l.n);

	if (done < l.n) {
		state.torn = state.torn || done > 0;
		return false;
	}
	state.dropped = 0;
	state.torn = false;
	return true;
}

void log_flush(void)
{
	if (state.used == 0 && state.dropped == 0)
		return;

	int saved = errno; /* callers log first and look at errno after */
	bool told = state.dropped == 0 || tell_dropped();
	size_t done = told ? write_out(state.gathered, state.used) : 0;

	for (size_t i = done; i < state.used; i++)
		state.dropped += state.gathered[i] == '\n';
	if (done > 0 && done < state.used)
		state.torn = state.gathered[done - 1] != '\n';
	state.used = 0;
	errno = saved;
}

bool log_pending(void)
{
	return state.used > 0 || state.dropped > 0;
}

void log_forget(void)
{
	state.used = 0;
	state.dropped = 0;
	state.torn = false;
	state.context = NULL;
}

static void gather(const struct event *e)
{
	struct line l = { .text = state.text, .colour = state.colour };

	line_event(&l, e);
	if (l.n + state.used > state.piece)
		log_flush();
	memcpy(state.gathered + state.used, l.p, l.n);
	state.used += l.n;
	if (e->level == LOG_ERROR)
		log_flush();
}

void log_hold(bool (*spoken)(enum log_level level, const char *module))
{
	state.spoken = spoken;
	state.text = true;
	state.held_level = LOG_WARN;
	state.held[0] = '\0';
}

const char *log_held(void)
{
	return state.held;
}

/* A line for a person: spoken, kept, or passed over. */
static void tell(enum log_level level, const char *module, const char *text)
{
	if (state.spoken(level, module)) {
		fprintf(stderr, "postern: %s: %s\n", module, text);
	} else if (level <= state.held_level) {
		state.held_level = level;
		snprintf(state.held, sizeof state.held, "%s", text);
	}
}

void log_line(enum log_level level, const char *module, const char *format, ...)
{
	if (!log_wants(level, module) && state.spoken == NULL)
		return;

	char text[LINE_MESSAGE + 2]; /* one byte more than fits shows put_value that it was cut */
	va_list args;

	va_start(args, format);
	int n = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (n < 0)
		return;

	size_t size = (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;

	if (state.spoken != NULL)
		tell(level, module, text);
	if (state.spoken == NULL || log_wants(LOG_DEBUG, module))
		gather(&(struct event){
			level, str_from(module), { text, size }, state.context, NULL });
}

void log_request(const struct log_request *r)
{
	if (log_wants(LOG_INFO, "http"))
		gather(&(struct event){ LOG_INFO, STR("http"), STR("request"), state.context, r });
}
