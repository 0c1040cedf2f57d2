/* SPDX-License-Identifier: MIT */
/* A request and its reply, as the transport hands them over. */
#pragma once

#include "http/request.h"

/* One request on its way through. All of it lives in `arena` or the connection. */
struct http_exchange {
	struct http_request request;
	struct http_reply reply;
	struct arena *arena;
	bool overloaded; /* answer 503 at once, without waiting for anything */
	bool dropped;	 /* set by the handler: the client has gone, send nothing */
};
