/* SPDX-License-Identifier: MIT */
#include "text/quality.h"

bool quality_parse(struct str s, int *q)
{
	struct str whole = { 0 };
	int v = 0;

	str_split(&s, '.', &whole);
	if (str_eq(whole, STR("1")))
		v = 1000;
	else if (!str_eq(whole, STR("0")) && (whole.n > 0 || s.n == 0))
		return false;
	if (s.n > 3)
		return false;
	for (size_t i = 0, unit = 100; i < s.n; i++, unit /= 10) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		v += (s.p[i] - '0') * (int)unit;
	}
	*q = v;
	return v <= 1000;
}
