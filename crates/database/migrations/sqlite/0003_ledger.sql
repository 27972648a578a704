-- The ledger of operation runs. The run row is its own queue entry; there is no second queue.
-- One heartbeat row per worker process. Times are microseconds; "never" is the largest INTEGER.
CREATE TABLE worker_sessions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  worker TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE TABLE operation_runs (
  workspace_id BLOB NOT NULL CHECK (length(workspace_id) = 16),
  id BLOB NOT NULL CHECK (length(id) = 16),                                   -- UUIDv7 by the caller
  tenant_id BLOB,
  scope_id BLOB NOT NULL,                             -- the tenant, or the workspace: never null, so it can stand in a unique key
  type TEXT NOT NULL,
  key_version INTEGER NOT NULL DEFAULT 1,
  identity_hash BLOB NOT NULL CHECK (length(identity_hash) = 32),
  status TEXT NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'running', 'completed')),
  outcome TEXT NOT NULL DEFAULT 'pending'
    CHECK (outcome IN ('pending', 'succeeded', 'partially_succeeded', 'failed', 'blocked', 'cancelled')),
  dedupe_open INTEGER NOT NULL DEFAULT 1 CHECK (dedupe_open IN (0, 1)),          -- from the start until the cooldown is over
  reuse_until INTEGER NOT NULL DEFAULT 9223372036854775807,
  cooldown INTEGER NOT NULL DEFAULT 0 CHECK (cooldown >= 0),
  fence INTEGER NOT NULL DEFAULT 0,
  claim_token BLOB,
  attempt INTEGER NOT NULL DEFAULT 0,
  max_attempts INTEGER NOT NULL DEFAULT 3,
  session_id INTEGER,
  mirrored INTEGER NOT NULL DEFAULT 0 CHECK (mirrored IN (0, 1)),            -- shown, never claimed
  priority INTEGER NOT NULL DEFAULT 2,
  not_before INTEGER NOT NULL,
  deadline_at INTEGER,
  cancel_requested_at INTEGER,
  rerun_requested INTEGER NOT NULL DEFAULT 0 CHECK (rerun_requested IN (0, 1)),
  rerun_of BLOB,
  initiator_kind TEXT NOT NULL DEFAULT 'system' CHECK (initiator_kind IN ('user', 'schedule', 'system')),
  initiator_id BLOB,
  initiator_name TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,
  started_at INTEGER,                             -- the first claim
  claimed_at INTEGER,                             -- this attempt
  completed_at INTEGER,
  reason_code TEXT,
  inputs TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(inputs)),                 -- what the identity hashes, for the worker
  summary_counts TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(summary_counts)),
  failure_summary TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(failure_summary)),
  context TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(context)),
  PRIMARY KEY (workspace_id, id),
  CHECK (scope_id = coalesce(tenant_id, workspace_id)),
  CHECK ((status = 'completed') = (outcome <> 'pending')),
  CHECK ((status = 'completed') = (completed_at IS NOT NULL)),
  CHECK (status = 'completed' OR (dedupe_open = 1 AND reuse_until = 9223372036854775807)),
  CHECK ((status = 'running' AND mirrored = 0) = (session_id IS NOT NULL)),
  CHECK ((initiator_kind = 'user') = (initiator_id IS NOT NULL))
) STRICT;
-- The only dedupe there is.
CREATE UNIQUE INDEX runs_open_uq ON operation_runs (workspace_id, scope_id, identity_hash) WHERE dedupe_open = 1;
CREATE INDEX runs_claim ON operation_runs (priority, not_before, id) WHERE status = 'queued' AND mirrored = 0;
CREATE INDEX runs_gated ON operation_runs (workspace_id, scope_id, priority, not_before, id) WHERE status = 'queued' AND mirrored = 0;
CREATE INDEX runs_running ON operation_runs (workspace_id, scope_id, session_id) WHERE status = 'running';
-- The lists hold completed runs only, so that a run enters each of them once, when it ends.
CREATE INDEX runs_active ON operation_runs (workspace_id, id) WHERE status <> 'completed';
CREATE INDEX runs_list ON operation_runs (workspace_id, scope_id, id) WHERE status = 'completed';
CREATE INDEX runs_type ON operation_runs (workspace_id, type, id) WHERE status = 'completed';
CREATE INDEX runs_user ON operation_runs (workspace_id, initiator_id, id) WHERE status = 'completed' AND initiator_id IS NOT NULL;
CREATE INDEX runs_outcome ON operation_runs (workspace_id, outcome, id) WHERE status = 'completed' AND outcome <> 'succeeded';
CREATE INDEX runs_code ON operation_runs (workspace_id, reason_code, id) WHERE status = 'completed' AND reason_code IS NOT NULL;
CREATE INDEX runs_prune ON operation_runs (completed_at) WHERE status = 'completed';
CREATE TABLE op_gates (
  workspace_id BLOB NOT NULL,
  scope_id BLOB NOT NULL,
  max_running INTEGER NOT NULL CHECK (max_running >= 0),
  last_served INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (workspace_id, scope_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE paused_kinds (
  workspace_id BLOB NOT NULL,
  type TEXT NOT NULL,
  paused_at INTEGER NOT NULL,
  paused_by BLOB,
  PRIMARY KEY (workspace_id, type)
) STRICT, WITHOUT ROWID;
-- Progress has a narrow row of its own: the wide one is rewritten three or four times in its life.
CREATE TABLE run_progress (
  workspace_id BLOB NOT NULL,
  run_id BLOB NOT NULL,
  fence INTEGER NOT NULL,
  counts TEXT NOT NULL CHECK (json_valid(counts)),
  phase TEXT,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (workspace_id, run_id)
) STRICT, WITHOUT ROWID;
-- Attempts that did not end the run; the last attempt is in the run's own row.
CREATE TABLE run_events (
  workspace_id BLOB NOT NULL,
  run_id BLOB NOT NULL,
  fence INTEGER NOT NULL,
  event TEXT NOT NULL,
  at INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  claimed_at INTEGER,
  reason_code TEXT,
  PRIMARY KEY (workspace_id, run_id, fence, event)
) STRICT, WITHOUT ROWID;
-- Idempotency-Key of the API: about transport only, not the identity.
CREATE TABLE start_keys (
  workspace_id BLOB NOT NULL,
  actor_id BLOB NOT NULL,
  key TEXT NOT NULL CHECK (length(key) BETWEEN 1 AND 200),
  request_hash BLOB NOT NULL,
  run_id BLOB,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (workspace_id, actor_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX start_keys_age ON start_keys (created_at);
-- One queued and one terminal notice per run, written in the transactions that start and end it.
CREATE TABLE notification_outbox (
  workspace_id BLOB NOT NULL,
  run_id BLOB NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('queued', 'terminal')),
  user_id BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  sent_at INTEGER,
  read_at INTEGER,
  PRIMARY KEY (workspace_id, run_id, kind)
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_unsent ON notification_outbox (created_at) WHERE sent_at IS NULL;
-- What hangs on a run goes with it; PostgreSQL's pruning statement does the same in its own text.
CREATE TRIGGER runs_gone AFTER DELETE ON operation_runs BEGIN
  DELETE FROM run_progress WHERE workspace_id = OLD.workspace_id AND run_id = OLD.id;
  DELETE FROM run_events WHERE workspace_id = OLD.workspace_id AND run_id = OLD.id;
  DELETE FROM notification_outbox WHERE workspace_id = OLD.workspace_id AND run_id = OLD.id;
END;
