-- name: audit_insert :exec
-- Notes who did what to whom, from where.
insert into audit (id, action, actor, subject, session, address, request_id, detail, typed_by)
values (:id, :action, :actor, :subject, :session, :address, :request_id, :detail, :typed_by);

-- name: audit_page :many audit
-- The newest notes before one, of a time. The ids' own time is that of the host that wrote them, the
-- database's is in `at`: ids only narrow down what has to be looked at. As a row, for two bounds of one
-- column would have the planner expect so few rows that it sorts them instead of reading in order.
select id, at, action, actor, subject, session, address, request_id, detail, typed_by
from audit
where id < :below::audit_id
  and (id, at) >= (:from::audit_id, :since)
  and at >= :since
  and at < :before
order by id desc
limit :limit::integer;

-- name: audit_page_by_action :many audit
-- The same of one kind.
select id, at, action, actor, subject, session, address, request_id, detail, typed_by
from audit
where action = :action
  and id < :below::audit_id
  and (id, at) >= (:from::audit_id, :since)
  and at >= :since
  and at < :before
order by id desc
limit :limit::integer;

-- name: audit_page_by_actor :many audit
-- The same of what somebody did, of one kind if one is named.
select id, at, action, actor, subject, session, address, request_id, detail, typed_by
from audit
where actor = :actor::user_id
  and id < :below::audit_id
  and (id, at) >= (:from::audit_id, :since)
  and at >= :since
  and at < :before
  and (:action::text is null or action = :action)
order by id desc
limit :limit::integer;

-- name: audit_page_by_subject :many audit
-- The same of what was done to somebody, by one and of one kind if these are named.
select id, at, action, actor, subject, session, address, request_id, detail, typed_by
from audit
where subject = :subject::user_id
  and id < :below::audit_id
  and (id, at) >= (:from::audit_id, :since)
  and at >= :since
  and at < :before
  and (:actor::user_id is null or actor = :actor)
  and (:action::text is null or action = :action)
order by id desc
limit :limit::integer;

-- name: audit_keep :exec writes
-- Makes the months that come, and drops those that are no longer kept: one at a time.
select from audit_months() as done
where done > 0;
