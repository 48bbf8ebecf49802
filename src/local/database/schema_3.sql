-- Version 3.

-- The format of what is stored beside it; an older program leaves alone what is of a higher one than it reads.
ALTER TABLE requests ADD COLUMN format INTEGER NOT NULL DEFAULT 1;
ALTER TABLE jobs ADD COLUMN format INTEGER NOT NULL DEFAULT 1;
ALTER TABLE pause ADD COLUMN format INTEGER NOT NULL DEFAULT 1;
ALTER TABLE homes ADD COLUMN format INTEGER NOT NULL DEFAULT 1;
ALTER TABLE aways ADD COLUMN format INTEGER NOT NULL DEFAULT 1;

-- The end of the portal's chain on the trail. A file with entries of an earlier version has none before the first entry of
-- this one.
CREATE TABLE portal_chain (
  id     INTEGER PRIMARY KEY CHECK (id = 1),
  seq    INTEGER NOT NULL,
  digest TEXT NOT NULL
);
INSERT INTO portal_chain SELECT 1, 0, '' WHERE NOT EXISTS (SELECT 1 FROM audit);
-- Whether it was ever there: then it does not begin anew where somebody has removed it.
ALTER TABLE program ADD COLUMN portal_chain_begun INTEGER NOT NULL DEFAULT 0;
UPDATE program SET portal_chain_begun = EXISTS (SELECT 1 FROM portal_chain);

-- How often somebody was refused the same since the first time, up to a moment.
CREATE TABLE refusals (
  key    TEXT PRIMARY KEY,
  until  INTEGER NOT NULL,
  again  INTEGER NOT NULL,
  body   TEXT NOT NULL,
  format INTEGER NOT NULL DEFAULT 1
) WITHOUT ROWID;
CREATE INDEX refusals_until ON refusals (until);

-- Who works on this file, and the highest format that they read.
CREATE TABLE bots (
  id      TEXT PRIMARY KEY,
  format  INTEGER NOT NULL,
  seen_at INTEGER NOT NULL
) WITHOUT ROWID;

-- Lists of all teams together.
CREATE INDEX requests_live ON requests (submitted_at) WHERE ended_at IS NULL;
CREATE INDEX requests_waiting ON requests (submitted_at) WHERE waits = 1;
CREATE INDEX requests_ended ON requests (ended_at) WHERE ended_at IS NOT NULL;
