/* SPDX-License-Identifier: MIT */
/* The errors there are, as one enumeration. The rows are in err.def. */
#pragma once

enum err {
	OK = 0,
#define ERR(name, status, code, title) ERR_##name,
#include "base/err.def"
#undef ERR
	/* Errors that no client sees: the client has gone, or the transaction is run again. */
	ERR_CANCELLED,
	ERR_RETRY,
	/* A statement that promised one row found none; the handler says what that means. */
	ERR_NO_ROW
};

/* Leaves the calling function with the error of `call`, if it has one. */
#define TRY(call)                                                                                  \
	do {                                                                                       \
		enum err try_err_ = (call);                                                        \
		if (try_err_ != OK)                                                                \
			return try_err_;                                                           \
	} while (0)

struct err_row {
	int status; /* HTTP status, RFC 9110 */
	const char *name, *code, *title;
};

/* The row of an error; errors without a row get INTERNAL's. */
const struct err_row *err_row(enum err e);

/* Number of rows in err.def; rows are numbered from 1. */
enum err err_count(void);
