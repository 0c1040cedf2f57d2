-- Mails that are to be sent, written together with what they tell.
create domain mail_id as uuid;

create table outbox (
  id mail_id not null,
  template text not null,
  locale text not null,
  recipient text not null,
  -- Whose link and code go into it; null: none do.
  proof_id proof_id,
  -- The other words of the template: a JSON object of strings. Never a secret.
  words text not null,
  -- void: for an address that nobody has; never sent, but written, for that takes time too.
  state text not null,
  attempts integer not null default 0,
  created_at timestamptz not null default now(),
  not_before timestamptz not null default now(),
  -- It is no use later than that.
  expires_at timestamptz not null,
  -- A courier has it in hand until then.
  locked_until timestamptz,
  finished_at timestamptz,
  -- What the server said last.
  reply text,
  constraint outbox_id_pkey primary key (id),
  constraint outbox_state_check check (state in ('queued', 'sent', 'dead', 'void'))
);

create index outbox_not_before_idx on outbox (not_before) where state = 'queued';
create index outbox_expires_at_idx on outbox (expires_at) where state = 'queued';
-- For sweeping.
create index outbox_finished_at_idx on outbox (finished_at) where finished_at is not null;
create index outbox_created_at_idx on outbox (created_at) where state = 'void';
