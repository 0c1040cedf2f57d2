-- name: session_begin :one begun_session
-- Begins a session for who was seen to be the user, notes that, and forgets what was guessed wrong
-- before: all of a sign-in that is written, in one round trip. Nothing at all when the user has changed
-- since the password was checked: the lock has this wait for a new password that is being set, or that for
-- this, and then it ends this session, too. Each part reads from the one before it, which makes their order,
-- and with it that of the locks: attempts are locked in the order of attempt_count. `pair` and the other two
-- are empty where nothing was guessed. others: how many more the user has.
with begun as (
  insert into sessions (id, user_id, idle_until, ends_at, cookie, address, user_agent)
  select
    :id::session_id,
    id,
    least(now() + :absolute_us::bigint * interval '1 microsecond',
      date_bin('1 hour', now() + :idle_us::bigint * interval '1 microsecond' + interval '1 hour', 'epoch')),
    now() + :absolute_us * interval '1 microsecond',
    :cookie::boolean,
    :address::text,
    :user_agent::text
  from users
  where id = :user_id::user_id
    and token_version = :version::integer
    and disabled_at is null
  for share
  returning id, user_id, address
), noted as (
  insert into audit (id, action, actor, subject, session, address, request_id, detail)
  select :audit_id::audit_id, 'session.begin', user_id, user_id, id, address, :request_id::text, ''
  from begun
), pair as (
  delete from attempts
  using begun
  where kind = 'pair'
    and key = :pair::text
  returning kind
), network as (
  update attempts as a
  set failures = greatest(a.failures - 1, 0),
      blocked_until = case when a.blocked_until = :network_until::timestamptz then '-infinity'
        else a.blocked_until end
  from begun, (select count(*) from pair) as after
  where a.kind = 'network'
    and a.key = :network::text
  returning a.kind
), account as (
  delete from attempts
  using begun, (select count(*) from network) as after
  where kind = 'account'
    and key = :account::text
)
select begun.id, coalesce((select count(*) from sessions where user_id = :user_id), 0) as others
from begun;

-- name: session_delete_oldest :many ended_session
-- Ends the sessions of a user beyond so many, those that were not used for the longest time first.
delete from sessions
where user_id = :user_id::user_id
  and id in (
    select id
    from sessions
    where user_id = :user_id
    order by last_used_at desc, id desc
    offset :most::bigint
    limit 100
  )
returning id, user_id;

-- name: session_rotate :one refreshed
-- Exchanges the refresh token with this count; no row when there is a newer one. A count beyond the
-- session's is newer than a backup that the database has gone back to: nobody else makes such tokens.
update sessions
set counter = :counter::integer + 1,
    rotated_at = now(),
    last_used_at = now(),
    idle_until = least(ends_at,
      date_bin('1 hour', now() + :idle_us::bigint * interval '1 microsecond' + interval '1 hour', 'epoch')),
    address = :address
from users
where sessions.id = :id::session_id
  and sessions.counter <= :counter::integer
  and sessions.cookie = :cookie
  and sessions.idle_until > now()
  and sessions.last_used_at > now() - :idle_us::bigint * interval '1 microsecond'
  and users.id = sessions.user_id
  and users.disabled_at is null
returning sessions.id, sessions.user_id, sessions.counter, sessions.ends_at,
  case when users.verified_at is null then '' else users.email_key end as confirmed_email,
  users.role, users.token_version;

-- name: session_refreshed :one refreshed
-- The session whose refresh token with this count was exchanged a moment ago, by another tab.
select sessions.id, sessions.user_id, sessions.counter, sessions.ends_at,
  case when users.verified_at is null then '' else users.email_key end as confirmed_email,
  users.role, users.token_version
from sessions
join users on users.id = sessions.user_id
where sessions.id = :id::session_id
  and sessions.counter = :counter::integer + 1
  and sessions.rotated_at > now() - :grace_us::bigint * interval '1 microsecond'
  and sessions.cookie = :cookie
  and sessions.idle_until > now()
  and sessions.last_used_at > now() - :idle_us::bigint * interval '1 microsecond'
  and users.disabled_at is null;

-- name: session_reused :one stolen_session
-- Ends the session whose refresh token with this count was exchanged before.
delete from sessions
using users
where sessions.id = :id::session_id
  and sessions.counter > :counter::integer
  and users.id = sessions.user_id
returning sessions.id, users.id as user_id, users.email, users.name, users.locale,
  users.verified_at is not null as verified, sessions.address, sessions.user_agent;

-- name: session_fresh :one fresh_session
-- Whether the owner gave the password in this session not longer ago.
select id, coalesce(proved_at > now() - :fresh_us::bigint * interval '1 microsecond', false) as fresh
from sessions
where id = :id::session_id
  and user_id = :user_id::user_id;

-- name: session_prove :one proved_session
-- The owner has given the password in it.
update sessions
set proved_at = now()
where id = :id::session_id
  and user_id = :user_id::user_id
returning proved_at + :fresh_us::bigint * interval '1 microsecond' as fresh_until;

-- name: session_page :many session
-- What is under way of a user, the newest first.
select id, created_at, last_used_at, ends_at, address, user_agent
from sessions
where user_id = :user_id::user_id
  and idle_until > now()
  and last_used_at > now() - :idle_us::bigint * interval '1 microsecond'
order by id desc
limit 200;

-- name: session_delete :one ended_session
-- Ends one session of a user.
delete from sessions
where id = :id::session_id
  and user_id = :user_id::user_id
returning id, user_id;

-- name: session_logout :one ended_session
-- Ends the session that a refresh token names, whatever its count.
delete from sessions
where id = :id::session_id
returning id, user_id;

-- name: session_delete_others :many ended_session
-- Ends sessions of a user, all but one, or all of them where that is no session.
delete from sessions
where user_id = :user_id::user_id
  and id in (
    select id
    from sessions
    where user_id = :user_id
      and id is distinct from :keep::session_id
    limit 1000
  )
returning id, user_id;

-- name: session_sweep :exec
-- Forgets sessions that have run out.
delete from sessions
where id in (
  select id
  from sessions
  where idle_until < now()
  order by idle_until
  limit 100
  for update skip locked
);
