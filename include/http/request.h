/* SPDX-License-Identifier: MIT */
/* A request and a reply, without how they travel. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"

enum method { METHOD_GET, METHOD_POST, METHOD_PUT, METHOD_PATCH, METHOD_DELETE, METHOD_COUNT };

/* Everything is borrowed from the connection until the reply has been sent. */
struct http_request {
	/*
	 * The method as sent. HEAD arrives as METHOD_GET: nginx leaves out the body. OPTIONS and
	 * methods that are not listed have known == false.
	 */
	enum method method;
	bool known;
	struct str method_name;
	/* REQUEST_URI as the client sent it: percent-encoded, without the query. Null where the
	 * server does not tell it. */
	struct str path;
	/* PATH_INFO (RFC 3875 section 4.1.5): decoded, below the mount. Null where the server does
	 * not tell it, and the path counts. */
	struct str path_info;
	/* SCRIPT_NAME, where the service is mounted: "/accounts"; "" at the root. */
	struct str mount;
	struct str query; /* raw, without "?"; empty when there is none */
	struct str content_type, content_encoding, accept, authorization, request_id;
	/* The client's address, as nginx knows it: no header can say otherwise. */
	struct str remote_addr;
	struct str user_agent, origin, cookie, accept_language;
	struct str fetch_site; /* Sec-Fetch-Site */
	/*
	 * Not empty where nginx itself asks, for another application (auth_request). No client can
	 * say so: a variable from one is called HTTP_.
	 */
	struct str guard;
	struct str body;
};

struct http_reply {
	int status;
	struct buf headers; /* complete lines "Name: value\r\n" */
	struct buf body;
};

/* Largest body that is read; nginx refuses larger ones first. */
enum { HTTP_BODY_MAX = 64 * 1024 };

/* Largest reply, headers included: it must fit the socket's buffer, for the loop never waits. */
enum { HTTP_REPLY_MAX = 160 * 1024 };

const char *method_name(enum method m);

/* Looks up an upper-case name; HEAD counts as GET. False when it is not one of ours. */
bool method_find(struct str name, enum method *out);

/*
 * The reason phrase of a status (RFC 9110 section 15, RFC 6585 section 4); "" for one that nothing
 * here answers with.
 */
const char *status_phrase(int status);

void header_add(struct http_reply *r, const char *name, struct str value);

/* Whether a header was added; the name as it was given there. */
bool header_has(struct http_reply *r, const char *name);
