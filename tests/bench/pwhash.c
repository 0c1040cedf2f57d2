/* SPDX-License-Identifier: MIT */
/*
 * What the keepers could reach at best: Argon2id of libsodium at the service's cost, by N
 * processes for S seconds, and nothing else.
 *
 *	pwhash [PROCESSES [SECONDS]]
 */
#include "base/instant.h"

#include <sodium.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MEMORY_KIB = 19456, PASSES = 2, PROCESSES_MAX = 64, SECONDS_MAX = 600 };

/* One process's count, in memory that all share. */
struct tally {
	int64_t hashes, us;
};

static void hash_until(int64_t end, struct tally *out)
{
	char hash[crypto_pwhash_STRBYTES] = "";
	const int64_t start = ticks_us();

	/* The last one is finished and its time counted: no hash is cut off. */
	while (ticks_us() < end) {
		if (crypto_pwhash_str(hash, "correct horse battery", 21, PASSES,
				      (size_t)MEMORY_KIB * 1024) != 0)
			_exit(1);
		out->hashes++;
	}
	out->us = ticks_us() - start;
}

int main(int argc, char *argv[])
{
	const int processes = argc > 1 ? atoi(argv[1]) : 1, seconds = argc > 2 ? atoi(argv[2]) : 5;
	struct tally *tallies = mmap(NULL, PROCESSES_MAX * sizeof *tallies, PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int64_t hashes = 0;
	double rate = 0;
	int status = 0, failed = 0;

	if (argc > 3 || processes < 1 || processes > PROCESSES_MAX || seconds < 1 ||
	    seconds > SECONDS_MAX) {
		fputs("usage: pwhash [PROCESSES [SECONDS]]\n", stderr);
		return 64;
	}
	if (sodium_init() < 0 || tallies == MAP_FAILED)
		return 1;

	const int64_t end = ticks_us() + (int64_t)seconds * 1000000;

	for (int i = 0; i < processes; i++) {
		pid_t child = fork();

		if (child < 0)
			return 1;
		if (child == 0) {
			hash_until(end, &tallies[i]);
			_exit(0);
		}
	}
	while (wait(&status) > 0)
		failed += status != 0;
	for (int i = 0; i < processes; i++) {
		hashes += tallies[i].hashes;
		rate += tallies[i].us > 0 ? (double)tallies[i].hashes * 1e6 / (double)tallies[i].us
					  : 0;
	}
	printf("{\"processes\":%d,\"seconds\":%d,\"memory_kib\":%d,\"passes\":%d,\"hashes\":%jd,"
	       "\"per_second\":%.1f}\n",
	       processes, seconds, MEMORY_KIB, PASSES, (intmax_t)hashes, rate);
	return failed > 0;
}
