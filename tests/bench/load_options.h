/* SPDX-License-Identifier: MIT */
/* What the command line says, made into requests that are ready to be sent. For load.c. */
#pragma once

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"

enum { CONNECTIONS_MAX = 10000, TARGETS_MAX = 200000, LINE = 65536 };

/* One request, as it goes over the wire. */
struct target {
	struct str text;
	bool head;
};

struct options {
	struct sockaddr_in address;
	struct str host, path, method, body, headers; /* headers: lines ending with CRLF */
	const char *targets_file, *tokens_file, *timeline_file;
	int64_t connections, max_requests, timeout_us, slow_us; /* max_requests 0: no bound */
	double rate, seconds;					/* rate 0: closed loop */
	bool json, tls, typed; /* typed: a Content-Type was given */
};

struct targets {
	struct target *list;
	size_t n;
};

static const char usage[] =
	"usage: load --url http[s]://127.0.0.1[:PORT]/PATH [OPTION]...\n"
	"  --method M        GET, or POST when there is a body\n"
	"  --header 'K: V'   added to each request; repeatable\n"
	"  --body TEXT       Content-Type is application/json unless given\n"
	"  --targets FILE    lines 'METHOD PATH [BODY]', taken in turn\n"
	"  --tokens FILE     a line each: the n-th target has the n-th as its Bearer token\n"
	"  --connections N   kept connections (1)\n"
	"  --rate R          requests a second, timed from when each was due (0: as fast as replies"
	" come)\n"
	"  --seconds S       how long to send (10)\n"
	"  --max-requests N  at most so many\n"
	"  --timeout MS      for connecting and the whole reply (10000)\n"
	"  --timeline FILE   a line for each reply that is not 2xx, slow or missing:\n"
	"                    'MS-SINCE-START STATUS-OR-ERROR LATENCY-US'\n"
	"  --slow MS         what counts as slow there (100)\n"
	"  --json            the result as JSON\n";

static inline _Noreturn void options_refuse(const char *what, const char *value)
{
	fprintf(stderr, "load: %s: %s\n%s", what, value, usage);
	exit(64);
}

static inline double options_number(const char *name, const char *text, double max)
{
	char *end = NULL;
	double v = strtod(text, &end);

	if (end == text || *end != '\0' || !(v >= 0 && v <= max))
		options_refuse(name, text);
	return v;
}

/* This tool makes load: it is for this machine alone. */
static inline void options_url(struct options *o, const char *url, struct arena *a)
{
	struct str rest = str_from(url), authority = { 0 }, host = { 0 };
	int64_t port = 80;

	o->tls = str_starts(rest, STR("https://"));
	if (o->tls)
		port = 443;
	else if (!str_starts(rest, STR("http://")))
		options_refuse("not an http:// or https:// address", url);
	rest = str_from_at(rest, o->tls ? 8 : 7);
	str_split(&rest, '/', &authority);
	o->host = arena_dup(a, authority);
	o->path = arena_printf(a, "/%.*s", STR_ARG(rest));
	str_split(&authority, ':', &host);
	if (authority.p != NULL && !str_to_i64(authority, 1, 65535, &port))
		options_refuse("bad port", url);
	if (str_eq(host, STR("localhost")))
		host = STR("127.0.0.1");
	o->address.sin_family = AF_INET;
	o->address.sin_port = htons((uint16_t)port);
	if (inet_pton(AF_INET, arena_dup(a, host).p, &o->address.sin_addr) != 1 ||
	    ntohl(o->address.sin_addr.s_addr) >> 24 != 127)
		options_refuse("only addresses in 127.0.0.0/8 are allowed", url);
}

static inline void options_header(struct options *o, const char *line, struct arena *a)
{
	struct str value = str_from(line), name = { 0 };

	str_split(&value, ':', &name);
	if (value.p == NULL || name.n == 0)
		options_refuse("not 'Name: value'", line);
	o->typed = o->typed || str_eq_nocase(name, STR("content-type"));
	o->headers = arena_printf(a, "%.*s%.*s: %.*s\r\n", STR_ARG(o->headers), STR_ARG(name),
				  STR_ARG(str_trim(value)));
}

static inline void options_set(struct options *o, char option, const char *value, struct arena *a)
{
	switch (option) {
	case 'u':
		options_url(o, value, a);
		return;
	case 'm':
		o->method = str_from(value);
		return;
	case 'h':
		options_header(o, value, a);
		return;
	case 'b':
		o->body = str_from(value);
		return;
	case 'f':
		o->targets_file = value;
		return;
	case 'k':
		o->tokens_file = value;
		return;
	case 'c':
		o->connections = (int64_t)options_number("--connections", value, CONNECTIONS_MAX);
		return;
	case 'r':
		o->rate = options_number("--rate", value, 1e6);
		return;
	case 's':
		o->seconds = options_number("--seconds", value, 1e6);
		return;
	case 'n':
		o->max_requests = (int64_t)options_number("--max-requests", value, 1e12);
		return;
	case 't':
		o->timeout_us = (int64_t)(options_number("--timeout", value, 1e7) * 1e3);
		return;
	case 'l':
		o->timeline_file = value;
		return;
	case 'w':
		o->slow_us = (int64_t)(options_number("--slow", value, 1e7) * 1e3);
		return;
	case 'j':
		o->json = true;
		return;
	default:
		fputs(usage, stderr);
		exit(64);
	}
}

static inline struct options options_read(int argc, char *argv[], struct arena *a)
{
	static const struct option table[] = {
		{ "url", required_argument, NULL, 'u' },
		{ "method", required_argument, NULL, 'm' },
		{ "header", required_argument, NULL, 'h' },
		{ "body", required_argument, NULL, 'b' },
		{ "targets", required_argument, NULL, 'f' },
		{ "tokens", required_argument, NULL, 'k' },
		{ "connections", required_argument, NULL, 'c' },
		{ "rate", required_argument, NULL, 'r' },
		{ "seconds", required_argument, NULL, 's' },
		{ "max-requests", required_argument, NULL, 'n' },
		{ "timeout", required_argument, NULL, 't' },
		{ "timeline", required_argument, NULL, 'l' },
		{ "slow", required_argument, NULL, 'w' },
		{ "json", no_argument, NULL, 'j' },
		{ 0 },
	};
	struct options o = { .headers = STR(""),
			     .connections = 1,
			     .timeout_us = 10000000,
			     .slow_us = 100000,
			     .seconds = 10 };

	for (int c = 0; (c = getopt_long(argc, argv, "", table, NULL)) != -1;)
		options_set(&o, (char)c, optarg, a);
	if (optind < argc)
		options_refuse("not understood", argv[optind]);
	if (o.host.p == NULL || o.connections < 1 || o.timeout_us < 1000)
		options_refuse("missing or too small", "--url, --connections or --timeout");
	return o;
}

/* The next line of the file of tokens, and from its end its first one again. */
static inline struct str tokens_next(FILE *tokens, char line[static LINE])
{
	if (tokens == NULL)
		return (struct str){ 0 };
	if (fgets(line, LINE, tokens) == NULL) {
		rewind(tokens);
		if (fgets(line, LINE, tokens) == NULL)
			options_refuse("--tokens", "an empty file");
	}
	return (struct str){ line, strcspn(line, "\r\n") };
}

struct request {
	struct str method, path, body, token;
};

static inline struct target target_make(const struct options *o, const struct request *r,
					struct arena *a)
{
	struct str method = r->method, body = r->body;
	struct buf b = buf_make(a, 256 + o->headers.n + r->token.n + body.n);

	buf_printf(&b, "%.*s %.*s HTTP/1.1\r\nHost: ", STR_ARG(method), STR_ARG(r->path));
	buf_add(&b, o->host);
	buf_add(&b, STR("\r\n"));
	buf_add(&b, o->headers);
	if (r->token.n > 0)
		buf_printf(&b, "Authorization: Bearer %.*s\r\n", STR_ARG(r->token));
	if (body.n > 0 && !o->typed)
		buf_add(&b, STR("Content-Type: application/json\r\n"));
	if (body.n > 0 || str_eq(method, STR("POST")) || str_eq(method, STR("PUT")))
		buf_printf(&b, "Content-Length: %zu\r\n", body.n);
	buf_add(&b, STR("\r\n"));
	buf_add(&b, body);
	return (struct target){ buf_str(&b), str_eq(method, STR("HEAD")) };
}

static inline FILE *options_open(const char *name)
{
	FILE *f = name == NULL ? NULL : fopen(name, "r");

	if (name != NULL && f == NULL)
		options_refuse(name, strerror(errno));
	return f;
}

static inline void targets_load(const struct options *o, struct targets *t, FILE *tokens,
				struct arena *a)
{
	char *line = arena_alloc(a, LINE), *token = arena_alloc(a, LINE);
	FILE *f = options_open(o->targets_file);

	t->list = arena_new_array(a, TARGETS_MAX, struct target);
	while (t->n < TARGETS_MAX && fgets(line, LINE, f) != NULL) {
		struct str rest = { line, strcspn(line, "\n") };
		struct request r = { 0 };

		if (rest.n == 0 || line[0] == '#')
			continue;
		str_split(&rest, ' ', &r.method);
		if (!str_split(&rest, ' ', &r.path) || !str_starts(r.path, STR("/")))
			options_refuse("not 'METHOD /path [body]'", line);
		r.body = rest;
		r.token = tokens_next(tokens, token);
		t->list[t->n++] = target_make(o, &r, a);
	}
	fclose(f);
	if (t->n == 0)
		options_refuse(o->targets_file, "no targets");
}

static inline struct targets targets_make(const struct options *o, struct arena *a)
{
	struct request r = { .method = o->method, .path = o->path, .body = o->body };
	FILE *tokens = options_open(o->tokens_file);
	struct targets t = { 0 };

	if (o->targets_file != NULL) {
		targets_load(o, &t, tokens, a);
	} else {
		if (r.method.p == NULL)
			r.method = r.body.n > 0 ? STR("POST") : STR("GET");
		r.token = tokens_next(tokens, arena_alloc(a, LINE));
		t.list = arena_new(a, struct target);
		t.list[t.n++] = target_make(o, &r, a);
	}
	if (tokens != NULL)
		fclose(tokens);
	return t;
}
