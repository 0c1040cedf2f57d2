-- Guesses: how often somebody was wrong, by what they guessed at and where from. A row is counted up
-- before the guess is checked and taken back when it was right, so that many at once are as many.
create table attempts (
  -- Passwords: pair (account and network), network, account. code: a network's guesses at codes and
  -- links. mail: what a network has asked for that sends mail or makes accounts.
  kind text not null,
  -- A digest, for the table need not tell who it is about.
  key text not null,
  failures integer not null,
  -- It means nothing from then on. In whole hours, so that counting up seldom touches an index.
  forget_at timestamptz not null,
  blocked_until timestamptz not null,
  constraint attempts_kind_key_pkey primary key (kind, key),
  constraint attempts_kind_check check (kind in ('pair', 'network', 'account', 'code', 'mail'))
) with (fillfactor = 70);

create index attempts_forget_at_idx on attempts (forget_at);

-- How long the next guess has to wait after so many: not at all while they are free, then 1 s, and
-- twice as long each time.
create function attempt_delay(failures integer, free integer, longest_us bigint)
returns interval language sql immutable parallel safe
return case
  when failures < free then interval '0'
  else least(longest_us, 1000000::bigint << least(failures - free, 30))
    * interval '1 microsecond'
end;

-- And until when. Not now() for those that are free: to a statement that began a moment before this one
-- that would be later than now.
create function attempt_until(failures integer, free integer, longest_us bigint)
returns timestamptz language sql stable parallel safe
return case
  when failures < free then timestamptz '-infinity'
  else now() + attempt_delay(failures, free, longest_us)
end;

-- Failures are forgotten after a day without another one.
create function attempt_forget_at() returns timestamptz language sql stable parallel safe
return date_trunc('hour', now()) + interval '25 hours';
