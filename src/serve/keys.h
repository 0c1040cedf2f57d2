/* SPDX-License-Identifier: MIT */
/*
 * Keys of access tokens, where jwt.algorithm is ES256 or RS256: next (published), active (signs),
 * retired (what it has signed may still be about), and then gone. What becomes of them is noted
 * in the audit log as an act of whoever does it (by).
 */
#pragma once

#include "conf/conf.h"
#include "cred/keeper.h"
#include "db/db.h"
#include "serve/act.h"

/* jwt.algorithm; conf_check has seen to it that it is one. */
enum token_algorithm keys_algorithm(const struct conf *c);

/* Microseconds for which a retired key is kept: until the last token by it has expired. */
int64_t keys_keep(const struct conf *c);

/*
 * Whether tokens can be made and checked here; says so if not. It also makes OpenSSL set itself up
 * in the master, once: what it needs is then shared by all children.
 */
bool keys_work(const struct conf *c);

/*
 * What is due by keys.rotate_after and keys.publish_ahead: makes the next key, activates it,
 * forgets keys that are of no use any more; also makes the first key where there is none. Any
 * number of processes may call it at any time. Keys are made by the keeper, or here where that is
 * NULL; a transaction begins after that, which the caller ends (db_finish). Nothing to do with
 * HS256.
 */
enum err keys_rotate(struct db *db, const struct conf *c, struct keeper *keeper, struct act *by,
		     struct arena *a);

/* What one key was made for. */
enum key_start { KEY_NEXT, KEY_ACTIVE };

/*
 * Makes a key here and notes it, in a transaction that the caller ends. ERR_NO_ROW: there are
 * KEYRING_MAX already.
 */
enum err keys_new(struct db *db, const struct conf *c, enum key_start start, struct act *by,
		  struct arena *a, struct str *kid);

/*
 * A next key signs from now on, the active one of its algorithm is retired; in a transaction that
 * the caller ends. ERR_NO_ROW: there is no such key; ERR_INVALID: it is retired. For one that is
 * active already nothing changes.
 */
enum err keys_activate(struct db *db, struct act *by, struct str kid);

/*
 * Retires a key; with `now` it is forgotten, and every worker refuses its tokens a few seconds
 * later. In a transaction that the caller ends. ERR_NO_ROW: there is no such key; ERR_INVALID: it
 * is the active one of jwt.algorithm.
 */
enum err keys_retire(struct db *db, const struct conf *c, struct act *by, struct str kid, bool now);

/*
 * Whether the active key can be opened with the secret in use, or the one before: else nobody could
 * sign in. Where there is none yet, and with HS256, nothing is in the way. Changes nothing.
 */
enum err keys_fit(struct db *db, const struct conf *c, struct arena *a, bool *fit);

/*
 * Before anybody serves, once keys_fit: makes the first key where there is none, and seals anew
 * what was sealed with the secret before. Runs in a process of its own, so that no private key was
 * ever in this one. Returns an exit status, after a message; a database that is away is no
 * obstacle, but *unseen becomes true, and else stays as it is.
 */
int keys_prepare(const struct conf *c, bool *unseen);
