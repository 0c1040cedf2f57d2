/* SPDX-License-Identifier: MIT */
/* Links whose libpq is db_world.h's and whose loop is db_clock.h's. */
#pragma once

#include "db_clock.h"
#include "db_server.h"

#include "db/link.h"

/* The next answer that somebody may wait for, and what stands before it. */
static void answer(struct link *l, const char *failure)
{
	while (l->pipeline.count > 0 && strchr("blo", l->pipeline.pg->queue[0].kind) != NULL) {
		server_answer(l->pipeline.pg, NULL);
		l->watch.ready(&l->watch, EPOLLIN);
	}
	if (l->pipeline.count == 0)
		return;
	server_answer(l->pipeline.pg, failure);
	l->watch.ready(&l->watch, EPOLLIN);
}

static bool can_connect(const struct link *l)
{
	return l->state == LINK_CONNECTING || (l->state == LINK_DOWN && l->timer.slot != 0);
}

static void connects(struct link *l)
{
	if (l->state == LINK_DOWN)
		timer_strike(&l->timer);
	l->watch.ready(&l->watch, EPOLLIN);
	while (l->state == LINK_ENTERING)
		answer(l, NULL);
}
