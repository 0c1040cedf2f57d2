-- Which secret_key the rows of this database hang on: by a MAC that only this key makes, and that says
-- nothing about it. A host with another key would take nobody's sessions.
create table secret_marks (
  name text not null,
  mark text not null,
  -- Whether it is a key of its own, and not made of jwt_secret.
  own boolean not null,
  created_at timestamptz not null default now(),
  constraint secret_marks_name_pkey primary key (name)
);
