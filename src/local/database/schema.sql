-- Version 1. Points in time are whole microseconds since 1970; bodies are JSON; amounts are whole US cents a month.

-- The columns beside the body are what is searched for and summed up. `waits` is 1 while approvers can answer.
CREATE TABLE requests (
  id           TEXT PRIMARY KEY,
  revision     INTEGER NOT NULL,
  owner        TEXT NOT NULL,
  team         TEXT NOT NULL,
  product      TEXT NOT NULL,
  status       TEXT NOT NULL,
  waits        INTEGER NOT NULL,
  monthly      INTEGER,
  -- The first day of the month that AWS charged `billed` cents in.
  billed_in    TEXT,
  billed       INTEGER,
  submitted_at INTEGER NOT NULL,
  activated_at INTEGER,
  expires_at   INTEGER,
  ended_at     INTEGER,
  body         TEXT NOT NULL
);
CREATE INDEX requests_by_owner ON requests (owner, submitted_at);
CREATE INDEX requests_by_team ON requests (team, submitted_at);
CREATE INDEX requests_by_team_and_product ON requests (team, product, submitted_at);
CREATE INDEX requests_live_by_owner ON requests (owner, submitted_at) WHERE ended_at IS NULL;
CREATE INDEX requests_live_by_team ON requests (team, submitted_at) WHERE ended_at IS NULL;
CREATE INDEX requests_waiting_by_team ON requests (team, submitted_at) WHERE waits = 1;
CREATE INDEX requests_ended_by_owner ON requests (owner, ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX requests_ended_by_team ON requests (team, ended_at) WHERE ended_at IS NOT NULL;

-- Which requests a Slack message shows; a warning may show several.
CREATE TABLE messages (
  channel TEXT NOT NULL,
  ts      TEXT NOT NULL,
  request TEXT NOT NULL REFERENCES requests (id),
  PRIMARY KEY (channel, ts, request)
) WITHOUT ROWID;

-- Who has opened their home tab, and a digest of what it shows.
CREATE TABLE homes (
  person          TEXT PRIMARY KEY,
  first_opened_at INTEGER NOT NULL,
  opened_at       INTEGER NOT NULL,
  shows           TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX homes_opened ON homes (opened_at);

-- `n` is the order of commits. A refused submission has entries but no row, hence no foreign key.
CREATE TABLE audit (
  n       INTEGER PRIMARY KEY AUTOINCREMENT,
  request TEXT NOT NULL,
  seq     INTEGER NOT NULL,
  body    TEXT NOT NULL,
  UNIQUE (request, seq)
);

CREATE TABLE quota (
  team    TEXT NOT NULL,
  product TEXT NOT NULL,
  used    INTEGER NOT NULL CHECK (used >= 0),
  monthly INTEGER NOT NULL CHECK (monthly >= 0),
  PRIMARY KEY (team, product)
) WITHOUT ROWID;

-- `of` is a request, a person, or `-`. `claim` is 0 while nobody holds the job.
CREATE TABLE jobs (
  of         TEXT NOT NULL,
  name       TEXT NOT NULL,
  kind       TEXT NOT NULL,
  due_at     INTEGER NOT NULL,
  claim      INTEGER NOT NULL DEFAULT 0,
  attempts   INTEGER NOT NULL DEFAULT 0,
  parked     INTEGER NOT NULL DEFAULT 0,
  last_error TEXT,
  written_at INTEGER NOT NULL,
  PRIMARY KEY (of, name)
) WITHOUT ROWID;
CREATE INDEX jobs_due ON jobs (due_at) WHERE parked = 0;

-- Claim ids are never reused: a job that was deleted and written again must not accept an old claim.
CREATE TABLE claims (last INTEGER NOT NULL);
INSERT INTO claims VALUES (0);

CREATE TABLE once (
  key     TEXT PRIMARY KEY,
  request TEXT
) WITHOUT ROWID;

CREATE TABLE queue (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  visible_at INTEGER NOT NULL,
  body       TEXT NOT NULL
);
CREATE INDEX queue_visible ON queue (visible_at, id);

-- `token_hash` is the SHA-256 of the token that the current state waits for; NULL once the execution has ended.
CREATE TABLE executions (
  name       TEXT PRIMARY KEY,
  request    TEXT NOT NULL,
  state      TEXT NOT NULL,
  token_hash TEXT UNIQUE,
  expires_at INTEGER
) WITHOUT ROWID;
CREATE INDEX executions_expiring ON executions (expires_at) WHERE expires_at IS NOT NULL;

-- `obstacles` is what will keep a removal from succeeding, known since the provisioning.
CREATE TABLE records (
  id         TEXT PRIMARY KEY,
  request    TEXT NOT NULL,
  kind       TEXT NOT NULL,
  attempt    INTEGER NOT NULL,
  product    TEXT NOT NULL,
  resources  INTEGER NOT NULL,
  made       INTEGER NOT NULL,
  ends_at    INTEGER NOT NULL,
  outcome    TEXT NOT NULL,
  obstacles  TEXT NOT NULL,
  UNIQUE (request, kind, attempt)
) WITHOUT ROWID;
