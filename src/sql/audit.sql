-- name: audit_insert :exec
-- Notes who did what to whom, from where.
insert into audit (id, action, actor, subject, session, address, request_id, detail)
values (:id, :action, :actor, :subject, :session, :address, :request_id, :detail);
