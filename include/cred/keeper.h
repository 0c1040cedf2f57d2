/* SPDX-License-Identifier: MIT */
/*
 * Work that needs a secret or a long burst of CPU is done in keeper processes: Argon2id and
 * signing. A job is one datagram, so is its answer. The kernel's queue is short (10 by default), so
 * the worker keeps a bounded list behind it; there a job can still be dropped. A job that lies with
 * the kernel already is dropped through the board, memory that workers and keepers share.
 */
#pragma once

#include <stdatomic.h>
#include <stddef.h>

#include "cred/keyring.h"
#include "cred/opaque.h"
#include "cred/password.h"

enum {
	KEEPER_IN_FLIGHT = 10, /* jobs of one worker outside its list; answers must fit its queue */
	KEEPER_DATAGRAM = 8192,	 /* bytes */
	KEEPER_WORKERS_MAX = 68, /* workers and couriers: all that send jobs */
	KEEPER_MAC = 32		 /* bytes */
};

/* The state of the job that a worker has sent in this place. */
struct keeper_place {
	_Atomic uint64_t id;	/* 0: nobody waits for it any more */
	_Atomic uint32_t taken; /* by keeper number taken - 1; 0: not yet */
};

struct keeper_board {
	struct keeper_place places[KEEPER_WORKERS_MAX][KEEPER_IN_FLIGHT];
	/* Slow jobs in each worker's list; the process that sees a worker's end makes it 0. */
	_Atomic uint32_t waiting[KEEPER_WORKERS_MAX];
};

/* Hashing waits long, signing must not wait behind it: a socket each. */
enum keeper_queue { KEEPER_SLOW, KEEPER_QUICK, KEEPER_QUEUES };

/* --- in a worker --- */

struct keeper;

struct keeper_options {
	int jobs[KEEPER_QUEUES]; /* datagram sockets, written to */
	int answers;		 /* read from */
	struct keeper_board *board;
	size_t worker;	    /* row of the board */
	size_t keepers;	    /* how many there are */
	size_t queue;	    /* slow jobs that may wait, in the lists of all workers together */
	size_t quick_queue; /* quick ones in this worker's */
	bool apart; /* this worker's jobs are not counted with the others', nor theirs here */
};

/* NULL when out of memory or the kernel refuses. */
struct keeper *keeper_make(const struct keeper_options *o);
void keeper_free(struct keeper *k);

/* A password that is to be hashed, unless it is too easy to guess. */
struct keeper_password {
	struct secret password;
	struct str words; /* of the account, see judge_words; null: the password is not judged */
};

/* Whether a slow job would be refused now, with ERR_BUSY. */
bool keeper_full(const struct keeper *k);

/*
 * The functions from here on put the task to sleep until a keeper has answered. ERR_BUSY: the list
 * is full, or the keeper died twice over the job; ERR_INTERNAL: the work failed; ERR_DEADLINE,
 * ERR_CANCELLED: the task was ended, and the job is not done if it had not begun.
 *
 * keeper_hash: *weak says that the password was judged and is not hashed; it may be NULL where the
 * password is not judged.
 */
enum err keeper_hash(struct keeper *k, const struct keeper_password *p, struct arena *a,
		     struct secret *hash, bool *weak);
enum err keeper_verify(struct keeper *k, struct secret password, struct secret hash, bool *fits);

/* A MAC that is wanted, see keeper_mac; and that MAC, once it is there. */
struct keeper_wish {
	const char *purpose;
	struct str message;
	struct str mac;
};

enum { KEEPER_WISHES_MAX = 4 };

/* Signs a token, and in the same job makes n MACs: all that a sign-in needs. */
enum err keeper_sign(struct keeper *k, const struct keyring_signer *key,
		     const struct token_claims *claims, struct keeper_wish *wishes, size_t n,
		     struct arena *a, struct str *token);

/* All MACs that are right: that of keeper_mac, and the one by the key before, while that is taken.
 */
enum err keeper_macs(struct keeper *k, const char *purpose, struct str message, struct arena *a,
		     struct opaque_macs *out);

/*
 * A MAC of KEEPER_MAC bytes over a message (at most 1 KiB), by a key that only keepers hold. A MAC
 * for one purpose ("refresh", "code", ...) says nothing about another one.
 */
static inline enum err keeper_mac(struct keeper *k, const char *purpose, struct str message,
				  struct arena *a, struct str *mac)
{
	struct opaque_macs macs = { 0 };

	TRY(keeper_macs(k, purpose, message, a, &macs));
	*mac = macs.now;
	return OK;
}

/* A new key pair; its private key leaves the keeper only sealed. A slow job with RS256. */
enum err keeper_key(struct keeper *k, enum token_algorithm algorithm, struct arena *a,
		    struct key_pair *out);

/* --- in a keeper --- */

struct keeper_secrets {
	struct password_cost cost;
	struct secret jwt_secret; /* null unless HS256 signs */
	struct str issuer;
	/* The key of MACs and sealed keys. See keeper_secret. */
	uint8_t secret[KEY_SECRET];
	/* The key before it, with which nothing is made any more. */
	uint8_t previous[KEY_SECRET];
	bool rotating; /* there is a key before */
};

/*
 * The key that MACs are made with: from `secret_key`, or from `jwt_secret` where that is empty.
 * Either may have any length; it is hashed.
 */
void keeper_secret(struct secret secret_key, struct secret jwt_secret, uint8_t out[static 32]);

/*
 * Does the job in the datagram, unless nobody waits for it or its deadline has passed, and writes
 * the answer (at most KEEPER_DATAGRAM bytes) and the worker it is for. Returns the answer's length;
 * 0: there is none. `number` is the keeper's own. The arena is the caller's to reset.
 */
size_t keeper_work(const struct keeper_secrets *s, struct keeper_board *board, size_t number,
		   const void *job, size_t n, struct arena *a, void *answer, size_t *worker);

/* --- in the master --- */

/*
 * Writes, after keeper `number` has died, the answer "lost" for one of its jobs, and takes that off
 * the board. Returns the length, and the worker the answer is for; 0: no more.
 */
size_t keeper_lost(struct keeper_board *board, size_t number, void *answer, size_t *worker);
