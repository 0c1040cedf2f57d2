-- name: revocation_insert :exec
-- Refuses access tokens: of a session (version 0), or of a user below a version.
insert into revocations (subject, version, expires_at)
values (:subject, :version, now() + :access_us::bigint * interval '1 microsecond');

-- name: revocation_horizon :one horizon
-- What is written from now on has at least this number.
select coalesce(pg_snapshot_xmin(pg_current_snapshot())::text::bigint, 0) as xact;

-- name: revocation_page :many revocation
-- What was revoked since then and still matters, in an order in which it can be read on.
select xact, subject, version, expires_at
from revocations
where (xact, subject) > (:xact::bigint, :subject::revoked_id)
  and expires_at > now()
order by xact, subject
limit 1000;

-- name: revocation_sweep :exec
-- Forgets what no token is about any more.
delete from revocations
where ctid in (
  select ctid
  from revocations
  where expires_at < now() - interval '1 minute'
  order by expires_at
  limit 1000
);

-- name: user_bump :one bumped_user
-- Raises the version that a user's access tokens must have.
update users
set token_version = token_version + 1
where id = :id::user_id
returning id, token_version;
