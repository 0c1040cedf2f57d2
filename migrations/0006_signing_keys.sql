-- Keys of access tokens, for ES256 and RS256. Private keys are sealed with a key of the keepers'.
create table signing_keys (
  -- RFC 7638 thumbprint of the public key.
  kid text not null,
  algorithm text not null,
  -- next: published, signs later. active: signs. retired: tokens it has signed may still be about.
  state text not null,
  public_pem text not null,
  -- RFC 7517.
  public_jwk text not null,
  private_key secret not null,
  created_at timestamptz not null default now(),
  activated_at timestamptz,
  retired_at timestamptz,
  constraint signing_keys_kid_pkey primary key (kid),
  constraint signing_keys_algorithm_check check (algorithm in ('ES256', 'RS256')),
  constraint signing_keys_state_check check (state in ('next', 'active', 'retired'))
);

create unique index signing_keys_algorithm_active_key on signing_keys (algorithm)
  where state = 'active';
