/* SPDX-License-Identifier: MIT */
/*
 * Keys of access tokens, where jwt.algorithm is ES256 or RS256: next (published), active (signs),
 * retired (what it has signed may still be about), and then gone. What becomes of them is noted
 * in the audit log as an act of whoever does it.
 */
#pragma once

#include "core/req.h"
#include "cred/key_pair.h"

/* jwt.algorithm; conf_check has seen to it that it is one. */
enum token_algorithm keys_algorithm(const struct conf *c);

/* Microseconds for which a retired key is kept: until the last token by it has expired. */
int64_t keys_keep(const struct conf *c);

/*
 * Whether tokens can be made and checked here; says so if not. It also makes OpenSSL set itself up
 * in the master, once: what it needs is then shared by all children.
 */
bool keys_work(const struct conf *c);

/* The keepers' secret, with which keys are sealed: that of secret_key, or of jwt_secret where there
 * is none. */
void keys_secret(const struct conf *c, uint8_t out[static KEY_SECRET]);

/* The one before it, which is still taken; false, and out untouched: none is. */
bool keys_secret_previous(const struct conf *c, uint8_t out[static KEY_SECRET]);

/*
 * What is due by keys.rotate_after and keys.publish_ahead: makes the next key, activates it,
 * forgets keys that are of no use any more; also makes the first key where there is none. Any
 * number of processes may call it at any time. Keys are made by the keeper, or here where the app
 * has none; the request's transaction begins after that. Nothing to do with HS256.
 */
enum err keys_rotate(struct req *r);

/* What one key was made for. */
enum key_start { KEY_NEXT, KEY_ACTIVE };

/*
 * Makes a key and notes it, in the request's transaction. ERR_NO_ROW: there are KEYRING_MAX
 * already.
 */
enum err keys_new(struct req *r, enum key_start start, struct str *kid);

/*
 * A next key signs from now on, the active one of its algorithm is retired; in the request's
 * transaction. ERR_NO_ROW: there is no such key; ERR_INVALID: it is retired. For one that is active
 * already nothing changes.
 */
enum err keys_activate(struct req *r, struct str kid);

/*
 * Retires a key; with `now` it is forgotten, and every worker refuses its tokens a few seconds
 * later. In the request's transaction. ERR_NO_ROW: there is no such key; ERR_INVALID: it is the
 * active one of jwt.algorithm.
 */
enum err keys_retire(struct req *r, struct str kid, bool now);

/*
 * Whether the active key can be opened with the secret in use, or the one before: else nobody could
 * sign in. Where there is none yet, and with HS256, nothing is in the way. Changes nothing.
 */
enum err keys_fit(struct req *r, bool *fit);

/*
 * Before anybody serves, once keys_fit: makes the first key where there is none, and seals anew
 * what was sealed with the secret before. In the request's transaction.
 */
enum err keys_begin(struct req *r);
