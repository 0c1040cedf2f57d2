-- name: outbox_insert :exec
-- A mail that is to be sent, or that only seems so (void).
insert into outbox (id, template, locale, recipient, proof_id, words, state, expires_at)
values (:id, :template, :locale, :recipient, :proof_id, :words, :state,
  now() + :life_us::bigint * interval '1 microsecond');

-- name: outbox_insert_notice :exec
-- A mail about what has happened, if that mailbox may be sent one more. The last one of an hour or a day
-- says so instead of what it is about; what comes behind it is not written.
with budget as (
  insert into mail_budgets as b (mailbox, sort, hour_until, hour_mails, day_until, day_mails)
  values (:mailbox::address_id, 'notice', now() + interval '1 hour', 1, now() + interval '1 day', 1)
  on conflict (mailbox, sort) do update
  set hour_until = case when b.hour_until > now() then b.hour_until else excluded.hour_until end,
      hour_mails = case when b.hour_until > now() then b.hour_mails + 1 else 1 end,
      day_until = case when b.day_until > now() then b.day_until else excluded.day_until end,
      day_mails = case when b.day_until > now() then b.day_mails + 1 else 1 end
  returning
    hour_mails <= :hour_most::bigint and day_mails <= :day_most::bigint as room,
    hour_mails = :hour_most or day_mails = :day_most as last
)
insert into outbox (id, template, locale, recipient, words, state, expires_at)
select :id, case when last then :summary::mail_kind else :template::mail_kind end, :locale, :recipient, :words, 'queued',
  now() + :life_us::bigint * interval '1 microsecond'
from budget
where room;

-- name: outbox_claim :one letter
-- The mail that has been due the longest, for one courier alone until the lease runs out. Of its
-- proof: whether it can still be used, and for how long.
with due as (
  select id
  from outbox
  where state = 'queued'
    and not_before <= now()
    and (locked_until is null or locked_until < now())
    and expires_at > now()
  order by not_before
  limit 1
  for update skip locked
), held as (
  update outbox
  set locked_until = now() + :lease_us::bigint * interval '1 microsecond',
      attempts = outbox.attempts + 1
  from due
  where outbox.id = due.id
  returning outbox.id, outbox.template, outbox.locale, outbox.recipient, outbox.proof_id,
    outbox.words, outbox.attempts
)
select held.id, held.template, held.locale, held.recipient, held.proof_id, held.words,
  coalesce(held.attempts, 0) as attempts,
  proofs.kind,
  coalesce(proofs.used_at is null and proofs.link_until > now(), false) as good,
  coalesce(extract(epoch from proofs.code_until - now()) * 1000000, 0)::bigint as code_us,
  coalesce(extract(epoch from proofs.link_until - now()) * 1000000, 0)::bigint as link_us
from held
left join proofs on proofs.id = held.proof_id;

-- name: outbox_finish :exec
-- Notes that a mail was sent, or never will be (dead), and why.
update outbox
set state = :state,
    reply = :reply,
    finished_at = now(),
    locked_until = null
where id = :id::mail_id
  and state = 'queued';

-- name: outbox_later :exec
-- Puts a mail back that could not be sent this time.
update outbox
set reply = :reply,
    attempts = :attempts::integer,
    not_before = now() + :wait_us::bigint * interval '1 microsecond',
    locked_until = null
where id = :id::mail_id
  and state = 'queued';

-- name: outbox_expire :exec
-- Gives up on what is of no use any more.
update outbox
set state = 'dead',
    reply = 'not sent in time' || coalesce('; ' || reply, ''),
    finished_at = now(),
    locked_until = null
where id in (
  select id
  from outbox
  where state = 'queued'
    and expires_at <= now()
    and (locked_until is null or locked_until < now())
  order by expires_at
  limit 100
  for update skip locked
);

-- name: outbox_page :many mail
-- The newest mails, of one state or of all (null). A template's name is text here: a newer version may have
-- queued one that is not known, and is to be seen all the same.
select id, state, template::text as template, recipient, attempts, created_at,
  coalesce(finished_at, not_before) as at,
  coalesce(reply, '') as reply
from outbox
where :state::mail_state is null
  or state = :state
order by id desc
limit :limit::integer;

-- name: outbox_retry :exec
-- Sends a mail now that is dead, or that waits for its next try and no courier has in hand.
update outbox
set state = 'queued',
    attempts = 0,
    not_before = now(),
    locked_until = null,
    finished_at = null,
    expires_at = greatest(expires_at, now() + :life_us::bigint * interval '1 microsecond')
where id = :id::mail_id
  and state in ('dead', 'queued')
  and (locked_until is null or locked_until < now());

-- name: outbox_retry_dead :exec
-- The same for dead mails.
update outbox
set state = 'queued',
    attempts = 0,
    not_before = now(),
    locked_until = null,
    finished_at = null,
    expires_at = greatest(expires_at, now() + :life_us::bigint * interval '1 microsecond')
where id in (
  select id
  from outbox
  where state = 'dead'
  order by id
  limit 1000
  for update skip locked
);

-- name: outbox_sweep :exec
-- Forgets mails that were finished a week ago.
delete from outbox
where id in (
  select id
  from outbox
  where finished_at < now() - interval '7 days'
  order by finished_at
  limit 1000
  for update skip locked
);

-- name: outbox_sweep_void :exec
-- Forgets mails that were never meant to be sent.
delete from outbox
where id in (
  select id
  from outbox
  where state = 'void'
    and created_at < now() - interval '1 hour'
  order by created_at
  limit 1000
  for update skip locked
);
