-- Version 2.

-- Which quartermaster the file needs, so that an older one can tell whoever starts it.
CREATE TABLE program (needed TEXT NOT NULL);
INSERT INTO program VALUES ('');

-- What was counted of a team on a day; `day` is YYYY-MM-DD.
CREATE TABLE counts (
  team TEXT NOT NULL,
  day  TEXT NOT NULL,
  mark TEXT NOT NULL,
  n    INTEGER NOT NULL,
  PRIMARY KEY (team, day, mark)
) WITHOUT ROWID;

-- One row while new requests are paused.
CREATE TABLE pause (
  id   INTEGER PRIMARY KEY CHECK (id = 1),
  body TEXT NOT NULL
);

-- Who is away up to the end of a day, and who answers for them.
CREATE TABLE aways (
  person   TEXT PRIMARY KEY,
  delegate TEXT NOT NULL,
  until    TEXT NOT NULL
) WITHOUT ROWID;
