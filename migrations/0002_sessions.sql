-- Sessions: a sign-in that lasts, and what ends it before its tokens run out.
create domain session_id as uuid;

alter table users
  -- Stands in every access token; raising it refuses those that were made before.
  add column token_version integer not null default 0,
  -- When the owner of the address was seen to read its mail; null: never.
  add column verified_at timestamptz,
  -- Null: may sign in.
  add column disabled_at timestamptz,
  -- Of the mails: a language of RFC 5646.
  add column locale text not null default 'en';

-- Whether somebody administers is asked whenever an administrator goes.
create index users_admins_idx on users (id) where role = 'admin';

create table sessions (
  id session_id not null,
  user_id user_id not null,
  -- How often its refresh token was exchanged. The token names the count it is good for, so nothing
  -- of it is stored here.
  counter integer not null default 0,
  rotated_at timestamptz not null default now(),
  created_at timestamptz not null default now(),
  last_used_at timestamptz not null default now(),
  -- Moved on by use, up to ends_at, which never moves.
  idle_until timestamptz not null,
  ends_at timestamptz not null,
  -- The refresh token lies in a cookie, and is taken from nowhere else.
  cookie boolean not null,
  address text not null,
  user_agent text not null,
  constraint sessions_id_pkey primary key (id),
  constraint sessions_user_id_fkey foreign key (user_id) references users (id) on delete cascade
);

-- A user's sessions in the order in which they began.
create index sessions_user_id_idx on sessions (user_id, id);
-- For sweeping: idle_until is never later than ends_at.
create index sessions_idle_until_idx on sessions (idle_until);

-- Access tokens that are refused although they have not expired: of one session, or of a user below
-- a version. Workers read what is new several times a second. xact tells what is new without a gap:
-- a row becomes visible after others with a higher number, but never below the oldest transaction
-- that was still running when somebody looked.
create domain revoked_id as uuid;

create table revocations (
  xact bigint not null default pg_current_xact_id()::text::bigint,
  -- A session's or a user's id.
  subject revoked_id not null,
  -- Of a user: tokens below it are refused. 0: all of a session.
  version integer not null,
  -- When the last token it is about has expired.
  expires_at timestamptz not null
);

create index revocations_xact_idx on revocations (xact);
create index revocations_expires_at_idx on revocations (expires_at);

-- Who did what to whom, from where; written together with what it tells, and never changed. Without
-- foreign keys: it outlives what it names.
create domain audit_id as uuid;

create table audit (
  id audit_id not null,
  at timestamptz not null default now(),
  action text not null,
  -- Null: nobody was signed in, or it was the command line.
  actor user_id,
  -- Null: no account that exists.
  subject user_id,
  session session_id,
  address text not null,
  request_id text not null,
  -- What changed, for people; never a secret.
  detail text not null,
  constraint audit_id_pkey primary key (id)
);

create index audit_actor_idx on audit (actor, id);
create index audit_subject_idx on audit (subject, id);
create index audit_action_idx on audit (action, id);

create function audit_refuse() returns trigger language plpgsql as $$
begin
  raise exception 'audit is append-only' using errcode = 'insufficient_privilege';
end
$$;

create trigger audit_append_only before update or delete on audit
  for each row execute function audit_refuse();
create trigger audit_no_truncate before truncate on audit
  for each statement execute function audit_refuse();
