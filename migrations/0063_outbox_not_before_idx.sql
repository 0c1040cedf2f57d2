-- no-transaction: in nobody's way
create index concurrently outbox_not_before_idx on outbox (not_before) where state = 'queued';
