/* SPDX-License-Identifier: MIT */
#include "schema/fault.h"

#include <stdarg.h>

#include "base/buf.h"

void fault_add(struct faults *f, struct arena *a, struct str pointer, const char *format, ...)
{
	/* A client that sends thousands of faults learns of the first ones; a reply has a size. */
	if (f->n == FAULTS_MAX)
		return;

	struct fault *fault = arena_new(a, struct fault);
	va_list args;

	va_start(args, format);
	fault->message = arena_vprintf(a, format, args);
	va_end(args);
	fault->pointer = arena_dup(a, pointer);
	if (f->last == NULL)
		f->first = fault;
	else
		f->last->next = fault;
	f->last = fault;
	f->n++;
}

struct str pointer_step(struct str prefix, struct str name, struct arena *a)
{
	struct buf b = buf_make(a, prefix.n + name.n + 8);

	buf_add(&b, prefix);
	buf_char(&b, '/');
	for (size_t i = 0; i < name.n; i++) {
		if (name.p[i] == '~')
			buf_add(&b, STR("~0"));
		else if (name.p[i] == '/')
			buf_add(&b, STR("~1"));
		else
			buf_char(&b, name.p[i]);
	}
	return buf_str(&b);
}
