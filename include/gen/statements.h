/* SPDX-License-Identifier: MIT */
/* Made from src/sql by sqlgen; make gen. */
/* clang-format off */
#pragma once

#include "db/db.h"

/* All of them; ends with NULL. */
extern const struct db_statement *const db_statements[];

extern const struct db_statement user_insert_statement;
extern const struct db_statement user_by_id_statement;
extern const struct db_statement user_by_email_key_statement;
extern const struct db_statement user_page_statement;
extern const struct db_statement user_page_after_statement;
extern const struct db_statement user_update_statement;
extern const struct db_statement user_delete_statement;
extern const struct db_statement user_deleted_by_statement;
