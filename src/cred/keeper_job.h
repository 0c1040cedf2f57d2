/* SPDX-License-Identifier: MIT */
#pragma once

#include "cred/keeper_wire.h"

/* A job and its answer; lives on the stack of the task that waits. */
struct waiting {
	struct waiting *next;
	struct task *task;
	struct job_header header;
	struct str parts[JOB_PARTS];
	/*
	 * The room for the text of the answer is made by the task: while it sleeps nothing may
	 * fail.
	 */
	char *room;
	size_t room_size;
	struct str text;
	uint32_t result;
	int tries;
	bool sent, done;
};

/* Sends the job and sleeps until its answer is there; see cred/keeper.h for what it returns. */
enum err keeper_ask(struct keeper *k, struct waiting *w);
