/* SPDX-License-Identifier: MIT */
/* The OpenAPI document being made, which the OpenAPI files share. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

/*
 * One failed allocation spoils the document; calls go on harmlessly, so only the end has to look.
 */
struct document {
	json_t *root, *paths, *schemas, *responses, *tags;
	bool failed;
};

/* Puts a value, which is taken over; NULL spoils the document. */
void document_put(struct document *d, json_t *object, const char *key, json_t *value);

/* A new object that is already in its place. Borrowed; NULL only when the document is spoilt. */
json_t *document_object(struct document *d, json_t *object, const char *key);

/* {"$ref": "#/components/<kind>/<name>"}. The caller owns it; NULL when out of memory. */
json_t *document_reference(const char *kind, const char *name);

/* A media type with its schema, which is taken over. Owner and NULL as above. */
json_t *document_content(const char *type, json_t *schema);

/* Adds a header to a response. */
void document_header(struct document *d, json_t *response, const char *name, const char *doc);
