/* SPDX-License-Identifier: MIT */
/* Made from src/sql/registrations.sql by sqlgen; make gen. */
/* clang-format off */
#pragma once

#include "db/db.h"
#include "gen/enums.h"
#include "gen/ids.h"

struct registration_row {
	struct user_id id;
	struct str email;
	struct str email_key;
	struct str name;
	struct secret password;
	struct str locale;
};

struct locked_registration_row {
	struct user_id id;
};

struct locked_registration_rows {
	struct locked_registration_row *v;
	size_t n;
};

struct registration_owner_row {
	struct user_id id;
	struct str email;
	struct str locale;
	bool verified;
	bool taken;
};

struct registration_insert {
	struct address_id address;
	struct user_id id;
	struct str email;
	struct str email_key;
	struct str name;
	struct secret password;
	struct str locale;
	int64_t life_us;
	bool mailed;
	int64_t most;
};

/*
 * Keeps a registration until its proof is given; not beyond so many of one address, and none whose
 * mail is not sent: nothing could prove it.
 */
enum err registration_insert(struct db *db, const struct registration_insert *in, int64_t *affected);

struct registration_of_proof {
	struct address_id address;
	struct user_id id;
};

/*
 * The registration that a proof of this address was mailed for.
 */
enum err registration_of_proof(struct db *db, const struct registration_of_proof *in, struct registration_row *row);

struct registration_lock {
	struct address_id address;
};

/*
 * All registrations of an address, in one order: of two proofs that come at the same moment one waits
 * here until the other has made its account.
 */
enum err registration_lock(struct db *db, const struct registration_lock *in, struct locked_registration_rows *rows);

struct registration_clear {
	struct address_id address;
};

/*
 * The address has its account: what else was registered with it is void, and so are the mails. Their
 * codes are wrong as before, and not gone: or whoever has registered somebody's address, and was told
 * the id of such a proof, could see by it that she has made an account since.
 */
enum err registration_clear(struct db *db, const struct registration_clear *in, int64_t *affected);

/*
 * Forgets registrations that were not proved in time.
 */
enum err registration_sweep(struct db *db, int64_t *affected);

struct registration_owner {
	struct str email_key;
};

/*
 * Whose an address is that somebody registers: of an account (id is none where there is none), or held
 * for who may go back to it. One row, whoever has it.
 */
enum err registration_owner(struct db *db, const struct registration_owner *in, struct registration_owner_row *row);
