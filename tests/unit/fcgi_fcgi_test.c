/* SPDX-License-Identifier: MIT */
/* What becomes of a server's variables, and of a body whose length is told, is not, or is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "fcgi/fcgi.h"
#include "fcgi/frame.h"

enum {
	BEGIN = 1,
	END_REQUEST = 3,
	PARAMS = 4,
	STDIN = 5,
	STDOUT = 6,
	STDOUT_END = -1, /* its empty record */
	HEADER = 8,
	RECORD_MAX = 0xffff
};

static struct arena *arena;

static int set_up(void **state)
{
	(void)state;
	arena = arena_make(1 << 22, NULL, NULL);
	return arena != NULL && fcgi_init() ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static void record(struct buf *b, int type, struct str content)
{
	const char head[] = { 1, (char)type, 0, 1, (char)(content.n >> 8), (char)content.n, 0, 0 };

	buf_add(b, (struct str){ head, sizeof head });
	buf_add(b, content);
}

static void stream(struct buf *b, int type, struct str content)
{
	while (content.n > 0) {
		struct str piece = { content.p, content.n < RECORD_MAX ? content.n : RECORD_MAX };

		record(b, type, piece);
		content = str_from_at(content, piece.n);
	}
	record(b, type, STR(""));
}

/* One request of variables, each "NAME=value" and short, up to NULL, and a body. */
static struct str request(const char *const *variables, struct str body)
{
	struct buf pairs = buf_make(arena, 256), b = buf_make(arena, 256);

	for (; *variables != NULL; variables++) {
		struct str value = str_from(*variables), name = { 0 };

		assert_true(str_split(&value, '=', &name));
		buf_char(&pairs, (char)name.n);
		buf_char(&pairs, (char)value.n);
		buf_add(&pairs, name);
		buf_add(&pairs, value);
	}
	record(&b, BEGIN, (struct str){ "\0\1\1\0\0\0\0\0", 8 });
	stream(&b, PARAMS, buf_str(&pairs));
	stream(&b, STDIN, body);
	return buf_str(&b);
}

/* Reads it as a worker does; false where it is refused, by whichever of the two. */
static bool read_request(struct str records, struct http_request *r)
{
	FCGX_Request f;
	bool keep = false, good = false;
	size_t whole = 0;
	int pair[2];

	if (frame_check((const uint8_t *)records.p, records.n, &whole) != FRAME_COMPLETE)
		return false;
	assert_int_equal(whole, records.n);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	fcgi_open(&f, pair[1]);
	good = fcgi_read(&f, records, arena, r, &keep);
	/* What is read lives in the arena or in libfcgi's own memory, which goes with it. */
	if (good)
		r->user_agent = arena_dup(arena, r->user_agent);
	fcgi_drop(&f);
	close(pair[0]);
	close(pair[1]);
	return good;
}

static void a_body_is_as_long_as_it_is(void **state)
{
	static char many[HTTP_BODY_MAX + 2];
	static const struct {
		const char *length; /* "CONTENT_LENGTH=..." */
		size_t n;	    /* of the body */
		bool good;
	} rows[] = {
		/* nginx and lighttpd tell it. */
		{ "CONTENT_LENGTH=0", 0, true },
		{ "CONTENT_LENGTH=1", 1, true },
		{ "CONTENT_LENGTH=65536", 65536, true },
		{ "CONTENT_LENGTH=65537", 65537, true }, /* which is answered 413 */
		{ "CONTENT_LENGTH=65538", 65538, false },
		/* Apache does not where it came in pieces. */
		{ NULL, 0, true },
		{ NULL, 1, true },
		{ NULL, 4096, true },
		{ NULL, 65536, true },
		{ NULL, 65537, true },
		{ NULL, 65538, false },
		{ "CONTENT_LENGTH=", 0, true },
		{ "CONTENT_LENGTH=", 77, true },
		/* What is told and is not so would leave the rest to the next request. */
		{ "CONTENT_LENGTH=0", 1, false },
		{ "CONTENT_LENGTH=0", 2, false },
		{ "CONTENT_LENGTH=1", 0, false },
		{ "CONTENT_LENGTH=1", 2, false },
		{ "CONTENT_LENGTH=65537", 1, false },
		{ "CONTENT_LENGTH=2147483647", 9, false },
		{ "CONTENT_LENGTH=2147483648", 9, false },
		{ "CONTENT_LENGTH=99999999999999999999", 9, false },
		{ "CONTENT_LENGTH=-1", 1, false },
		{ "CONTENT_LENGTH=+1", 1, false },
		{ "CONTENT_LENGTH= 1", 1, false },
		{ "CONTENT_LENGTH=1 ", 1, false },
		{ "CONTENT_LENGTH=0x1", 1, false },
		{ "CONTENT_LENGTH=1,1", 1, false },
	};

	(void)state;
	memset(many, 'b', sizeof many);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *variables[] = { "REQUEST_METHOD=POST", "REQUEST_URI=/a", rows[i].length,
					    NULL };
		struct str body = { many, rows[i].n };
		struct http_request r = { 0 };

		if (read_request(request(variables, body), &r) != rows[i].good)
			fail_msg("row %zu", i);
		if (rows[i].good && (!str_eq(r.body, body) || r.body.p[r.body.n] != '\0'))
			fail_msg("row %zu: another body of %zu bytes", i, r.body.n);
		arena_reset(arena);
	}
}

static void variables_are_what_the_server_sent(void **state)
{
	static const struct {
		const char *variable, *agent; /* agent: what HTTP_USER_AGENT is then; NULL: none */
	} rows[] = {
		{ "HTTP_USER_AGENT=x", "x" },
		{ "HTTP_USER_AGENT=", "" },
		{ "HTTP_USER_AGENT=a=b", "a=b" },
		{ "HTTP_USER_AGENT=\x01\x1f\x7f\t", "\x01\x1f\x7f\t" },
		{ "HTTP_USER_AGENT=a\r\nHTTP_COOKIE=b", "a\r\nHTTP_COOKIE=b" },
		{ "http_user_agent=x", NULL },
		{ "HTTP_USER_AGENT =x", NULL },
		{ " HTTP_USER_AGENT=x", NULL },
		{ "HTTP-USER-AGENT=x", NULL },
		{ "USER_AGENT=x", NULL },
		{ "HTTP_USER_AGEN=x", NULL },
		{ "HTTP_USER_AGENTS=x", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *variables[] = { "REQUEST_METHOD=GET", "REQUEST_URI=/a",
					    rows[i].variable, NULL };
		struct http_request r = { 0 };

		assert_true(read_request(request(variables, STR("")), &r));
		assert_null(r.cookie.p);
		if (rows[i].agent == NULL)
			assert_null(r.user_agent.p);
		else
			assert_true(str_eq(r.user_agent, str_from(rows[i].agent)));
		arena_reset(arena);
	}
}

/* What a server makes of the records of a reply: the texts of STDOUT, up to END_REQUEST. */
static struct str reply_read(struct str records)
{
	struct buf out = buf_make(arena, 256);
	int type = STDOUT;

	while (records.n > 0) {
		const uint8_t *h = (const uint8_t *)records.p;
		struct str content = { records.p + HEADER, (size_t)h[4] << 8 | h[5] };
		bool ended = type == STDOUT_END;

		assert_true(records.n >= HEADER + content.n);
		assert_int_equal(h[0], 1);
		assert_int_equal(h[2] << 8 | h[3], 1);
		assert_int_equal(h[6], 0);
		assert_int_equal(h[1], ended ? END_REQUEST : STDOUT);
		type = content.n == 0 ? STDOUT_END : h[1];
		if (ended)
			assert_memory_equal(content.p, "\0\0\0\0\0\0\0\0", 8);
		else
			buf_add(&out, content);
		records = str_from_at(records, HEADER + content.n);
	}
	assert_int_equal(type, END_REQUEST);
	return buf_str(&out);
}

static void a_reply_arrives_at_once_and_whole(void **state)
{
	static const char head[] = "Status: 200 OK\r\nContent-Length: %zu\r\nX: 1\r\n\r\n";
	static const size_t sizes[] = {
		0, 1, 8192, 65535 - 60, 65535, 65536, 2 * 65535 - 50, 150000
	};
	static char many[150000], got[200000];
	const char *variables[] = { "REQUEST_METHOD=GET", "REQUEST_URI=/a", NULL };

	(void)state;
	for (size_t i = 0; i < sizeof many; i++)
		many[i] = (char)('a' + i % 23);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct http_reply reply = { .status = 200, .headers = buf_make(arena, 16) };
		struct http_request r = { 0 };
		int pair[2], size = 512 * 1024;
		bool keep = false;
		FCGX_Request f;

		assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
		setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
		fcgi_open(&f, pair[1]);
		assert_true(fcgi_read(&f, request(variables, STR("")), arena, &r, &keep));
		buf_add(&reply.headers, STR("X: 1\r\n"));
		reply.body = (struct buf){ arena, many, sizes[i], sizes[i] };
		assert_true(fcgi_reply(&f, &reply));

		/* One packet is what one system call has sent. */
		ssize_t n = recv(pair[0], got, sizeof got, 0);
		struct str text = reply_read((struct str){ got, (size_t)n });
		struct str expected = arena_printf(arena, head, sizes[i]);

		assert_true(str_starts(text, expected));
		assert_true(str_eq(str_from_at(text, expected.n), (struct str){ many, sizes[i] }));
		close(pair[0]);
		close(pair[1]);
		arena_reset(arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_body_is_as_long_as_it_is, set_up, tear_down),
		cmocka_unit_test_setup_teardown(variables_are_what_the_server_sent, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_reply_arrives_at_once_and_whole, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
