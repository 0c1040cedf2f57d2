/* SPDX-License-Identifier: MIT */
/* The text of refresh tokens, links and codes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cred/keeper.h"
#include "cred/opaque.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static int set_up(void **state)
{
	*state = arena_make(1 << 20, NULL, NULL);
	return *state == NULL;
}

static int tear_down(void **state)
{
	arena_free(*state);
	return 0;
}

/* KEEPER_MAC bytes that begin with the number. */
static struct str mac_of(struct arena *a, uint64_t number, uint8_t rest)
{
	uint8_t *bytes = arena_alloc(a, KEEPER_MAC);

	memset(bytes, rest, KEEPER_MAC);
	for (size_t i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(number >> (8 * i));
	return (struct str){ (const char *)bytes, KEEPER_MAC };
}

static struct opaque opaque_of(uint8_t byte, uint32_t count)
{
	struct opaque o = { .count = count };

	memset(o.id.b, byte, sizeof o.id.b);
	return o;
}

static void round_trip(void **state)
{
	static const uint32_t counts[] = { 0, 1, 255, 256, 0x01020304, INT32_MAX, UINT32_MAX };
	static const uint8_t bytes[] = { 0, 1, 0x7f, 0x80, 0xfb, 0xff };
	struct arena *a = *state;

	for (size_t i = 0; i < COUNT(counts); i++) {
		for (size_t k = 0; k < COUNT(bytes); k++) {
			struct opaque in = opaque_of(bytes[k], counts[i]), out = { 0 };
			struct str mac = mac_of(a, 77, bytes[k]), got = { 0 };
			struct str text = opaque_write(in, mac, a);

			assert_int_equal(text.n, OPAQUE_TEXT);
			assert_int_equal(strlen(text.p), OPAQUE_TEXT);
			assert_int_equal(strspn(text.p, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmn"
							"opqrstuvwxyz0123456789-_"),
					 OPAQUE_TEXT);
			assert_true(opaque_read(text, a, &out, &got));
			assert_true(uuid_eq(in.id, out.id));
			assert_int_equal(in.count, out.count);
			assert_true(opaque_mac_equal(mac, got));
		}
	}
}

/* Its layout is a promise: tokens outlive the program that made them. */
static void layout(void **state)
{
	struct arena *a = *state;
	struct opaque o = opaque_of(0xab, 0x01020304);
	struct str message = opaque_message(o, a);
	static const char expected[] = "\x01\xab\xab\xab\xab\xab\xab\xab\xab\xab\xab\xab\xab\xab"
				       "\xab\xab\xab\x01\x02\x03\x04";

	assert_int_equal(message.n, sizeof expected - 1);
	assert_memory_equal(message.p, expected, message.n);
	assert_string_equal(opaque_write(o, mac_of(a, 0, 0), a).p,
			    "Aaurq6urq6urq6urq6urq6sBAgMEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
			    "AA");
}

static bool reads(struct arena *a, struct str text)
{
	struct opaque o = { 0 };
	struct str mac = { 0 };

	return opaque_read(text, a, &o, &mac);
}

static void near_misses(void **state)
{
	struct arena *a = *state;
	struct str good = opaque_write(opaque_of(7, 9), mac_of(a, 1, 3), a);
	static const char wrong[] = { '=', '+', '/', '.', ' ', '\n', '\0', '\x80' };
	char text[OPAQUE_TEXT + 2] = "";

	assert_true(reads(a, good));
	assert_false(reads(a, (struct str){ NULL, 0 }));
	for (size_t n = 0; n < OPAQUE_TEXT; n++)
		assert_false(reads(a, (struct str){ good.p, n }));
	assert_false(reads(a, (struct str){ good.p, good.n + 1 })); /* its NUL */
	assert_false(reads(a, arena_printf(a, "%s=", good.p)));
	assert_false(reads(a, arena_printf(a, " %s", good.p)));
	assert_false(reads(a, arena_printf(a, "%sA", good.p)));
	for (size_t i = 0; i < OPAQUE_TEXT; i++) {
		for (size_t k = 0; k < sizeof wrong; k++) {
			memcpy(text, good.p, OPAQUE_TEXT);
			text[i] = wrong[k];
			assert_false(reads(a, (struct str){ text, OPAQUE_TEXT }));
		}
	}
	/* Another version of the layout, and the two bits that 53 bytes leave unused. */
	memcpy(text, good.p, OPAQUE_TEXT);
	text[0] = 'B';
	assert_false(reads(a, (struct str){ text, OPAQUE_TEXT }));
	memcpy(text, good.p, OPAQUE_TEXT);
	text[OPAQUE_TEXT - 1]++;
	assert_false(reads(a, (struct str){ text, OPAQUE_TEXT }));
}

static void macs(void **state)
{
	struct arena *a = *state;
	struct str mac = mac_of(a, 1, 3);

	assert_true(opaque_mac_equal(mac, mac_of(a, 1, 3)));
	assert_false(opaque_mac_equal(mac, mac_of(a, 2, 3)));
	assert_false(opaque_mac_equal(mac, mac_of(a, 1, 4)));
	/* Never by a part of it. */
	assert_false(opaque_mac_equal((struct str){ mac.p, 31 }, (struct str){ mac.p, 31 }));
	assert_false(opaque_mac_equal((struct str){ NULL, 0 }, (struct str){ NULL, 0 }));
}

/* While one key takes the place of another, the MACs of both are right; without one, nothing more.
 */
static void macs_of_two_keys(void **state)
{
	struct arena *a = *state;
	struct str now = mac_of(a, 1, 3), before = mac_of(a, 2, 3), other = mac_of(a, 1, 4);
	const struct opaque_macs both = { now, before }, one = { .now = now };

	assert_true(opaque_mac_right(now, &both) && opaque_mac_right(now, &one));
	assert_true(opaque_mac_right(before, &both));
	assert_false(opaque_mac_right(before, &one));
	assert_false(opaque_mac_right(other, &both) || opaque_mac_right(other, &one));
	assert_false(opaque_mac_right((struct str){ NULL, 0 }, &one));
	assert_true(code_right(code_write(now, a), &both, a));
	assert_true(code_right(code_write(before, a), &both, a));
	assert_false(code_right(code_write(before, a), &one, a));
	assert_false(code_right(code_write(mac_of(a, 5, 3), a), &both, a));
	assert_false(code_right(STR(""), &one, a));
}

static void codes(void **state)
{
	static const struct {
		uint64_t mac;
		const char *code;
	} rows[] = {
		{ 0, "00000000" },	   { 7, "00000007" },	       { 99999999, "99999999" },
		{ 100000000, "00000000" }, { 1234567890, "34567890" }, { UINT64_MAX, "09551615" },
	};
	struct arena *a = *state;

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_string_equal(code_write(mac_of(a, rows[i].mac, 5), a).p, rows[i].code);
}

static void typed_codes(void **state)
{
	static const struct {
		struct str typed;
		bool right;
	} rows[] = {
		{ { "01234567", 8 }, true },
		{ { "0123 4567", 9 }, true },
		{ { "0123-4567", 9 }, true },
		{ { " 01-23 45-67- ", 14 }, true },
		{ { "", 0 }, false },
		{ { "        ", 8 }, false },
		{ { "0123456", 7 }, false },
		{ { "1234567", 7 }, false },
		{ { "012345678", 9 }, false },
		{ { "0123 4567 8", 11 }, false },
		{ { "01234568", 8 }, false },
		{ { "11234567", 8 }, false },
		{ { "+1234567", 8 }, false },
		{ { "0123\t4567", 9 }, false },
		{ { "0123456\0", 8 }, false },
		{ { "01234567\0", 9 }, false },
		{ { "\xd9\xa0\xd9\xa1\xd9\xa2\xd9\xa3", 8 }, false }, /* Arabic digits */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (code_equal(rows[i].typed, STR("01234567")) != rows[i].right)
			fail_msg("row %zu: '%s'", i, rows[i].typed.p);
	/* What is no code is no code, even when it is the same. */
	assert_false(code_equal(STR(""), STR("")));
	assert_false(code_equal(STR("0123456"), STR("0123456")));
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = { T(round_trip),	 T(layout), T(near_misses), T(macs),
					    T(macs_of_two_keys), T(codes),  T(typed_codes) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
