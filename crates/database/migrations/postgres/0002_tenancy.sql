-- Who may act where. Text that is sorted or compared by order is COLLATE "C": both databases then agree.
CREATE TABLE workspaces (
  id uuid PRIMARY KEY,
  slug text COLLATE "C" NOT NULL UNIQUE CHECK (length(slug) BETWEEN 1 AND 63),
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  seeded boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL
);
CREATE TABLE users (
  id uuid PRIMARY KEY,
  -- The platform user stands for whoever works at the server's own console.
  kind text NOT NULL CHECK (kind IN ('platform', 'person')),
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX users_one_platform ON users (kind) WHERE kind = 'platform';
CREATE TABLE tenants (
  workspace_id uuid NOT NULL REFERENCES workspaces (id),
  id uuid NOT NULL,
  slug text COLLATE "C" NOT NULL CHECK (length(slug) BETWEEN 1 AND 63),
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  -- Ours, a UUID v4: the 13th hex digit is the version, the 17th the variant (RFC 9562, section 5.4).
  external_id uuid NOT NULL UNIQUE CHECK (substr(replace(external_id::text, '-', ''), 13, 1) = '4'
    AND substr(replace(external_id::text, '-', ''), 17, 1) IN ('8', '9', 'a', 'b')),
  -- Theirs: what Microsoft calls the tenant.
  graph_tenant_id text NOT NULL CHECK (length(graph_tenant_id) BETWEEN 1 AND 253),
  environment text NOT NULL CHECK (environment IN ('production', 'test')),
  cloud text NOT NULL CHECK (cloud IN ('global', 'usgov', 'usgov-dod', 'china', 'simulated')),
  login_url text,
  graph_url text,
  client_id text NOT NULL CHECK (length(client_id) BETWEEN 1 AND 200),
  state text NOT NULL CHECK (state IN ('connected', 'disconnected', 'removing')),
  seeded boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  checked_at timestamptz,
  check_code text,
  PRIMARY KEY (workspace_id, id),
  UNIQUE (workspace_id, slug),
  CHECK ((cloud = 'simulated') = (login_url IS NOT NULL)),
  CHECK ((cloud = 'simulated') = (graph_url IS NOT NULL)),
  CHECK (cloud <> 'simulated' OR environment = 'test')
);
CREATE TABLE tenant_secrets (
  workspace_id uuid NOT NULL,
  tenant_id uuid NOT NULL,
  name text COLLATE "C" NOT NULL CHECK (name IN ('client_secret')),
  -- Sealed under the master key; bound to its tenant and name, so that it opens nowhere else.
  sealed bytea NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (workspace_id, tenant_id, name),
  FOREIGN KEY (workspace_id, tenant_id) REFERENCES tenants (workspace_id, id) ON DELETE CASCADE
);
