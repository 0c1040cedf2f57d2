-- The feed: what happened, in an order that no reader can miss anything of, on one database, after a failover
-- or a restore, and where the tables are spread over several. It has 64 buckets, each with a head that counts
-- its events. Whoever tells of something takes the next numbers as the last thing in the transaction: the
-- head's lock is held until that is committed, so of a bucket numbers are seen in their order, and who has
-- read up to a number never looks back. Revocations are its first events; they were found by the ids of
-- transactions until now, which only one database that never goes back can order.
create domain event_type as text
  constraint event_type_check check (value in ('session.revoked', 'user.revoked'));

create table feed_heads (
  bucket integer not null,
  -- Of the newest event.
  seq bigint not null default 0,
  constraint feed_heads_bucket_pkey primary key (bucket)
) with (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

insert into feed_heads (bucket)
select generate_series(0, 63);

create table events (
  -- One of the user it is about, so that what happens to a user has one order.
  bucket integer not null,
  seq bigint not null,
  type event_type not null,
  -- A session's or a user's id.
  subject revoked_id not null,
  -- Of a user: tokens below it are refused. 0: all of a session.
  version integer not null,
  at timestamptz not null default now(),
  -- When nobody has to know of it any more.
  expires_at timestamptz not null,
  constraint events_bucket_seq_pkey primary key (bucket, seq)
) with (autovacuum_vacuum_scale_factor = 0.01);

create index events_expires_at_idx on events (expires_at);

-- Hosts on which the program before this one still runs write and read revocations. Until none does, each
-- side's are told to the other: from there all in one bucket, for such a transaction may tell of several users.
create function revocation_to_feed() returns trigger language plpgsql as $$
declare
  last bigint;
begin
  if pg_trigger_depth() > 1 then
    return null;
  end if;
  update feed_heads set seq = seq + 1 where bucket = 0 returning seq into last;
  insert into events (bucket, seq, type, subject, version, expires_at)
  values (0, last, case new.version when 0 then 'session.revoked' else 'user.revoked' end,
    new.subject, new.version, new.expires_at);
  return null;
end
$$;

create function revocation_from_feed() returns trigger language plpgsql as $$
begin
  if pg_trigger_depth() > 1 then
    return null;
  end if;
  insert into revocations (subject, version, expires_at)
  values (new.subject, new.version, new.expires_at);
  return null;
end
$$;

-- The lock comes before the copy: nothing is revoked between the two.
create trigger revocations_to_feed after insert on revocations
  for each row execute function revocation_to_feed();

with moved as (
  select subject, version, expires_at, row_number() over (order by xact, subject) as seq
  from revocations
  where expires_at > now()
), head as (
  update feed_heads
  set seq = (select count(*) from moved)
  where bucket = 0
)
insert into events (bucket, seq, type, subject, version, expires_at)
select 0, seq, case version when 0 then 'session.revoked' else 'user.revoked' end, subject, version, expires_at
from moved;

create trigger events_to_revocations after insert on events
  for each row execute function revocation_from_feed();
