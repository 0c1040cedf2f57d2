-- Sessions: when whoever has one last gave the password in it. What has to be asked for afresh is refused
-- to one who gave it long ago, and to whoever has found the tokens.
alter table sessions
  -- Nobody knows when that was in the sessions that are there.
  add column proved_at timestamptz not null default 'epoch';

-- One begins with a password.
alter table sessions
  alter column proved_at set default now();
