-- Who may act where.
CREATE TABLE workspaces (
  id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  slug TEXT NOT NULL UNIQUE CHECK (length(slug) BETWEEN 1 AND 63),
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  seeded INTEGER NOT NULL DEFAULT 0 CHECK (seeded IN (0, 1)),
  created_at INTEGER NOT NULL
) STRICT;
CREATE TABLE users (
  id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  -- The platform user stands for whoever works at the server's own console.
  kind TEXT NOT NULL CHECK (kind IN ('platform', 'person')),
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  created_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX users_one_platform ON users (kind) WHERE kind = 'platform';
CREATE TABLE tenants (
  workspace_id BLOB NOT NULL REFERENCES workspaces (id),
  id BLOB NOT NULL CHECK (length(id) = 16),
  slug TEXT NOT NULL CHECK (length(slug) BETWEEN 1 AND 63),
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  -- Ours, a UUID v4: the 13th hex digit is the version, the 17th the variant (RFC 9562, section 5.4).
  external_id BLOB NOT NULL UNIQUE CHECK (length(external_id) = 16 AND substr(hex(external_id), 13, 1) = '4'
    AND substr(hex(external_id), 17, 1) IN ('8', '9', 'A', 'B')),
  -- Theirs: what Microsoft calls the tenant.
  graph_tenant_id TEXT NOT NULL CHECK (length(graph_tenant_id) BETWEEN 1 AND 253),
  environment TEXT NOT NULL CHECK (environment IN ('production', 'test')),
  cloud TEXT NOT NULL CHECK (cloud IN ('global', 'usgov', 'usgov-dod', 'china', 'simulated')),
  login_url TEXT,
  graph_url TEXT,
  client_id TEXT NOT NULL CHECK (length(client_id) BETWEEN 1 AND 200),
  state TEXT NOT NULL CHECK (state IN ('connected', 'disconnected', 'removing')),
  seeded INTEGER NOT NULL DEFAULT 0 CHECK (seeded IN (0, 1)),
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  checked_at INTEGER,
  check_code TEXT,
  PRIMARY KEY (workspace_id, id),
  UNIQUE (workspace_id, slug),
  CHECK ((cloud = 'simulated') = (login_url IS NOT NULL)),
  CHECK ((cloud = 'simulated') = (graph_url IS NOT NULL)),
  CHECK (cloud <> 'simulated' OR environment = 'test')
) STRICT;
CREATE TABLE tenant_secrets (
  workspace_id BLOB NOT NULL,
  tenant_id BLOB NOT NULL,
  name TEXT NOT NULL CHECK (name IN ('client_secret')),
  -- Sealed under the master key; bound to its tenant and name, so that it opens nowhere else.
  sealed BLOB NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (workspace_id, tenant_id, name),
  FOREIGN KEY (workspace_id, tenant_id) REFERENCES tenants (workspace_id, id) ON DELETE CASCADE
) STRICT;
