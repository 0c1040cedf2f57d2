-- name: signing_key_page :many published_key
-- What workers need: the keys that tokens are checked with, the active one and those that were so
-- last first. One that was retired before it signed is in no token. settled: for so long in the JWKS that every worker has read it.
-- The algorithm as text: of one that a newer version has added the key is left out, and the others go on.
select kid, algorithm::text as algorithm,
  coalesce(state = 'active', false) as active,
  coalesce(state = 'next', false) as next,
  coalesce(created_at < now() - :settle_us::bigint * interval '1 microsecond', false) as settled,
  public_pem, public_jwk, private_key
from signing_keys
where state <> 'retired'
  or (
    activated_at is not null
    and retired_at > now() - :keep_us::bigint * interval '1 microsecond'
  )
order by state = 'active' desc, activated_at desc nulls last, kid
limit 64;

-- name: signing_key_list :many signing_key
-- All keys, the oldest first.
select kid, algorithm, state, created_at, activated_at, retired_at
from signing_keys
order by created_at, kid
limit 64;

-- name: signing_key_by_kid :one signing_key
-- One key.
select kid, algorithm, state, created_at, activated_at, retired_at
from signing_keys
where kid = :kid;

-- name: signing_key_active :one active_key
-- The key that signs.
select kid, private_key
from signing_keys
where algorithm = :algorithm::key_algorithm
  and state = 'active';

-- name: signing_key_sealed :many sealed_key
-- Those that sign or will, with what only keepers can open.
select kid, private_key
from signing_keys
where state <> 'retired'
order by kid
limit 64;

-- name: signing_key_seal :exec
-- The same key, sealed with another secret.
update signing_keys
set private_key = :private_key
where kid = :kid;

-- name: signing_key_lock :one locked
-- One at a time changes which keys there are, until its transaction ends.
select true as locked
from pg_advisory_xact_lock(1802072435);

-- name: signing_key_ages :one key_ages
-- What rotation goes by; an empty kid where there is none.
select
  coalesce((select kid from signing_keys where algorithm = :algorithm::key_algorithm and state = 'active'), '') as active,
  coalesce((
    select (extract(epoch from now() - activated_at) * 1000000)::bigint
    from signing_keys
    where algorithm = :algorithm::key_algorithm and state = 'active'
  ), 0) as active_us,
  coalesce((
    select kid
    from signing_keys
    where algorithm = :algorithm::key_algorithm and state = 'next'
    order by created_at, kid
    limit 1
  ), '') as next,
  coalesce((
    select (extract(epoch from now() - min(created_at)) * 1000000)::bigint
    from signing_keys
    where algorithm = :algorithm::key_algorithm and state = 'next'
  ), 0) as next_us;

-- name: signing_key_insert :exec
-- A new key that does not sign yet; none where there are as many as can be listed.
insert into signing_keys (kid, algorithm, state, public_pem, public_jwk, private_key)
select :kid, :algorithm, 'next', :public_pem, :public_jwk, :private_key
where (select count(*) from signing_keys) < 64;

-- name: signing_key_insert_first :exec
-- The first key of an algorithm; of several at once one is kept.
insert into signing_keys (kid, algorithm, state, public_pem, public_jwk, private_key, activated_at)
select :kid, :algorithm, 'active', :public_pem, :public_jwk, :private_key, now()
where (select count(*) from signing_keys) < 64
on conflict (algorithm) where state = 'active' do nothing;

-- name: signing_key_retire_active :exec
-- Makes room for another active key.
update signing_keys
set state = 'retired', retired_at = now()
where algorithm = :algorithm::key_algorithm
  and state = 'active';

-- name: signing_key_activate :exec
-- Signs from now on.
update signing_keys
set state = 'active', activated_at = now()
where kid = :kid
  and state = 'next';

-- name: signing_key_retire :exec
-- Signs no more, or never; its tokens are still good.
update signing_keys
set state = 'retired', retired_at = now()
where kid = :kid
  and state <> 'retired';

-- name: signing_key_delete :exec
-- Its tokens are refused from now on.
delete from signing_keys
where kid = :kid;

-- name: signing_key_sweep :exec
-- Forgets keys whose tokens have all expired.
delete from signing_keys
where state = 'retired'
  and retired_at < now() - :keep_us::bigint * interval '1 microsecond';
