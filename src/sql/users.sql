-- name: user_insert :one user
-- Creates a user; no row when the address is taken.
insert into users (id, email, email_key, name, role, password, locale, verified_at)
values (:id, :email, :email_key, :name, :role, :password, :locale,
  case when :verified::boolean then now() end)
on conflict (email_key) do nothing
returning id, email, name, role, created_at;

-- name: user_by_id :one user
-- One user.
select id, email, name, role, created_at
from users
where id = :id::user_id;

-- name: user_me :one me
-- What a user is told about itself.
select id, email, name, role, verified_at is not null as verified
from users
where id = :id::user_id;

-- name: user_by_email_key :one credential
-- What signing in needs.
select id, email, name, role, password, token_version, locale,
  verified_at is not null as verified, disabled_at is not null as disabled
from users
where email_key = :email_key;

-- name: user_credential :one credential
-- What signing in needs, of somebody who has.
select id, email, name, role, password, token_version, locale,
  verified_at is not null as verified, disabled_at is not null as disabled
from users
where id = :id::user_id;

-- name: user_mailbox :one mailbox
-- Where a user is written to, and how.
select id, email, email_key, name, locale, verified_at is not null as verified
from users
where id = :id::user_id;

-- name: user_mailbox_by_key :one mailbox
-- The same by the address; asked for those that nobody has, too.
select id, email, email_key, name, locale, verified_at is not null as verified
from users
where email_key = :email_key;

-- name: user_verify :exec
-- The owner of the address was seen to read its mail.
update users
set verified_at = coalesce(verified_at, now())
where id = :id::user_id;

-- name: user_reset_password :exec
-- A new password for who reads the mail of the address. Whoever is just signing in with the old one
-- finds another token_version, see session_insert.
update users
set password = :password::secret,
    verified_at = coalesce(verified_at, now()),
    token_version = token_version + 1,
    updated_at = now()
where id = :id::user_id;

-- name: user_change_password :exec
-- A new password for who knows the old one; unless it was changed meanwhile.
update users
set password = :new::secret,
    token_version = token_version + 1,
    updated_at = now()
where id = :id::user_id
  and password = :old::secret;

-- name: user_rehash :exec
-- The same password, hashed as it is done now; unless it was changed meanwhile.
update users
set password = :new::secret
where id = :id::user_id
  and password = :old::secret;

-- name: user_page :many user
-- The newest users; ids are made in the order of time.
select id, email, name, role, created_at
from users
order by id desc
limit :limit::integer
offset :offset::integer;

-- name: user_page_after :many user
-- The users that are older than the last one of the page before.
select id, email, name, role, created_at
from users
where id < :after::user_id
order by id desc
limit :limit::integer;

-- name: user_update :one user
-- on users_email_key_key: EMAIL_TAKEN
-- Replaces what a user may change.
update users
set email = :email,
    email_key = :email_key,
    name = :name,
    updated_at = now()
where id = :id::user_id
returning id, email, name, role, created_at;

-- name: user_delete :exec
-- Removes a user for good, and notes by which request; also sweeps a few old notes.
with gone as (
  delete from users
  where id = :id::user_id
  returning id
), swept as (
  delete from deleted_users
  where id in (
    select id
    from deleted_users
    where deleted_at < now() - interval '1 hour'
    order by deleted_at
    limit 10
    for update skip locked
  )
)
insert into deleted_users (id, request_id)
select id, :request_id
from gone;

-- name: user_deleted_by :one deleted_user
-- Whether this very request has deleted that user before.
select id
from deleted_users
where id = :id::user_id
  and request_id = :request_id;
