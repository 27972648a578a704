-- What people did in a workspace. Rows are only ever added; a later pass chains them by hash, once each.
CREATE TABLE audit_log (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL REFERENCES workspaces (id),
  -- No reference: the row outlives the tenant.
  tenant_id uuid,
  at timestamptz NOT NULL,
  actor_kind text NOT NULL CHECK (actor_kind IN ('user', 'schedule', 'system')),
  actor_id uuid,
  actor_name text NOT NULL,
  action text COLLATE "C" NOT NULL CHECK (length(action) BETWEEN 3 AND 64),
  subject_type text NOT NULL DEFAULT '' CHECK (length(subject_type) <= 64),
  subject_id text NOT NULL DEFAULT '' CHECK (length(subject_id) <= 200),
  detail jsonb NOT NULL,
  request_id text NOT NULL DEFAULT '' CHECK (length(request_id) <= 64),
  address text NOT NULL DEFAULT '' CHECK (length(address) <= 64),
  sealed_seq bigint CHECK (sealed_seq >= 1),
  prev_hash bytea CHECK (length(prev_hash) = 32),
  hash bytea CHECK (length(hash) = 32),
  CHECK ((actor_kind = 'user') = (actor_id IS NOT NULL)),
  CHECK ((sealed_seq IS NULL) = (hash IS NULL)),
  CHECK ((sealed_seq IS NULL) = (prev_hash IS NULL))
);
-- The same about the server itself, as signing in is: it belongs to no workspace.
CREATE TABLE server_audit_log (
  id uuid PRIMARY KEY,
  at timestamptz NOT NULL,
  actor_kind text NOT NULL CHECK (actor_kind IN ('user', 'schedule', 'system')),
  actor_id uuid,
  actor_name text NOT NULL,
  action text COLLATE "C" NOT NULL CHECK (length(action) BETWEEN 3 AND 64),
  subject_type text NOT NULL DEFAULT '' CHECK (length(subject_type) <= 64),
  subject_id text NOT NULL DEFAULT '' CHECK (length(subject_id) <= 200),
  detail jsonb NOT NULL,
  request_id text NOT NULL DEFAULT '' CHECK (length(request_id) <= 64),
  address text NOT NULL DEFAULT '' CHECK (length(address) <= 64),
  sealed_seq bigint CHECK (sealed_seq >= 1),
  prev_hash bytea CHECK (length(prev_hash) = 32),
  hash bytea CHECK (length(hash) = 32),
  CHECK ((actor_kind = 'user') = (actor_id IS NOT NULL)),
  CHECK ((sealed_seq IS NULL) = (hash IS NULL)),
  CHECK ((sealed_seq IS NULL) = (prev_hash IS NULL))
);
CREATE INDEX audit_log_workspace ON audit_log (workspace_id, id);
CREATE UNIQUE INDEX audit_log_chain ON audit_log (workspace_id, sealed_seq) WHERE sealed_seq IS NOT NULL;
CREATE INDEX audit_log_unsealed ON audit_log (workspace_id, id) WHERE sealed_seq IS NULL;
CREATE UNIQUE INDEX server_audit_log_chain ON server_audit_log (sealed_seq) WHERE sealed_seq IS NOT NULL;
CREATE INDEX server_audit_log_unsealed ON server_audit_log (id) WHERE sealed_seq IS NULL;
CREATE FUNCTION audit_log_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' AND NEW.sealed_seq IS NULL THEN
    RETURN NEW;
  END IF;
  IF TG_OP = 'UPDATE' AND OLD.sealed_seq IS NULL AND NEW.sealed_seq IS NOT NULL
    AND to_jsonb(NEW) - ARRAY['sealed_seq', 'prev_hash', 'hash'] = to_jsonb(OLD) - ARRAY['sealed_seq', 'prev_hash', 'hash'] THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'rows of the audit log are only added, and sealed once'
    USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = TG_TABLE_NAME || '_append_only';
END $$;
CREATE TRIGGER audit_log_append_only BEFORE INSERT OR UPDATE OR DELETE ON audit_log FOR EACH ROW EXECUTE FUNCTION audit_log_guard();
CREATE TRIGGER audit_log_no_truncate BEFORE TRUNCATE ON audit_log FOR EACH STATEMENT EXECUTE FUNCTION audit_log_guard();
CREATE TRIGGER server_audit_log_append_only BEFORE INSERT OR UPDATE OR DELETE ON server_audit_log FOR EACH ROW EXECUTE FUNCTION audit_log_guard();
CREATE TRIGGER server_audit_log_no_truncate BEFORE TRUNCATE ON server_audit_log FOR EACH STATEMENT EXECUTE FUNCTION audit_log_guard();
-- The owner gives up its own rights too; who may not alter the table cannot take them back unnoticed.
REVOKE UPDATE, DELETE, TRUNCATE ON audit_log FROM PUBLIC;
REVOKE UPDATE, DELETE, TRUNCATE ON audit_log FROM CURRENT_USER;
GRANT UPDATE (sealed_seq, prev_hash, hash) ON audit_log TO CURRENT_USER;
REVOKE UPDATE, DELETE, TRUNCATE ON server_audit_log FROM PUBLIC;
REVOKE UPDATE, DELETE, TRUNCATE ON server_audit_log FROM CURRENT_USER;
GRANT UPDATE (sealed_seq, prev_hash, hash) ON server_audit_log TO CURRENT_USER;
