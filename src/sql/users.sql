-- name: user_insert :one user
-- Creates a user; no row when the address is taken, or held for somebody who can go back to it.
insert into users (id, email, email_key, name, role, password, locale, verified_at)
select :id, :email, :email_key, :name, :role, :password, :locale,
  case when :verified::boolean then now() end
where not email_taken(:email_key, :id)
on conflict (email_key) do nothing
returning id, email, name, role, created_at, verified_at is not null as verified,
  disabled_at is not null as disabled;

-- name: user_by_id :one user, gathered
-- One user.
select id, email, name, role, created_at, verified_at is not null as verified,
  disabled_at is not null as disabled
from users
where id = any(:id::user_id[]);

-- name: user_me :one me
-- What a user is told about itself.
select users.id, users.email, users.name, users.role,
  users.verified_at is not null as verified,
  email_changes.new_email as pending_email,
  email_changes.old_confirmed_at as pending_email_old_confirmed_at,
  email_changes.new_confirmed_at as pending_email_new_confirmed_at,
  email_changes.expires_at as pending_email_expires_at
from users
left join email_changes on email_changes.user_id = users.id
  and email_changes.done_at is null
  and email_changes.expires_at > now()
where users.id = :id::user_id;

-- name: user_signing_in :one signing_in
-- What signing in needs: the account of an address, nulls where it has none; and what the password costs
-- of the account that comes next to the address in the order of email_place, as its hash says it, empty
-- where there is none. Both are looked up for every address: which is known must not tell.
select users.id, users.email,
  case when users.verified_at is null then '' else users.email_key end as confirmed_email,
  users.role, users.password, coalesce(users.token_version, 0) as token_version,
  users.verified_at is not null as verified, users.disabled_at is not null as disabled,
  coalesce((
    select substring(beside.password::text from '^[$]argon2id[$]v=19[$](m=[0-9]+,t=[0-9]+,p=1)[$]')
    from users as beside
    where email_place(beside.email_key) > email_place(asked.email_key)
    order by email_place(beside.email_key)
    limit 1
  ), (
    select substring(first.password::text from '^[$]argon2id[$]v=19[$](m=[0-9]+,t=[0-9]+,p=1)[$]')
    from users as first
    order by email_place(first.email_key)
    limit 1
  ), '') as cost
from (select :email_key::text as email_key) as asked
left join users on users.email_key = asked.email_key;

-- name: user_credential :one credential
-- What signing in needs, of somebody who has.
select id, email, case when verified_at is null then '' else email_key end as confirmed_email, name,
  role, password, token_version, locale, verified_at is not null as verified,
  disabled_at is not null as disabled
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
-- The owner of the address was seen to read its mail, and knows the password that was there.
update users
set verified_at = now()
where id = :id::user_id
  and password = :password::secret
  and verified_at is null;

-- name: user_claim :one claimed_user
-- The owner of an address makes hers the account that somebody has made with it: nothing of what that one
-- has said of himself stays.
update users
set password = :password::secret,
    name = :name,
    locale = :locale,
    verified_at = now(),
    updated_at = now()
where email_key = :email_key
  and verified_at is null
returning id, email;

-- name: user_reset_password :exec
-- A new password for who reads the mail of the address. Whoever is just signing in with the old one
-- finds another token_version, see session_insert. Where nobody had confirmed the address, name and
-- language may be a stranger's: it gets `unproved_name`, unless another one is told, and `locale`.
update users
set password = :password::secret,
    name = case
      when :name::text <> '' then :name
      when verified_at is null then :unproved_name::text
      else name
    end,
    locale = case when verified_at is null then :locale::text else locale end,
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
select id, email, name, role, created_at, verified_at is not null as verified,
  disabled_at is not null as disabled
from users
order by id desc
limit :limit::integer
offset :offset::integer;

-- name: user_page_after :many user
-- The users that are older than the last one of the page before.
select id, email, name, role, created_at, verified_at is not null as verified,
  disabled_at is not null as disabled
from users
where id < :after::user_id
order by id desc
limit :limit::integer;

-- name: user_by_address :many user
-- Who has that address; nobody, or one.
select id, email, name, role, created_at, verified_at is not null as verified,
  disabled_at is not null as disabled
from users
where email_key = :email_key
limit 1;

-- name: user_before :one user_before
-- What is about to be replaced, and whether the new address is somebody else's. Whoever wants to change
-- the same waits: what is noted of a change has to be what it was.
select id, email, email_key, name, locale, verified_at is not null as verified,
  coalesce(email_taken(:new_email_key, id), false) as taken
from users
where id = :id::user_id
for update;

-- name: user_edit :one user, shared
-- Replaces name and spelling of the email of who keeps the address, and notes what has changed: nearly
-- every change, in one round trip. No row, and nothing done: the address would become another one, the
-- user has gone, or somebody else is changing the same at the same moment.
with was as materialized (
  select id, email, name
  from users
  where id = :id::user_id
    and email_key = :email_key
  for no key update skip locked
), edited as (
  update users
  set email = :email,
      name = :name,
      updated_at = now()
  from was
  where users.id = was.id
  returning users.id, users.email, users.name, users.role, users.created_at,
    users.verified_at is not null as verified, users.disabled_at is not null as disabled,
    users.email <> was.email as respelled, users.name <> was.name as renamed
), noted as (
  insert into audit (id, action, actor, subject, address, request_id, detail)
  select :audit_id, :action, :actor, id, :address, :request_id,
    case
      when respelled and renamed then 'name, spelling of email'
      when respelled then 'spelling of email'
      else 'name'
    end
  from edited
  where respelled or renamed
)
select id, email, name, role, created_at, verified, disabled
from edited;

-- name: user_update :one user
-- on users_email_key_key: EMAIL_TAKEN
-- Replaces email and name of who is locked by user_before. Nobody was seen to read the mail of a new
-- address.
update users
set email = :email,
    email_key = :email_key,
    verified_at = case when email_key = :email_key then verified_at end,
    name = :name,
    updated_at = now()
where id = :id::user_id
returning id, email, name, role, created_at, verified_at is not null as verified,
  disabled_at is not null as disabled;

-- name: user_move :one moved_user
-- on users_email_key_key: EMAIL_TAKEN
-- Gives a user the address that both addresses have agreed to.
update users
set email = :email,
    email_key = :email_key,
    verified_at = now(),
    updated_at = now()
where id = :id::user_id
  and email_key = :old_email_key
  and disabled_at is null
returning id, name, locale;

-- name: user_move_back :one moved_back_user
-- on users_email_key_key: EMAIL_TAKEN
-- Gives a user an old address again, confirmed if it had been, and tells which one that replaces.
update users
set email = :email,
    email_key = :email_key,
    verified_at = case when :verified::boolean then now() end,
    updated_at = now()
from users as was
where users.id = :id::user_id
  and was.id = users.id
returning users.id, users.name, users.locale, was.email as replaced,
  was.verified_at is not null as proved;

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

-- name: user_lock :one locked_user
-- A user who is about to be changed; whoever wants the same waits.
select id, email, name, role, locale, created_at, verified_at is not null as verified,
  disabled_at is not null as disabled
from users
where id = :id::user_id
for update;

-- name: user_set_state :exec
-- What an admin decides about a user.
update users
set role = :role,
    disabled_at = case when :disabled::boolean then coalesce(disabled_at, now()) end,
    updated_at = now()
where id = :id::user_id;

-- name: user_admins_lock :one admins_lock
-- Whoever takes an administrator away waits here until the one before has committed; a statement of
-- its own, for a statement sees what was there when it began. The number is nobody else's.
select coalesce(pg_advisory_xact_lock(7270436)::text, '') as held;

-- name: user_other_admin :one other_admin
-- Somebody else who administers, and can sign in.
select id
from users
where role = 'admin'
  and disabled_at is null
  and (verified_at is not null or not :confirmed::boolean)
  and id <> :id::user_id
limit 1;

-- name: user_bump :one bumped_user
-- Raises the version that a user's access tokens must have.
update users
set token_version = token_version + 1
where id = :id::user_id
returning id, token_version;
