-- Lists of all teams together.
CREATE INDEX requests_live ON requests (submitted_at) WHERE ended_at IS NULL;
CREATE INDEX requests_waiting ON requests (submitted_at) WHERE waits = 1;
CREATE INDEX requests_ended ON requests (ended_at) WHERE ended_at IS NOT NULL;
