/* SPDX-License-Identifier: MIT */
/* The answers of operations that fail: err.def, front.def and problem.c in OpenAPI. */
#pragma once

#include "http/openapi_document.h"
#include "http/route.h"

/* Adds the schemas "Problem" and "ProblemDetails", which the responses below refer to. */
void document_problem_schemas(struct document *d);

/*
 * Adds the problems that an operation can answer with to its responses, a status each; in front of
 * the pool nginx has some too. A response is a component, named by the codes it can have.
 */
void document_problems(struct document *d, const struct route *r, json_t *responses);
