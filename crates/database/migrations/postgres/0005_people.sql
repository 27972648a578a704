-- People: who they are, how they prove it, and where they may act. Secrets are kept as SHA-256 of 256 random
-- bits, passwords as argon2id in the PHC form.
ALTER TABLE users
  -- Folded: compatibility form, lower case; what a person signs in with.
  ADD COLUMN email text COLLATE "C" CHECK (length(email) BETWEEN 3 AND 254),
  ADD COLUMN password_hash text,
  ADD COLUMN password_set_at timestamptz,
  ADD COLUMN server_admin boolean NOT NULL DEFAULT false,
  ADD COLUMN disabled_at timestamptz,
  ADD CONSTRAINT users_person_has_email CHECK ((kind = 'person') = (email IS NOT NULL)),
  ADD CONSTRAINT users_platform_has_no_password CHECK (kind = 'person' OR (password_hash IS NULL AND NOT server_admin));
CREATE UNIQUE INDEX users_email ON users (email);
CREATE TABLE memberships (
  workspace_id uuid NOT NULL REFERENCES workspaces (id),
  user_id uuid NOT NULL REFERENCES users (id),
  role text NOT NULL CHECK (role IN ('readonly', 'operator', 'manager', 'owner')),
  -- Set: only the tenants listed in membership_tenants, be they none.
  narrowed boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (workspace_id, user_id)
);
CREATE INDEX memberships_user ON memberships (user_id);
CREATE TABLE membership_tenants (
  workspace_id uuid NOT NULL,
  user_id uuid NOT NULL,
  tenant_id uuid NOT NULL,
  PRIMARY KEY (workspace_id, user_id, tenant_id),
  FOREIGN KEY (workspace_id, user_id) REFERENCES memberships (workspace_id, user_id) ON DELETE CASCADE,
  FOREIGN KEY (workspace_id, tenant_id) REFERENCES tenants (workspace_id, id) ON DELETE CASCADE
);
CREATE TABLE invitations (
  workspace_id uuid NOT NULL REFERENCES workspaces (id),
  id uuid NOT NULL,
  email text COLLATE "C" NOT NULL CHECK (length(email) BETWEEN 3 AND 254),
  role text NOT NULL CHECK (role IN ('readonly', 'operator', 'manager', 'owner')),
  narrowed boolean NOT NULL DEFAULT false,
  token_hash bytea NOT NULL CHECK (length(token_hash) = 32),
  invited_by uuid NOT NULL REFERENCES users (id),
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  accepted_at timestamptz,
  accepted_by uuid REFERENCES users (id),
  revoked_at timestamptz,
  PRIMARY KEY (workspace_id, id),
  CHECK ((accepted_at IS NULL) = (accepted_by IS NULL)),
  CHECK (accepted_at IS NULL OR revoked_at IS NULL)
);
CREATE UNIQUE INDEX invitations_token ON invitations (token_hash);
CREATE UNIQUE INDEX invitations_open ON invitations (workspace_id, email) WHERE accepted_at IS NULL AND revoked_at IS NULL;
CREATE TABLE invitation_tenants (
  workspace_id uuid NOT NULL,
  invitation_id uuid NOT NULL,
  tenant_id uuid NOT NULL,
  PRIMARY KEY (workspace_id, invitation_id, tenant_id),
  FOREIGN KEY (workspace_id, invitation_id) REFERENCES invitations (workspace_id, id) ON DELETE CASCADE,
  FOREIGN KEY (workspace_id, tenant_id) REFERENCES tenants (workspace_id, id) ON DELETE CASCADE
);
-- A session that ended is gone; the audit log remembers it.
CREATE TABLE sessions (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES users (id),
  token_hash bytea NOT NULL CHECK (length(token_hash) = 32),
  -- The reference before the last rotation, good for requests that were on their way.
  previous_hash bytea CHECK (length(previous_hash) = 32),
  previous_until timestamptz,
  rotate_due boolean NOT NULL DEFAULT false,
  csrf_secret bytea NOT NULL CHECK (length(csrf_secret) = 32),
  created_at timestamptz NOT NULL,
  last_seen_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  -- When the password was last given.
  proved_at timestamptz NOT NULL,
  user_agent text NOT NULL DEFAULT '',
  address text NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX sessions_token ON sessions (token_hash);
CREATE INDEX sessions_previous ON sessions (previous_hash);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);
CREATE TABLE api_tokens (
  workspace_id uuid NOT NULL,
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  token_hash bytea NOT NULL CHECK (length(token_hash) = 32),
  -- The capabilities it was made with, by name; what its owner has lost since does not count.
  capabilities jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  last_used_at timestamptz,
  revoked_at timestamptz,
  PRIMARY KEY (workspace_id, id),
  FOREIGN KEY (workspace_id, user_id) REFERENCES memberships (workspace_id, user_id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX api_tokens_id ON api_tokens (id);
CREATE INDEX api_tokens_owner ON api_tokens (workspace_id, user_id);
-- What makes the first administrator; empty from then on.
CREATE TABLE setup_tokens (
  token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);
-- How long an account, a network or a session has to wait before the next password is looked at.
CREATE TABLE sign_in_delays (
  kind text COLLATE "C" NOT NULL CHECK (kind IN ('account', 'network', 'session')),
  key text COLLATE "C" NOT NULL CHECK (length(key) BETWEEN 1 AND 64),
  failures integer NOT NULL CHECK (failures >= 0),
  retry_at timestamptz NOT NULL,
  forget_at timestamptz NOT NULL,
  PRIMARY KEY (kind, key)
);
CREATE INDEX sign_in_delays_forget ON sign_in_delays (forget_at);
