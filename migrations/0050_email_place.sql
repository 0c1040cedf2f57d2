-- An order of all accounts that nobody outside can know: by a digest of the address with a key that each
-- database draws for itself. Signing in takes from it what a password costs where there is no account:
-- as much as at the account that comes next, so that unknown addresses cost what known ones do, each the
-- same whenever it is tried, and in the same proportion, also while some hashes are of older parameters.
do $$
begin
  execute format(
    'create function email_place(email_key text) returns bytea language sql immutable parallel safe
     return substring(sha256(%L::bytea || convert_to(email_key, ''UTF8'')) from 1 for 16)',
    decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex'));
end
$$;

create index users_place_idx on users (email_place(email_key));
