-- Who let a member in; memberships from before this was written down have none.
ALTER TABLE memberships ADD COLUMN added_by BLOB REFERENCES users (id);
