/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fcgi/frame.h"

enum { BEGIN = 1, ABORT = 2, END = 3, PARAMS = 4, STDIN = 5, DATA = 8, GET_VALUES = 9 };

/* Bytes of a connection being made. */
struct wire {
	uint8_t p[512 * 1024];
	size_t n;
};

static struct wire wire;

static void record(struct wire *w, int type, unsigned id, const void *content, size_t n,
		   size_t padding)
{
	const uint8_t head[] = { 1,
				 (uint8_t)type,
				 (uint8_t)(id >> 8),
				 (uint8_t)id,
				 (uint8_t)(n >> 8),
				 (uint8_t)n,
				 (uint8_t)padding,
				 0 };

	memcpy(w->p + w->n, head, sizeof head);
	w->n += sizeof head;
	if (n > 0)
		memcpy(w->p + w->n, content, n);
	w->n += n;
	memset(w->p + w->n, 0xee, padding);
	w->n += padding;
}

static void begin(struct wire *w, unsigned id, int role, size_t padding)
{
	const uint8_t body[8] = { 0, (uint8_t)role, 1 };

	w->n = 0;
	record(w, BEGIN, id, body, sizeof body, padding);
}

static enum frame check(const struct wire *w, size_t *length)
{
	/* A copy of exact size, so that the sanitizer sees each byte read beyond it. */
	uint8_t *p = malloc(w->n > 0 ? w->n : 1);

	assert_non_null(p);
	memcpy(p, w->p, w->n);

	enum frame f = frame_check(p, w->n, length);

	free(p);
	return f;
}

static void assert_frame(const struct wire *w, enum frame wanted)
{
	size_t length = 12345;

	assert_int_equal(check(w, &length), wanted);
	assert_int_equal(length, wanted == FRAME_COMPLETE ? w->n : 12345);
}

/* A whole request with these PARAMS, cut into records of at most `cut` bytes. */
static void request(struct wire *w, const void *params, size_t n, size_t cut, size_t padding)
{
	begin(w, 1, 1, padding);
	for (size_t at = 0; at < n; at += cut)
		record(w, PARAMS, 1, (const uint8_t *)params + at, n - at < cut ? n - at : cut,
		       padding);
	record(w, PARAMS, 1, NULL, 0, 0);
	record(w, STDIN, 1, NULL, 0, 0);
}

static const char good[] = "\x0e\x03REQUEST_METHODGET"
			   "\x80\x00\x00\x05\x80\x00\x00\x03QUERYa=b"
			   "\x00\x00"
			   "\x04\x00NAME"
			   "\x01\x80\x00\x00\x01xy";

static void takes_whole_requests(void **state)
{
	(void)state;
	for (size_t cut = 1; cut <= sizeof good; cut++)
		for (size_t padding = 0; padding < 256; padding += 85) {
			request(&wire, good, sizeof good - 1, cut, padding);
			assert_frame(&wire, FRAME_COMPLETE);
		}
	begin(&wire, 0xffff, 1, 0);
	record(&wire, PARAMS, 0xffff, NULL, 0, 0);
	record(&wire, STDIN, 0xffff, "{\"a\":", 5, 3);
	record(&wire, STDIN, 0xffff, "1}", 2, 6);
	record(&wire, STDIN, 0xffff, NULL, 0, 0);
	assert_frame(&wire, FRAME_COMPLETE);
}

/* libfcgi would take the padding for the next record's header. */
static void refuses_padding_at_the_end_of_a_stream(void **state)
{
	(void)state;
	begin(&wire, 1, 1, 0);
	record(&wire, PARAMS, 1, NULL, 0, 8);
	assert_frame(&wire, FRAME_BAD);
	begin(&wire, 1, 1, 0);
	record(&wire, PARAMS, 1, NULL, 0, 0);
	record(&wire, STDIN, 1, NULL, 0, 1);
	assert_frame(&wire, FRAME_BAD);
}

static void waits_for_the_rest(void **state)
{
	(void)state;
	request(&wire, good, sizeof good - 1, 16, 5);

	size_t whole = wire.n, length = 0;

	for (wire.n = 0; wire.n < whole; wire.n++)
		assert_frame(&wire, FRAME_MORE);
	/* What lies behind is of no interest. */
	memset(wire.p + whole, 0xff, 64);
	for (wire.n = whole; wire.n < whole + 64; wire.n++) {
		assert_int_equal(check(&wire, &length), FRAME_COMPLETE);
		assert_int_equal(length, whole);
	}
}

static void refuses_what_is_no_request(void **state)
{
	(void)state;
	request(&wire, good, sizeof good - 1, 1000, 0);

	/* Byte by byte: what it is changed to, and the first n at which that is known. */
	static const struct {
		size_t at;
		uint8_t to;
		size_t known;
	} rows[] = {
		{ 0, 0, 1 },	      /* version */
		{ 0, 2, 1 },	      /* version */
		{ 0, 'G', 1 },	      /* "GET / HTTP/1.1" */
		{ 1, ABORT, 2 },      /* type */
		{ 1, PARAMS, 2 },     /* type */
		{ 1, GET_VALUES, 2 }, /* type */
		{ 3, 0, 8 },	      /* id 0 */
		{ 4, 1, 5 },	      /* content length */
		{ 5, 7, 6 },	      /* content length */
		{ 5, 9, 6 },	      /* content length */
		{ 8, 1, 9 },	      /* role */
		{ 9, 2, 10 },	      /* role: authorizer */
		{ 9, 3, 10 },	      /* role: filter */
		{ 16, 2, 17 },	      /* version of the next record */
		{ 17, BEGIN, 24 },    /* order */
		{ 17, STDIN, 24 },    /* order */
		{ 17, ABORT, 24 },    /* type */
		{ 17, DATA, 24 },     /* type */
		{ 19, 2, 24 },	      /* another id */
		{ 18, 1, 24 },	      /* another id */
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		size_t whole = wire.n;
		uint8_t was = wire.p[rows[i].at];

		wire.p[rows[i].at] = rows[i].to;
		for (wire.n = 0; wire.n < whole; wire.n++)
			assert_frame(&wire, wire.n < rows[i].known ? FRAME_MORE : FRAME_BAD);
		assert_frame(&wire, FRAME_BAD);
		wire.p[rows[i].at] = was;
	}
	assert_frame(&wire, FRAME_COMPLETE);
}

static void refuses_other_orders(void **state)
{
	(void)state;
	static const int bad[] = { 0, BEGIN, ABORT, END, PARAMS, 6, 7, DATA, GET_VALUES, 11, 255 };

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		begin(&wire, 1, 1, 0);
		record(&wire, PARAMS, 1, NULL, 0, 0);
		record(&wire, bad[i], 1, NULL, 0, 0);
		assert_frame(&wire, FRAME_BAD);
	}
	begin(&wire, 1, 1, 0);
	record(&wire, GET_VALUES, 0, NULL, 0, 0);
	assert_frame(&wire, FRAME_BAD);
	begin(&wire, 1, 1, 0);
	record(&wire, PARAMS, 1, NULL, 0, 0);
	record(&wire, STDIN, 0, NULL, 0, 0);
	assert_frame(&wire, FRAME_BAD);
}

/* CVE-2025-23016 is about the large ones. */
static void refuses_pairs_beyond_the_end(void **state)
{
#define PAIR(text)                                                                                 \
	{                                                                                          \
		text, sizeof text - 1                                                              \
	}
	static const struct {
		const char *p;
		size_t n;
	} rows[] = {
		PAIR("\x01"),
		PAIR("\x01\x01"),
		PAIR("\x01\x01n"),
		PAIR("\x00\x01"),
		PAIR("\x02\x00n"),
		PAIR("\x80"),
		PAIR("\x80\x00\x00"),
		PAIR("\x80\x00\x00\x01"),
		PAIR("\x80\x00\x00\x01\x80\x00\x00"),
		PAIR("\x01\x01nv\x01"),
		PAIR("\x01\x01nv\x01\x7fnv"),
		PAIR("\xff\xff\xff\xff\xff\xff\xff\xffnv"),
		PAIR("\xff\xff\xff\xfe\xff\xff\xff\xfenv"),
		PAIR("\xff\xff\xff\xff\x01nv"),
		PAIR("\x01\xff\xff\xff\xffnv"),
		PAIR("\xff\xff\xff\xfe\x01nv"),
		PAIR("\x80\x00\x00\x00\xff\xff\xff\xffnv"),
	};
#undef PAIR

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (size_t cut = 1; cut <= rows[i].n; cut++) {
			request(&wire, rows[i].p, rows[i].n, cut, cut);
			assert_frame(&wire, FRAME_BAD);
		}
}

/* libfcgi makes a text of each pair: it must come out as it went in. */
static void refuses_pairs_that_are_no_variables(void **state)
{
#define PAIR(good, text)                                                                           \
	{                                                                                          \
		good, text, sizeof text - 1                                                        \
	}
	static const struct {
		bool good;
		const char *p;
		size_t n;
	} rows[] = {
		PAIR(true, "\x01\x03nv=v"),
		PAIR(true, "\x02\x01nn\n"),
		PAIR(true, "\x02\x01nn\x7f"),
		PAIR(true, "\x01\x01n\xff\x01\x01m="),
		PAIR(false, "\x01\x01n\x00"),
		PAIR(false, "\x01\x03nv\x00v"),
		PAIR(false, "\x01\x03n\x00vv"),
		PAIR(false, "\x03\x01n\x00nv"),
		PAIR(false, "\x01\x01\x00v"),
		PAIR(false, "\x03\x01n=nv"),
		PAIR(false, "\x01\x00="),
		PAIR(false, "\x01\x01nv\x01\x01=v"),
		PAIR(false, "\x01\x01nv\x01\x01m\x00"),
	};
#undef PAIR

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (size_t cut = 1; cut <= rows[i].n; cut++) {
			request(&wire, rows[i].p, rows[i].n, cut, cut);
			assert_frame(&wire, rows[i].good ? FRAME_COMPLETE : FRAME_BAD);
		}
}

/* One pair of the largest size: 4 + 4 bytes of lengths, no name. */
static void fill_params(struct wire *w, size_t total)
{
	static uint8_t stream[FRAME_PARAMS_MAX + 1];
	size_t value = total - 8;
	const uint8_t head[8] = { 0x80,
				  0,
				  0,
				  0,
				  (uint8_t)(0x80 | value >> 24),
				  (uint8_t)(value >> 16),
				  (uint8_t)(value >> 8),
				  (uint8_t)value };

	memset(stream, 'v', sizeof stream);
	memcpy(stream, head, sizeof head);
	request(w, stream, total, 0xffff, 0);
}

static void bounds_sizes(void **state)
{
	static const uint8_t body[0xffff];
	enum { LAST = FRAME_STDIN_MAX - sizeof body };

	(void)state;
	fill_params(&wire, FRAME_PARAMS_MAX);
	assert_frame(&wire, FRAME_COMPLETE);
	fill_params(&wire, FRAME_PARAMS_MAX + 1);
	assert_frame(&wire, FRAME_BAD);
	for (int over = 0; over < 2; over++) {
		begin(&wire, 1, 1, 0);
		record(&wire, PARAMS, 1, NULL, 0, 0);
		record(&wire, STDIN, 1, body, sizeof body, 0);
		record(&wire, STDIN, 1, body, (size_t)(LAST + over), 0);
		if (over == 1) /* the header alone says it */
			wire.n -= (size_t)(LAST + over);
		else
			record(&wire, STDIN, 1, NULL, 0, 0);
		assert_frame(&wire, over ? FRAME_BAD : FRAME_COMPLETE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_whole_requests),
		cmocka_unit_test(refuses_padding_at_the_end_of_a_stream),
		cmocka_unit_test(waits_for_the_rest),
		cmocka_unit_test(refuses_what_is_no_request),
		cmocka_unit_test(refuses_other_orders),
		cmocka_unit_test(refuses_pairs_beyond_the_end),
		cmocka_unit_test(refuses_pairs_that_are_no_variables),
		cmocka_unit_test(bounds_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
