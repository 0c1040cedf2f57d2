-- no-transaction: in nobody's way
create index concurrently outbox_created_at_idx on outbox (created_at) where state = 'void';
