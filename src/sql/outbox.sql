-- name: outbox_insert :exec
-- A mail that is to be sent, or that only seems so (void).
insert into outbox (id, template, locale, recipient, proof_id, words, state, expires_at)
values (:id, :template, :locale, :recipient, :proof_id, :words, :state,
  now() + :life_us::bigint * interval '1 microsecond');
