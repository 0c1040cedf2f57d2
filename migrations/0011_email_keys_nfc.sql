-- Local parts beyond ASCII are compared in NFC. Rows from before have them as they were typed; they get
-- their normal form, unless an account has that already: then two accounts are one address, and the
-- other one keeps a key that nobody can type, until an administrator gives it another address. Of two
-- that were both typed otherwise the confirmed one gets it, or the older one.
do $$
begin
  if getdatabaseencoding() <> 'UTF8' then
    return;
  end if;

  with spelt as (
    select id,
      translate(normalize(email_key, nfc), 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
        'abcdefghijklmnopqrstuvwxyz') as key,
      verified_at,
      created_at
    from users
    where octet_length(email_key) > char_length(email_key)
  ), best as (
    select distinct on (key) id, key
    from spelt
    where not email_taken(spelt.key, spelt.id)
      and not exists (select from users where users.email_key = spelt.key)
    order by key, verified_at is null, created_at, id
  )
  update users
  set email_key = best.key
  from best
  where users.id = best.id;

  update email_changes
  set old_email_key = normalize(old_email_key, nfc),
      new_email_key = normalize(new_email_key, nfc)
  where octet_length(old_email_key) > char_length(old_email_key)
    or octet_length(new_email_key) > char_length(new_email_key);

  update registrations
  set email_key = normalize(email_key, nfc)
  where octet_length(email_key) > char_length(email_key);
end
$$;
