/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "http/accept.h"

static void accepts(void **state)
{
	static const struct {
		const char *header;
		bool json, problem;
	} rows[] = {
		{ NULL, true, false },
		{ "", true, false },
		{ " , ,", true, false },
		{ "*/*", true, false },
		{ "application/*", true, false },
		{ "application/json", true, false },
		{ "Application/JSON", true, false },
		{ "text/html", false, false },
		{ "text/*", false, false },
		{ "application/xml", false, false },
		{ "application/jsonx", false, false },
		{ "text/html, application/json;q=0.001", true, false },
		{ "application/json;q=0", false, false },
		{ "application/json;q=0.000", false, false },
		{ "application/json;q=1.000", true, false },
		{ "*/*;q=0", false, false },
		{ "application/*;q=0, */*", false, false },
		{ "*/*, application/json;q=0", false, false },
		{ "application/json;q=0, */*", false, false },
		{ "application/json, */*;q=0", true, false },
		{ "application/json;q=0, application/json", true, false },
		/* what browsers and Java's HttpURLConnection send */
		{ "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true, false },
		{ "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", true, false },
		/* problem+json */
		{ "application/problem+json", true, true },
		{ "APPLICATION/Problem+JSON", true, true },
		{ "application/problem+json, application/json", true, true },
		{ "application/json;q=0.9, application/problem+json;q=0.9", true, true },
		{ "application/problem+json;q=0.8, application/json;q=0.9", true, false },
		{ "application/problem+json;q=0.8, application/json", true, false },
		{ "application/problem+json, */*;q=0.5", true, true },
		{ "application/problem+json;q=0.5, */*", true, false },
		{ "application/problem+json;q=0", false, false },
		{ "application/problem+json;q=0, */*", true, false },
		{ "application/problem+json, application/json;q=0", true, true },
		{ "text/html, application/problem+json;q=0.1", true, true },
		/* parameters */
		{ "application/json;charset=utf-8", true, false },
		{ "application/json ; q=0", false, false },
		{ "application/json;Q=0", false, false },
		{ "application/json; q = 0", false, false },
		{ "application/json;version=1;q=0", false, false },
		{ "application/json;q=1;ext=0", true, false },
		{ "application/json;q=0;ext=1", false, false },
		{ "application/json;x=\"a,b;q=0\"", true, false },
		{ "application/json;x=\"a\\\",b\";q=0", false, false },
		{ "text/html;x=\"application/json\"", false, false },
		{ "text/html;x=\", application/json", false, false },
		/* malformed entries count for nothing; nothing at all is everything */
		{ "json", true, false },
		{ "json, text/html", false, false },
		{ "application/json;q=x", true, false },
		{ "application/json;q=x, text/html", false, false },
		{ "application/json;q=, text/html", false, false },
		{ "application/json;q, text/html", false, false },
		{ "application/json;q=-1, text/html", false, false },
		{ "application/json;q=2, text/html", false, false },
		{ "application/json;q=1.001, text/html", false, false },
		{ "application/json;q=0.1234, text/html", false, false },
		{ "application/json;q=., text/html", false, false },
		{ "application/json;q=.5, text/html", true, false },
		{ "application/json;q=1., text/html", true, false },
		{ "application/, text/html", false, false },
		{ "/json, text/html", false, false },
		{ "application/json/x, text/html", false, false },
		{ "application/ json, text/html", false, false },
		{ "application/j\xc3\xa9, text/html", false, false },
		{ "*/json, text/html", false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct accepted got = accept_parse(str_from(rows[i].header));

		if (got.json != rows[i].json || got.problem != rows[i].problem)
			fail_msg("%s: json %d, problem %d", rows[i].header, got.json, got.problem);
	}
}

static void accepts_lines(void **state)
{
	static const struct {
		const char *header;
		bool lines;
	} rows[] = {
		{ NULL, true },
		{ "*/*", true },
		{ "application/*", true },
		{ "application/x-ndjson", true },
		{ "application/json", false },
		{ "application/json, application/x-ndjson;q=0.1", true },
		{ "*/*, application/x-ndjson;q=0", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_int_equal(accept_parse(str_from(rows[i].header)).lines, rows[i].lines);
}

static void knows_json(void **state)
{
	static const struct {
		const char *header;
		bool json;
	} rows[] = {
		{ NULL, false },
		{ "", false },
		{ "application/json", true },
		{ "Application/Json", true },
		{ " application/json ", true },
		{ "application/json;", true },
		{ "application/json; ", true },
		{ "application/json;charset=utf-8", true },
		{ "application/json; charset=UTF-8", true },
		{ "application/json ; Charset = utf-8", true },
		{ "application/json; charset=\"utf-8\"", true },
		{ "application/json; charset=\"UTF-8\"; x=y", true },
		{ "application/json; x=\";charset=latin1\"", true },
		{ "application/json; profile=\"a\\\"b\"; charset=utf-8", true },
		{ "application/json; x", true },
		{ "application/json; charset=iso-8859-1", false },
		{ "application/json; charset=\"utf-16\"", false },
		{ "application/json; charset=", false },
		{ "application/json; charset", false },
		{ "application/json; charset=\"utf-8", false },
		{ "application/json; charset=\"", false },
		{ "application/json; charset=utf-8; charset=latin1", false },
		{ "application/json; x=y; charset=latin1", false },
		{ "application/json, text/plain", false },
		{ "application/problem+json", false },
		{ "application/jsonp", false },
		{ "application/*", false },
		{ "text/json", false },
		{ "text/plain", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if ((content_media(str_from(rows[i].header)) == MEDIA_JSON) != rows[i].json)
			fail_msg("%s", rows[i].header);
}

static void knows_media(void **state)
{
	static const struct {
		const char *header;
		enum media media;
	} rows[] = {
		{ NULL, MEDIA_OTHER },
		{ "application/merge-patch+json", MEDIA_MERGE_PATCH },
		{ "Application/Merge-Patch+JSON ; charset=utf-8", MEDIA_MERGE_PATCH },
		{ "application/merge-patch+json; charset=latin1", MEDIA_CHARSET },
		{ "application/json; charset=utf8", MEDIA_JSON },
		{ "application/json; charset=UTF8", MEDIA_JSON },
		{ "application/json; charset=\"utf8\"", MEDIA_JSON },
		{ "application/json; charset=us-ascii", MEDIA_JSON },
		{ "application/json; charset=utf-16", MEDIA_CHARSET },
		{ "application/json; charset=utf-8; charset=utf-16le", MEDIA_CHARSET },
		{ "application/json; charset=utf-8-sig", MEDIA_CHARSET },
		{ "application/json; charset=windows-1252", MEDIA_CHARSET },
		{ "text/json; charset=latin1", MEDIA_OTHER },
		{ "application/json-patch+json", MEDIA_OTHER },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (content_media(str_from(rows[i].header)) != rows[i].media)
			fail_msg("%s", rows[i].header);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts),
		cmocka_unit_test(accepts_lines),
		cmocka_unit_test(knows_json),
		cmocka_unit_test(knows_media),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
