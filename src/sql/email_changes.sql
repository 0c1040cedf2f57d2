-- name: email_change_asker :one email_asker
-- Who wants another address, and whether that one is somebody else's.
select id, email, email_key, name, locale, password, verified_at is not null as verified,
  coalesce(email_taken(:new_email_key, id), false) as taken
from users
where id = :id::user_id;

-- name: email_change_ask :one asked_change
-- What is to be a user's address, in place of what was to be before; no row when the address it is to
-- replace has become another one. Locks the user first, as proof_mark_used does.
insert into email_changes (id, user_id, old_email, old_email_key, old_verified, new_email,
  new_email_key, expires_at)
select :id, users.id, users.email, users.email_key, users.verified_at is not null, :new_email,
  :new_email_key, now() + :life_us::bigint * interval '1 microsecond'
from users
where users.id = :user_id::user_id
  and users.email_key = :old_email_key
for no key update
on conflict (user_id) where done_at is null do update
set id = excluded.id,
    old_email = excluded.old_email,
    old_email_key = excluded.old_email_key,
    old_verified = excluded.old_verified,
    new_email = excluded.new_email,
    new_email_key = excluded.new_email_key,
    created_at = now(),
    expires_at = excluded.expires_at,
    old_confirmed_at = null,
    new_confirmed_at = null
returning id, expires_at;

-- name: email_change_confirm :one email_change
-- One of the two addresses has confirmed.
update email_changes
set old_confirmed_at = case when :by_old::boolean then now() else old_confirmed_at end,
    new_confirmed_at = case when :by_old::boolean then new_confirmed_at else now() end
where id = :id::email_change_id
  and done_at is null
  and expires_at > now()
returning id, user_id, old_email, old_email_key, new_email, new_email_key,
  old_confirmed_at is not null as old_confirmed, new_confirmed_at is not null as new_confirmed,
  coalesce(email_taken(new_email_key, user_id), false) as taken;

-- name: email_change_mark_done :exec
-- Both have confirmed; kept as long as it can be undone.
update email_changes
set done_at = now(),
    expires_at = now() + :undo_us::bigint * interval '1 microsecond'
where id = :id::email_change_id;

-- name: email_change_cancel :one cancelled_change
-- Forgets what was to be a user's address, and voids the proofs of that. Locks the user first, as
-- proof_mark_used does.
with owner as (
  select id
  from users
  where id = :user_id::user_id
  for no key update
), gone as (
  delete from email_changes
  where user_id in (select id from owner)
    and done_at is null
  returning id, new_email
), void as (
  update proofs
  set used_at = now()
  where user_id = :user_id::user_id
    and kind in ('email_old', 'email_new')
    and used_at is null
    and email_change_id in (select id from gone)
)
select id, new_email
from gone;

-- name: email_change_forget :exec
-- Forgets all changes of a user; none of them can be undone any more.
delete from email_changes
where user_id = :user_id::user_id;

-- name: email_change_undoable :one undoable_change
-- A change that can be undone.
select id, user_id, old_email, old_email_key, old_verified
from email_changes
where id = :id::email_change_id
  and done_at is not null
  and expires_at > now();

-- name: email_change_undo :exec
-- Forgets a change and those that came after it; those before it can still be undone. Not in the
-- order of ids, which are made on several hosts.
delete from email_changes
using email_changes as undone
where undone.id = :id::email_change_id
  and email_changes.user_id = undone.user_id
  and (email_changes.done_at is null or email_changes.done_at >= undone.done_at);

-- name: email_change_sweep :exec
-- Forgets changes of address that were not confirmed in time, and those that cannot be undone any
-- more; both a day later.
delete from email_changes
where id in (
  select id
  from email_changes
  where expires_at < now() - interval '1 day'
    and (done_at is null
      or done_at < now() - interval '1 day' - :undo_us::bigint * interval '1 microsecond')
  order by expires_at
  limit 1000
  for update skip locked
);
