-- The audit log by months, so that a retention costs nothing: a month that is over falls away whole. By
-- `at`, which is the database's, for an id's time is that of whichever host wrote it. Each part has the
-- key of its ids for itself; as one of them all it would have to hold `at` too, and to be made anew.
alter table audit rename to audit_first;
alter table audit_first rename constraint audit_id_pkey to audit_first_id_pkey;
alter index audit_actor_idx rename to audit_first_actor_idx;
alter index audit_subject_idx rename to audit_first_subject_idx;
alter index audit_action_idx rename to audit_first_action_idx;
-- Of rows it comes back with the one of all parts.
drop trigger audit_append_only on audit_first;

create table audit (
  id audit_id not null,
  at timestamptz not null default now(),
  action text collate "C" not null,
  actor user_id,
  subject user_id,
  session session_id,
  address text not null,
  request_id text not null,
  detail text not null,
  typed_by text
) partition by range (at);

-- Who could read and write goes on with it, and has no business with the parts. In the same way what a
-- database gives to everybody by default is taken from new ones.
create function audit_only_through_all(part name) returns void language plpgsql as $$
declare
  other text;
begin
  for other in
    select distinct case when a.grantee = 0 then 'public' else quote_ident(r.rolname) end
    from pg_class c
    cross join aclexplode(c.relacl) a
    left join pg_roles r on r.oid = a.grantee
    where c.oid = to_regclass(quote_ident(part))
      and a.grantee <> c.relowner
  loop
    execute format('revoke all on %I from %s', part, other);
  end loop;
end
$$;

do $$
declare
  given record;
  until timestamptz;
begin
  for given in
    select a.privilege_type as verb,
      case when a.grantee = 0 then 'public' else quote_ident(r.rolname) end as role
    from pg_class c
    cross join aclexplode(c.relacl) a
    left join pg_roles r on r.oid = a.grantee
    where c.oid = to_regclass('audit_first')
      and a.grantee <> c.relowner
  loop
    execute format('grant %s on audit to %s', given.verb, given.role);
  end loop;
  select substring(pg_get_constraintdef(oid) from '''([^'']+)''')::timestamptz
  into strict until
  from pg_constraint
  where conname = 'audit_at_check'
    and conrelid = to_regclass('audit_first');
  execute format('alter table audit attach partition audit_first for values from (minvalue) to (%L)', until);
end
$$;
select audit_only_through_all('audit_first');
alter table audit_first drop constraint audit_at_check;

-- The parts' own are taken into them, or made with new parts.
create index audit_actor_idx on audit (actor, id);
create index audit_subject_idx on audit (subject, id);
create index audit_action_idx on audit (action, id);
create trigger audit_append_only before update or delete on audit
  for each row execute function audit_refuse();
create trigger audit_no_truncate before truncate on audit
  for each statement execute function audit_refuse();

-- How long it is kept; null: for good. Its owner says so ("postern migrate"), for who could say it while
-- serving could have everything forgotten. A reference table of one row.
create table audit_retention (
  single boolean not null default true,
  keep interval,
  constraint audit_retention_single_pkey primary key (single),
  constraint audit_retention_single_check check (single)
);
insert into audit_retention default values;

-- The parts, and what is noted in each is older than that. Null: in none of the others.
create view audit_parts as
select c.relname as part, substring(pg_get_expr(c.relpartbound, c.oid) from 'TO \(''([^'']+)''\)')::timestamptz as until
from pg_inherits i
join pg_class c on c.oid = i.inhrelid
where i.inhparent = 'audit'::regclass;

-- A table that can become one of the parts.
create function audit_part(part name) returns void language plpgsql as $$
begin
  execute format('create table %I (like audit including defaults, constraint %I primary key (id))',
    part, part || '_id_pkey');
  execute format('create trigger audit_no_truncate before truncate on %I'
    ' for each statement execute function audit_refuse()', part);
  perform audit_only_through_all(part);
end
$$;

-- What nobody has made a month for in time is noted here, and is not lost.
select audit_part('audit_rest');
alter table audit attach partition audit_rest default;

-- Makes the next month. Where something is in audit_rest, it was not made in time: then that becomes
-- one part as it is, until the end of this month, and an empty one takes its place.
create function audit_month_make(after timestamptz, moment timestamptz) returns void
language plpgsql set timezone = 'UTC' as $$
declare
  part name := to_char(after, '"audit_"YYYY_MM');
  until timestamptz := after + interval '1 month';
  soon timestamptz := date_trunc('month', moment) + interval '1 month';
begin
  if exists (select from audit_rest where at >= after and at < soon) then
    until := soon;
    alter table audit detach partition audit_rest;
    execute format('alter table audit_rest rename constraint audit_rest_id_pkey to %I', part || '_id_pkey');
    execute format('alter table audit_rest rename to %I', part);
    perform audit_part('audit_rest');
    alter table audit attach partition audit_rest default;
  else
    perform audit_part(part);
  end if;
  execute format('alter table audit attach partition %I for values from (%L) to (%L)', part, after, until);
end
$$;

-- Does one thing that is due at a moment, and says whether there was one: makes a month, of which three
-- are there ahead, or drops one that is over for longer than is kept.
create function audit_months_at(moment timestamptz) returns integer
language plpgsql set timezone = 'UTC' as $$
declare
  month timestamptz := date_trunc('month', moment);
  last timestamptz;
  old name;
begin
  -- One at a time does this. Nobody else waits for it.
  lock table only audit in share update exclusive mode;
  select max(until) into last from audit_parts;
  if last is null or last < month + interval '4 months' then
    perform audit_month_make(coalesce(last, month), moment);
    return 1;
  end if;
  select p.part into old
  from audit_parts p
  cross join audit_retention r
  where p.until <= moment - r.keep
  order by p.until
  limit 1;
  if old is null then
    return 0;
  end if;
  execute format('drop table %I', old);
  return 1;
end
$$;

-- The same for who serves, of now, as the owner. Whoever writes waits behind what this waits for, so it
-- gives up soon.
create function audit_months() returns integer
language plpgsql security definer set lock_timeout = '100ms' as $$
begin
  return audit_months_at(now());
end
$$;

do $$
begin
  execute format('alter function audit_months() set search_path = %I, pg_temp', current_schema());
end
$$;
