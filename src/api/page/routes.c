/* SPDX-License-Identifier: MIT */
#define ROUTES "api/page/routes.def"
#include "api/rows.def"

const struct table table_page = { rows, ROWS, "/account/", &wire_page };
