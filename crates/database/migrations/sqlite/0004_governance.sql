-- What we keep about a tenant. The inventory is what was last observed; versions never change.
CREATE TABLE coverage (
  workspace_id BLOB NOT NULL,
  tenant_id BLOB NOT NULL,
  type TEXT NOT NULL,
  -- How deep the reading went: the list alone, or every object with its parts.
  depth TEXT NOT NULL CHECK (depth IN ('listed', 'detailed')),
  status TEXT NOT NULL CHECK (status IN ('complete', 'partial', 'denied', 'unlicensed')),
  seen INTEGER NOT NULL CHECK (seen >= 0),
  failed INTEGER NOT NULL CHECK (failed >= 0),
  pages INTEGER NOT NULL CHECK (pages >= 0),
  -- What the last complete reading found; null before the first.
  expected INTEGER CHECK (expected >= 0),
  code TEXT,
  run_id BLOB NOT NULL,
  observed_at INTEGER NOT NULL,
  complete_at INTEGER,
  PRIMARY KEY (workspace_id, tenant_id, type, depth),
  FOREIGN KEY (workspace_id, tenant_id) REFERENCES tenants (workspace_id, id) ON DELETE CASCADE
) STRICT;
CREATE TABLE inventory_items (
  workspace_id BLOB NOT NULL,
  tenant_id BLOB NOT NULL,
  type TEXT NOT NULL,
  graph_id TEXT NOT NULL CHECK (length(graph_id) BETWEEN 1 AND 400),
  name TEXT NOT NULL,
  platform TEXT,
  view TEXT,
  graph_modified_at INTEGER,
  first_seen_at INTEGER NOT NULL,
  last_seen_at INTEGER NOT NULL,
  -- Set only by a complete reading of the collection that did not hold the object.
  missing_since INTEGER,
  run_id BLOB NOT NULL,
  PRIMARY KEY (workspace_id, tenant_id, type, graph_id),
  FOREIGN KEY (workspace_id, tenant_id) REFERENCES tenants (workspace_id, id) ON DELETE CASCADE
) STRICT;
CREATE TABLE payloads (
  workspace_id BLOB NOT NULL REFERENCES workspaces (id),
  -- SHA-256 of the uncompressed bytes: equal payloads of a workspace are kept once.
  hash BLOB NOT NULL CHECK (length(hash) = 32),
  codec TEXT NOT NULL CHECK (codec IN ('zstd')),
  size_bytes INTEGER NOT NULL CHECK (size_bytes >= 0),
  body BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (workspace_id, hash)
) STRICT;
CREATE TABLE policies (
  workspace_id BLOB NOT NULL,
  id BLOB NOT NULL,
  tenant_id BLOB NOT NULL,
  type TEXT NOT NULL,
  graph_id TEXT NOT NULL CHECK (length(graph_id) BETWEEN 1 AND 400),
  name TEXT NOT NULL,
  platform TEXT,
  view TEXT,
  version_count INTEGER NOT NULL DEFAULT 0 CHECK (version_count >= 0),
  graph_modified_at INTEGER,
  -- The newest version under the rules named here; newer rules change these and make no version.
  canonical_hash BLOB CHECK (length(canonical_hash) = 32),
  settings_hash BLOB CHECK (length(settings_hash) = 32),
  -- The assignments as they were last read, which may be before the newest version.
  assignments_hash BLOB CHECK (length(assignments_hash) = 32),
  rule_set INTEGER,
  first_seen_at INTEGER NOT NULL,
  last_read_at INTEGER NOT NULL,
  missing_since INTEGER,
  run_id BLOB NOT NULL,
  PRIMARY KEY (workspace_id, id),
  UNIQUE (workspace_id, tenant_id, type, graph_id),
  FOREIGN KEY (workspace_id, tenant_id) REFERENCES tenants (workspace_id, id) ON DELETE CASCADE
) STRICT;
CREATE TABLE policy_versions (
  workspace_id BLOB NOT NULL,
  id BLOB NOT NULL,
  policy_id BLOB NOT NULL,
  number INTEGER NOT NULL CHECK (number >= 1),
  name TEXT NOT NULL,
  payload_hash BLOB NOT NULL,
  canonical_hash BLOB NOT NULL CHECK (length(canonical_hash) = 32),
  settings_hash BLOB NOT NULL CHECK (length(settings_hash) = 32),
  -- Null where the type has no assignments apart from its settings, or they were not read.
  assignments_hash BLOB CHECK (length(assignments_hash) = 32),
  rule_set INTEGER NOT NULL CHECK (rule_set >= 1),
  -- The names of the parts that were read, for example ["object", "settings", "assignments"].
  parts TEXT NOT NULL CHECK (json_valid(parts)),
  -- What differs from the version before: "settings", "assignments", both, or neither (the first version).
  changed TEXT NOT NULL CHECK (json_valid(changed)),
  graph_modified_at INTEGER,
  captured_at INTEGER NOT NULL,
  run_id BLOB NOT NULL,
  PRIMARY KEY (workspace_id, id),
  UNIQUE (workspace_id, policy_id, number),
  FOREIGN KEY (workspace_id, policy_id) REFERENCES policies (workspace_id, id) ON DELETE CASCADE,
  FOREIGN KEY (workspace_id, payload_hash) REFERENCES payloads (workspace_id, hash)
) STRICT;
