-- Version 4.

-- When people could be heard last, in microseconds since 1970.
ALTER TABLE program ADD COLUMN heard_at INTEGER;
