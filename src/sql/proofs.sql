-- name: proof_insert :exec
-- A new proof; those of the same kind that the user had before are void.
with old as (
  update proofs
  set used_at = now()
  where user_id = :user_id::user_id
    and kind = :kind
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
