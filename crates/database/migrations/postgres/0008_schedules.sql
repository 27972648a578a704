-- What is started by the clock, and links that sign somebody in to a demo.
CREATE TABLE schedules (
  workspace_id uuid NOT NULL REFERENCES workspaces (id),
  id uuid NOT NULL,
  tenant_id uuid,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  type text COLLATE "C" NOT NULL,
  inputs jsonb NOT NULL DEFAULT '{}',
  cadence jsonb NOT NULL,
  -- The system's own keep house; a person's can be changed and deleted.
  origin text COLLATE "C" NOT NULL CHECK (origin IN ('system', 'person')),
  -- The next time to fire; null when there is none any more.
  next_due_at timestamptz,
  -- What the clock said when that was computed: a clock that was set back since asks for it anew.
  computed_at timestamptz NOT NULL,
  paused_at timestamptz,
  created_at timestamptz NOT NULL,
  created_by uuid REFERENCES users (id),
  PRIMARY KEY (workspace_id, id),
  FOREIGN KEY (workspace_id, tenant_id) REFERENCES tenants (workspace_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX schedules_system ON schedules (workspace_id, type) WHERE origin = 'system';
CREATE INDEX schedules_due ON schedules (next_due_at) WHERE paused_at IS NULL;
CREATE INDEX schedules_computed ON schedules (computed_at) WHERE paused_at IS NULL;
-- One row per time that was fired: the key is what keeps two schedulers from firing it twice.
CREATE TABLE schedule_fires (
  workspace_id uuid NOT NULL,
  schedule_id uuid NOT NULL,
  due_at timestamptz NOT NULL,
  fired_at timestamptz NOT NULL,
  -- Times before this one that passed while nobody was there to fire them.
  missed integer NOT NULL DEFAULT 0 CHECK (missed >= 0),
  -- What came of it: a run of its own, one that stood for the work already, or a refusal with its reason.
  result text COLLATE "C" NOT NULL DEFAULT 'started' CHECK (result IN ('started', 'joined', 'refused')),
  run_id uuid,
  reason text NOT NULL DEFAULT '' CHECK (length(reason) <= 500),
  PRIMARY KEY (workspace_id, schedule_id, due_at),
  FOREIGN KEY (workspace_id, schedule_id) REFERENCES schedules (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX schedule_fires_run ON schedule_fires (workspace_id, run_id) WHERE run_id IS NOT NULL;
-- Pruning goes workspace by workspace, and asks whether another run repeats this one.
DROP INDEX runs_prune;
CREATE INDEX runs_prune ON operation_runs (workspace_id, completed_at) WHERE status = 'completed';
CREATE INDEX runs_rerun ON operation_runs (workspace_id, rerun_of) WHERE rerun_of IS NOT NULL;
-- A link that signs a person of the demo in, once. A demo makes it, and only where every tenant is simulated.
CREATE TABLE demo_links (
  token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
  user_id uuid NOT NULL REFERENCES users (id),
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);
