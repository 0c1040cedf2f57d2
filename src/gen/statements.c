/* SPDX-License-Identifier: MIT */
/* Made from src/sql by sqlgen; make gen. */
/* clang-format off */
#include "gen/statements.h"

const struct db_statement *const db_statements[] = {
	&audit_insert_statement,
	&outbox_insert_statement,
	&proof_insert_statement,
	&proof_count_try_statement,
	&proof_by_link_statement,
	&proof_mark_used_statement,
	&proof_mark_void_statement,
	&revocation_insert_statement,
	&revocation_horizon_statement,
	&revocation_page_statement,
	&revocation_sweep_statement,
	&user_bump_statement,
	&session_insert_statement,
	&session_rotate_statement,
	&session_refreshed_statement,
	&session_reused_statement,
	&session_page_statement,
	&session_delete_statement,
	&session_logout_statement,
	&session_delete_others_statement,
	&session_sweep_statement,
	&user_insert_statement,
	&user_by_id_statement,
	&user_by_email_key_statement,
	&user_rehash_statement,
	&user_page_statement,
	&user_page_after_statement,
	&user_update_statement,
	&user_delete_statement,
	&user_deleted_by_statement,
	NULL,
};
