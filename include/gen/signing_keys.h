/* SPDX-License-Identifier: MIT */
/* Made from src/sql/signing_keys.sql by sqlgen; make gen. */
/* clang-format off */
#pragma once

#include "db/db.h"
#include "gen/enums.h"
#include "gen/ids.h"

struct published_key_row {
	struct str kid;
	struct str algorithm;
	bool active;
	bool next;
	bool settled;
	struct str public_pem;
	struct str public_jwk;
	struct secret private_key;
};

struct published_key_rows {
	struct published_key_row *v;
	size_t n;
};

struct signing_key_row {
	struct str kid;
	enum key_algorithm algorithm;
	enum key_state state;
	struct instant created_at;
	struct instant activated_at;
	struct instant retired_at;
};

struct signing_key_rows {
	struct signing_key_row *v;
	size_t n;
};

struct active_key_row {
	struct str kid;
	struct secret private_key;
};

struct sealed_key_row {
	struct str kid;
	struct secret private_key;
};

struct sealed_key_rows {
	struct sealed_key_row *v;
	size_t n;
};

struct locked_row {
	bool locked;
};

struct key_ages_row {
	struct str active;
	int64_t active_us;
	struct str next;
	int64_t next_us;
};

struct signing_key_page {
	int64_t settle_us;
	int64_t keep_us;
};

/*
 * What workers need: the keys that tokens are checked with, the active one and those that were so
 * last first. One that was retired before it signed is in no token. settled: for so long in the JWKS that every worker has read it.
 * The algorithm as text: of one that a newer version has added the key is left out, and the others go on.
 */
enum err signing_key_page(struct db *db, const struct signing_key_page *in, struct published_key_rows *rows);

/*
 * All keys, the oldest first.
 */
enum err signing_key_list(struct db *db, struct signing_key_rows *rows);

struct signing_key_by_kid {
	struct str kid;
};

/*
 * One key.
 */
enum err signing_key_by_kid(struct db *db, const struct signing_key_by_kid *in, struct signing_key_row *row);

struct signing_key_active {
	enum key_algorithm algorithm;
};

/*
 * The key that signs.
 */
enum err signing_key_active(struct db *db, const struct signing_key_active *in, struct active_key_row *row);

/*
 * Those that sign or will, with what only keepers can open.
 */
enum err signing_key_sealed(struct db *db, struct sealed_key_rows *rows);

struct signing_key_seal {
	struct secret private_key;
	struct str kid;
};

/*
 * The same key, sealed with another secret.
 */
enum err signing_key_seal(struct db *db, const struct signing_key_seal *in, int64_t *affected);

/*
 * One at a time changes which keys there are, until its transaction ends.
 */
enum err signing_key_lock(struct db *db, struct locked_row *row);

struct signing_key_ages {
	enum key_algorithm algorithm;
};

/*
 * What rotation goes by; an empty kid where there is none.
 */
enum err signing_key_ages(struct db *db, const struct signing_key_ages *in, struct key_ages_row *row);

struct signing_key_insert {
	struct str kid;
	enum key_algorithm algorithm;
	struct str public_pem;
	struct str public_jwk;
	struct secret private_key;
};

/*
 * A new key that does not sign yet; none where there are as many as can be listed.
 */
enum err signing_key_insert(struct db *db, const struct signing_key_insert *in, int64_t *affected);

struct signing_key_insert_first {
	struct str kid;
	enum key_algorithm algorithm;
	struct str public_pem;
	struct str public_jwk;
	struct secret private_key;
};

/*
 * The first key of an algorithm; of several at once one is kept.
 */
enum err signing_key_insert_first(struct db *db, const struct signing_key_insert_first *in, int64_t *affected);

struct signing_key_retire_active {
	enum key_algorithm algorithm;
};

/*
 * Makes room for another active key.
 */
enum err signing_key_retire_active(struct db *db, const struct signing_key_retire_active *in, int64_t *affected);

struct signing_key_activate {
	struct str kid;
};

/*
 * Signs from now on.
 */
enum err signing_key_activate(struct db *db, const struct signing_key_activate *in, int64_t *affected);

struct signing_key_retire {
	struct str kid;
};

/*
 * Signs no more, or never; its tokens are still good.
 */
enum err signing_key_retire(struct db *db, const struct signing_key_retire *in, int64_t *affected);

struct signing_key_delete {
	struct str kid;
};

/*
 * Its tokens are refused from now on.
 */
enum err signing_key_delete(struct db *db, const struct signing_key_delete *in, int64_t *affected);

struct signing_key_sweep {
	int64_t keep_us;
};

/*
 * Forgets keys whose tokens have all expired.
 */
enum err signing_key_sweep(struct db *db, const struct signing_key_sweep *in, int64_t *affected);
