-- Guesses: how often somebody was wrong, by what they guessed at and where from.
create table attempts (
  -- password or code, and by what it counts: pair (account and network), network, account.
  kind text not null,
  -- A digest: the table holds neither addresses of people nor those of networks.
  key text not null,
  failures integer not null,
  last_at timestamptz not null default now(),
  blocked_until timestamptz not null default '-infinity',
  constraint attempts_kind_key_pkey primary key (kind, key)
);

create index attempts_last_at_idx on attempts (last_at);
