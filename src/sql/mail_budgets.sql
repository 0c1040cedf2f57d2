-- name: mail_budget_lock :one mail_budget
-- Whoever asks for a proof for this mailbox waits until the end of the transaction, so that all that is
-- counted has been committed.
insert into mail_budgets as b (mailbox, sort, hour_until, hour_mails, day_until, day_mails)
values (:mailbox, 'proof', now() + interval '1 hour', 0, now() + interval '1 day', 0)
on conflict (mailbox, sort) do update
set hour_until = case when b.hour_until > now() then b.hour_until else excluded.hour_until end,
    hour_mails = case when b.hour_until > now() then b.hour_mails else 0 end,
    day_until = case when b.day_until > now() then b.day_until else excluded.day_until end,
    day_mails = case when b.day_until > now() then b.day_mails else 0 end
returning hour_mails, day_mails;

-- name: mail_budget_sweep :exec
-- Forgets what means nothing any more.
delete from mail_budgets
where (mailbox, sort) in (
  select mailbox, sort
  from mail_budgets
  where day_until < now()
  order by day_until
  limit 1000
  for update skip locked
);
