/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "text/network.h"

#include "text.h"

static const struct {
	const char *address, *network;
} networks[] = {
#define NETWORK(address, network) { address, network },
#include "networks.def"
#undef NETWORK
	{ "unix:", "unknown" },
	{ "", "unknown" },
	{ NULL, "unknown" },
	{ "192.0.2", "unknown" },
	{ "192.0.2.1, 192.0.2.2", "unknown" },
	{ "192.0.2.1 ", "unknown" },
	{ "fe80::1%eth0", "unknown" },
	{ "2001:db8:1:2:3:4:5:6:7", "unknown" },
	{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "unknown" },
};

static void a_network_is_an_ipv4_address_or_a_64(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof networks / sizeof *networks; i++) {
		char text[NETWORK_TEXT];

		assert_str(network_of(str_from(networks[i].address), text), networks[i].network);
	}
}

static void nul_ends_no_address(void **state)
{
	char text[NETWORK_TEXT];

	(void)state;
	assert_str(network_of(STR("192.0.2.1\0"), text), "unknown");
	assert_str(network_of(STR("\0"), text), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_network_is_an_ipv4_address_or_a_64),
		cmocka_unit_test(nul_ends_no_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
