/* SPDX-License-Identifier: MIT */
/* What a load run counts, and how it tells. For load.c. */
#pragma once

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/*
 * Latencies in microseconds: exact below 2^LINEAR, above it 2^(LINEAR - 1) steps for each
 * doubling, which is an error below 0.1 %. The last one takes all above 2^TALLY_BITS.
 */
enum {
	TALLY_LINEAR = 11,
	TALLY_BITS = 36,
	TALLY_HALF = 1 << (TALLY_LINEAR - 1),
	TALLY_SLOTS = (TALLY_BITS - TALLY_LINEAR + 2) * TALLY_HALF
};

/* Requests without a reply. */
enum load_error { LOAD_CONNECT, LOAD_RESET, LOAD_TIMEOUT, LOAD_MALFORMED, LOAD_ERRORS };

static const char *const load_error_names[LOAD_ERRORS] = { "connect", "reset", "timeout",
							   "malformed" };

struct tally {
	int64_t sent;	/* requests begun */
	int64_t unsent; /* open loop: were due, found no free connection until the end */
	int64_t done, bytes, us_sum, us_max, elapsed_us;
	int64_t by_status[600], errors[LOAD_ERRORS], slots[TALLY_SLOTS];
};

static inline size_t tally_slot(int64_t us)
{
	if (us < 2 * TALLY_HALF)
		return us < 0 ? 0 : (size_t)us;

	int shift = 64 - __builtin_clzll((uint64_t)us) - TALLY_LINEAR;

	if (shift > TALLY_BITS - TALLY_LINEAR)
		return TALLY_SLOTS - 1;
	return (size_t)(shift * TALLY_HALF + (us >> shift));
}

/* The greatest latency of a slot. */
static inline int64_t tally_value(size_t slot)
{
	if (slot < 2 * TALLY_HALF)
		return (int64_t)slot;

	int shift = (int)(slot / TALLY_HALF) - 1;

	return ((int64_t)(slot % TALLY_HALF + TALLY_HALF + 1) << shift) - 1;
}

static inline void tally_reply(struct tally *t, int status, int64_t us)
{
	t->done++;
	t->by_status[status]++;
	t->slots[tally_slot(us)]++;
	t->us_sum += us;
	if (us > t->us_max)
		t->us_max = us;
}

/* The latency that `part` of the replies do not exceed. */
static inline int64_t tally_percentile(const struct tally *t, double part)
{
	const double wanted = part * (double)t->done;
	int64_t seen = 0;

	for (size_t i = 0; i < TALLY_SLOTS; i++) {
		seen += t->slots[i];
		if (seen > 0 && (double)seen >= wanted)
			return tally_value(i) < t->us_max ? tally_value(i) : t->us_max;
	}
	return 0;
}

static inline double tally_rps(const struct tally *t)
{
	return t->elapsed_us > 0 ? (double)t->done * 1e6 / (double)t->elapsed_us : 0;
}

static inline void tally_print_json(const struct tally *t)
{
	const char *comma = "";
	int64_t by_class[6] = { 0 };

	printf("{\"sent\":%" PRId64 ",\"done\":%" PRId64 ",\"unsent\":%" PRId64 ",\"by_status\":{",
	       t->sent, t->done, t->unsent);
	for (int i = 100; i < 600; i++) {
		if (t->by_status[i] == 0)
			continue;
		by_class[i / 100] += t->by_status[i];
		printf("%s\"%d\":%" PRId64, comma, i, t->by_status[i]);
		comma = ",";
	}
	printf("},\"by_class\":{");
	for (int i = 2; i < 6; i++)
		printf("%s\"%dxx\":%" PRId64, i == 2 ? "" : ",", i, by_class[i]);
	printf("},\"errors\":{");
	for (int i = 0; i < LOAD_ERRORS; i++)
		printf("%s\"%s\":%" PRId64, i == 0 ? "" : ",", load_error_names[i], t->errors[i]);
	printf("},\"bytes\":%" PRId64 ",\"seconds\":%.3f,\"rps\":%.1f,\"mean_us\":%" PRId64,
	       t->bytes, (double)t->elapsed_us / 1e6, tally_rps(t),
	       t->done > 0 ? t->us_sum / t->done : 0);
	printf(",\"p50_us\":%" PRId64 ",\"p90_us\":%" PRId64 ",\"p99_us\":%" PRId64
	       ",\"p999_us\":%" PRId64 ",\"max_us\":%" PRId64 "}\n",
	       tally_percentile(t, 0.5), tally_percentile(t, 0.9), tally_percentile(t, 0.99),
	       tally_percentile(t, 0.999), t->us_max);
}

static inline void tally_print(const struct tally *t)
{
	printf("%" PRId64 " sent, %" PRId64 " replies in %.2f s, %.1f/s, %" PRId64 " never sent\n",
	       t->sent, t->done, (double)t->elapsed_us / 1e6, tally_rps(t), t->unsent);
	printf("latency ms: p50 %.3f, p90 %.3f, p99 %.3f, p99.9 %.3f, max %.3f\n",
	       (double)tally_percentile(t, 0.5) / 1e3, (double)tally_percentile(t, 0.9) / 1e3,
	       (double)tally_percentile(t, 0.99) / 1e3, (double)tally_percentile(t, 0.999) / 1e3,
	       (double)t->us_max / 1e3);
	for (int i = 100; i < 600; i++)
		if (t->by_status[i] > 0)
			printf("status %d: %" PRId64 "\n", i, t->by_status[i]);
	for (int i = 0; i < LOAD_ERRORS; i++)
		if (t->errors[i] > 0)
			printf("%s: %" PRId64 "\n", load_error_names[i], t->errors[i]);
}
