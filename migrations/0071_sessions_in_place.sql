-- Each exchange of a refresh token moved idle_until, so each wrote anew its place in three indexes. It is in
-- whole hours now, rounded up, and last_used_at says what is idle to the microsecond: within an hour nothing
-- changes that is indexed, and the row is written beside itself, for which its page has room. What was
-- begun before keeps its own until it is used. The tables whose rows come and go are cleared in time.
alter table sessions set (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);
alter table attempts set (autovacuum_vacuum_scale_factor = 0.01);
alter table mail_budgets set (autovacuum_vacuum_scale_factor = 0.01);
alter table outbox set (autovacuum_vacuum_scale_factor = 0.01);
alter table proofs set (autovacuum_vacuum_scale_factor = 0.01);
alter table registrations set (autovacuum_vacuum_scale_factor = 0.01);
