-- The audit log is going to be one of months (0053), and what is there so far the first of its parts.
-- It has to be known of it that it ends before the second one begins: without a look at the rows here,
-- for nobody can write meanwhile; with one in 0052, which is in nobody's way. Bounds are in UTC, and this
-- one is far enough ahead that what is noted between the two keeps it.
do $$
begin
  execute format('alter table audit add constraint audit_at_check check (at < %L) not valid',
    (date_trunc('month', now() at time zone 'UTC') + interval '2 months') at time zone 'UTC');
end
$$;
