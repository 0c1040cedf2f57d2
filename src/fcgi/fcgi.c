/* SPDX-License-Identifier: MIT */
#include "fcgi/fcgi.h"

#include <errno.h>
#include <fcgios.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

/* The rest of the request that fcgi_read is at: libfcgi has not read it yet. */
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

/* The member that a CGI variable goes to; variables not named here are not looked at. */
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
		{ STR("HTTP_SEC_FETCH_SITE"), offsetof(struct http_request, fetch_site) },
		{ STR("HTTP_COOKIE"), offsetof(struct http_request, cookie) },
		{ STR("HTTP_ACCEPT_LANGUAGE"), offsetof(struct http_request, accept_language) },
		{ STR("POSTERN_GUARD"), offsetof(struct http_request, guard) },
	};

	for (size_t i = 0; i < sizeof slots / sizeof *slots; i++)
		if (str_eq(slots[i].name, name))
			return (struct str *)(void *)((char *)r + slots[i].offset);
	return NULL;
}

/* The values of CONTENT_LENGTH that are no number. */
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
 * there is, and the other variables are not looked at: SCRIPT_NAME is then any path that the server
 * thought to be the program's.
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
 * passes on a body that came in pieces (Transfer-Encoding: chunked) does not tell how long it is,
 * and then the end is where the stream has it, within `most` bytes; a length that is told has to be
 * that of the stream.
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
	/*
	 * keepConnection is set, so that FCGX_Accept_r takes the connection it has instead of
	 * accepting one.
	 */
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

static void renew(struct fcgi_records *o, const FCGX_Request *f)
{
	o->record_count = o->part_count = o->first = 0;
	o->id = f->requestId;
}

static void add_part(struct fcgi_records *o, const void *p, size_t n)
{
	o->parts[o->part_count++] = (struct iovec){ (void *)(uintptr_t)p, n };
}

static void add_header(struct fcgi_records *o, unsigned char type, size_t content)
{
	FCGI_Header *h = &o->headers[o->record_count++];

	*h = (FCGI_Header){ .version = FCGI_VERSION_1,
			    .type = type,
			    .requestIdB1 = (unsigned char)(o->id >> 8),
			    .requestIdB0 = (unsigned char)o->id,
			    .contentLengthB1 = (unsigned char)(content >> 8),
			    .contentLengthB0 = (unsigned char)content };
	add_part(o, h, sizeof *h);
}

/* FastCGI 1.0 section 5.3: STDOUT, in records of at most FCGI_MAX_LENGTH bytes. */
static void add_stdout(struct fcgi_records *o, const struct str *texts, size_t n)
{
	size_t left = 0, room = 0;

	for (size_t i = 0; i < n; i++)
		left += texts[i].n;
	for (size_t i = 0; i < n; i++)
		for (struct str rest = texts[i]; rest.n > 0;) {
			if (room == 0)
				add_header(o, FCGI_STDOUT,
					   room = left < FCGI_MAX_LENGTH ? left : FCGI_MAX_LENGTH);

			size_t step = rest.n < room ? rest.n : room;

			add_part(o, rest.p, step);
			rest = str_from_at(rest, step);
			room -= step;
			left -= step;
		}
}

/* Adds the empty STDOUT, and the word that the reply was whole. */
static void add_end(struct fcgi_records *o)
{
	static const FCGI_EndRequestBody complete = { .protocolStatus = FCGI_REQUEST_COMPLETE };

	add_header(o, FCGI_STDOUT, 0);
	add_header(o, FCGI_END_REQUEST, sizeof complete);
	add_part(o, &complete, sizeof complete);
}

/*
 * Writes the status line of CGI (RFC 3875 section 6.3.3), and the length of the body where it is
 * known. Both fit; there may be no memory for more.
 */
static struct str add_status(struct fcgi_records *o, int status, const struct str *body)
{
	struct buf b = { .p = o->status, .size = sizeof o->status };

	/* Some HTTP/1.1 clients take no status line without a phrase, and nginx passes this one on.
	 */
	buf_add(&b, STR("Status: "));
	buf_i64(&b, status);
	buf_char(&b, ' ');
	buf_add(&b, str_from(status_phrase(status)));
	buf_add(&b, STR("\r\n"));
	/*
	 * The length is told, so that nginx need not send the body in chunks; a 204 has none (RFC
	 * 9110 section 8.6).
	 */
	if (body != NULL && status != 204) {
		buf_add(&b, STR("Content-Length: "));
		buf_i64(&b, (int64_t)body->n);
		buf_add(&b, STR("\r\n"));
	}
	return (struct str){ b.p, b.n };
}

void fcgi_head(struct fcgi_records *o, const FCGX_Request *f, const struct http_reply *r)
{
	renew(o, f);

	const struct str texts[] = { add_status(o, r->status, NULL),
				     { r->headers.p, r->headers.n },
				     STR("\r\n") };

	add_stdout(o, texts, sizeof texts / sizeof *texts);
}

void fcgi_piece(struct fcgi_records *o, const FCGX_Request *f, struct str piece)
{
	renew(o, f);
	add_stdout(o, &piece, 1);
}

void fcgi_end(struct fcgi_records *o, const FCGX_Request *f)
{
	renew(o, f);
	add_end(o);
}

void fcgi_break(struct fcgi_records *o, const FCGX_Request *f)
{
	static const FCGI_Header none = { .version = FCGI_VERSION_1 + 1 };

	renew(o, f);
	add_part(o, &none, sizeof none);
}

/* Leaves out the bytes that have been sent. */
static void skip(struct fcgi_records *o, size_t n)
{
	while (o->first < o->part_count && n >= o->parts[o->first].iov_len)
		n -= o->parts[o->first++].iov_len;
	if (n == 0)
		return;
	o->parts[o->first].iov_base = (char *)o->parts[o->first].iov_base + n;
	o->parts[o->first].iov_len -= n;
}

enum fcgi_sent fcgi_send(const FCGX_Request *f, struct fcgi_records *o)
{
	struct msghdr message = { .msg_iov = o->parts + o->first,
				  .msg_iovlen = o->part_count - o->first };
	ssize_t sent = 0;

	do
		sent = sendmsg(f->ipcFd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return errno == EAGAIN ? FCGI_FULL : FCGI_FAILED;
	skip(o, (size_t)sent);
	return o->first == o->part_count ? FCGI_SENT : FCGI_PART;
}

bool fcgi_reply(FCGX_Request *f, const struct http_reply *r)
{
	struct fcgi_records o;

	renew(&o, f);

	const struct str body = { r->body.p, r->body.n };
	const struct str texts[] = {
		add_status(&o, r->status, &body), { r->headers.p, r->headers.n }, STR("\r\n"), body
	};

	add_stdout(&o, texts, sizeof texts / sizeof *texts);
	add_end(&o);

	/*
	 * The reply is sent at once, so that the server wakes once, and whole: it fits the socket's
	 * buffer.
	 */
	bool sent = fcgi_send(f, &o) == FCGI_SENT;

	FCGX_Free(f, 0);
	return sent;
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
