-- Proofs: that somebody reads the mail of an address. A proof has a link and a code; both are made of
-- its id with a key that only keepers hold, so neither is stored.
create domain proof_id as uuid;
create domain email_change_id as uuid;
-- A digest of an address, by a key that only keepers hold.
create domain address_id as uuid;

-- An address that is to become another. One at a time; the row stays as long as it can be undone.
create table email_changes (
  id email_change_id not null,
  user_id user_id not null,
  old_email text not null,
  old_email_key text not null,
  new_email text not null,
  new_email_key text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  old_confirmed_at timestamptz,
  new_confirmed_at timestamptz,
  -- Both have confirmed, and the address is the new one.
  done_at timestamptz,
  constraint email_changes_id_pkey primary key (id),
  constraint email_changes_user_id_fkey foreign key (user_id) references users (id)
    on delete cascade
);

create unique index email_changes_user_id_key on email_changes (user_id) where done_at is null;
create index email_changes_user_id_idx on email_changes (user_id);
create index email_changes_old_email_key_idx on email_changes (old_email_key)
  where done_at is not null;
create index email_changes_expires_at_idx on email_changes (expires_at);

-- Whether an address is somebody else's, or was until a moment ago: as long as the change can be
-- undone nobody takes the old address, or a thief would close the way back by registering it.
create function email_taken(key text, by_other_than user_id) returns boolean
language sql stable as $$
  select exists (
    select from users where email_key = key and id <> by_other_than
  ) or exists (
    select from email_changes
    where old_email_key = key
      and user_id <> by_other_than
      and done_at is not null
      and expires_at > now()
  )
$$;

-- Statements that give a user an address ask that first. This is for what asks too early, a moment
-- before a change is committed: after the row, for by then the change is seen. Who tries again is told.
create function users_email_held() returns trigger language plpgsql as $$
begin
  if email_taken(new.email_key, new.id) then
    raise exception 'the address is held for its owner' using errcode = 'serialization_failure';
  end if;
  return null;
end
$$;

create trigger users_email_held_insert after insert on users
  for each row execute function users_email_held();
create trigger users_email_held_update after update of email_key on users
  for each row when (new.email_key <> old.email_key) execute function users_email_held();

create table proofs (
  id proof_id not null,
  kind text not null,
  -- Null: nobody has the address. Such a proof is kept like any other, so that asking for one takes
  -- the same time; no foreign key either, for checking it would take time.
  user_id user_id,
  email_change_id email_change_id,
  -- Of whoever was asked for it, known or not: by it mails are counted, and older proofs made void, in
  -- the same way for both. Null: it was not asked for by an address, or too often.
  address address_id,
  created_at timestamptz not null default now(),
  tries integer not null default 0,
  code_until timestamptz not null,
  link_until timestamptz not null,
  used_at timestamptz,
  constraint proofs_id_pkey primary key (id),
  constraint proofs_kind_check check (
    kind in ('verify', 'reset', 'unlock', 'email_old', 'email_new', 'email_undo')
  )
);

create index proofs_user_id_idx on proofs (user_id, kind);
create index proofs_address_idx on proofs (address, created_at);
create index proofs_link_until_idx on proofs (link_until);
