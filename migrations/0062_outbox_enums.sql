-- States and templates of mails have types of their own, as kinds of proofs have (0061). Indexes whose
-- condition has the state would be made anew while nobody can write; so they go, and come back in 0063 to
-- 0065, in nobody's way. Until then a courier looks for its next mail in the whole table.
create domain mail_state as text;
create domain mail_kind as text;

drop index outbox_not_before_idx;
drop index outbox_expires_at_idx;
drop index outbox_created_at_idx;
alter table outbox
  drop constraint outbox_state_check,
  alter column state type mail_state,
  alter column template type mail_kind;

alter domain mail_state add constraint mail_state_check
  check (value in ('queued', 'sent', 'dead', 'void')) not valid;
-- Rows of before have no others, for there were none. A mail of the name is in src/mail/templates.
alter domain mail_kind add constraint mail_kind_check
  check (value in ('verify', 'reset', 'unlock', 'email-old', 'email-new', 'email-undo', 'email-undone',
    'email-changed', 'password-changed', 'session-reused', 'registered-again', 'account-disabled', 'more'))
  not valid;
