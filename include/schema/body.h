/* SPDX-License-Identifier: MIT */
/* Parsing of a body's bytes to a JSON object. */
#pragma once

#include "base/err.h"
#include "schema/fault.h"

struct json_t;

/*
 * Parses a body that must be one JSON object; the arena owns it. Any other body has one fault, with
 * the nearest pointer to the place: ERR_BAD_JSON where it is not JSON, ERR_INVALID where it is and
 * is another value, has a member twice, a NUL, half a surrogate pair, a number that no type holds
 * or containers deeper than 32.
 */
enum err body_parse(struct str body, struct arena *a, struct faults *f, struct json_t **out);

enum { NAME_SHOWN = 64 /* bytes of a name that are told */ };
