/* SPDX-License-Identifier: MIT */
#include "fcgi/frame.h"

#include <stdbool.h>
#include <string.h>

/* FastCGI 1.0, section 8: only what a Responder receives. */
enum {
	VERSION = 1,
	HEADER = 8, /* bytes */
	BEGIN_REQUEST = 1,
	PARAMS = 4,
	STDIN = 5,
	RESPONDER = 1,
	BEGIN_BODY = 8 /* bytes */
};

struct record {
	uint8_t type;
	unsigned id;
	size_t content, length; /* length: header and padding included */
};

/* The rest of PARAMS, whose name-value pairs take no notice of where records end. */
struct stream {
	const uint8_t *at;
	size_t chunk;	/* bytes at `at` that belong to this record */
	size_t padding; /* bytes behind them */
	size_t left;	/* bytes of the stream, chunk included */
};

static unsigned read_u16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static struct record record_read(const uint8_t *p)
{
	struct record r = { .type = p[1], .id = read_u16(p + 2), .content = read_u16(p + 4) };

	r.length = HEADER + r.content + p[6];
	return r;
}

/* Goes on to the next record, which is there as long as bytes are left. */
static void stream_record(struct stream *s)
{
	struct record r = record_read(s->at + s->padding);

	s->at += s->padding + HEADER;
	s->chunk = r.content;
	s->padding = r.length - HEADER - r.content;
}

/* Skips n bytes; false where one of them is `without`. */
static bool stream_skip(struct stream *s, size_t n, char without)
{
	while (n > 0) {
		if (s->chunk == 0)
			stream_record(s);

		size_t step = n < s->chunk ? n : s->chunk;

		if (memchr(s->at, without, step) != NULL)
			return false;
		s->at += step;
		s->chunk -= step;
		s->left -= step;
		n -= step;
	}
	return true;
}

static bool stream_byte(struct stream *s, uint8_t *out)
{
	if (s->left == 0)
		return false;
	if (s->chunk == 0)
		stream_record(s);
	*out = *s->at++;
	s->chunk--;
	s->left--;
	return true;
}

/* Reads a length: one byte, or four with the highest bit set (section 3.4). */
static bool stream_length(struct stream *s, size_t *out)
{
	uint8_t b = 0;

	if (!stream_byte(s, &b))
		return false;
	*out = b & 0x7f;
	for (int more = b & 0x80 ? 3 : 0; more > 0; more--) {
		if (!stream_byte(s, &b))
			return false;
		*out = *out << 8 | b;
	}
	return true;
}

static bool pair_valid(struct stream *s, size_t name, size_t value)
{
	struct stream again = *s;

	/* Hardly ever does a pair begin in one record and end in another. */
	if (name + value <= s->chunk) {
		s->at += name + value;
		s->chunk -= name + value;
		s->left -= name + value;
		return memchr(again.at, '=', name) == NULL &&
		       memchr(again.at, '\0', name + value) == NULL;
	}
	return stream_skip(&again, name, '=') && stream_skip(s, name + value, '\0');
}

/*
 * Whether the pairs are valid; all records of the stream are there, `total` bytes in them. libfcgi
 * makes texts "NAME=VALUE" of the pairs, which end at a NUL: with a NUL, or with a "=" in a name, a
 * variable would be another one, or a shorter one, than the server has sent.
 */
static bool pairs_valid(const uint8_t *first, size_t total)
{
	struct stream s = { .at = first, .left = total };

	while (s.left > 0) {
		size_t name = 0, value = 0;

		if (!stream_length(&s, &name) || !stream_length(&s, &value))
			return false;
		if (name > s.left || value > s.left - name)
			return false;
		if (!pair_valid(&s, name, value))
			return false;
	}
	return true;
}

/*
 * Checks the first record. Bytes are judged as they come, so that nothing wrong waits for a
 * deadline.
 */
static enum frame begin_check(const uint8_t *p, size_t n)
{
	static const uint8_t head[HEADER + 2] = { VERSION, BEGIN_REQUEST, 0, 0, 0, BEGIN_BODY, 0, 0,
						  0,	   RESPONDER };
	/* The id, the padding and the reserved byte may be anything. */
	static const bool fixed[HEADER + 2] = { true, true,  false, false, true,
						true, false, false, true,  true };

	for (size_t i = 0; i < n && i < sizeof head; i++)
		if (fixed[i] && p[i] != head[i])
			return FRAME_BAD;
	if (n < HEADER)
		return FRAME_MORE;

	struct record r = record_read(p);

	if (r.id == 0) /* section 3.3: a management record */
		return FRAME_BAD;
	return n < r.length ? FRAME_MORE : FRAME_COMPLETE;
}

/*
 * Walks records of one type and id from *at on, the empty one included. On FRAME_COMPLETE *at is
 * behind that one and *total is the bytes in all of them.
 */
static enum frame stream_check(const uint8_t *p, size_t n, struct record wanted, size_t max,
			       size_t *at, size_t *total)
{
	*total = 0;
	while (n - *at >= HEADER) {
		struct record r = record_read(p + *at);

		if (p[*at] != VERSION || r.type != wanted.type || r.id != wanted.id)
			return FRAME_BAD;
		*total += r.content;
		if (*total > max)
			return FRAME_BAD;
		/* libfcgi forgets to skip the padding of the record that ends a stream. */
		if (r.content == 0 && r.length != HEADER)
			return FRAME_BAD;
		if (r.length > n - *at)
			return FRAME_MORE;
		*at += r.length;
		if (r.content == 0)
			return FRAME_COMPLETE;
	}
	return *at < n && p[*at] != VERSION ? FRAME_BAD : FRAME_MORE;
}

enum frame frame_check(const uint8_t *p, size_t n, size_t *length)
{
	enum frame state = begin_check(p, n);

	if (state != FRAME_COMPLETE)
		return state;

	struct record wanted = record_read(p);
	size_t params = wanted.length, at = params, total = 0;

	wanted.type = PARAMS;
	state = stream_check(p, n, wanted, FRAME_PARAMS_MAX, &at, &total);
	if (state != FRAME_COMPLETE)
		return state;
	if (!pairs_valid(p + params, total))
		return FRAME_BAD;
	wanted.type = STDIN;
	state = stream_check(p, n, wanted, FRAME_STDIN_MAX, &at, &total);
	if (state == FRAME_COMPLETE)
		*length = at;
	return state;
}
