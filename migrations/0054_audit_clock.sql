-- A clock that is wrong by years, for a moment, must not let all the months fall away that it takes for
-- old. Whoever serves looks each minute: where the clock was not a day ago what it is now, nothing is done
-- until it has gone on like that for a day. The months that are there ahead are enough for that, and longer.
alter table audit_retention
  -- When it was looked at last. Null: never.
  add column seen timestamptz,
  -- What the clock said when it was first seen to be another one.
  add column jumped timestamptz not null default '-infinity';

-- As in 0053, but for the clock.
create or replace function audit_months() returns integer
language plpgsql security definer set lock_timeout = '100ms' as $$
declare
  settled boolean;
begin
  update audit_retention
  set jumped = case
        when seen not between now() - interval '1 day' and now() + interval '1 day' then now()
        else jumped
      end,
      seen = now()
  where seen is null
    or seen not between now() - interval '1 minute' and now();
  select now() not between r.jumped and r.jumped + interval '1 day' into settled
  from audit_retention r;
  if not settled then
    return 0;
  end if;
  return audit_months_at(now());
end
$$;

do $$
begin
  execute format('alter function audit_months() set search_path = %I, pg_temp', current_schema());
end
$$;
