-- Reads all of it, while others read and write.
alter table audit validate constraint audit_at_check;
