-- no-transaction: in nobody's way
create index concurrently outbox_expires_at_idx on outbox (expires_at) where state = 'queued';
