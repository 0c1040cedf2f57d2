/* SPDX-License-Identifier: MIT */
#include "base/instant.h"

#include <stdio.h>
#include <time.h>

static int64_t read_clock(clockid_t id)
{
	struct timespec t = { 0 };

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

struct instant instant_now(void)
{
	return (struct instant){ read_clock(CLOCK_REALTIME) };
}

int64_t ticks_us(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

/* Writes v as exactly n digits. */
static char *digits(char *p, unsigned v, int n)
{
	for (int i = n - 1; i >= 0; i--, v /= 10)
		p[i] = (char)('0' + v % 10);
	return p + n;
}

struct str instant_format(struct instant t, char text[static INSTANT_TEXT])
{
	static const int64_t first = -62167219200, last = 253402300799; /* years 0000 and 9999 */
	int64_t s = t.us / 1000000, us = t.us % 1000000;

	if (us < 0) {
		us += 1000000;
		s--;
	}
	if (s < first || s > last) {
		us = s < first ? 0 : 999999;
		s = s < first ? first : last;
	}

	/* Days to a civil date, with March as the first month (Hinnant, chrono-compatible dates).
	 */
	int64_t day = s / 86400 - (s % 86400 < 0);
	unsigned of_day = (unsigned)(s - day * 86400);
	int64_t shifted = day + 719468;
	int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
	unsigned doe = (unsigned)(shifted - era * 146097);
	unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	unsigned mp = (5 * doy + 2) / 153;
	unsigned month = mp < 10 ? mp + 3 : mp - 9;
	int64_t year = (int64_t)yoe + era * 400 + (month <= 2);
	char *p = digits(text, (unsigned)year, 4);

	*p++ = '-';
	p = digits(p, month, 2);
	*p++ = '-';
	p = digits(p, doy - (153 * mp + 2) / 5 + 1, 2);
	*p++ = 'T';
	p = digits(p, of_day / 3600, 2);
	*p++ = ':';
	p = digits(p, of_day / 60 % 60, 2);
	*p++ = ':';
	p = digits(p, of_day % 60, 2);
	*p++ = '.';
	p = digits(p, (unsigned)us, 6);
	*p++ = 'Z';
	*p = '\0';
	return (struct str){ text, (size_t)(p - text) };
}
