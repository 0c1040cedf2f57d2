-- Algorithms and states of signing keys have types of their own, from which C gets enums. There are at most
-- 64 keys, so the table is written anew in no time.
create domain key_algorithm as text collate "C"
  constraint key_algorithm_check check (value in ('ES256', 'RS256'));
create domain key_state as text
  constraint key_state_check check (value in ('next', 'active', 'retired'));

alter table signing_keys
  drop constraint signing_keys_algorithm_check,
  drop constraint signing_keys_state_check,
  alter column algorithm type key_algorithm,
  alter column state type key_state;
