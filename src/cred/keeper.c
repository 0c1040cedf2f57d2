/* SPDX-License-Identifier: MIT */
#include "cred/keeper.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/instant.h"
#include "base/log.h"
#include "base/random.h"
#include "cred/keeper_job.h"
#include "task/loop.h"
#include "task/task.h"

enum {
	/* Answers of quick jobs must find room beside those of slow ones. */
	SLOW_IN_FLIGHT = 4,
	AGAIN_US = 5000, /* another worker has filled the kernel's queue */
	TRIES = 2
};

struct queue {
	int fd;
	struct waiting *first, **last;
	size_t count, limit, in_flight, in_flight_max;
};

struct keeper {
	struct keeper_options o;
	struct watch answers;
	struct timer again;
	struct queue queues[KEEPER_QUEUES];
	struct waiting *places[KEEPER_IN_FLIGHT];
	uint64_t last_id;
	/* Passwords pass through this buffer; it is wiped after each use. */
	char datagram[KEEPER_DATAGRAM];
};

static struct queue *queue_of(struct keeper *k, const struct waiting *w)
{
	enum job_kind kind = (enum job_kind)w->header.kind;
	bool slow = kind == JOB_HASH || kind == JOB_VERIFY || kind == JOB_KEY;

	return &k->queues[slow ? KEEPER_SLOW : KEEPER_QUICK];
}

static void append(struct queue *q, struct waiting *w)
{
	w->next = NULL;
	w->sent = false;
	*q->last = w;
	q->last = &w->next;
	q->count++;
}

static void unlink_waiting(struct queue *q, struct waiting *w)
{
	struct waiting **at = &q->first;

	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
	if (w->next == NULL)
		q->last = at;
	q->count--;
}

static struct keeper_place *place_of(struct keeper *k, uint32_t place)
{
	return &k->o.board->places[k->o.worker][place];
}

static void free_place(struct keeper *k, struct waiting *w)
{
	atomic_store(&place_of(k, w->header.place)->id, 0);
	k->places[w->header.place] = NULL;
	queue_of(k, w)->in_flight--;
	w->sent = false;
}

static void claim_place(struct keeper *k, struct waiting *w)
{
	uint32_t place = 0;

	while (k->places[place] != NULL)
		place++;
	assert(place < KEEPER_IN_FLIGHT);
	w->header.place = place;
	w->header.id = ++k->last_id;
	k->places[place] = w;
	atomic_store(&place_of(k, place)->taken, 0);
	atomic_store(&place_of(k, place)->id, w->header.id);
	queue_of(k, w)->in_flight++;
	w->sent = true;
}

static size_t write_job(struct keeper *k, const struct waiting *w)
{
	size_t n = sizeof w->header;

	memcpy(k->datagram, &w->header, n);
	for (size_t i = 0; i < JOB_PARTS; i++) {
		if (w->parts[i].n > 0)
			memcpy(k->datagram + n, w->parts[i].p, w->parts[i].n);
		n += w->parts[i].n;
	}
	return n;
}

/* False when the kernel's queue is full. */
static bool send_job(struct keeper *k, struct queue *q, struct waiting *w)
{
	claim_place(k, w);

	size_t n = write_job(k, w);
	bool sent = send(q->fd, k->datagram, n, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)n;

	sodium_memzero(k->datagram, n);
	if (!sent)
		free_place(k, w);
	return sent;
}

static void send_waiting(struct keeper *k, struct queue *q)
{
	while (q->first != NULL && q->in_flight < q->in_flight_max) {
		struct waiting *w = q->first;

		unlink_waiting(q, w);
		if (send_job(k, q, w))
			continue;
		w->next = q->first;
		q->first = w;
		if (w->next == NULL)
			q->last = &w->next;
		q->count++;
		timer_set(&k->again, ticks_us() + AGAIN_US);
		return;
	}
}

/* Whether the jobs that wait in a queue count for all workers together. */
static bool is_common(const struct keeper *k, const struct queue *q)
{
	return q == &k->queues[KEEPER_SLOW] && !k->o.apart;
}

/* Sends jobs, whenever a list has changed. */
static void send_jobs(struct keeper *k, struct queue *q)
{
	send_waiting(k, q);
	if (is_common(k, q))
		atomic_store(&k->o.board->waiting[k->o.worker], (uint32_t)q->count);
}

/*
 * Whether a queue is full. A job that need not wait is taken, so that one worker's list cannot shut
 * the others out.
 */
static bool is_full(const struct keeper *k, const struct queue *q)
{
	size_t count = q->count;

	if (q->first == NULL && q->in_flight < q->in_flight_max)
		return false;
	for (size_t w = 0; is_common(k, q) && w < KEEPER_WORKERS_MAX; w++)
		if (w != k->o.worker)
			count += atomic_load(&k->o.board->waiting[w]);
	return count >= q->limit;
}

static void on_again(struct timer *t)
{
	struct keeper *k = OWNER_OF(t, struct keeper, again);

	for (size_t i = 0; i < KEEPER_QUEUES; i++)
		send_jobs(k, &k->queues[i]);
}

static void finish(struct waiting *w, uint32_t result)
{
	w->result = result;
	w->done = true;
	task_wake(w->task, OK);
}

static void take_answer(struct keeper *k, const char *p, size_t n)
{
	struct answer_header h;

	if (n < sizeof h)
		return;
	memcpy(&h, p, sizeof h);

	struct waiting *w = h.place < KEEPER_IN_FLIGHT ? k->places[h.place] : NULL;

	/* The answer is too late, or meant for the worker that had this place before. */
	if (w == NULL || w->header.id != h.id || n < sizeof h + h.length)
		return;
	free_place(k, w);
	if (h.result == ANSWER_LOST && ++w->tries < TRIES)
		return append(queue_of(k, w), w);
	if (h.length < w->room_size) {
		memcpy(w->room, p + sizeof h, h.length);
		w->text = (struct str){ w->room, h.length };
	}
	finish(w, h.result);
}

static void on_answers(struct watch *watch, uint32_t events)
{
	struct keeper *k = OWNER_OF(watch, struct keeper, answers);

	(void)events;
	for (;;) {
		ssize_t n = recv(k->o.answers, k->datagram, sizeof k->datagram, MSG_DONTWAIT);

		if (n < 0)
			break;
		take_answer(k, k->datagram, (size_t)n);
		sodium_memzero(k->datagram, (size_t)n);
	}
	on_again(&k->again);
}

enum err keeper_ask(struct keeper *k, struct waiting *w)
{
	struct queue *q = queue_of(k, w);
	size_t n = sizeof w->header;

	for (size_t i = 0; i < JOB_PARTS; i++) {
		w->header.lengths[i] = (uint32_t)w->parts[i].n;
		n += w->parts[i].n;
	}
	if (n > KEEPER_DATAGRAM)
		return ERR_INTERNAL;
	if (is_full(k, q))
		return ERR_BUSY;
	w->task = task_self();
	w->header.worker = (uint32_t)k->o.worker;
	w->header.deadline = task_deadline_of(w->task);
	append(q, w);
	send_jobs(k, q);

	enum err e = task_park();

	if (e != OK && !w->done) {
		if (w->sent)
			free_place(k, w);
		else
			unlink_waiting(q, w);
		send_jobs(k, q);
	}
	if (e != OK)
		return e;
	return w->result == ANSWER_LOST ? ERR_BUSY : w->result == ANSWER_FAILED ? ERR_INTERNAL : OK;
}

bool keeper_full(const struct keeper *k)
{
	return is_full(k, &k->queues[KEEPER_SLOW]);
}

struct keeper *keeper_make(const struct keeper_options *o)
{
	struct keeper *k = calloc(1, sizeof *k);

	if (k == NULL)
		return NULL;
	k->o = *o;
	k->answers = (struct watch){ .fd = -1, .ready = on_answers };
	k->again.fire = on_again;
	k->last_id = random_u64() >> 1;
	for (size_t i = 0; i < KEEPER_QUEUES; i++) {
		struct queue *q = &k->queues[i];
		size_t enough = o->keepers + 1;

		q->fd = o->jobs[i];
		q->last = &q->first;
		q->limit = i == KEEPER_SLOW ? o->queue : o->quick_queue;
		q->in_flight_max = i == KEEPER_QUICK	     ? KEEPER_IN_FLIGHT - SLOW_IN_FLIGHT
				   : enough < SLOW_IN_FLIGHT ? enough
							     : SLOW_IN_FLIGHT;
	}
	for (uint32_t i = 0; i < KEEPER_IN_FLIGHT; i++)
		atomic_store(&place_of(k, i)->id, 0);
	if (loop_watch(&k->answers, o->answers, EPOLLIN) != OK) {
		free(k);
		return NULL;
	}
	return k;
}

void keeper_free(struct keeper *k)
{
	loop_unwatch(&k->answers);
	timer_clear(&k->again);
	free(k);
}
