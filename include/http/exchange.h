/* SPDX-License-Identifier: MIT */
/* A request and its reply, as the transport hands them over. */
#pragma once

#include "base/err.h"
#include "http/request.h"

/* One request on its way through. All of it lives in `arena` or the connection. */
struct http_exchange {
	struct http_request request;
	struct http_reply reply;
	struct arena *arena;
	bool overloaded; /* answer 503 at once, without waiting for anything */
	/*
	 * Set by the handler: the client has gone, send nothing. After pieces of a reply: they are
	 * not the whole, and the client is to see that.
	 */
	bool dropped;
	/*
	 * Sends a piece of the body, of any length, and sleeps until the peer has taken it. The
	 * first piece fixes status and headers as `reply` has them, and takes the deadline off; an
	 * empty one does no more than that. Then `began` is set: nothing else of `reply` is sent.
	 *
	 * ERR_BUSY: there are as many such replies as there may be, and nothing was sent.
	 * ERR_CANCELLED: the peer has gone, or it is time to end. ERR_DEADLINE: the peer took
	 * nothing for too long, or the reply has taken its time. Or what `still` said. After an
	 * error each call returns an error. Not for a request that is `overloaded`.
	 *
	 * Nothing that others may wait for (a lane, a place in a queue) is held meanwhile.
	 */
	enum err (*send)(struct http_exchange *x, struct str piece);
	/*
	 * Takes a place for such a reply before it begins, so that the work before it is done only
	 * for replies that can be sent; `send` does so by itself otherwise. OK or ERR_BUSY.
	 */
	enum err (*reserve)(struct http_exchange *x);
	bool began;
	/* Asked before each piece, and each second while one waits: whether to go on. NULL: yes. */
	enum err (*still)(void *ctx);
	void *still_ctx;
};
