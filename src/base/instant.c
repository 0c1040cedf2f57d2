/* SPDX-License-Identifier: MIT */
#include "base/instant.h"

#include <stdio.h>
#include <time.h>

/* The first second of the year 0000 and the last one of 9999. */
static const int64_t first_second = -62167219200, last_second = 253402300799;

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

/* Writes v as exactly n digits, which are an even number. */
static char *digits(char *p, unsigned v, int n)
{
	for (int i = n - 2; i >= 0; i -= 2, v /= 100) {
		p[i] = (char)('0' + v % 100 / 10);
		p[i + 1] = (char)('0' + v % 10);
	}
	return p + n;
}

struct str instant_format(struct instant t, char text[static INSTANT_TEXT])
{
	int64_t s = t.us / 1000000, us = t.us % 1000000;

	if (us < 0) {
		us += 1000000;
		s--;
	}
	if (s < first_second || s > last_second) {
		us = s < first_second ? 0 : 999999;
		s = s < first_second ? first_second : last_second;
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

/* Takes exactly n digits off *s. */
static bool number(struct str *s, size_t n, int64_t *out)
{
	if (s->n < n || s->p[0] == '-' || !str_to_i64((struct str){ s->p, n }, 0, INT64_MAX, out))
		return false;
	*s = str_from_at(*s, n);
	return true;
}

/* Takes one of two characters off *s. */
static bool sign(struct str *s, char c, char other)
{
	if (s->n == 0 || (s->p[0] != c && s->p[0] != other))
		return false;
	*s = str_from_at(*s, 1);
	return true;
}

/* Takes ".123456789" off *s: microseconds; digits beyond them are cut off. */
static bool fraction(struct str *s, int64_t *us)
{
	int64_t unit = 100000;
	size_t n = 0;

	*us = 0;
	if (s->n == 0 || s->p[0] != '.')
		return true;
	for (n = 1; n < s->n && s->p[n] >= '0' && s->p[n] <= '9'; n++, unit /= 10)
		*us += (s->p[n] - '0') * unit; /* 0 after six digits */
	*s = str_from_at(*s, n);
	return n > 1;
}

/* "Z", or "+01:30": seconds that the clock is ahead of UTC. */
static bool offset(struct str *s, int64_t *ahead)
{
	int64_t hours = 0, minutes = 0, direction = 1;

	*ahead = 0;
	if (sign(s, 'Z', 'z'))
		return s->n == 0;
	if (s->n > 0 && s->p[0] == '-')
		direction = -1;
	else if (s->n == 0 || s->p[0] != '+')
		return false;
	*s = str_from_at(*s, 1);
	if (!number(s, 2, &hours) || !sign(s, ':', ':') || !number(s, 2, &minutes) || hours > 23 ||
	    minutes > 59)
		return false;
	*ahead = direction * (hours * 3600 + minutes * 60);
	return s->n == 0;
}

/* Days since 1970 of a date; false when there is no such date since then. */
static bool days(int64_t year, int64_t month, int64_t day, int64_t *out)
{
	static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	int64_t last = year - 1;

	if (year < 1970 || month < 1 || month > 12 || day < 1 ||
	    day > lengths[month - 1] + (month == 2 && leap))
		return false;
	*out = last * 365 + last / 4 - last / 100 + last / 400 - 719162 + day - 1;
	for (int64_t m = 1; m < month; m++)
		*out += lengths[m - 1] + (m == 2 && leap);
	return true;
}

bool instant_parse(struct str text, struct instant *out)
{
	int64_t year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
	int64_t date = 0, us = 0, ahead = 0;

	if (!number(&text, 4, &year) || !sign(&text, '-', '-') || !number(&text, 2, &month) ||
	    !sign(&text, '-', '-') || !number(&text, 2, &day) || !sign(&text, 'T', 't') ||
	    !number(&text, 2, &hour) || !sign(&text, ':', ':') || !number(&text, 2, &minute) ||
	    !sign(&text, ':', ':') || !number(&text, 2, &second) || !fraction(&text, &us) ||
	    !offset(&text, &ahead) || !days(year, month, day, &date) || hour > 23 || minute > 59 ||
	    second > 59)
		return false;

	int64_t seconds = date * 86400 + hour * 3600 + minute * 60 + second - ahead;

	/* An offset can lead out of the years that are written and read again. */
	if (seconds < 0 || seconds > last_second)
		return false;
	out->us = seconds * 1000000 + us;
	return true;
}
