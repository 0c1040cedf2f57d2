/* SPDX-License-Identifier: MIT */
/* One mail, from its row of the outbox to the server's answer. */
#pragma once

#include "cred/keeper.h"
#include "gen/outbox.h"
#include "mail/post.h"
#include "mail/templates.h"

struct delivery {
	const struct conf *conf;
	const struct templates *templates;
	struct keeper *keeper;
	struct post *post;
	bool hurry; /* nothing more is begun */
};

/*
 * Has link and code made, writes the mail, sends it. All texts are in the arena, which the caller
 * wipes. An error says that nothing is known of the mail: the task was ended, or no keeper answers.
 */
enum err deliver(const struct delivery *d, const struct letter_row *row, struct arena *a,
		 struct post_outcome *out);
