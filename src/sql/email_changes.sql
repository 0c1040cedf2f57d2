-- name: email_change_sweep :exec
-- Forgets changes of address that were not confirmed in time, and those that cannot be undone any
-- more; both a day later.
delete from email_changes
where id in (
  select id
  from email_changes
  where expires_at < now() - interval '1 day'
    and (done_at is null
      or done_at < now() - interval '1 day' - :undo_us::bigint * interval '1 microsecond')
  order by expires_at
  limit 1000
  for update skip locked
);
