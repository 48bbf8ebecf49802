-- Version 5. What is neither a row nor on the trail has an end, and what people look at is counted or in an index.

-- Until when a key is remembered; for ever where there is none. Those that begin what goes on by itself are for ever.
ALTER TABLE once ADD COLUMN until INTEGER;
UPDATE once SET until = (CAST(strftime('%s', 'now') AS INTEGER) + 172800) * 1000000
 WHERE key NOT IN ('reconcile', 'events', 'bill', 'teams') AND key NOT LIKE 'audit-channel:%';
CREATE INDEX once_until ON once (until) WHERE until IS NOT NULL;

-- When an execution has ended.
ALTER TABLE executions ADD COLUMN ended_at INTEGER;
UPDATE executions SET ended_at = CAST(strftime('%s', 'now') AS INTEGER) * 1000000 WHERE token_hash IS NULL;
CREATE INDEX executions_ended ON executions (ended_at) WHERE ended_at IS NOT NULL;

-- Of requests that ended up to then, nothing is kept but their rows and trails.
ALTER TABLE program ADD COLUMN forgotten_until INTEGER NOT NULL DEFAULT -9223372036854775808;
CREATE INDEX messages_of ON messages (request);

-- What was counted of a team on a day: one row, the marks and how often, as JSON.
CREATE TABLE counted (
  team  TEXT NOT NULL,
  day   TEXT NOT NULL,
  marks TEXT NOT NULL,
  PRIMARY KEY (team, day)
) WITHOUT ROWID;
INSERT INTO counted SELECT team, day, json_group_object(mark, n) FROM counts GROUP BY team, day;
DROP TABLE counts;
CREATE INDEX counted_day ON counted (day);

CREATE INDEX aways_until ON aways (until);
CREATE INDEX jobs_parked ON jobs (of, name) WHERE parked = 1;

-- Since when approvers are asked, of what waits for them.
ALTER TABLE requests ADD COLUMN asked_at INTEGER;
UPDATE requests SET asked_at = submitted_at WHERE waits = 1;
CREATE INDEX requests_waiting_by_team_longest ON requests (team, asked_at) WHERE waits = 1;
CREATE INDEX requests_waiting_longest ON requests (asked_at) WHERE waits = 1;
CREATE INDEX requests_waiting_by_product_longest ON requests (product, asked_at) WHERE waits = 1;
CREATE INDEX requests_waiting_by_team_and_product_longest ON requests (team, product, asked_at) WHERE waits = 1;
DROP INDEX requests_waiting_by_team;
DROP INDEX requests_waiting;

-- Whether it waits to be an exception.
ALTER TABLE requests ADD COLUMN excepted INTEGER NOT NULL DEFAULT 0;
UPDATE requests SET excepted = 1 WHERE ended_at IS NULL AND activated_at IS NULL
   AND CASE WHEN json_valid(body) THEN json_extract(body, '$.exception') END IS NOT NULL;
CREATE INDEX requests_excepted_by_team ON requests (team, submitted_at) WHERE excepted = 1;
CREATE INDEX requests_excepted ON requests (submitted_at) WHERE excepted = 1;

-- With the format, so that a page is found without a look at the rows before it.
DROP INDEX requests_live_by_owner;
DROP INDEX requests_live_by_team;
DROP INDEX requests_live;
DROP INDEX requests_ended_by_owner;
DROP INDEX requests_ended_by_team;
DROP INDEX requests_ended;
CREATE INDEX requests_live_by_owner ON requests (owner, submitted_at, format) WHERE ended_at IS NULL;
CREATE INDEX requests_live_by_team ON requests (team, submitted_at, format) WHERE ended_at IS NULL;
CREATE INDEX requests_live_by_team_and_product ON requests (team, product, submitted_at, format) WHERE ended_at IS NULL;
CREATE INDEX requests_live ON requests (submitted_at, format) WHERE ended_at IS NULL;
CREATE INDEX requests_ended_by_owner ON requests (owner, ended_at, format) WHERE ended_at IS NOT NULL;
CREATE INDEX requests_ended_by_team ON requests (team, ended_at, format) WHERE ended_at IS NOT NULL;
CREATE INDEX requests_ended_by_team_and_product ON requests (team, product, ended_at, format) WHERE ended_at IS NOT NULL;
CREATE INDEX requests_ended ON requests (ended_at, format) WHERE ended_at IS NOT NULL;

-- What people and teams hold, and what it costs, in US cents a month; `whose` is `owner:` or `team:` and the name. They change
-- with every change of a request, by the triggers below. `running` is of what is there now.
CREATE TABLE sums (
  whose    TEXT NOT NULL,
  product  TEXT NOT NULL,
  held     INTEGER NOT NULL,
  unpriced INTEGER NOT NULL,
  monthly  INTEGER NOT NULL,
  running  INTEGER NOT NULL,
  PRIMARY KEY (whose, product)
) WITHOUT ROWID;

-- Of a calendar month in UTC: `begun` is cents times seconds from its beginning to the moment at which something was there,
-- `ended` the same to the moment at which it was gone, `charged` what AWS has charged, and `charges` for how many.
CREATE TABLE sums_by_month (
  month   TEXT NOT NULL,
  whose   TEXT NOT NULL,
  product TEXT NOT NULL,
  begun   INTEGER NOT NULL,
  ended   INTEGER NOT NULL,
  charged INTEGER NOT NULL,
  charges INTEGER NOT NULL,
  PRIMARY KEY (month, whose, product)
) WITHOUT ROWID;

-- What is there and has a lease that ends on a day in UTC: how many, cents a month, and cents times seconds of that day.
CREATE TABLE sums_by_end (
  whose   TEXT NOT NULL,
  product TEXT NOT NULL,
  day     TEXT NOT NULL,
  held    INTEGER NOT NULL,
  monthly INTEGER NOT NULL,
  seconds INTEGER NOT NULL,
  PRIMARY KEY (whose, product, day)
) WITHOUT ROWID;

-- One request with a sign, to be added to all sums.
CREATE VIEW summed AS
  SELECT 1 AS sign, owner, team, product, monthly, activated_at, expires_at, ended_at, billed_in, billed FROM requests;
CREATE TRIGGER sum_up INSTEAD OF INSERT ON summed BEGIN
  INSERT INTO sums
    SELECT whose, NEW.product, NEW.sign, NEW.sign * (NEW.monthly IS NULL), NEW.sign * coalesce(NEW.monthly, 0),
           NEW.sign * (NEW.activated_at IS NOT NULL) * coalesce(NEW.monthly, 0)
      FROM (SELECT 'owner:' || NEW.owner AS whose UNION ALL SELECT 'team:' || NEW.team) WHERE NEW.ended_at IS NULL
    ON CONFLICT DO UPDATE SET held = held + excluded.held, unpriced = unpriced + excluded.unpriced,
                              monthly = monthly + excluded.monthly, running = running + excluded.running;
  DELETE FROM sums
   WHERE whose IN ('owner:' || NEW.owner, 'team:' || NEW.team) AND product = NEW.product AND held = 0;
  INSERT INTO sums_by_month
    SELECT coalesce(strftime('%Y-%m-01', NEW.activated_at / 1000000, 'unixepoch'), ''), whose, NEW.product,
           coalesce(NEW.sign * NEW.monthly * (NEW.activated_at / 1000000
             - CAST(strftime('%s', NEW.activated_at / 1000000, 'unixepoch', 'start of month') AS INTEGER)), 0), 0, 0, 0
      FROM (SELECT 'owner:' || NEW.owner AS whose UNION ALL SELECT 'team:' || NEW.team)
     WHERE NEW.activated_at IS NOT NULL AND NEW.monthly IS NOT NULL
    ON CONFLICT DO UPDATE SET begun = begun + excluded.begun;
  INSERT INTO sums_by_month
    SELECT coalesce(strftime('%Y-%m-01', NEW.ended_at / 1000000, 'unixepoch'), ''), whose, NEW.product,
           0, coalesce(NEW.sign * NEW.monthly * (NEW.ended_at / 1000000
             - CAST(strftime('%s', NEW.ended_at / 1000000, 'unixepoch', 'start of month') AS INTEGER)), 0), 0, 0
      FROM (SELECT 'owner:' || NEW.owner AS whose UNION ALL SELECT 'team:' || NEW.team)
     WHERE NEW.activated_at IS NOT NULL AND NEW.ended_at IS NOT NULL AND NEW.monthly IS NOT NULL
    ON CONFLICT DO UPDATE SET ended = ended + excluded.ended;
  INSERT INTO sums_by_month
    SELECT NEW.billed_in, whose, NEW.product, 0, 0, NEW.sign * NEW.billed, NEW.sign
      FROM (SELECT 'owner:' || NEW.owner AS whose UNION ALL SELECT 'team:' || NEW.team)
     WHERE NEW.billed_in IS NOT NULL AND NEW.billed IS NOT NULL
    ON CONFLICT DO UPDATE SET charged = charged + excluded.charged, charges = charges + excluded.charges;
  INSERT INTO sums_by_end
    SELECT whose, NEW.product, coalesce(strftime('%Y-%m-%d', NEW.expires_at / 1000000, 'unixepoch'), '9999-12-31'), NEW.sign,
           NEW.sign * NEW.monthly,
           coalesce(NEW.sign * NEW.monthly * (NEW.expires_at / 1000000
             - CAST(strftime('%s', NEW.expires_at / 1000000, 'unixepoch', 'start of day') AS INTEGER)), 0)
      FROM (SELECT 'owner:' || NEW.owner AS whose UNION ALL SELECT 'team:' || NEW.team)
     WHERE NEW.ended_at IS NULL AND NEW.activated_at IS NOT NULL AND NEW.expires_at IS NOT NULL AND NEW.monthly IS NOT NULL
    ON CONFLICT DO UPDATE SET held = held + excluded.held, monthly = monthly + excluded.monthly,
                              seconds = seconds + excluded.seconds;
  DELETE FROM sums_by_end
   WHERE whose IN ('owner:' || NEW.owner, 'team:' || NEW.team) AND product = NEW.product AND held = 0;
END;
CREATE TRIGGER requests_inserted AFTER INSERT ON requests BEGIN
  INSERT INTO summed VALUES (1, NEW.owner, NEW.team, NEW.product, NEW.monthly, NEW.activated_at, NEW.expires_at,
                             NEW.ended_at, NEW.billed_in, NEW.billed);
END;
CREATE TRIGGER requests_changed AFTER UPDATE ON requests
  WHEN (OLD.owner, OLD.team, OLD.product) <> (NEW.owner, NEW.team, NEW.product)
    OR OLD.monthly IS NOT NEW.monthly OR OLD.activated_at IS NOT NEW.activated_at
    OR OLD.expires_at IS NOT NEW.expires_at OR OLD.ended_at IS NOT NEW.ended_at
    OR OLD.billed_in IS NOT NEW.billed_in OR OLD.billed IS NOT NEW.billed
BEGIN
  INSERT INTO summed VALUES (-1, OLD.owner, OLD.team, OLD.product, OLD.monthly, OLD.activated_at, OLD.expires_at,
                             OLD.ended_at, OLD.billed_in, OLD.billed);
  INSERT INTO summed VALUES (1, NEW.owner, NEW.team, NEW.product, NEW.monthly, NEW.activated_at, NEW.expires_at,
                             NEW.ended_at, NEW.billed_in, NEW.billed);
END;
INSERT INTO summed
  SELECT 1, owner, team, product, monthly, activated_at, expires_at, ended_at, billed_in, billed FROM requests;
