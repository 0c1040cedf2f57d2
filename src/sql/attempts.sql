-- name: attempt_count :one attempt
-- Counts a guess at a password before it is checked: for its pair, then for its network and for the
-- account; not while the pair or the network has to wait, unless mail was proved to be read. Each
-- insert reads from the one before it, which makes their order, and with it that of the locks.
with known as (
  select
    coalesce(max(blocked_until) filter (where kind = 'pair'), now()) as pair_until,
    coalesce(max(blocked_until) filter (where kind = 'network'), now()) as network_until
  from attempts
  where ((kind = 'pair' and key = :pair) or (kind = 'network' and key = :network))
    and blocked_until > now()
), pair as (
  insert into attempts as a (kind, key, failures, forget_at, blocked_until)
  select 'pair', :pair, 1, attempt_forget_at(),
    attempt_until(1, :free::integer, :longest_us::bigint)
  from known
  where :proved::boolean
    or (known.pair_until <= now() and known.network_until <= now())
  on conflict (kind, key) do update
  set failures = case when a.forget_at > now() then a.failures + 1 else 1 end,
      forget_at = excluded.forget_at,
      blocked_until = attempt_until(
        case when a.forget_at > now() then a.failures + 1 else 1 end, :free, :longest_us)
  where :proved
    or a.blocked_until <= now()
  returning failures, blocked_until
), network as (
  insert into attempts as a (kind, key, failures, forget_at, blocked_until)
  select 'network', :network, 1, attempt_forget_at(),
    attempt_until(1, :network_free::integer, :longest_us)
  from pair
  on conflict (kind, key) do update
  set failures = case when a.forget_at > now() then a.failures + 1 else 1 end,
      forget_at = excluded.forget_at,
      blocked_until = attempt_until(
        case when a.forget_at > now() then a.failures + 1 else 1 end, :network_free, :longest_us)
  where :proved
    or a.blocked_until <= now()
  returning failures, blocked_until
), account as (
  insert into attempts as a (kind, key, failures, forget_at, blocked_until)
  select 'account', :account, 1, attempt_forget_at(), '-infinity'
  from network
  on conflict (kind, key) do update
  set failures = case when a.forget_at > now() then a.failures + 1 else 1 end,
      forget_at = excluded.forget_at
  returning failures
)
select
  exists (select from account) as counted,
  coalesce((select failures from pair), 0) as failures,
  coalesce((select failures from account), 0) as account_failures,
  coalesce((select greatest(blocked_until, now()) from pair), known.pair_until) as pair_until,
  coalesce((select greatest(blocked_until, now()) from network), known.network_until) as network_until,
  now() as asked_at
from known;

-- name: attempt_right :exec
-- The guess was right: what was wrong before is forgotten, but for what others of the network did.
-- Locks in the order of attempt_count.
with pair as (
  delete from attempts
  where kind = 'pair'
    and key = :pair
  returning kind
), network as (
  update attempts as a
  set failures = greatest(a.failures - 1, 0),
      blocked_until = case when a.blocked_until = :network_until::timestamptz then '-infinity'
        else a.blocked_until end
  from (select count(*) from pair) as after
  where a.kind = 'network'
    and a.key = :network
  returning a.kind
)
delete from attempts
using (select count(*) from network) as after
where kind = 'account'
  and key = :account;

-- name: attempt_undo :exec
-- The guess was not checked after all. Locks in the order of attempt_count.
with pair as (
  update attempts as a
  set failures = greatest(a.failures - 1, 0),
      blocked_until = case when a.blocked_until = :pair_until::timestamptz then '-infinity'
        else a.blocked_until end
  where a.kind = 'pair'
    and a.key = :pair
  returning a.kind
), network as (
  update attempts as a
  set failures = greatest(a.failures - 1, 0),
      blocked_until = case when a.blocked_until = :network_until::timestamptz then '-infinity'
        else a.blocked_until end
  from (select count(*) from pair) as after
  where a.kind = 'network'
    and a.key = :network
  returning a.kind
)
update attempts as a
set failures = greatest(a.failures - 1, 0)
from (select count(*) from network) as after
where a.kind = 'account'
  and a.key = :account;

-- name: attempt_clear :exec
-- The account was proved to be somebody's: its failures are forgotten, also those of the pair.
with pair as (
  delete from attempts
  where kind = 'pair'
    and key = :pair
  returning kind
)
delete from attempts
using (select count(*) from pair) as after
where kind = 'account'
  and key = :account;

-- name: attempt_code :one code_attempt
-- Counts a network's wrong code or link, unless it has to wait.
with known as (
  select coalesce(max(blocked_until), now()) as until
  from attempts
  where kind = 'code'
    and key = :network
    and blocked_until > now()
), counted as (
  insert into attempts as a (kind, key, failures, forget_at, blocked_until)
  select 'code', :network, 1, attempt_forget_at(),
    attempt_until(1, :free::integer, :longest_us::bigint)
  from known
  where known.until <= now()
  on conflict (kind, key) do update
  set failures = case when a.forget_at > now() then a.failures + 1 else 1 end,
      forget_at = excluded.forget_at,
      blocked_until = attempt_until(
        case when a.forget_at > now() then a.failures + 1 else 1 end, :free, :longest_us)
  where a.blocked_until <= now()
  returning blocked_until
)
select
  exists (select from counted) as counted,
  coalesce((select greatest(blocked_until, now()) from counted), known.until) as until,
  now() as asked_at
from known;

-- name: attempt_mail :one mail_attempt
-- Counts what a network asks for, so much an hour; the hour begins with the first.
with counted as (
  insert into attempts as a (kind, key, failures, forget_at, blocked_until)
  values ('mail', :network, 1, now() + interval '1 hour', '-infinity')
  on conflict (kind, key) do update
  set failures = case when a.forget_at > now() then a.failures + 1 else 1 end,
      forget_at = case when a.forget_at > now() then a.forget_at else excluded.forget_at end
  where a.forget_at <= now()
    or a.failures < :most::integer
  returning failures
)
select
  exists (select from counted) as counted,
  coalesce((select forget_at from attempts where kind = 'mail' and key = :network), now()) as until,
  now() as asked_at;

-- name: attempt_sweep :exec
-- Forgets what means nothing any more.
delete from attempts
where (kind, key) in (
  select kind, key
  from attempts
  where forget_at < now()
  order by forget_at
  limit 1000
  for update skip locked
);
