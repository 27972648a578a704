-- What people did in a workspace. Rows are only ever added; a later pass chains them by hash, once each.
CREATE TABLE audit_log (
  id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  workspace_id BLOB NOT NULL REFERENCES workspaces (id),
  -- No reference: the row outlives the tenant.
  tenant_id BLOB,
  at INTEGER NOT NULL,
  actor_kind TEXT NOT NULL CHECK (actor_kind IN ('user', 'schedule', 'system')),
  actor_id BLOB,
  actor_name TEXT NOT NULL,
  action TEXT NOT NULL CHECK (length(action) BETWEEN 3 AND 64),
  subject_type TEXT NOT NULL DEFAULT '' CHECK (length(subject_type) <= 64),
  subject_id TEXT NOT NULL DEFAULT '' CHECK (length(subject_id) <= 200),
  detail TEXT NOT NULL CHECK (json_valid(detail)),
  request_id TEXT NOT NULL DEFAULT '' CHECK (length(request_id) <= 64),
  address TEXT NOT NULL DEFAULT '' CHECK (length(address) <= 64),
  sealed_seq INTEGER CHECK (sealed_seq >= 1),
  prev_hash BLOB CHECK (length(prev_hash) = 32),
  hash BLOB CHECK (length(hash) = 32),
  CHECK ((actor_kind = 'user') = (actor_id IS NOT NULL)),
  CHECK ((sealed_seq IS NULL) = (hash IS NULL)),
  CHECK ((sealed_seq IS NULL) = (prev_hash IS NULL))
) STRICT;
-- The same about the server itself, as signing in is: it belongs to no workspace.
CREATE TABLE server_audit_log (
  id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  at INTEGER NOT NULL,
  actor_kind TEXT NOT NULL CHECK (actor_kind IN ('user', 'schedule', 'system')),
  actor_id BLOB,
  actor_name TEXT NOT NULL,
  action TEXT NOT NULL CHECK (length(action) BETWEEN 3 AND 64),
  subject_type TEXT NOT NULL DEFAULT '' CHECK (length(subject_type) <= 64),
  subject_id TEXT NOT NULL DEFAULT '' CHECK (length(subject_id) <= 200),
  detail TEXT NOT NULL CHECK (json_valid(detail)),
  request_id TEXT NOT NULL DEFAULT '' CHECK (length(request_id) <= 64),
  address TEXT NOT NULL DEFAULT '' CHECK (length(address) <= 64),
  sealed_seq INTEGER CHECK (sealed_seq >= 1),
  prev_hash BLOB CHECK (length(prev_hash) = 32),
  hash BLOB CHECK (length(hash) = 32),
  CHECK ((actor_kind = 'user') = (actor_id IS NOT NULL)),
  CHECK ((sealed_seq IS NULL) = (hash IS NULL)),
  CHECK ((sealed_seq IS NULL) = (prev_hash IS NULL))
) STRICT;
CREATE INDEX audit_log_workspace ON audit_log (workspace_id, id);
CREATE UNIQUE INDEX audit_log_chain ON audit_log (workspace_id, sealed_seq) WHERE sealed_seq IS NOT NULL;
CREATE INDEX audit_log_unsealed ON audit_log (workspace_id, id) WHERE sealed_seq IS NULL;
CREATE UNIQUE INDEX server_audit_log_chain ON server_audit_log (sealed_seq) WHERE sealed_seq IS NOT NULL;
CREATE INDEX server_audit_log_unsealed ON server_audit_log (id) WHERE sealed_seq IS NULL;
-- The second condition stops INSERT OR REPLACE, whose deletion fires no trigger.
CREATE TRIGGER audit_log_append_only_insert BEFORE INSERT ON audit_log
WHEN NEW.sealed_seq IS NOT NULL OR EXISTS (SELECT 1 FROM audit_log WHERE id = NEW.id) BEGIN
  SELECT RAISE(ABORT, 'rows of the audit log are only added, and sealed once');
END;
CREATE TRIGGER audit_log_append_only_update BEFORE UPDATE ON audit_log
WHEN OLD.sealed_seq IS NOT NULL OR NEW.sealed_seq IS NULL OR NEW.id IS NOT OLD.id OR NEW.workspace_id IS NOT OLD.workspace_id
  OR NEW.tenant_id IS NOT OLD.tenant_id OR NEW.at IS NOT OLD.at OR NEW.actor_kind IS NOT OLD.actor_kind
  OR NEW.actor_id IS NOT OLD.actor_id OR NEW.actor_name IS NOT OLD.actor_name OR NEW.action IS NOT OLD.action
  OR NEW.subject_type IS NOT OLD.subject_type OR NEW.subject_id IS NOT OLD.subject_id OR NEW.detail IS NOT OLD.detail
  OR NEW.request_id IS NOT OLD.request_id OR NEW.address IS NOT OLD.address BEGIN
  SELECT RAISE(ABORT, 'rows of the audit log are only added, and sealed once');
END;
CREATE TRIGGER audit_log_append_only_delete BEFORE DELETE ON audit_log BEGIN
  SELECT RAISE(ABORT, 'rows of the audit log are only added, and sealed once');
END;
CREATE TRIGGER server_audit_log_append_only_insert BEFORE INSERT ON server_audit_log
WHEN NEW.sealed_seq IS NOT NULL OR EXISTS (SELECT 1 FROM server_audit_log WHERE id = NEW.id) BEGIN
  SELECT RAISE(ABORT, 'rows of the audit log are only added, and sealed once');
END;
CREATE TRIGGER server_audit_log_append_only_update BEFORE UPDATE ON server_audit_log
WHEN OLD.sealed_seq IS NOT NULL OR NEW.sealed_seq IS NULL OR NEW.id IS NOT OLD.id OR NEW.at IS NOT OLD.at OR NEW.actor_kind IS NOT OLD.actor_kind
  OR NEW.actor_id IS NOT OLD.actor_id OR NEW.actor_name IS NOT OLD.actor_name OR NEW.action IS NOT OLD.action
  OR NEW.subject_type IS NOT OLD.subject_type OR NEW.subject_id IS NOT OLD.subject_id OR NEW.detail IS NOT OLD.detail
  OR NEW.request_id IS NOT OLD.request_id OR NEW.address IS NOT OLD.address BEGIN
  SELECT RAISE(ABORT, 'rows of the audit log are only added, and sealed once');
END;
CREATE TRIGGER server_audit_log_append_only_delete BEFORE DELETE ON server_audit_log BEGIN
  SELECT RAISE(ABORT, 'rows of the audit log are only added, and sealed once');
END;
