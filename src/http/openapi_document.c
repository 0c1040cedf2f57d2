/* SPDX-License-Identifier: MIT */
#include "http/openapi_document.h"

void document_put(struct document *d, json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value) != 0)
		d->failed = true;
}

json_t *document_object(struct document *d, json_t *object, const char *key)
{
	document_put(d, object, key, json_object());
	return json_object_get(object, key);
}

json_t *document_reference(const char *kind, const char *name)
{
	return json_pack("{s:o}", "$ref", json_sprintf("#/components/%s/%s", kind, name));
}

json_t *document_content(const char *type, json_t *schema)
{
	return json_pack("{s:{s:o}}", type, "schema", schema);
}

void document_header(struct document *d, json_t *response, const char *name, const char *doc)
{
	json_t *headers = json_object_get(response, "headers");

	if (headers == NULL)
		headers = document_object(d, response, "headers");
	document_put(d, headers, name,
		     json_pack("{s:s, s:{s:s}}", "description", doc, "schema", "type", "string"));
}
