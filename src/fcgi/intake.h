/* SPDX-License-Identifier: MIT */
/* Requests on their way in: read from the socket, and held until they are whole. */
#pragma once

#include <stdint.h>

#include "base/str.h"
#include "fcgi/frame.h"

/* PARAMS and STDIN at their limits, with headers and padding of short records. */
enum { INTAKE_ROOM = FRAME_PARAMS_MAX + FRAME_STDIN_MAX + 16 * 1024 };

/* The intake of all connections of a worker. */
struct intake {
	size_t held; /* bytes of requests that are not whole */
	uint8_t room[INTAKE_ROOM];
};

/* The part that has come of one connection's request. All zero: nothing. */
struct partial {
	uint8_t *bytes;
	size_t n;
};

enum intake_state {
	INTAKE_NOTHING, /* there is nothing to be read */
	INTAKE_MORE,	/* the part that has come is held; the rest is missing */
	INTAKE_WHOLE,
	INTAKE_BAD, /* not one request, or more than may be held */
	INTAKE_ENDED
};

/*
 * Reads the bytes that the socket has. INTAKE_WHOLE: *request is the whole of one request, nothing
 * is held, and the bytes stand in the intake until it is used again. After BAD and ENDED
 * partial_drop is due.
 */
enum intake_state intake_read(struct intake *in, struct partial *p, int fd, struct str *request);

/* Forgets the bytes that are held of a connection. */
void partial_drop(struct intake *in, struct partial *p);
