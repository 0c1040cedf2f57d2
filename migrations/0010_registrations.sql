-- Registrations that nobody has proved yet, where accounts.enumeration_safe is on: several of one
-- address stand side by side, and the mail of each makes an account of that one alone.
create table registrations (
  -- Of the address, by a key that only keepers hold; of one that has an account another digest, which
  -- no proof leads to: such rows are only there because writing them takes time.
  address address_id not null,
  -- What is to be the user's.
  id user_id not null,
  email text not null,
  email_key text not null,
  name text not null,
  password secret not null,
  locale text not null,
  created_at timestamptz not null default now(),
  -- Its mail is of no use later than that.
  expires_at timestamptz not null,
  constraint registrations_address_id_pkey primary key (address, id)
);

create index registrations_expires_at_idx on registrations (expires_at);
