-- Who did it where no request did: somebody at the command line of a host, as in "ann (uid 1000)".
alter table audit add column typed_by text;
