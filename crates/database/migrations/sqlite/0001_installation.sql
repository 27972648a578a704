-- What this database is. The ledger's clock is the machine's, read after the write lock was taken.
CREATE TABLE installation (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  -- The oldest binary that may work on this schema; raised by a migration that contracts.
  min_binary TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
INSERT INTO installation (id, min_binary, created_at) VALUES (1, '0.1.0', CAST(unixepoch('subsec') * 1000000 AS INTEGER));
PRAGMA application_id = 1413575788;
