/* SPDX-License-Identifier: MIT */
/* Made from src/sql/attempts.sql by sqlgen; make gen. */
/* clang-format off */
#pragma once

#include "db/db.h"
#include "gen/enums.h"
#include "gen/ids.h"

struct attempt_row {
	bool counted;
	int32_t failures;
	int32_t account_failures;
	struct instant pair_until;
	struct instant network_until;
	struct instant asked_at;
};

struct code_attempt_row {
	bool counted;
	struct instant until;
	struct instant asked_at;
};

struct mail_attempt_row {
	bool counted;
	struct instant until;
	struct instant asked_at;
};

struct attempt_count {
	struct str pair;
	struct str network;
	int32_t free;
	int64_t longest_us;
	bool proved;
	int32_t network_free;
	struct str account;
};

/*
 * Counts a guess at a password before it is checked: for its pair, then for its network and for the
 * account; not while the pair or the network has to wait, unless mail was proved to be read. Each
 * insert reads from the one before it, which makes their order, and with it that of the locks.
 */
enum err attempt_count(struct db *db, const struct attempt_count *in, struct attempt_row *row);

struct attempt_right {
	struct str pair;
	struct instant network_until;
	struct str network;
	struct str account;
};

/*
 * The guess was right: what was wrong before is forgotten, but for what others of the network did.
 * Locks in the order of attempt_count.
 */
enum err attempt_right(struct db *db, const struct attempt_right *in, int64_t *affected);

struct attempt_undo {
	struct instant pair_until;
	struct str pair;
	struct instant network_until;
	struct str network;
	struct str account;
};

/*
 * The guess was not checked after all. Locks in the order of attempt_count.
 */
enum err attempt_undo(struct db *db, const struct attempt_undo *in, int64_t *affected);

struct attempt_clear {
	struct str pair;
	struct str account;
};

/*
 * The account was proved to be somebody's: its failures are forgotten, also those of the pair.
 */
enum err attempt_clear(struct db *db, const struct attempt_clear *in, int64_t *affected);

struct attempt_code {
	struct str network;
	int32_t free;
	int64_t longest_us;
};

/*
 * Counts a network's wrong code or link, unless it has to wait.
 */
enum err attempt_code(struct db *db, const struct attempt_code *in, struct code_attempt_row *row);

struct attempt_mail {
	struct str network;
	int32_t most;
};

/*
 * Counts what a network asks for, so much an hour; the hour begins with the first.
 */
enum err attempt_mail(struct db *db, const struct attempt_mail *in, struct mail_attempt_row *row);

/*
 * Forgets what means nothing any more.
 */
enum err attempt_sweep(struct db *db, int64_t *affected);
