/* SPDX-License-Identifier: MIT */
/* Made from src/sql/attempts.sql by sqlgen; make gen. */
/* clang-format off */
#pragma once

#include "db/db.h"
#include "gen/ids.h"

/*
 * Forgets guesses that are a day old and block nobody.
 */
enum err attempt_sweep(struct db *db, int64_t *affected);
