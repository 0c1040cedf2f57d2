/* SPDX-License-Identifier: MIT */
/*
 * A whole FastCGI request through libfcgi, as frame_check lets it pass. With a first byte of 0 the
 * rest is the records themselves; else it is variables, one a line, an empty line and the body,
 * from which records are made: their size and padding are the first byte's. What was sent comes
 * out.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fcgi/fcgi.h"
#include "fcgi/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEADER = 8, ID = 7, INPUT_MAX = 16384 };

static void record(struct buf *b, uint8_t type, struct str content, uint8_t padding)
{
	const char head[HEADER] = {
		1, (char)type, 0, ID, (char)(content.n >> 8), (char)content.n, (char)padding
	};

	buf_add(b, (struct str){ head, sizeof head });
	buf_add(b, content);
	while (padding-- > 0)
		buf_char(b, 'p');
}

/* In pieces of any size, for a pair may reach from one record into the next. */
static void stream(struct buf *b, uint8_t type, struct str all, uint8_t form)
{
	size_t step = form < 128 ? form : 65535;

	for (struct str rest = all; rest.n > 0; rest = str_from_at(rest, step))
		record(b, type, rest.n > step ? (struct str){ rest.p, step } : rest, form & 7);
	record(b, type, STR(""), 0);
}

static void length(struct buf *b, size_t n, bool wide)
{
	const char four[] = { (char)(n >> 24 | 0x80), (char)(n >> 16), (char)(n >> 8), (char)n };

	if (n < 128 && !wide)
		buf_char(b, (char)n);
	else
		buf_add(b, (struct str){ four, sizeof four });
}

static struct str params(struct arena *a, struct str lines, bool wide)
{
	struct buf b = buf_make(a, 1024);
	struct str line = { 0 }, name = { 0 };

	while (lines.n > 0 && str_split(&lines, '\n', &line)) {
		str_split(&line, '=', &name);
		length(&b, name.n, wide);
		length(&b, line.n, wide);
		buf_add(&b, name);
		buf_add(&b, line);
	}
	return buf_str(&b);
}

/* What came from outside stays one header. */
static void check_header(struct str value, struct arena *a)
{
	struct http_reply r = { .headers = buf_make(a, 64) };
	struct str line = { 0 }, rest = { 0 };

	header_add(&r, "X", value);
	rest = buf_str(&r.headers);
	assert(rest.n == value.n + 5 && header_has(&r, "X"));
	assert(str_split(&rest, '\r', &line) && str_eq(rest, STR("\n")));
}

/* The first record of a reply is of STDOUT (section 8), and begins with the status. */
static void answer(FCGX_Request *f, int peer, struct str body, struct arena *a)
{
	struct http_reply r = { .status = 200 + (int)body.n % 400, .headers = buf_make(a, 64) };
	char got[HEADER + 8] = "";

	r.body = (struct buf){ a, (char *)body.p, body.n, body.n };
	assert(fcgi_reply(f, &r));
	assert(read(peer, got, sizeof got) == sizeof got && got[0] == 1 && got[1] == 6);
	assert(memcmp(got + HEADER, "Status: ", 8) == 0);
}

/* body: what was sent; null: it is not known. */
static void read_request(struct str records, struct str body, struct arena *a)
{
	struct http_request r = { 0 };
	FCGX_Request f;
	bool keep = false;
	int pair[2];

	assert(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	fcgi_open(&f, pair[1]);
	if (fcgi_read(&f, records, a, &r, &keep)) {
		assert(r.method_name.p != NULL && r.query.p != NULL && r.mount.p != NULL);
		assert(r.path.p != NULL || r.path_info.p != NULL);
		assert(r.path.p == NULL || memchr(r.path.p, '?', r.path.n) == NULL);
		assert(r.body.p[r.body.n] == '\0');
		assert(body.p == NULL || str_eq(r.body, body));
		check_header(r.user_agent, a);
		answer(&f, pair[0], r.body, a);
	} else {
		fcgi_drop(&f);
	}
	close(pair[0]);
	close(pair[1]);
}

static void from_lines(struct str in, uint8_t form, struct arena *a)
{
	const char *cut = in.n == 0 ? NULL : memmem(in.p, in.n, "\n\n", 2);
	struct str lines = { in.p, cut == NULL ? in.n : (size_t)(cut - in.p) };
	struct str body = cut == NULL ? STR("") : str_from_at(in, lines.n + 2);
	struct str begin = { "\0\1\1\0\0\0\0\0", HEADER };
	struct buf b = buf_make(a, 4096);
	size_t whole = 0;

	record(&b, 1, begin, form & 7);
	stream(&b, 4, params(a, lines, form & 1), form);
	stream(&b, 5, body, form);
	/* libfcgi would end a variable there. */
	if (lines.n > 0 && memchr(lines.p, '\0', lines.n) != NULL) {
		assert(frame_check((const uint8_t *)b.p, b.n, &whole) == FRAME_BAD);
		return;
	}
	assert(frame_check((const uint8_t *)b.p, b.n, &whole) == FRAME_COMPLETE && whole == b.n);
	read_request(buf_str(&b), body, a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena *a;
	size_t whole = 0;

	if (a == NULL) {
		assert(fcgi_init());
		a = arena_make(1 << 24, NULL, NULL);
	}
	if (size < 1 || size > INPUT_MAX)
		return 0;

	struct str in = { (const char *)data + 1, size - 1 };

	if (data[0] != 0)
		from_lines(in, data[0], a);
	else if (frame_check(data + 1, in.n, &whole) == FRAME_COMPLETE && whole == in.n)
		read_request(in, (struct str){ 0 }, a);
	arena_reset(a);
	return 0;
}
