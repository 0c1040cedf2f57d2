-- name: feed_take :one feed_head
-- Takes the next numbers of a bucket, the last of which is seq. The head stays locked until the end of the
-- transaction, so what is told comes last in it, and under one bucket: nobody waits for long, or crosswise.
update feed_heads
set seq = seq + :n::bigint
where bucket = :bucket
returning seq;

-- name: event_insert :exec
-- Tells that access tokens are refused: of sessions (version 0), or of a user below a version; under numbers
-- that were taken, from `first` on.
insert into events (bucket, seq, type, subject, version, expires_at)
select :bucket::integer, :first::bigint + told.n - 1,
  case told.version when '0' then 'session.revoked' else 'user.revoked' end,
  told.subject::uuid, told.version::integer, now() + :life_us::bigint * interval '1 microsecond'
from unnest(:subjects::text[], :versions::text[]) with ordinality as told (subject, version, n);

-- name: feed_heads :one feed_heads
-- The numbers of the newest events, by bucket, and which server says so: what has been started anew, or took
-- the place of another one, may have gone back. And its newest sign of life, if that is a standby's; empty
-- otherwise.
select coalesce(pg_postmaster_start_time()::text || ' ' || 'events'::regclass::oid::text, '') as server,
  coalesce(string_agg(seq::text, ' ' order by bucket), '') as heads,
  coalesce((select extract(epoch from at)::text from feed_beat where pg_is_in_recovery()), '') as beat
from feed_heads;

-- name: feed_beat :exec
-- A sign of life for standbys, where there are any, unless somebody else has just given one.
update feed_beat
set at = now()
where single
  and at not between now() - interval '500 milliseconds' and now()
  and (:standbys::boolean or exists (select from pg_stat_replication));

-- name: event_page :many event
-- What is behind the cursors of the buckets, of which there is one each, and not beyond the heads.
select events.bucket, events.seq, events.subject, events.version, events.expires_at
from unnest(:cursors::text[], :heads::text[]) with ordinality as mark (cursor, head, n)
join events on events.bucket = mark.n - 1
  and events.seq > mark.cursor::bigint
  and events.seq <= mark.head::bigint
order by events.bucket, events.seq
limit 1000;

-- name: event_sweep :exec
-- Forgets what nobody has to know of any more.
delete from events
where (bucket, seq) in (
  select bucket, seq
  from events
  where expires_at < now() - interval '1 minute'
  order by expires_at
  limit 1000
);
