-- name: secret_mark :one secret_mark
-- The key that was in use the last time.
select mark, own
from secret_marks
where name = 'secret_key';

-- name: secret_mark_insert :exec
-- The first key; of several at once one is the first.
insert into secret_marks (name, mark, own)
values ('secret_key', :mark, :own::boolean)
on conflict (name) do nothing;

-- name: secret_mark_update :exec
-- Another one from now on.
update secret_marks
set mark = :mark, own = :own::boolean, created_at = now()
where name = 'secret_key';

-- name: secret_unused :one unused
-- Whether nothing in this database hangs on a key yet. Accounts alone do not, for the first administrator is
-- made before the first start; whoever has signed in has a session.
select coalesce(
  not exists (select from sessions)
    and not exists (select from signing_keys)
    and not exists (select from proofs)
    and not exists (select from registrations),
  false
) as unused;
