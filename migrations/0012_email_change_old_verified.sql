-- Whether the address that is replaced had been confirmed before: if not, going back to it does not
-- confirm it either, for the account may be a stranger's.
alter table email_changes add column old_verified boolean not null default true;
