/* SPDX-License-Identifier: MIT */
/* Made from src/sql by sqlgen; make gen. */
/* clang-format off */
#pragma once

#include "db/db.h"

/* All of them; ends with NULL. */
extern const struct db_statement *const db_statements[];

extern const struct db_statement attempt_count_statement;
extern const struct db_statement attempt_right_statement;
extern const struct db_statement attempt_undo_statement;
extern const struct db_statement attempt_clear_statement;
extern const struct db_statement attempt_code_statement;
extern const struct db_statement attempt_code_right_statement;
extern const struct db_statement attempt_mail_statement;
extern const struct db_statement attempt_sweep_statement;
extern const struct db_statement audit_insert_statement;
extern const struct db_statement audit_page_statement;
extern const struct db_statement audit_page_by_action_statement;
extern const struct db_statement audit_page_by_actor_statement;
extern const struct db_statement audit_page_by_subject_statement;
extern const struct db_statement email_change_asker_statement;
extern const struct db_statement email_change_ask_statement;
extern const struct db_statement email_change_confirm_statement;
extern const struct db_statement email_change_mark_done_statement;
extern const struct db_statement email_change_cancel_statement;
extern const struct db_statement email_change_forget_statement;
extern const struct db_statement email_change_undoable_statement;
extern const struct db_statement email_change_undo_statement;
extern const struct db_statement email_change_sweep_statement;
extern const struct db_statement outbox_insert_statement;
extern const struct db_statement outbox_claim_statement;
extern const struct db_statement outbox_finish_statement;
extern const struct db_statement outbox_later_statement;
extern const struct db_statement outbox_expire_statement;
extern const struct db_statement outbox_page_statement;
extern const struct db_statement outbox_retry_statement;
extern const struct db_statement outbox_retry_dead_statement;
extern const struct db_statement outbox_sweep_statement;
extern const struct db_statement outbox_sweep_void_statement;
extern const struct db_statement proof_insert_statement;
extern const struct db_statement proof_lock_address_statement;
extern const struct db_statement proof_insert_asked_statement;
extern const struct db_statement proof_count_try_statement;
extern const struct db_statement proof_spare_try_statement;
extern const struct db_statement proof_by_link_statement;
extern const struct db_statement proof_by_id_statement;
extern const struct db_statement proof_mark_used_statement;
extern const struct db_statement proof_mark_void_statement;
extern const struct db_statement proof_sweep_statement;
extern const struct db_statement revocation_insert_statement;
extern const struct db_statement revocation_horizon_statement;
extern const struct db_statement revocation_page_statement;
extern const struct db_statement revocation_sweep_statement;
extern const struct db_statement user_bump_statement;
extern const struct db_statement session_insert_statement;
extern const struct db_statement session_rotate_statement;
extern const struct db_statement session_refreshed_statement;
extern const struct db_statement session_reused_statement;
extern const struct db_statement session_page_statement;
extern const struct db_statement session_delete_statement;
extern const struct db_statement session_logout_statement;
extern const struct db_statement session_delete_others_statement;
extern const struct db_statement session_sweep_statement;
extern const struct db_statement user_insert_statement;
extern const struct db_statement user_by_id_statement;
extern const struct db_statement user_me_statement;
extern const struct db_statement user_by_email_key_statement;
extern const struct db_statement user_credential_statement;
extern const struct db_statement user_mailbox_statement;
extern const struct db_statement user_mailbox_by_key_statement;
extern const struct db_statement user_verify_statement;
extern const struct db_statement user_reset_password_statement;
extern const struct db_statement user_change_password_statement;
extern const struct db_statement user_rehash_statement;
extern const struct db_statement user_page_statement;
extern const struct db_statement user_page_after_statement;
extern const struct db_statement user_before_statement;
extern const struct db_statement user_update_statement;
extern const struct db_statement user_move_statement;
extern const struct db_statement user_move_back_statement;
extern const struct db_statement user_delete_statement;
extern const struct db_statement user_deleted_by_statement;
extern const struct db_statement user_lock_statement;
extern const struct db_statement user_set_state_statement;
extern const struct db_statement user_admins_lock_statement;
extern const struct db_statement user_other_admin_statement;
