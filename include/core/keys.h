/* SPDX-License-Identifier: MIT */
/*
 * Keys of access tokens, where jwt.algorithm is ES256 or RS256: next (published), active (signs),
 * retired (tokens that it has signed may still be about), and then gone. Each change is noted in
 * the audit log as an act of whoever makes it.
 */
#pragma once

#include "core/req.h"
#include "cred/key_pair.h"

/* Returns jwt.algorithm; conf_check has seen to it that the setting names one. */
enum token_algorithm keys_algorithm(const struct conf *c);

/* Microseconds for which a retired key is kept: until the last token by it has expired. */
int64_t keys_keep(const struct conf *c);

/*
 * Whether tokens can be made and checked here; logs an error if not. The trial also makes OpenSSL
 * set itself up in the master, once: all children then share what it needs.
 */
bool keys_work(const struct conf *c);

/* The keepers' secret, with which keys are sealed: made of secret_key, or of jwt_secret where there
 * is none. */
void keys_secret(const struct conf *c, uint8_t out[static KEY_SECRET]);

/* The keepers' previous secret, which is still taken. False, with out untouched: there is none. */
bool keys_secret_previous(const struct conf *c, uint8_t out[static KEY_SECRET]);

/*
 * Does what is due by keys.rotate_after and keys.publish_ahead: makes the next key, activates it,
 * forgets keys that are of no use any more; also makes the first key where there is none. Any
 * number of processes may call this at any time. Keys are made by the keeper, or here where the app
 * has none; the request's transaction begins after that. With HS256 nothing is done.
 */
enum err keys_rotate(struct req *r);

/* The state in which a new key starts. */
enum key_start { KEY_NEXT, KEY_ACTIVE };

/*
 * Makes a key and notes it, in the request's transaction. ERR_NO_ROW: there are KEYRING_MAX
 * already.
 */
enum err keys_new(struct req *r, enum key_start start, struct str *kid);

/*
 * A next key signs from now on, the active one of its algorithm is retired; in the request's
 * transaction. ERR_NO_ROW: there is no such key; ERR_INVALID: it is retired. Nothing changes for a
 * key that is active already.
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
 * sign in. *fit is true also where there is no active key yet, and with HS256. Changes nothing.
 */
enum err keys_fit(struct req *r, bool *fit);

/*
 * Makes the first key where there is none, and seals anew the keys that were sealed with the
 * previous secret; before anybody serves, once keys_fit. In the request's transaction.
 */
enum err keys_begin(struct req *r);
