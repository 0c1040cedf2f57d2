-- name: proof_insert :exec
-- A new proof; those of the same kind that the user had before are void. Not links to undo a new
-- address: each leads back to another one.
with old as (
  update proofs
  set used_at = now()
  where user_id = :user_id::user_id
    and kind = :kind::proof_kind
    and kind <> 'email_undo'
    and used_at is null
)
insert into proofs (id, kind, user_id, email_change_id, code_until, link_until)
values (
  :id,
  :kind,
  :user_id,
  :email_change_id,
  now() + :code_us::bigint * interval '1 microsecond',
  now() + :link_us::bigint * interval '1 microsecond'
);

-- name: proof_insert_asked :one asked_proof
-- A new proof of an address; those before it are void, unless they are to be kept. Beyond so many of its
-- kind in an hour, or so many mails to that mailbox, it is one of nobody, which counts for nothing and
-- leaves the others as they are: asking for more must not take away what the owner has been sent. What
-- the owner has used counts for nothing either. And where none is left that is good, one more is sent for
-- as long as it is good: nobody can use up what the owner needs. hour_mails, day_mails: of
-- mail_budget_lock, in the same transaction.
with asked as (
  select
    count(*) filter (where created_at > now() - interval '1 hour' and not spent) < :mails::bigint
      and :hour_mails::integer < :hour_most::bigint
      and :day_mails::integer < :day_most::bigint as few,
    count(*) filter (
      where (used_at is null and link_until > now())
        or (spare and created_at > now() - :link_us::bigint * interval '1 microsecond' and not spent)
    ) = 0 as none
  from proofs
  where address = :address::address_id
    and created_at > now()
      - greatest(interval '1 hour', :link_us * interval '1 microsecond')
), may as (
  select coalesce(few, false) as few, coalesce(few or none, false) as mailed
  from asked
), old as (
  update proofs
  set used_at = now()
  where address = :address
    and used_at is null
    and not :keep::boolean
    and (select mailed from may)
), counted as (
  update mail_budgets
  set hour_mails = hour_mails + 1,
      day_mails = day_mails + 1
  where mailbox = :mailbox::address_id
    and sort = 'proof'
    and (select mailed from may)
), new as (
  insert into proofs (id, kind, user_id, email_change_id, address, code_until, link_until, spare)
  select
    :id::proof_id,
    :kind,
    case when mailed then :user_id::user_id end,
    :email_change_id::email_change_id,
    case when mailed then :address end,
    now() + :code_us::bigint * interval '1 microsecond',
    now() + :link_us * interval '1 microsecond',
    mailed and not few
  from may
  returning id, created_at
)
select new.id, new.created_at, may.mailed
from new, may;

-- name: proof_count_try :one proof
-- Counts a try of a code that may still be tried.
update proofs
set tries = tries + 1
where id = :id::proof_id
  and kind = :kind::proof_kind
  and used_at is null
  and code_until > now()
  and tries < :tries::integer
returning id, kind, user_id, email_change_id, address;

-- name: proof_spare_try :exec
-- Gives back the try of a code that was right.
update proofs
set tries = tries - 1
where id = :id::proof_id
  and tries > 0;

-- name: proof_by_link :one proof
-- The proof of a link that is still good, however often its code was tried.
select id, kind, user_id, email_change_id, address
from proofs
where id = :id::proof_id
  and kind = :kind::proof_kind
  and used_at is null
  and link_until > now();

-- name: proof_by_id :one proof
-- What kind of proof it is, good or not.
select id, kind, user_id, email_change_id, address
from proofs
where id = :id::proof_id;

-- name: proof_mark_used :exec
-- Uses a proof up, if nobody was faster. Its user is locked first: whoever changes a user does it in
-- that order, so that two of them wait for one another and do not end in a deadlock.
with owner as (
  select users.id
  from users
  join proofs on proofs.user_id = users.id
  where proofs.id = :id::proof_id
  for no key update of users
)
update proofs
set used_at = now(),
    spent = true
where id = :id::proof_id
  and used_at is null
  and (select count(*) from owner) >= 0;

-- name: proof_mark_void :exec
-- Voids what a user has not used, and forgets what was to be the address, which nothing can confirm
-- any more; all but the way back to an old address, which is there for the case that somebody else has
-- set the password.
with gone as (
  delete from email_changes
  where user_id = :user_id::user_id
    and done_at is null
)
update proofs
set used_at = now()
where user_id = :user_id::user_id
  and kind <> 'email_undo'
  and used_at is null;

-- name: proof_sweep :exec
-- Forgets proofs that ended a day ago.
delete from proofs
where id in (
  select id
  from proofs
  where link_until < now() - interval '1 day'
  order by link_until
  limit 1000
  for update skip locked
);
