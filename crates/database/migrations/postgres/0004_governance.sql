-- What we keep about a tenant. The inventory is what was last observed; versions never change.
CREATE TABLE coverage (
  workspace_id uuid NOT NULL,
  tenant_id uuid NOT NULL,
  type text COLLATE "C" NOT NULL,
  -- How deep the reading went: the list alone, or every object with its parts.
  depth text COLLATE "C" NOT NULL CHECK (depth IN ('listed', 'detailed')),
  status text NOT NULL CHECK (status IN ('complete', 'partial', 'denied', 'unlicensed')),
  seen bigint NOT NULL CHECK (seen >= 0),
  failed bigint NOT NULL CHECK (failed >= 0),
  pages bigint NOT NULL CHECK (pages >= 0),
  -- What the last complete reading found; null before the first.
  expected bigint CHECK (expected >= 0),
  code text COLLATE "C",
  run_id uuid NOT NULL,
  observed_at timestamptz NOT NULL,
  complete_at timestamptz,
  PRIMARY KEY (workspace_id, tenant_id, type, depth),
  FOREIGN KEY (workspace_id, tenant_id) REFERENCES tenants (workspace_id, id) ON DELETE CASCADE
);
CREATE TABLE inventory_items (
  workspace_id uuid NOT NULL,
  tenant_id uuid NOT NULL,
  type text COLLATE "C" NOT NULL,
  graph_id text COLLATE "C" NOT NULL CHECK (length(graph_id) BETWEEN 1 AND 400),
  name text NOT NULL,
  platform text,
  view text,
  graph_modified_at timestamptz,
  first_seen_at timestamptz NOT NULL,
  last_seen_at timestamptz NOT NULL,
  -- Set only by a complete reading of the collection that did not hold the object.
  missing_since timestamptz,
  run_id uuid NOT NULL,
  PRIMARY KEY (workspace_id, tenant_id, type, graph_id),
  FOREIGN KEY (workspace_id, tenant_id) REFERENCES tenants (workspace_id, id) ON DELETE CASCADE
);
CREATE TABLE payloads (
  workspace_id uuid NOT NULL REFERENCES workspaces (id),
  -- SHA-256 of the uncompressed bytes: equal payloads of a workspace are kept once.
  hash bytea NOT NULL CHECK (octet_length(hash) = 32),
  codec text NOT NULL CHECK (codec IN ('zstd')),
  size_bytes bigint NOT NULL CHECK (size_bytes >= 0),
  body bytea NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (workspace_id, hash)
);
CREATE TABLE policies (
  workspace_id uuid NOT NULL,
  id uuid NOT NULL,
  tenant_id uuid NOT NULL,
  type text COLLATE "C" NOT NULL,
  graph_id text COLLATE "C" NOT NULL CHECK (length(graph_id) BETWEEN 1 AND 400),
  name text NOT NULL,
  platform text,
  view text,
  version_count integer NOT NULL DEFAULT 0 CHECK (version_count >= 0),
  graph_modified_at timestamptz,
  -- The newest version under the rules named here; newer rules change these and make no version.
  canonical_hash bytea CHECK (octet_length(canonical_hash) = 32),
  settings_hash bytea CHECK (octet_length(settings_hash) = 32),
  -- The assignments as they were last read, which may be before the newest version.
  assignments_hash bytea CHECK (octet_length(assignments_hash) = 32),
  rule_set integer,
  first_seen_at timestamptz NOT NULL,
  last_read_at timestamptz NOT NULL,
  missing_since timestamptz,
  run_id uuid NOT NULL,
  PRIMARY KEY (workspace_id, id),
  UNIQUE (workspace_id, tenant_id, type, graph_id),
  FOREIGN KEY (workspace_id, tenant_id) REFERENCES tenants (workspace_id, id) ON DELETE CASCADE
);
CREATE TABLE policy_versions (
  workspace_id uuid NOT NULL,
  id uuid NOT NULL,
  policy_id uuid NOT NULL,
  number integer NOT NULL CHECK (number >= 1),
  name text NOT NULL,
  payload_hash bytea NOT NULL,
  canonical_hash bytea NOT NULL CHECK (octet_length(canonical_hash) = 32),
  settings_hash bytea NOT NULL CHECK (octet_length(settings_hash) = 32),
  -- Null where the type has no assignments apart from its settings, or they were not read.
  assignments_hash bytea CHECK (octet_length(assignments_hash) = 32),
  rule_set integer NOT NULL CHECK (rule_set >= 1),
  -- The names of the parts that were read, for example ["object", "settings", "assignments"].
  parts jsonb NOT NULL,
  -- What differs from the version before: "settings", "assignments", both, or neither (the first version).
  changed jsonb NOT NULL,
  graph_modified_at timestamptz,
  captured_at timestamptz NOT NULL,
  run_id uuid NOT NULL,
  PRIMARY KEY (workspace_id, id),
  UNIQUE (workspace_id, policy_id, number),
  FOREIGN KEY (workspace_id, policy_id) REFERENCES policies (workspace_id, id) ON DELETE CASCADE,
  FOREIGN KEY (workspace_id, payload_hash) REFERENCES payloads (workspace_id, hash)
);
