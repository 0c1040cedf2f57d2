/* SPDX-License-Identifier: MIT */
/* Made from src/sql by sqlgen; make gen. */
/* clang-format off */
#include "gen/statements.h"

const struct db_statement *const db_statements[] = {
	&user_insert_statement,
	&user_by_id_statement,
	&user_by_email_key_statement,
	&user_page_statement,
	&user_page_after_statement,
	&user_update_statement,
	&user_delete_statement,
	&user_deleted_by_statement,
	NULL,
};
