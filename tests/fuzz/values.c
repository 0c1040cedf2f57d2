/* SPDX-License-Identifier: MIT */
/* Ids, instants, networks, numbers, words and log filters: what is read is written as the same
 * again. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/kind.h"
#include "base/log.h"
#include "base/uuid.h"
#include "text/network.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_uuid(struct str text)
{
	char written[UUID_TEXT];
	struct uuid id = { 0 }, again = { 0 };

	if (!uuid_parse(text, &id))
		return;
	assert(str_eq_nocase(uuid_format(id, written), text));
	assert(uuid_parse(str_from(written), &again) && uuid_eq(id, again));
}

static void check_instant(struct str text)
{
	char written[INSTANT_TEXT];
	struct instant t = { 0 }, again = { 0 };

	if (!instant_parse(text, &t))
		return;
	assert(instant_parse(instant_format(t, written), &again) && again.us == t.us);
}

/* Any number as an instant: what is written has its form, and is cut to years of four digits. */
static void check_any_instant(struct str bytes)
{
	char written[INSTANT_TEXT];
	struct instant t = { 0 }, again = { 0 };

	if (bytes.n < sizeof t.us)
		return;
	memcpy(&t.us, bytes.p, sizeof t.us);
	assert(instant_format(t, written).n == INSTANT_TEXT - 1);
	if (instant_parse(str_from(written), &again))
		assert(again.us == t.us || t.us > again.us);
	(void)uuid_v7_least(t);
}

static void check_network(struct str text)
{
	char first[NETWORK_TEXT], second[NETWORK_TEXT];
	struct str network = network_of(text, first), address = { 0 }, rest = network;

	assert(network.n > 0 && network.n < NETWORK_TEXT);
	str_split(&rest, '/', &address);
	assert(str_eq(network_of(address, second), network));
}

static void check_number(struct str text)
{
	char written[24];
	int64_t n = 0;

	assert(!str_to_i64(text, 1, 1, &n) || n == 1);
	if (!str_to_i64(text, INT64_MIN, INT64_MAX, &n))
		return;
	snprintf(written, sizeof written, "%lld", (long long)n);

	/* Zeros in front, and one below nothing, are all that differs. */
	struct str s = str_from(written), digits = str_from_at(text, text.p[0] == '-');

	while (digits.n > 1 && digits.p[0] == '0')
		digits = str_from_at(digits, 1);
	assert(str_eq(digits, str_from_at(s, s.p[0] == '-')));
}

/* A word is one of its vocabulary to the byte, and any number has a word or none. */
static void check_word(struct str text)
{
	const struct vocabulary *v = &log_format_words;
	int value = 0;

	if (vocabulary_find(v, text, &value))
		assert(value > 0 && str_eq(vocabulary_word(v, value), text));
	if (text.n >= sizeof value)
		memcpy(&value, text.p, sizeof value);

	struct str word = vocabulary_word(v, value);

	assert(word.p == NULL || (vocabulary_find(v, word, &value) && word.n > 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { size > 0 ? (const char *)data : "", size };

	check_uuid(text);
	check_instant(text);
	check_any_instant(text);
	check_network(text);
	check_number(text);
	check_word(text);
	(void)log_filter_valid(text);
	return 0;
}
