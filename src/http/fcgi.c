/* SPDX-License-Identifier: MIT */
#include "http/fcgi.h"

#include <fcgios.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

/* What libfcgi has not read yet of the request that fcgi_read is at. */
static struct str unread;

/*
 * Stands before libfcgi's function of that name, which reads the socket: here it gets the records
 * that have been looked at already, and then the end. That spares a system call for each request,
 * and libfcgi cannot wait for a peer, whatever it makes of the records.
 */
int OS_Read(int fd, char *to, size_t n)
{
	size_t step = n < unread.n ? n : unread.n;

	(void)fd;
	if (step > 0)
		memcpy(to, unread.p, step);
	unread = str_from_at(unread, step);
	return (int)step;
}

/*
 * Stands before libfcgi's function of that name as well. The descriptor is the connection's, which
 * is watched under its number: were it closed here, the next one to be opened would get that
 * number, and be struck from epoll in its place. libfcgi sets ipcFd to -1, which says that there
 * was an error.
 */
int OS_IpcClose(int fd, int shutdown)
{
	(void)fd;
	(void)shutdown;
	return 0;
}

bool fcgi_init(void)
{
	return FCGX_Init() == 0;
}

void fcgi_open(FCGX_Request *f, int fd)
{
	FCGX_InitRequest(f, -1, 0);
	f->ipcFd = fd;
}

/* Where a CGI variable goes; those not named here are not looked at. */
static struct str *slot_of(struct http_request *r, struct str name)
{
	static const struct {
		struct str name;
		size_t offset;
	} slots[] = {
		{ STR("REQUEST_METHOD"), offsetof(struct http_request, method_name) },
		{ STR("REQUEST_URI"), offsetof(struct http_request, path) },
		{ STR("PATH_INFO"), offsetof(struct http_request, path_info) },
		{ STR("SCRIPT_NAME"), offsetof(struct http_request, mount) },
		{ STR("QUERY_STRING"), offsetof(struct http_request, query) },
		{ STR("CONTENT_TYPE"), offsetof(struct http_request, content_type) },
		{ STR("HTTP_CONTENT_ENCODING"), offsetof(struct http_request, content_encoding) },
		{ STR("HTTP_ACCEPT"), offsetof(struct http_request, accept) },
		{ STR("HTTP_AUTHORIZATION"), offsetof(struct http_request, authorization) },
		{ STR("HTTP_X_REQUEST_ID"), offsetof(struct http_request, request_id) },
		{ STR("REMOTE_ADDR"), offsetof(struct http_request, remote_addr) },
		{ STR("HTTP_USER_AGENT"), offsetof(struct http_request, user_agent) },
		{ STR("HTTP_ORIGIN"), offsetof(struct http_request, origin) },
		{ STR("HTTP_COOKIE"), offsetof(struct http_request, cookie) },
		{ STR("HTTP_ACCEPT_LANGUAGE"), offsetof(struct http_request, accept_language) },
		{ STR("POSTERN_GUARD"), offsetof(struct http_request, guard) },
	};

	for (size_t i = 0; i < sizeof slots / sizeof *slots; i++)
		if (str_eq(slots[i].name, name))
			return (struct str *)(void *)((char *)r + slots[i].offset);
	return NULL;
}

/* What CONTENT_LENGTH may be besides a number. */
enum { LENGTH_UNTOLD = -1, LENGTH_MALFORMED = -2 };

/* Sorts the variables into the request; returns CONTENT_LENGTH. */
static int64_t read_params(char *const *envp, struct http_request *r)
{
	int64_t length = LENGTH_UNTOLD;

	for (; *envp != NULL; envp++) {
		struct str value = str_from(*envp), name = { 0 };

		/* A repeated variable: the last one counts, as in a C environment built from it. */
		if (!str_split(&value, '=', &name) || value.p == NULL)
			continue;

		struct str *slot = slot_of(r, name);

		if (slot != NULL)
			*slot = value;
		else if (str_eq(name, STR("CONTENT_LENGTH")) && value.n > 0 &&
			 !str_to_i64(value, 0, INT32_MAX, &length))
			return LENGTH_MALFORMED;
	}
	return length;
}

/*
 * Splits REQUEST_URI, which servers pass as the client sent it. Without a PATH_INFO it says all
 * there is, and what else the server tells is not looked at: SCRIPT_NAME is then any path that the
 * server thought to be the program's.
 */
static void split_uri(struct http_request *r)
{
	struct str rest = r->path;

	if (r->path.p != NULL)
		str_split(&rest, '?', &r->path);
	if (r->path_info.p == NULL || r->query.p == NULL)
		r->query = rest.p == NULL || r->path.p == NULL ? STR("") : rest;
	if (r->path_info.p == NULL || r->mount.p == NULL)
		r->mount = STR("");
}

/*
 * Reads STDIN to its end, without which libfcgi will not take the next request. A server that
 * passes on what came in pieces (Transfer-Encoding: chunked) does not tell how long it is, and then
 * the end is where the stream has it, within `most` bytes; a length that is told has to be that of
 * the stream.
 */
static bool read_body(FCGX_Request *f, struct arena *a, int64_t length, size_t most,
		      struct http_request *r)
{
	size_t room = length == LENGTH_UNTOLD ? most : (size_t)length;
	char byte = 0;
	int n = FCGX_GetStr(&byte, 1, f->in);

	r->body = STR("");
	if (n > 0 && room > 0 && room <= HTTP_BODY_MAX + 1) {
		char *body = arena_alloc(a, room + 1);

		body[0] = byte;
		n += FCGX_GetStr(body + 1, (int)room - 1, f->in);
		r->body = (struct str){ body, (size_t)n };
	}
	if (FCGX_GetStr(&byte, 1, f->in) != 0 || FCGX_GetError(f->in) != 0)
		return false;
	return length == LENGTH_UNTOLD || length == n;
}

/* Lets libfcgi read the records; false when it finds them wanting. */
static bool accept_records(FCGX_Request *f, struct str records)
{
	unread = records;
	/* Set, so that FCGX_Accept_r takes the connection it has instead of accepting one. */
	f->keepConnection = 1;
	/* The descriptor is the loop's: libfcgi would wait up to 2 s for the peer when closing. */
	f->detached = 1;
	return FCGX_Accept_r(f) == 0;
}

bool fcgi_read(FCGX_Request *f, struct str records, struct arena *a, struct http_request *out,
	       bool *keep)
{
	if (!accept_records(f, records))
		return false;
	*keep = f->keepConnection != 0;
	f->keepConnection = 1;
	f->detached = 1;
	*out = (struct http_request){ 0 };

	int64_t length = read_params(f->envp, out);

	if (length == LENGTH_MALFORMED || out->method_name.p == NULL ||
	    (out->path.p == NULL && out->path_info.p == NULL))
		return false;
	out->known = method_find(out->method_name, &out->method);
	split_uri(out);
	return read_body(f, a, length, records.n < HTTP_BODY_MAX ? records.n : HTTP_BODY_MAX + 1,
			 out);
}

static void put(FCGX_Request *f, struct buf b)
{
	FCGX_PutStr(b.p, (int)b.n, f->out);
}

bool fcgi_reply(FCGX_Request *f, struct http_reply *r)
{
	/* Both lines fit; there may be no memory for more. */
	char text[96];
	struct buf status = { .p = text, .size = sizeof text };

	/* Some HTTP/1.1 clients take no status line without a phrase, and nginx passes this one on.
	 */
	buf_add(&status, STR("Status: "));
	buf_i64(&status, r->status);
	buf_char(&status, ' ');
	buf_add(&status, str_from(status_phrase(r->status)));
	buf_add(&status, STR("\r\n"));
	/* Told, so that nginx need not send it in chunks; a 204 has none (RFC 9110 section 8.6). */
	if (r->status != 204) {
		buf_add(&status, STR("Content-Length: "));
		buf_i64(&status, (int64_t)r->body.n);
		buf_add(&status, STR("\r\n"));
	}

	put(f, status);
	put(f, r->headers);
	FCGX_PutStr("\r\n", 2, f->out);
	put(f, r->body);
	FCGX_Finish_r(f);
	/* -1: it failed, and libfcgi would have closed the descriptor. */
	return f->ipcFd >= 0;
}

void fcgi_drop(FCGX_Request *f)
{
	FCGX_Free(f, 0);
}

uint32_t fcgi_leaving(int listener)
{
	int domain = 0;
	socklen_t n = sizeof domain;

	getsockopt(listener, SOL_SOCKET, SO_DOMAIN, &domain, &n);
	return EPOLLHUP | EPOLLERR | (domain == AF_UNIX ? 0U : EPOLLRDHUP);
}
