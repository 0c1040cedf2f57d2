-- Text that is a key, or that an index is ordered by, is compared by its bytes. By the database's own
-- collation the order is that of the system's libraries, and a newer version of these may have another
-- one: then an index is no longer in its order, and rows that are there are not found.
drop trigger users_email_held_update on users;
alter table users alter column email_key type text collate "C";
create trigger users_email_held_update after update of email_key on users
  for each row when (new.email_key <> old.email_key) execute function users_email_held();

alter table email_changes
  alter column old_email_key type text collate "C",
  alter column new_email_key type text collate "C";
alter table attempts
  alter column kind type text collate "C",
  alter column key type text collate "C";
alter table signing_keys
  alter column kid type text collate "C",
  alter column algorithm type text collate "C";
alter table mail_budgets alter column sort type text collate "C";
alter table proofs alter column kind type text collate "C";
alter table audit alter column action type text collate "C";
