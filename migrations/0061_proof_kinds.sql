-- The kinds of proofs have a type of their own, from which C gets an enum. A column that takes a type with a
-- list is written anew; one whose list comes behind is not even read. And the rows that are there need not
-- be looked at: until now the table has held them to the same list.
create domain proof_kind as text collate "C";

alter table proofs
  drop constraint proofs_kind_check,
  alter column kind type proof_kind;

alter domain proof_kind add constraint proof_kind_check
  check (value in ('verify', 'reset', 'unlock', 'email_old', 'email_new', 'email_undo')) not valid;
