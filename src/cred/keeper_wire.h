/* SPDX-License-Identifier: MIT */
/* The datagrams between workers and keepers. Both run the same binary, so the layout is native. */
#pragma once

#include "cred/keeper.h"

enum job_kind { JOB_HASH, JOB_VERIFY, JOB_SIGN, JOB_MAC, JOB_KEY };

/* The parts of text that follow a header have `lengths` bytes, one behind the other. */
enum {
	JOB_PARTS = 16,
	JOB_WISHES = 7 /* JOB_SIGN: the MACs that are wanted begin here, purpose and message each */
};

_Static_assert(JOB_WISHES + 2 * KEEPER_WISHES_MAX <= JOB_PARTS, "each wish has two parts");

struct job_header {
	uint64_t id;
	int64_t deadline; /* tick; 0: none */
	int64_t issued, expires;
	int32_t version;
	uint32_t worker, place;
	uint32_t kind;
	uint32_t algorithm; /* JOB_SIGN, JOB_KEY: enum token_algorithm */
	uint32_t judge;	    /* JOB_HASH: 1: the password is judged first */
	uint32_t lengths[JOB_PARTS];
};

enum answer_result { ANSWER_DONE, ANSWER_NO, ANSWER_FAILED, ANSWER_LOST };

/* The text that was made follows; a token stands behind the MACs. */
struct answer_header {
	uint64_t id;
	uint32_t place;
	uint32_t result;
	uint32_t length;
};
