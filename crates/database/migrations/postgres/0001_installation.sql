-- What this database is, and the clock that the ledger judges by.
CREATE TABLE installation (
  id smallint PRIMARY KEY CHECK (id = 1),
  -- The oldest binary that may work on this schema; raised by a migration that contracts.
  min_binary text NOT NULL,
  created_at timestamptz NOT NULL
);
INSERT INTO installation (id, min_binary, created_at) VALUES (1, '0.1.0', clock_timestamp());

-- Leases, cooldowns and retention are judged by these two and by nothing else. Both are inlined by the
-- planner. Tests replace their bodies to move time; nothing in the product can.
CREATE FUNCTION ledger_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT clock_timestamp()';
CREATE FUNCTION ledger_statement_now() RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT statement_timestamp()';
