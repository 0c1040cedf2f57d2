/* SPDX-License-Identifier: MIT */
#include "fcgi/intake.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/*
 * nginx sends a request at once, so the requests held are of peers that stall; 50 of the largest
 * fit.
 */
enum { HELD_MAX = 8 * 1024 * 1024 };

void partial_drop(struct intake *in, struct partial *p)
{
	if (p->bytes == NULL)
		return;
	explicit_bzero(p->bytes, p->n);
	free(p->bytes);
	in->held -= p->n;
	*p = (struct partial){ 0 };
}

static bool hold(struct intake *in, struct partial *p, size_t n)
{
	partial_drop(in, p);
	if (n > HELD_MAX - in->held)
		return false;
	p->bytes = malloc(n);
	if (p->bytes == NULL)
		return false;
	memcpy(p->bytes, in->room, n);
	p->n = n;
	in->held += n;
	return true;
}

enum intake_state intake_read(struct intake *in, struct partial *p, int fd, struct str *request)
{
	size_t had = p->n, length = 0;

	if (had > 0)
		memcpy(in->room, p->bytes, had);

	ssize_t got = recv(fd, in->room + had, sizeof in->room - had, MSG_DONTWAIT);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return INTAKE_NOTHING;
	if (got <= 0)
		return INTAKE_ENDED;

	size_t n = had + (size_t)got;

	switch (frame_check(in->room, n, &length)) {
	case FRAME_MORE:
		return n < sizeof in->room && hold(in, p, n) ? INTAKE_MORE : INTAKE_BAD;
	case FRAME_COMPLETE:
		/* nginx sends one request at a time; a second one behind it has nowhere to wait. */
		if (n > length)
			break;
		partial_drop(in, p);
		*request = (struct str){ (const char *)in->room, n };
		return INTAKE_WHOLE;
	case FRAME_BAD:
		break;
	}
	return INTAKE_BAD;
}
