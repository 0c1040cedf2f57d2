-- name: attempt_sweep :exec
-- Forgets guesses that are a day old and block nobody.
delete from attempts
where ctid in (
  select ctid
  from attempts
  where last_at < now() - interval '1 day'
    and blocked_until < now()
  order by last_at
  limit 1000
  for update skip locked
);
