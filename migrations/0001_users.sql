-- Accounts. Ids are domains, so that the C made from the statements has one type for each kind of id.
create domain user_id as uuid;
create domain secret as text;
create domain user_role as text
  constraint user_role_check check (value in ('user', 'admin'));

create table users (
  id user_id not null,
  -- As its owner wrote it; email_key is what makes two spellings one address.
  email text not null,
  email_key text not null,
  name text not null,
  role user_role not null default 'user',
  -- An encoded Argon2id hash, never a password.
  password secret not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint users_id_pkey primary key (id),
  constraint users_email_key_key unique (email_key)
);

-- Which request deleted a user. A proxy may send a DELETE again when the first reply was lost; the
-- repetition must be told that it is done, not that there is no such user. Swept after an hour.
create table deleted_users (
  id user_id not null,
  request_id text not null,
  deleted_at timestamptz not null default now(),
  constraint deleted_users_id_pkey primary key (id)
);

create index deleted_users_deleted_at_idx on deleted_users (deleted_at);
