/* SPDX-License-Identifier: MIT */
/* text[] as the server sends and receives it (PostgreSQL: array_send, array_recv in arrayfuncs.c).
 */
#pragma once

#include "base/arena.h"

/*
 * Copies the texts of a list of one dimension, none of them null; false for anything else. An empty
 * list is not the null one: v is set.
 */
bool list_read(struct str sent, struct arena *a, struct str_list *out);

/*
 * Writes a list as the server receives it; the null list gives the null str. No text in the list is
 * null.
 */
struct str list_write(struct str_list list, struct arena *a);
