/* SPDX-License-Identifier: MIT */
#include "serve/errand.h"

#include "base/log.h"
#include "serve/process.h"
#include "task/loop.h"
#include "task/task.h"

/* One try, from the beginning. */
static enum err run(struct req *r, void *arg)
{
	struct errand *e = arg;
	bool notes = e->leaves == ERRAND_LEAVES_NOTES;

	if (notes)
		TRY(db_begin(r->db));
	TRY(e->run(e));
	if (!notes || r->notes > 0 || !db_changed(r->db))
		return OK;
	log_error("command", "%s changes something and notes nothing", e->name);
	return ERR_INTERNAL;
}

static void body(void *arg)
{
	struct errand *e = arg;

	e->result = req_run(&e->req, run, e, e->leaves == ERRAND_LEAVES_NOTES ? REQ_TRIES : 1);
	loop_stop();
}

enum err errand_run(struct errand *e)
{
	struct pool_options o = process_pool(e->conf, 2, 1);
	struct arena *a = arena_make(SIZE_MAX, NULL, NULL);

	e->result = ERR_INTERNAL;
	o.patient = !e->hurried;
	o.changes_nothing = e->leaves == ERRAND_LEAVES_NOTHING;
	if (a == NULL || loop_open() != OK || (e->pool = pool_make(&o)) == NULL)
		return ERR_INTERNAL;
	e->app = (struct app){ .conf = e->conf };
	e->req = (struct req){
		.app = &e->app,
		.arena = a,
		.db = db_open(e->pool, a),
		.from = { .address = e->typed_by.p == NULL ? STR("") : STR("command line"),
			  .request_id = STR(""),
			  .typed_by = e->typed_by },
	};
	if (task_start(body, e))
		loop_run();
	arena_free(a);
	pool_free(e->pool);
	loop_close();
	log_flush();
	return e->result;
}
