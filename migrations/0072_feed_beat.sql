-- A sign of life of whatever takes changes, where there are standbys: a standby that replays it is as new as
-- that. One row, written once a second by whichever host comes first.
create table feed_beat (
  single boolean not null default true,
  at timestamptz not null default now(),
  constraint feed_beat_single_pkey primary key (single),
  constraint feed_beat_single_check check (single)
) with (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

insert into feed_beat default values;
