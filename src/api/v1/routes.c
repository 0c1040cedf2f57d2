/* SPDX-License-Identifier: MIT */
#define ROUTES "api/v1/routes.def"
#include "api/rows.def"

const struct table table_v1 = { rows, ROWS, "/", &wire_json };
