/* SPDX-License-Identifier: MIT */
#pragma once

#include "http/route.h"

/*
 * OpenAPI 3.1 of a route table, as indented JSON: operations with parameters, bodies, replies,
 * security, and the problems each can answer with. The caller frees it; NULL when out of memory.
 */
char *openapi_make(const struct route *routes, size_t n, const char *version);
