-- What a start with a key was answered with, so that the same request sent again gets the same answer.
ALTER TABLE start_keys ADD COLUMN answer TEXT CHECK (answer IN ('created', 'active', 'cooling', 'not_dispatched'));
