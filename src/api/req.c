/* SPDX-License-Identifier: MIT */
#include "api/req.h"

#include <string.h>

#include "schema/json.h"

enum { ADDRESS_MAX = 45 /* characters of an IPv6 address */, DEVICE_MAX = 255 };

enum err reply(struct req *r, const void *out)
{
	const struct route *route = r->match.route;

	r->reply->status = route->status;
	if (route->shape != REPLY_ONE)
		return OK;
	json_encode(route->out, out, &r->reply->body);
	return OK;
}

enum err reply_list(struct req *r, const void *out, size_t n)
{
	r->reply->status = r->match.route->status;
	json_encode_list(r->match.route->out, out, n, &r->reply->body);
	return OK;
}

enum err reply_raw(struct req *r, struct str json)
{
	r->reply->status = r->match.route->status;
	buf_add(&r->reply->body, json);
	return OK;
}

struct once {
	struct once *next;
	const char *name;
	void *memory;
};

void *req_once(struct req *r, const char *name, size_t size)
{
	struct once *o = r->once;

	while (o != NULL && strcmp(o->name, name) != 0)
		o = o->next;
	if (o != NULL)
		return o->memory;
	o = arena_new(r->arena, struct once);
	*o = (struct once){ .next = r->once, .name = name, .memory = arena_alloc(r->arena, size) };
	memset(o->memory, 0, size);
	r->once = o;
	return o->memory;
}

struct str path_here(const struct req *r, const char *format, ...)
{
	struct str path = { 0 };
	va_list args;

	va_start(args, format);
	path = arena_vprintf(r->arena, format, args);
	va_end(args);
	return arena_printf(r->arena, "%.*s%s", STR_ARG(r->http->mount), path.p);
}

struct str client_address(const struct req *r)
{
	struct str address = r->http->remote_addr;

	return address.p == NULL || address.n > ADDRESS_MAX ? STR("") : address;
}

struct str client_device(const struct req *r)
{
	struct str device = r->http->user_agent;

	/* It stands in mails and lists, and is a stranger's word: nothing in it turns text around.
	 */
	if (device.n == 0 || !str_utf8(device) || !str_shown(device))
		return STR("");
	if (device.n > DEVICE_MAX)
		device.n = DEVICE_MAX;
	/* Not in the middle of a character. */
	while (!str_utf8(device))
		device.n--;
	return arena_dup(r->arena, device);
}

enum err problem(struct req *r, enum err e, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	r->message = arena_vprintf(r->arena, format, args);
	va_end(args);
	return e;
}

enum err fault(struct req *r, const char *pointer, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	struct str text = arena_vprintf(r->arena, format, args);
	va_end(args);
	fault_add(&r->faults, r->arena, str_from(pointer), "%s", text.p);
	return ERR_INVALID;
}
