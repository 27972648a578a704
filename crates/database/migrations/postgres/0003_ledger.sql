-- The ledger of operation runs. The run row is its own queue entry; there is no second queue.
-- One heartbeat row per worker process; no index on the beat, so that beats are HOT updates.
CREATE TABLE worker_sessions (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  worker text NOT NULL,
  started_at timestamptz NOT NULL DEFAULT ledger_now(),
  expires_at timestamptz NOT NULL
) WITH (fillfactor = 50);
CREATE TABLE operation_runs (
  workspace_id uuid NOT NULL,
  id uuid NOT NULL,                                   -- UUIDv7 by the caller
  tenant_id uuid,
  scope_id uuid NOT NULL,                             -- the tenant, or the workspace: never null, so it can stand in a unique key
  type text COLLATE "C" NOT NULL,
  key_version smallint NOT NULL DEFAULT 1,
  identity_hash bytea NOT NULL CHECK (octet_length(identity_hash) = 32),
  status text NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'running', 'completed')),
  outcome text NOT NULL DEFAULT 'pending'
    CHECK (outcome IN ('pending', 'succeeded', 'partially_succeeded', 'failed', 'blocked', 'cancelled')),
  dedupe_open boolean NOT NULL DEFAULT true,          -- from the start until the cooldown is over
  reuse_until timestamptz NOT NULL DEFAULT 'infinity',
  cooldown interval NOT NULL DEFAULT '0' CHECK (cooldown >= interval '0'),
  fence bigint NOT NULL DEFAULT 0,
  claim_token uuid,
  attempt smallint NOT NULL DEFAULT 0,
  max_attempts smallint NOT NULL DEFAULT 3,
  session_id bigint,
  permit boolean NOT NULL DEFAULT false,              -- counted in op_gates.running
  mirrored boolean NOT NULL DEFAULT false,            -- shown, never claimed
  priority smallint NOT NULL DEFAULT 2,
  not_before timestamptz NOT NULL DEFAULT ledger_now(),
  deadline_at timestamptz,
  cancel_requested_at timestamptz,
  rerun_requested boolean NOT NULL DEFAULT false,
  rerun_of uuid,
  initiator_kind text NOT NULL DEFAULT 'system' CHECK (initiator_kind IN ('user', 'schedule', 'system')),
  initiator_id uuid,
  initiator_name text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL DEFAULT ledger_now(),
  started_at timestamptz,                             -- the first claim
  claimed_at timestamptz,                             -- this attempt
  completed_at timestamptz,
  reason_code text COLLATE "C",
  inputs jsonb NOT NULL DEFAULT '{}',                 -- what the identity hashes, for the worker
  summary_counts jsonb NOT NULL DEFAULT '{}',
  failure_summary jsonb NOT NULL DEFAULT '[]',
  context jsonb NOT NULL DEFAULT '{}',
  PRIMARY KEY (workspace_id, id),
  CHECK (scope_id = coalesce(tenant_id, workspace_id)),
  CHECK ((status = 'completed') = (outcome <> 'pending')),
  CHECK ((status = 'completed') = (completed_at IS NOT NULL)),
  CHECK (status = 'completed' OR (dedupe_open AND reuse_until = 'infinity')),
  CHECK ((status = 'running' AND NOT mirrored) = (session_id IS NOT NULL)),
  CHECK (NOT permit OR status = 'running'),
  CHECK ((initiator_kind = 'user') = (initiator_id IS NOT NULL))
) WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.02);
-- The only dedupe there is.
CREATE UNIQUE INDEX runs_open_uq ON operation_runs (workspace_id, scope_id, identity_hash) WHERE dedupe_open;
CREATE INDEX runs_claim ON operation_runs (priority, not_before, id) WHERE status = 'queued' AND NOT mirrored;
CREATE INDEX runs_gated ON operation_runs (workspace_id, scope_id, priority, not_before, id) WHERE status = 'queued' AND NOT mirrored;
CREATE INDEX runs_running ON operation_runs (session_id, workspace_id) WHERE status = 'running';
-- The lists hold completed runs only, so that a run enters each of them once, when it ends.
CREATE INDEX runs_active ON operation_runs (workspace_id, id) WHERE status <> 'completed';
CREATE INDEX runs_list ON operation_runs (workspace_id, scope_id, id) WHERE status = 'completed';
CREATE INDEX runs_type ON operation_runs (workspace_id, type, id) WHERE status = 'completed';
CREATE INDEX runs_user ON operation_runs (workspace_id, initiator_id, id) WHERE status = 'completed' AND initiator_id IS NOT NULL;
CREATE INDEX runs_outcome ON operation_runs (workspace_id, outcome, id) WHERE status = 'completed' AND outcome <> 'succeeded';
CREATE INDEX runs_code ON operation_runs (workspace_id, reason_code, id) WHERE status = 'completed' AND reason_code IS NOT NULL;
CREATE INDEX runs_prune ON operation_runs (completed_at) WHERE status = 'completed';
CREATE TABLE op_gates (
  workspace_id uuid NOT NULL,
  scope_id uuid NOT NULL,
  running integer NOT NULL DEFAULT 0 CHECK (running >= 0),
  max_running integer NOT NULL CHECK (max_running >= 0),
  last_served timestamptz NOT NULL DEFAULT ledger_now(),
  PRIMARY KEY (workspace_id, scope_id)
) WITH (fillfactor = 50);
CREATE TABLE paused_kinds (
  workspace_id uuid NOT NULL,
  type text COLLATE "C" NOT NULL,
  paused_at timestamptz NOT NULL DEFAULT ledger_now(),
  paused_by uuid,
  PRIMARY KEY (workspace_id, type)
);
-- Progress has a narrow row of its own: the wide one is rewritten three or four times in its life.
CREATE TABLE run_progress (
  workspace_id uuid NOT NULL,
  run_id uuid NOT NULL,
  fence bigint NOT NULL,
  counts jsonb NOT NULL,
  phase text,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (workspace_id, run_id)
) WITH (fillfactor = 50);
-- Attempts that did not end the run; the last attempt is in the run's own row.
CREATE TABLE run_events (
  workspace_id uuid NOT NULL,
  run_id uuid NOT NULL,
  fence bigint NOT NULL,
  event text COLLATE "C" NOT NULL,
  at timestamptz NOT NULL,
  attempt smallint NOT NULL,
  claimed_at timestamptz,
  reason_code text COLLATE "C",
  PRIMARY KEY (workspace_id, run_id, fence, event)
);
-- Idempotency-Key of the API: about transport only, not the identity.
CREATE TABLE start_keys (
  workspace_id uuid NOT NULL,
  actor_id uuid NOT NULL,
  key text COLLATE "C" NOT NULL CHECK (length(key) BETWEEN 1 AND 200),
  request_hash bytea NOT NULL,
  run_id uuid,
  created_at timestamptz NOT NULL DEFAULT ledger_now(),
  PRIMARY KEY (workspace_id, actor_id, key)
);
CREATE INDEX start_keys_age ON start_keys (created_at);
-- One queued and one terminal notice per run, written in the transactions that start and end it.
CREATE TABLE notification_outbox (
  workspace_id uuid NOT NULL,
  run_id uuid NOT NULL,
  kind text COLLATE "C" NOT NULL CHECK (kind IN ('queued', 'terminal')),
  user_id uuid NOT NULL,
  created_at timestamptz NOT NULL DEFAULT ledger_now(),
  sent_at timestamptz,
  read_at timestamptz,
  PRIMARY KEY (workspace_id, run_id, kind)
);
CREATE INDEX outbox_unsent ON notification_outbox (created_at) WHERE sent_at IS NULL;
