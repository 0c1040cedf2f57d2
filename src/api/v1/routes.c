/* SPDX-License-Identifier: MIT */
/* routes.def, read by the preprocessor: prototypes, typed thunks, the const table. */
#include "api/dispatch.h"

#define ROUTE(handler, method, path, who, cost, status, reply, problems, summary)                  \
	struct handler##_in;                                                                       \
	enum err handler(struct req *, const struct handler##_in *);                               \
	extern const struct schema handler##_schema;
#include "api/v1/routes.def"
#undef ROUTE

#define NONE
#define RAW
#define ONE(name) extern const struct schema name##_schema;
#define LIST(name) extern const struct schema name##_schema;
#define LINES(name) extern const struct schema name##_schema;
#define ROUTE(handler, method, path, who, cost, status, reply, problems, summary) reply
#include "api/v1/routes.def"
#undef ROUTE
#undef NONE
#undef RAW
#undef ONE
#undef LIST
#undef LINES

#define ROUTE(handler, method, path, who, cost, status, reply, problems, summary)                  \
	static enum err handler##_thunk(struct req *r, const void *in)                             \
	{                                                                                          \
		return handler(r, in);                                                             \
	}
#include "api/v1/routes.def"
#undef ROUTE

/* The names of err.def, as the column of problems has them. */
enum {
#define ERR(name, status, code, title) name = ERR_##name,
#include "base/err.def"
#undef ERR
};

#define P(...)                                                                                     \
	(const int[])                                                                              \
	{                                                                                          \
		__VA_ARGS__ __VA_OPT__(, ) OK                                                      \
	}
#define NONE REPLY_NONE, .out = NULL
#define RAW REPLY_RAW, .out = NULL
#define ONE(name) REPLY_ONE, .out = &name##_schema
#define LIST(name) REPLY_LIST, .out = &name##_schema
#define LINES(name) REPLY_LINES, .out = &name##_schema
#define ROUTE(handler, verb, where, who, price, code, reply, answers, what)                        \
	{ .name = #handler,                                                                        \
	  .method = METHOD_##verb,                                                                 \
	  ROUTE_AT(where),                                                                         \
	  .access = ACCESS_##who,                                                                  \
	  .cost = COST_##price,                                                                    \
	  .status = code,                                                                          \
	  .in = &handler##_schema,                                                                 \
	  .problems = answers,                                                                     \
	  .summary = what,                                                                         \
	  .run = handler##_thunk,                                                                  \
	  .shape = reply },
const struct route routes[] = {
#include "api/v1/routes.def"
};
#undef ROUTE

const size_t routes_count = sizeof routes / sizeof *routes;
