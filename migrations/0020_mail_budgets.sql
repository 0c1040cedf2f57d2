-- How many mails an address was sent, whatever they were about: by a keyed digest of the address, for the
-- table need not tell whose it is. Proofs that are asked for and notices of what has happened are counted
-- apart, or who causes the one could use up the other.
create table mail_budgets (
  mailbox address_id not null,
  sort text not null,
  -- Each counts from its first mail on, until then.
  hour_until timestamptz not null,
  hour_mails integer not null,
  day_until timestamptz not null,
  day_mails integer not null,
  constraint mail_budgets_mailbox_sort_pkey primary key (mailbox, sort),
  constraint mail_budgets_sort_check check (sort in ('proof', 'notice'))
) with (fillfactor = 70);

-- For sweeping. Changed once a day for an address, and not by each mail.
create index mail_budgets_day_until_idx on mail_budgets (day_until);

-- spent: somebody has used it, who therefore reads the mail; made void by others it is not. spare: it was
-- sent beyond what may be asked for, because no other one was good.
alter table proofs
  add column spent boolean not null default false,
  add column spare boolean not null default false;
