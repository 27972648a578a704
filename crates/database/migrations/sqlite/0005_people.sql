-- People: who they are, how they prove it, and where they may act. Secrets are kept as SHA-256 of 256 random
-- bits, passwords as argon2id in the PHC form.
-- The address is folded: compatibility form, lower case; what a person signs in with.
ALTER TABLE users ADD COLUMN email TEXT CHECK (length(email) BETWEEN 3 AND 254) CHECK ((kind = 'person') = (email IS NOT NULL));
ALTER TABLE users ADD COLUMN password_hash TEXT CHECK (kind = 'person' OR password_hash IS NULL);
ALTER TABLE users ADD COLUMN password_set_at INTEGER;
ALTER TABLE users ADD COLUMN server_admin INTEGER NOT NULL DEFAULT 0 CHECK (server_admin IN (0, 1)) CHECK (kind = 'person' OR server_admin = 0);
ALTER TABLE users ADD COLUMN disabled_at INTEGER;
CREATE UNIQUE INDEX users_email ON users (email);
CREATE TABLE memberships (
  workspace_id BLOB NOT NULL REFERENCES workspaces (id),
  user_id BLOB NOT NULL REFERENCES users (id),
  role TEXT NOT NULL CHECK (role IN ('readonly', 'operator', 'manager', 'owner')),
  -- Set: only the tenants listed in membership_tenants, be they none.
  narrowed INTEGER NOT NULL DEFAULT 0 CHECK (narrowed IN (0, 1)),
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (workspace_id, user_id)
) STRICT;
CREATE INDEX memberships_user ON memberships (user_id);
CREATE TABLE membership_tenants (
  workspace_id BLOB NOT NULL,
  user_id BLOB NOT NULL,
  tenant_id BLOB NOT NULL,
  PRIMARY KEY (workspace_id, user_id, tenant_id),
  FOREIGN KEY (workspace_id, user_id) REFERENCES memberships (workspace_id, user_id) ON DELETE CASCADE,
  FOREIGN KEY (workspace_id, tenant_id) REFERENCES tenants (workspace_id, id) ON DELETE CASCADE
) STRICT;
CREATE TABLE invitations (
  workspace_id BLOB NOT NULL REFERENCES workspaces (id),
  id BLOB NOT NULL CHECK (length(id) = 16),
  email TEXT NOT NULL CHECK (length(email) BETWEEN 3 AND 254),
  role TEXT NOT NULL CHECK (role IN ('readonly', 'operator', 'manager', 'owner')),
  narrowed INTEGER NOT NULL DEFAULT 0 CHECK (narrowed IN (0, 1)),
  token_hash BLOB NOT NULL CHECK (length(token_hash) = 32),
  invited_by BLOB NOT NULL REFERENCES users (id),
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  accepted_at INTEGER,
  accepted_by BLOB REFERENCES users (id),
  revoked_at INTEGER,
  PRIMARY KEY (workspace_id, id),
  CHECK ((accepted_at IS NULL) = (accepted_by IS NULL)),
  CHECK (accepted_at IS NULL OR revoked_at IS NULL)
) STRICT;
CREATE UNIQUE INDEX invitations_token ON invitations (token_hash);
CREATE UNIQUE INDEX invitations_open ON invitations (workspace_id, email) WHERE accepted_at IS NULL AND revoked_at IS NULL;
CREATE TABLE invitation_tenants (
  workspace_id BLOB NOT NULL,
  invitation_id BLOB NOT NULL,
  tenant_id BLOB NOT NULL,
  PRIMARY KEY (workspace_id, invitation_id, tenant_id),
  FOREIGN KEY (workspace_id, invitation_id) REFERENCES invitations (workspace_id, id) ON DELETE CASCADE,
  FOREIGN KEY (workspace_id, tenant_id) REFERENCES tenants (workspace_id, id) ON DELETE CASCADE
) STRICT;
-- A session that ended is gone; the audit log remembers it.
CREATE TABLE sessions (
  id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  user_id BLOB NOT NULL REFERENCES users (id),
  token_hash BLOB NOT NULL CHECK (length(token_hash) = 32),
  -- The reference before the last rotation, good for requests that were on their way.
  previous_hash BLOB CHECK (length(previous_hash) = 32),
  previous_until INTEGER,
  rotate_due INTEGER NOT NULL DEFAULT 0 CHECK (rotate_due IN (0, 1)),
  csrf_secret BLOB NOT NULL CHECK (length(csrf_secret) = 32),
  created_at INTEGER NOT NULL,
  last_seen_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  -- When the password was last given.
  proved_at INTEGER NOT NULL,
  user_agent TEXT NOT NULL DEFAULT '',
  address TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE UNIQUE INDEX sessions_token ON sessions (token_hash);
CREATE INDEX sessions_previous ON sessions (previous_hash);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);
CREATE TABLE api_tokens (
  workspace_id BLOB NOT NULL,
  id BLOB NOT NULL CHECK (length(id) = 16),
  user_id BLOB NOT NULL,
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  token_hash BLOB NOT NULL CHECK (length(token_hash) = 32),
  -- The capabilities it was made with, by name; what its owner has lost since does not count.
  capabilities TEXT NOT NULL CHECK (json_valid(capabilities)),
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  last_used_at INTEGER,
  revoked_at INTEGER,
  PRIMARY KEY (workspace_id, id),
  FOREIGN KEY (workspace_id, user_id) REFERENCES memberships (workspace_id, user_id) ON DELETE CASCADE
) STRICT;
CREATE UNIQUE INDEX api_tokens_id ON api_tokens (id);
CREATE INDEX api_tokens_owner ON api_tokens (workspace_id, user_id);
-- What makes the first administrator; empty from then on.
CREATE TABLE setup_tokens (
  token_hash BLOB NOT NULL PRIMARY KEY CHECK (length(token_hash) = 32),
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
-- How long an account, a network or a session has to wait before the next password is looked at.
CREATE TABLE sign_in_delays (
  kind TEXT NOT NULL CHECK (kind IN ('account', 'network', 'session')),
  key TEXT NOT NULL CHECK (length(key) BETWEEN 1 AND 64),
  failures INTEGER NOT NULL CHECK (failures >= 0),
  retry_at INTEGER NOT NULL,
  forget_at INTEGER NOT NULL,
  PRIMARY KEY (kind, key)
) STRICT;
CREATE INDEX sign_in_delays_forget ON sign_in_delays (forget_at);
