-- name: registration_insert :exec
-- Keeps a registration until its proof is given; not beyond so many of one address, and none whose
-- mail is not sent: nothing could prove it.
insert into registrations (address, id, email, email_key, name, password, locale, expires_at)
select :address::address_id, :id::user_id, :email::text, :email_key::text, :name::text,
  :password::secret, :locale::text,
  now() + :life_us::bigint * interval '1 microsecond'
where :mailed::boolean
  and (
    select count(*)
    from registrations
    where address = :address
      and expires_at > now()
  ) < :most::bigint;

-- name: registration_of_proof :one registration
-- The registration that a proof of this address was mailed for.
select id, email, email_key, name, password, locale
from registrations
where address = :address::address_id
  and id = :id::user_id;

-- name: registration_lock :many locked_registration
-- All registrations of an address, in one order: of two proofs that come at the same moment one waits
-- here until the other has made its account.
select id
from registrations
where address = :address::address_id
order by id
limit 1000
for update;

-- name: registration_clear :exec
-- The address has its account: what else was registered with it is void, and so are the mails. Their
-- codes are wrong as before, and not gone: or whoever has registered somebody's address, and was told
-- the id of such a proof, could see by it that she has made an account since.
with void as (
  update proofs
  set link_until = least(link_until, now())
  where address = :address::address_id
    and kind = 'verify'
    and used_at is null
)
delete from registrations
where address = :address;

-- name: registration_sweep :exec
-- Forgets registrations that were not proved in time.
delete from registrations
where (address, id) in (
  select address, id
  from registrations
  where expires_at < now()
  order by expires_at
  limit 1000
  for update skip locked
);

-- name: registration_owner :one registration_owner
-- Whose an address is that somebody registers: of an account (id is none where there is none), or held
-- for who may go back to it. One row, whoever has it.
select users.id, coalesce(users.email, '') as email, coalesce(users.locale, '') as locale,
  users.verified_at is not null as verified,
  coalesce(email_taken(key.email_key, '00000000-0000-0000-0000-000000000000'), false) as taken
from (select :email_key::text as email_key) as key
left join users on users.email_key = key.email_key;
