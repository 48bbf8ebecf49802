-- Left by quartermaster 0.3.0 in the middle of its work, with tables of version 4: the file of version 3 as that program takes
-- it over. Never to be changed: it stands for the files that people have.
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE audit (
  n       INTEGER PRIMARY KEY AUTOINCREMENT,
  request TEXT NOT NULL,
  seq     INTEGER NOT NULL,
  body    TEXT NOT NULL,
  UNIQUE (request, seq)
);
INSERT INTO "audit" VALUES(1,'54f8c031-0c4f-4e5c-96de-9ec84c13be34',1,'{"at":"2026-11-23T09:00:00Z","request":"54f8c031-0c4f-4e5c-96de-9ec84c13be34","seq":1,"event":"submitted","actor":"U0ALICE","team":"payments","product":"s3-bucket","status":"APPROVED","detail":"auto-approved: this product needs no approval [form]","prev":"","digest":"35e5390a89b3481c59e0cad783858178f7379be00b036e3250b76a27b444c14f"}');
INSERT INTO "audit" VALUES(2,'54f8c031-0c4f-4e5c-96de-9ec84c13be34',2,'{"at":"2026-11-23T09:00:00Z","request":"54f8c031-0c4f-4e5c-96de-9ec84c13be34","seq":2,"event":"provisioning","actor":"workflow","team":"payments","product":"s3-bucket","status":"PROVISIONING","detail":"","prev":"35e5390a89b3481c59e0cad783858178f7379be00b036e3250b76a27b444c14f","digest":"384c4fc87e1adabd5bae72cb74b0da9c34995f926adc884c31ed67f3f9e6c54d"}');
INSERT INTO "audit" VALUES(3,'54f8c031-0c4f-4e5c-96de-9ec84c13be34',3,'{"at":"2026-11-23T09:00:00Z","request":"54f8c031-0c4f-4e5c-96de-9ec84c13be34","seq":3,"event":"active","actor":"provisioner","team":"payments","product":"s3-bucket","status":"ACTIVE","detail":"","prev":"384c4fc87e1adabd5bae72cb74b0da9c34995f926adc884c31ed67f3f9e6c54d","digest":"57dd9a0ae2e25e5cbb8710be612fb6a9fbb92f6c582d0be832927cdc5c62feb6"}');
INSERT INTO "audit" VALUES(4,'54f8c031-0c4f-4e5c-96de-9ec84c13be34',4,'{"at":"2026-12-23T09:00:00Z","request":"54f8c031-0c4f-4e5c-96de-9ec84c13be34","seq":4,"event":"warned","actor":"clock","team":"payments","product":"s3-bucket","status":"ACTIVE","detail":"ends 2026-12-30T09:00:00Z","prev":"57dd9a0ae2e25e5cbb8710be612fb6a9fbb92f6c582d0be832927cdc5c62feb6","digest":"91fc57329cbcdae7a3073047feef840783c8f46980d15806587a39cc90140eee"}');
INSERT INTO "audit" VALUES(5,'54f8c031-0c4f-4e5c-96de-9ec84c13be34',5,'{"at":"2026-12-23T09:00:00Z","request":"54f8c031-0c4f-4e5c-96de-9ec84c13be34","seq":5,"event":"renewed","actor":"U0ALICE","team":"payments","product":"s3-bucket","status":"ACTIVE","detail":"by 30d, ends 2027-01-29T09:00:00Z [command]","prev":"91fc57329cbcdae7a3073047feef840783c8f46980d15806587a39cc90140eee","digest":"fb207e3c64478d57f5298998d1e378a17208b9117142ee7f07ab5f938c6937f2"}');
INSERT INTO "audit" VALUES(6,'4f75b359-b668-4703-96fb-5dda8fdc35f0',1,'{"at":"2027-01-21T09:00:00Z","request":"4f75b359-b668-4703-96fb-5dda8fdc35f0","seq":1,"event":"submitted","actor":"U0BOB","team":"search","product":"s3-bucket","status":"APPROVED","detail":"auto-approved: this product needs no approval [form]","prev":"","digest":"17d194c361ad97aafb69c9399003d5108f73c1d81ff6e470ab8722d0ca84ed73"}');
INSERT INTO "audit" VALUES(7,'4f75b359-b668-4703-96fb-5dda8fdc35f0',2,'{"at":"2027-01-21T09:00:00Z","request":"4f75b359-b668-4703-96fb-5dda8fdc35f0","seq":2,"event":"provisioning","actor":"workflow","team":"search","product":"s3-bucket","status":"PROVISIONING","detail":"","prev":"17d194c361ad97aafb69c9399003d5108f73c1d81ff6e470ab8722d0ca84ed73","digest":"704a8cd5d5357a5d338ddf1b4972a1e018f94b14c21a479e76a7f8d6b3b6d676"}');
INSERT INTO "audit" VALUES(8,'4f75b359-b668-4703-96fb-5dda8fdc35f0',3,'{"at":"2027-01-21T09:00:00Z","request":"4f75b359-b668-4703-96fb-5dda8fdc35f0","seq":3,"event":"active","actor":"provisioner","team":"search","product":"s3-bucket","status":"ACTIVE","detail":"","prev":"704a8cd5d5357a5d338ddf1b4972a1e018f94b14c21a479e76a7f8d6b3b6d676","digest":"eccca5d4c26366d0b0c8118e846671b845057632b009d982b77a3f0e5b41f41f"}');
INSERT INTO "audit" VALUES(9,'c0f332d4-130e-4dbb-9598-6e1cb6289883',1,'{"at":"2027-01-21T09:00:00.001Z","request":"c0f332d4-130e-4dbb-9598-6e1cb6289883","seq":1,"event":"submitted","actor":"U0ALICE","team":"payments","product":"rds-postgres","status":"PENDING","detail":"1 approval needed [form]","prev":"","digest":"452d29f9853ca141f2f541afaa18cea7629fbfeca7046260f83960a098957766"}');
INSERT INTO "audit" VALUES(10,'c0f332d4-130e-4dbb-9598-6e1cb6289883',2,'{"at":"2027-01-21T09:00:00.001Z","request":"c0f332d4-130e-4dbb-9598-6e1cb6289883","seq":2,"event":"approval requested","actor":"workflow","team":"payments","product":"rds-postgres","status":"AWAITING_APPROVAL","detail":"","prev":"452d29f9853ca141f2f541afaa18cea7629fbfeca7046260f83960a098957766","digest":"eb0984a22406f60eaac5a1a503af7dbbfa7efa1f12966fbb565d19abf463cd42"}');
INSERT INTO "audit" VALUES(11,'c0f332d4-130e-4dbb-9598-6e1cb6289883',3,'{"at":"2027-01-21T09:00:00.001Z","request":"c0f332d4-130e-4dbb-9598-6e1cb6289883","seq":3,"event":"cancelled","actor":"U0ALICE","team":"payments","product":"rds-postgres","status":"CANCELLED","detail":"[command]","prev":"eb0984a22406f60eaac5a1a503af7dbbfa7efa1f12966fbb565d19abf463cd42","digest":"a59ae8107f233374060156eb0748d1b1718675ec6f8f251f320adc0f2f83dd66"}');
INSERT INTO "audit" VALUES(12,'0b4de485-4656-4ddb-8851-5d813bc7380a',1,'{"at":"2027-01-21T09:00:00.002Z","request":"0b4de485-4656-4ddb-8851-5d813bc7380a","seq":1,"event":"submitted","actor":"U0ALICE","team":"payments","product":"rds-postgres","status":"PENDING","detail":"1 approval needed [form]","prev":"","digest":"f44fb904cf965fa71714c631c39ee07b4b509f18377711d80efd36ebacea4b14"}');
INSERT INTO "audit" VALUES(13,'0b4de485-4656-4ddb-8851-5d813bc7380a',2,'{"at":"2027-01-21T09:00:00.002Z","request":"0b4de485-4656-4ddb-8851-5d813bc7380a","seq":2,"event":"approval requested","actor":"workflow","team":"payments","product":"rds-postgres","status":"AWAITING_APPROVAL","detail":"","prev":"f44fb904cf965fa71714c631c39ee07b4b509f18377711d80efd36ebacea4b14","digest":"7d018d5bfa642a8fe41795848c1d45a031c3949a7699cfbd4ac0efc7b3973f51"}');
INSERT INTO "audit" VALUES(14,'0b4de485-4656-4ddb-8851-5d813bc7380a',3,'{"at":"2027-01-21T09:00:00.002Z","request":"0b4de485-4656-4ddb-8851-5d813bc7380a","seq":3,"event":"approved","actor":"U0MORGAN","team":"payments","product":"rds-postgres","status":"APPROVED","detail":"[button in C0PAYMENTS]","prev":"7d018d5bfa642a8fe41795848c1d45a031c3949a7699cfbd4ac0efc7b3973f51","digest":"5a0d1d4b197a199f6d73f354407d630ac7a94deda5cc80e8f232f13dfde3a0b6"}');
INSERT INTO "audit" VALUES(15,'0b4de485-4656-4ddb-8851-5d813bc7380a',4,'{"at":"2027-01-21T09:00:00.002Z","request":"0b4de485-4656-4ddb-8851-5d813bc7380a","seq":4,"event":"provisioning","actor":"workflow","team":"payments","product":"rds-postgres","status":"PROVISIONING","detail":"","prev":"5a0d1d4b197a199f6d73f354407d630ac7a94deda5cc80e8f232f13dfde3a0b6","digest":"157ecc440a061573180369c07200f7a2c12f0806bd7147acec684bb3cd6c11e3"}');
INSERT INTO "audit" VALUES(16,'0b4de485-4656-4ddb-8851-5d813bc7380a',5,'{"at":"2027-01-21T09:00:00.002Z","request":"0b4de485-4656-4ddb-8851-5d813bc7380a","seq":5,"event":"active","actor":"provisioner","team":"payments","product":"rds-postgres","status":"ACTIVE","detail":"","prev":"157ecc440a061573180369c07200f7a2c12f0806bd7147acec684bb3cd6c11e3","digest":"58977b28b028dfd46355eb5eaf4d7356926348a85a1d15830bece2455241da01"}');
INSERT INTO "audit" VALUES(17,'54f8c031-0c4f-4e5c-96de-9ec84c13be34',6,'{"at":"2027-01-22T09:00:00.002Z","request":"54f8c031-0c4f-4e5c-96de-9ec84c13be34","seq":6,"event":"warned","actor":"clock","team":"payments","product":"s3-bucket","status":"ACTIVE","detail":"ends 2027-01-29T09:00:00Z","prev":"fb207e3c64478d57f5298998d1e378a17208b9117142ee7f07ab5f938c6937f2","digest":"09e1ef9244f5b5319acc4d5b8601c04800e9cf90b314826b91c0ea5e7a9d79a5"}');
INSERT INTO "audit" VALUES(18,'54f8c031-0c4f-4e5c-96de-9ec84c13be34',7,'{"at":"2027-01-22T09:00:00.002Z","request":"54f8c031-0c4f-4e5c-96de-9ec84c13be34","seq":7,"event":"renewal requested","actor":"U0ALICE","team":"payments","product":"s3-bucket","status":"ACTIVE","detail":"by 30d, 1 needed [command]","prev":"09e1ef9244f5b5319acc4d5b8601c04800e9cf90b314826b91c0ea5e7a9d79a5","digest":"f943e41f41164475edac43a07289045f26afe2018245d02feb62fe22ce780d63"}');
INSERT INTO "audit" VALUES(19,'0b4de485-4656-4ddb-8851-5d813bc7380a',6,'{"at":"2027-01-22T09:00:00.002Z","request":"0b4de485-4656-4ddb-8851-5d813bc7380a","seq":6,"event":"change requested","actor":"U0ALICE","team":"payments","product":"rds-postgres","status":"ACTIVE","detail":"InstanceSize small -> medium; 1 needed [form]","prev":"58977b28b028dfd46355eb5eaf4d7356926348a85a1d15830bece2455241da01","digest":"cdd5cf12b9e23a6414832b80089511a514663ed03f2272b43b41d8c622e6caf6"}');
INSERT INTO "audit" VALUES(20,'a46d444e-ec6e-4c39-bf95-12336d0c8a1d',1,'{"at":"2027-01-22T09:00:00.003Z","request":"a46d444e-ec6e-4c39-bf95-12336d0c8a1d","seq":1,"event":"submitted","actor":"U0ALICE","team":"payments","product":"rds-postgres","status":"PENDING","detail":"1 approval needed [form]","prev":"","digest":"8c3a250794982d8dbb0a20e65c146da9c34ab1253baac782ae96c250b680e143"}');
INSERT INTO "audit" VALUES(21,'a46d444e-ec6e-4c39-bf95-12336d0c8a1d',2,'{"at":"2027-01-22T09:00:00.003Z","request":"a46d444e-ec6e-4c39-bf95-12336d0c8a1d","seq":2,"event":"approval requested","actor":"workflow","team":"payments","product":"rds-postgres","status":"AWAITING_APPROVAL","detail":"","prev":"8c3a250794982d8dbb0a20e65c146da9c34ab1253baac782ae96c250b680e143","digest":"10d48f4f356705606e92afede4052506223db0b56bebad17330cc3c54892446e"}');
INSERT INTO "audit" VALUES(22,'00000000-0000-0000-0000-000000000000',1,'{"at":"2027-01-22T09:00:00.003Z","request":"00000000-0000-0000-0000-000000000000","seq":1,"event":"paused","actor":"U0ADMIN","team":"-","product":"-","status":"-","detail":"moving house [command]","prev":"","digest":"199a98a39eb13bb39ba00d7930c246cfb6d566ff0a957b0013adac8e67fa122c"}');
INSERT INTO "audit" VALUES(23,'00000000-0000-0000-0000-000000000000',2,'{"at":"2027-01-22T09:00:00.003Z","request":"00000000-0000-0000-0000-000000000000","seq":2,"event":"resumed","actor":"U0ADMIN","team":"-","product":"-","status":"-","detail":"paused since 2027-01-22T09:00:00Z by U0ADMIN [command]","prev":"199a98a39eb13bb39ba00d7930c246cfb6d566ff0a957b0013adac8e67fa122c","digest":"a91738f0fde381d27b246e63387563d5ad346348cb10ddac7d3619590af1b7e6"}');
CREATE TABLE aways (
  person   TEXT PRIMARY KEY,
  delegate TEXT NOT NULL,
  until    TEXT NOT NULL
, format INTEGER NOT NULL DEFAULT 1) WITHOUT ROWID;
CREATE TABLE bots (
  id      TEXT PRIMARY KEY,
  format  INTEGER NOT NULL,
  seen_at INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO "bots" VALUES('4e318f10-8a37-4881-8032-ffcbc3c84dbd',1,1800608400002000);
CREATE TABLE claims (last INTEGER NOT NULL);
INSERT INTO "claims" VALUES(84);
CREATE TABLE counts (
  team TEXT NOT NULL,
  day  TEXT NOT NULL,
  mark TEXT NOT NULL,
  n    INTEGER NOT NULL,
  PRIMARY KEY (team, day, mark)
) WITHOUT ROWID;
INSERT INTO "counts" VALUES('payments','2026-11-23','auto',1);
INSERT INTO "counts" VALUES('payments','2026-11-23','ready',1);
INSERT INTO "counts" VALUES('payments','2026-11-23','ready_0',1);
INSERT INTO "counts" VALUES('payments','2026-11-23','submitted',1);
INSERT INTO "counts" VALUES('payments','2026-12-23','renewed',1);
INSERT INTO "counts" VALUES('payments','2027-01-21','approved',1);
INSERT INTO "counts" VALUES('payments','2027-01-21','approved_0',1);
INSERT INTO "counts" VALUES('payments','2027-01-21','cancelled',1);
INSERT INTO "counts" VALUES('payments','2027-01-21','ready',1);
INSERT INTO "counts" VALUES('payments','2027-01-21','ready_0',1);
INSERT INTO "counts" VALUES('payments','2027-01-21','submitted',2);
INSERT INTO "counts" VALUES('payments','2027-01-22','submitted',1);
INSERT INTO "counts" VALUES('search','2027-01-21','auto',1);
INSERT INTO "counts" VALUES('search','2027-01-21','ready',1);
INSERT INTO "counts" VALUES('search','2027-01-21','ready_0',1);
INSERT INTO "counts" VALUES('search','2027-01-21','submitted',1);
CREATE TABLE executions (
  name       TEXT PRIMARY KEY,
  request    TEXT NOT NULL,
  state      TEXT NOT NULL,
  token_hash TEXT UNIQUE,
  expires_at INTEGER
) WITHOUT ROWID;
INSERT INTO "executions" VALUES('0b4de485-4656-4ddb-8851-5d813bc7380a-1','0b4de485-4656-4ddb-8851-5d813bc7380a','UpdateStatus',NULL,NULL);
INSERT INTO "executions" VALUES('4f75b359-b668-4703-96fb-5dda8fdc35f0-1','4f75b359-b668-4703-96fb-5dda8fdc35f0','UpdateStatus',NULL,NULL);
INSERT INTO "executions" VALUES('54f8c031-0c4f-4e5c-96de-9ec84c13be34-1','54f8c031-0c4f-4e5c-96de-9ec84c13be34','UpdateStatus',NULL,NULL);
INSERT INTO "executions" VALUES('a46d444e-ec6e-4c39-bf95-12336d0c8a1d-1','a46d444e-ec6e-4c39-bf95-12336d0c8a1d','RequestApproval','14af5ec9a704a0ba8cebbb4b3cdc7cffd301931585a4c699d42a1ac5d728ed9b',1800698400003000);
INSERT INTO "executions" VALUES('c0f332d4-130e-4dbb-9598-6e1cb6289883-1','c0f332d4-130e-4dbb-9598-6e1cb6289883','RequestCancelled',NULL,NULL);
CREATE TABLE homes (
  person          TEXT PRIMARY KEY,
  first_opened_at INTEGER NOT NULL,
  opened_at       INTEGER NOT NULL,
  shows           TEXT NOT NULL
, format INTEGER NOT NULL DEFAULT 1) WITHOUT ROWID;
INSERT INTO "homes" VALUES('U0MORGAN',1800608400003000,1800608400003000,'',1);
CREATE TABLE jobs (
  of         TEXT NOT NULL,
  name       TEXT NOT NULL,
  kind       TEXT NOT NULL,
  due_at     INTEGER NOT NULL,
  claim      INTEGER NOT NULL DEFAULT 0,
  attempts   INTEGER NOT NULL DEFAULT 0,
  parked     INTEGER NOT NULL DEFAULT 0,
  last_error TEXT,
  written_at INTEGER NOT NULL, format INTEGER NOT NULL DEFAULT 1,
  PRIMARY KEY (of, name)
) WITHOUT ROWID;
INSERT INTO "jobs" VALUES('-','bill','"ReadBill"',1800694800002000,0,0,0,NULL,1800694800002000,1);
INSERT INTO "jobs" VALUES('-','reconcile','{"Reconcile":{"told":[]}}',1800630000002000,0,0,0,NULL,1800630000002000,1);
INSERT INTO "jobs" VALUES('-','teams','{"Teams":{"begun":[],"gone":[],"news":[]}}',1800608460002000,0,0,0,NULL,1800608460002000,1);
INSERT INTO "jobs" VALUES('0b4de485-4656-4ddb-8851-5d813bc7380a','change-deadline','"ChangeDeadline"',1800694800002000,0,0,0,NULL,1800694800002000,1);
INSERT INTO "jobs" VALUES('0b4de485-4656-4ddb-8851-5d813bc7380a','homes','"FindHomes"',1800608402002000,0,0,0,NULL,1800608402002000,1);
INSERT INTO "jobs" VALUES('0b4de485-4656-4ddb-8851-5d813bc7380a','lease','"Lease"',1803114000002000,0,0,0,NULL,1803114000002000,1);
INSERT INTO "jobs" VALUES('0b4de485-4656-4ddb-8851-5d813bc7380a','prompt:escalation','{"Prompt":{"prompt":"Escalation","epoch":2}}',1800651600002000,0,0,0,NULL,1800651600002000,1);
INSERT INTO "jobs" VALUES('0b4de485-4656-4ddb-8851-5d813bc7380a','prompt:reminder','{"Prompt":{"prompt":"Reminder","epoch":2}}',1800622800002000,0,0,0,NULL,1800622800002000,1);
INSERT INTO "jobs" VALUES('4f75b359-b668-4703-96fb-5dda8fdc35f0','lease','"Lease"',1803114000000000,0,0,0,NULL,1803114000000000,1);
INSERT INTO "jobs" VALUES('54f8c031-0c4f-4e5c-96de-9ec84c13be34','homes','"FindHomes"',1800608402002000,0,0,0,NULL,1800608402002000,1);
INSERT INTO "jobs" VALUES('54f8c031-0c4f-4e5c-96de-9ec84c13be34','lease','"Lease"',1801126800002000,0,0,0,NULL,1801126800002000,1);
INSERT INTO "jobs" VALUES('54f8c031-0c4f-4e5c-96de-9ec84c13be34','prompt:escalation','{"Prompt":{"prompt":"Escalation","epoch":3}}',1800651600002000,0,0,0,NULL,1800651600002000,1);
INSERT INTO "jobs" VALUES('54f8c031-0c4f-4e5c-96de-9ec84c13be34','prompt:reminder','{"Prompt":{"prompt":"Reminder","epoch":3}}',1800622800002000,0,0,0,NULL,1800622800002000,1);
INSERT INTO "jobs" VALUES('54f8c031-0c4f-4e5c-96de-9ec84c13be34','renewal-deadline','"RenewalDeadline"',1800694800002000,0,0,0,NULL,1800694800002000,1);
INSERT INTO "jobs" VALUES('U0MORGAN','show:home','"Home"',1800608520003000,0,0,1,'Slack refused the call: invalid_blocks',1800608400003000,1);
INSERT INTO "jobs" VALUES('a46d444e-ec6e-4c39-bf95-12336d0c8a1d','deadline','"ApprovalDeadline"',1800694800003000,0,0,0,NULL,1800694800003000,1);
INSERT INTO "jobs" VALUES('a46d444e-ec6e-4c39-bf95-12336d0c8a1d','homes','"FindHomes"',1800608402003000,0,0,0,NULL,1800608402003000,1);
INSERT INTO "jobs" VALUES('a46d444e-ec6e-4c39-bf95-12336d0c8a1d','prompt:escalation','{"Prompt":{"prompt":"Escalation","epoch":1}}',1800651600003000,0,0,0,NULL,1800651600003000,1);
INSERT INTO "jobs" VALUES('a46d444e-ec6e-4c39-bf95-12336d0c8a1d','prompt:reminder','{"Prompt":{"prompt":"Reminder","epoch":1}}',1800622800003000,0,0,0,NULL,1800622800003000,1);
CREATE TABLE messages (
  channel TEXT NOT NULL,
  ts      TEXT NOT NULL,
  request TEXT NOT NULL REFERENCES requests (id),
  PRIMARY KEY (channel, ts, request)
) WITHOUT ROWID;
INSERT INTO "messages" VALUES('C0PAYMENTS','1800522000.001002','c0f332d4-130e-4dbb-9598-6e1cb6289883');
INSERT INTO "messages" VALUES('C0PAYMENTS','1800522000.002002','0b4de485-4656-4ddb-8851-5d813bc7380a');
INSERT INTO "messages" VALUES('C0PAYMENTS','1800522000.002008','0b4de485-4656-4ddb-8851-5d813bc7380a');
INSERT INTO "messages" VALUES('C0PAYMENTS','1800608400.002005','54f8c031-0c4f-4e5c-96de-9ec84c13be34');
INSERT INTO "messages" VALUES('C0PAYMENTS','1800608400.002009','0b4de485-4656-4ddb-8851-5d813bc7380a');
INSERT INTO "messages" VALUES('C0PAYMENTS','1800608400.003002','a46d444e-ec6e-4c39-bf95-12336d0c8a1d');
INSERT INTO "messages" VALUES('D0ALICE','1795424400.000004','54f8c031-0c4f-4e5c-96de-9ec84c13be34');
INSERT INTO "messages" VALUES('D0ALICE','1795424400.000007','54f8c031-0c4f-4e5c-96de-9ec84c13be34');
INSERT INTO "messages" VALUES('D0ALICE','1798016400.000000','54f8c031-0c4f-4e5c-96de-9ec84c13be34');
INSERT INTO "messages" VALUES('D0ALICE','1800522000.001001','c0f332d4-130e-4dbb-9598-6e1cb6289883');
INSERT INTO "messages" VALUES('D0ALICE','1800522000.002001','0b4de485-4656-4ddb-8851-5d813bc7380a');
INSERT INTO "messages" VALUES('D0ALICE','1800522000.002009','0b4de485-4656-4ddb-8851-5d813bc7380a');
INSERT INTO "messages" VALUES('D0ALICE','1800522000.002016','0b4de485-4656-4ddb-8851-5d813bc7380a');
INSERT INTO "messages" VALUES('D0ALICE','1800608400.002000','54f8c031-0c4f-4e5c-96de-9ec84c13be34');
INSERT INTO "messages" VALUES('D0ALICE','1800608400.003001','a46d444e-ec6e-4c39-bf95-12336d0c8a1d');
INSERT INTO "messages" VALUES('D0BOB','1800522000.000004','4f75b359-b668-4703-96fb-5dda8fdc35f0');
INSERT INTO "messages" VALUES('D0BOB','1800522000.000007','4f75b359-b668-4703-96fb-5dda8fdc35f0');
CREATE TABLE once (
  key     TEXT PRIMARY KEY,
  request TEXT
) WITHOUT ROWID;
INSERT INTO "once" VALUES('bill',NULL);
INSERT INTO "once" VALUES('click:1800522000.002005.118','0b4de485-4656-4ddb-8851-5d813bc7380a');
INSERT INTO "once" VALUES('command:1798016400.000002.34','54f8c031-0c4f-4e5c-96de-9ec84c13be34');
INSERT INTO "once" VALUES('command:1800522000.001004.89','c0f332d4-130e-4dbb-9598-6e1cb6289883');
INSERT INTO "once" VALUES('command:1800608400.002002.155','54f8c031-0c4f-4e5c-96de-9ec84c13be34');
INSERT INTO "once" VALUES('command:1800608400.003004.208',NULL);
INSERT INTO "once" VALUES('command:1800608400.003006.210',NULL);
INSERT INTO "once" VALUES('reconcile',NULL);
INSERT INTO "once" VALUES('teams',NULL);
INSERT INTO "once" VALUES('view:V0000002','54f8c031-0c4f-4e5c-96de-9ec84c13be34');
INSERT INTO "once" VALUES('view:V0000041','4f75b359-b668-4703-96fb-5dda8fdc35f0');
INSERT INTO "once" VALUES('view:V0000070','c0f332d4-130e-4dbb-9598-6e1cb6289883');
INSERT INTO "once" VALUES('view:V0000099','0b4de485-4656-4ddb-8851-5d813bc7380a');
INSERT INTO "once" VALUES('view:V0000167','0b4de485-4656-4ddb-8851-5d813bc7380a');
INSERT INTO "once" VALUES('view:V0000188','a46d444e-ec6e-4c39-bf95-12336d0c8a1d');
CREATE TABLE pause (
  id   INTEGER PRIMARY KEY CHECK (id = 1),
  body TEXT NOT NULL
, format INTEGER NOT NULL DEFAULT 1);
CREATE TABLE portal_chain (
  id     INTEGER PRIMARY KEY CHECK (id = 1),
  seq    INTEGER NOT NULL,
  digest TEXT NOT NULL
);
INSERT INTO "portal_chain" VALUES(1,2,'a91738f0fde381d27b246e63387563d5ad346348cb10ddac7d3619590af1b7e6');
CREATE TABLE program (needed TEXT NOT NULL, portal_chain_begun INTEGER NOT NULL DEFAULT 0, heard_at INTEGER);
INSERT INTO "program" VALUES('0.3.0',1,1800608400004000);
CREATE TABLE queue (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  visible_at INTEGER NOT NULL,
  body       TEXT NOT NULL
);
CREATE TABLE quota (
  team    TEXT NOT NULL,
  product TEXT NOT NULL,
  used    INTEGER NOT NULL CHECK (used >= 0),
  monthly INTEGER NOT NULL CHECK (monthly >= 0),
  PRIMARY KEY (team, product)
) WITHOUT ROWID;
INSERT INTO "quota" VALUES('payments','rds-postgres',2,4164);
INSERT INTO "quota" VALUES('payments','s3-bucket',1,215);
INSERT INTO "quota" VALUES('search','s3-bucket',1,215);
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
INSERT INTO "records" VALUES('rec-a307374951df0','0b4de485-4656-4ddb-8851-5d813bc7380a','PROVISION_PRODUCT',1,'pp-d209857c71ebe',8,8,1800522000002000,'{"Succeeded":{"outputs":[["Endpoint","Host name to connect to, with TLS.","pg-payments-dev-d5165af5.e1cb51726586.us-east-1.rds.amazonaws.com"],["Port","Port to connect to.","5432"],["DatabaseName","Name of the database.","orders"],["ConnectionUrl","How to connect. The password is in the secret below, it changes every seven days.","postgresql://dbadmin@pg-payments-dev-d5165af5.e1cb51726586.us-east-1.rds.amazonaws.com:5432/orders?sslmode=require"],["PasswordSecretArn","Secrets Manager secret with the user name and password. Its value is never shown here.","arn:aws:secretsmanager:us-east-1:123456789012:secret:rds!db-e1cb5172-6586-43e0-8e98-2449b4acd25f-e1cb51"],["InstanceId","Identifier of the RDS instance.","pg-payments-dev-d5165af5"],["EncryptionKeyArn","ARN of the KMS key. Who reads the secret needs kms:Decrypt on it.","arn:aws:kms:us-east-1:123456789012:key/7842c0ef-21fc-4e56-8b4f-1b5e5ec98648"]]}}','{"product":"rds-postgres","first_failure":"DELETE_FAILED: DatabaseKey (AWS::KMS::Key): simulated failure, because `fail_teardowns` names this product","protection":null}');
INSERT INTO "records" VALUES('rec-e48e8c5c1addd','54f8c031-0c4f-4e5c-96de-9ec84c13be34','PROVISION_PRODUCT',1,'pp-7802a5030d829',3,3,1795424400000000,'{"Succeeded":{"outputs":[["BucketName","Name of the bucket.","payments-logs-dev-4ebc3fb5"],["BucketArn","ARN of the bucket, for IAM policies.","arn:aws:s3:::payments-logs-dev-4ebc3fb5"],["EncryptionKeyArn","ARN of the KMS key. Who reads needs kms:Decrypt on it, who writes kms:GenerateDataKey too.","arn:aws:kms:us-east-1:123456789012:key/b0fdddae-f19e-4e10-9a40-e8457553a9a8"]]}}','{"product":"s3-bucket","first_failure":"DELETE_FAILED: Bucket (AWS::S3::Bucket): The bucket you tried to delete is not empty","protection":null}');
INSERT INTO "records" VALUES('rec-e888a77b0d6e8','4f75b359-b668-4703-96fb-5dda8fdc35f0','PROVISION_PRODUCT',1,'pp-19d631ea6fe45',3,3,1800522000000000,'{"Succeeded":{"outputs":[["BucketName","Name of the bucket.","search-backups-dev-9be29374"],["BucketArn","ARN of the bucket, for IAM policies.","arn:aws:s3:::search-backups-dev-9be29374"],["EncryptionKeyArn","ARN of the KMS key. Who reads needs kms:Decrypt on it, who writes kms:GenerateDataKey too.","arn:aws:kms:us-east-1:123456789012:key/064213dc-9eff-49c0-8d4f-9244e73a4d59"]]}}','{"product":"s3-bucket","first_failure":"DELETE_FAILED: Bucket (AWS::S3::Bucket): The bucket you tried to delete is not empty","protection":null}');
CREATE TABLE refusals (
  key    TEXT PRIMARY KEY,
  until  INTEGER NOT NULL,
  again  INTEGER NOT NULL,
  body   TEXT NOT NULL,
  format INTEGER NOT NULL DEFAULT 1
) WITHOUT ROWID;
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
, format INTEGER NOT NULL DEFAULT 1);
INSERT INTO "requests" VALUES('54f8c031-0c4f-4e5c-96de-9ec84c13be34',14,'U0ALICE','payments','s3-bucket','ACTIVE',1,215,NULL,NULL,1795424400000000,1795424400000000,1801213200002000,NULL,'{"id":"54f8c031-0c4f-4e5c-96de-9ec84c13be34","revision":14,"requester":"U0ALICE","owner":"U0ALICE","team":"payments","product":{"key":"s3-bucket","name":"Secure S3 Bucket","version":"v1.0","template_hash":"58383e00208e354765e99f1d7edb30b7bab553684e066bbc185661adf2039348","approval":{"mode":"Auto","auto_when":[],"rules":[],"approvers":"Team","needed":1,"quiet":[],"stages":[],"timeout":"1d","remind_after":"4h","escalate_after":"12h","self_approval":false,"confirm":"Click"},"per_team":10,"lease":{"ttl":"30d","grace":"7d","reminders":["1d"],"renew":["30d"],"max_renewals":1},"teardown":"TypeTheName","outputs":["BucketName","BucketArn","EncryptionKeyArn"],"fates":[{"logical_id":"BucketKey","resource_type":"AWS::KMS::Key","keeps":"Kept"},{"logical_id":"Bucket","resource_type":"AWS::S3::Bucket","keeps":"Kept"},{"logical_id":"BucketPolicy","resource_type":"AWS::S3::BucketPolicy","keeps":"Kept"}]},"parameters":[["BucketPurpose","logs"],["Environment","dev"],["ObjectRetention","forever"],["AccessLogBucket","/platform/s3/access-log-bucket"],["TeamName","payments"],["RequesterId","U0ALICE"],["RequestId","54f8c031-0c4f-4e5c-96de-9ec84c13be34"]],"bound":["RequestId","RequesterId","TeamName"],"labels":{"Environment":"Development","ObjectRetention":"Until somebody deletes them"},"reason":"","ticket":null,"estimate":{"monthly":"2.15","region":"us-east-1","priced_on":"2026-08-21"},"exceeds_budget":false,"approval":{"Auto":{"why":"this product needs no approval"}},"submitted_at":"2026-11-23T09:00:00Z","updated_at":"2027-01-22T09:00:00.002Z","approve_by":"2026-11-24T09:00:00Z","activated_at":"2026-11-23T09:00:00Z","ended_at":null,"attempt":1,"epoch":3,"status":{"Active":{"lease":{"warn_at":"2027-01-22T09:00:00Z","expires_at":"2027-01-29T09:00:00.002Z","renewals":1,"warned":{"first":"2027-01-22T09:00:00.002Z","covers":"2027-01-23T01:48:00.002Z"}}}},"approvals":[],"asking":{"since":"2027-01-22T09:00:00.002Z","reminded_at":null,"escalated_at":null,"nudged_at":null},"renewal":{"by":"U0ALICE","period":"30d","renewals":1,"holds_end":true,"approve_by":"2027-01-23T09:00:00.002Z","approvals":[],"answer":null},"provisioned":{"product":"pp-7802a5030d829","record":"rec-e48e8c5c1addd"},"progress":{"total":3,"done":["BucketKey","Bucket","BucketPolicy"]},"billed":null,"trouble":null,"outputs":[{"name":"BucketName","description":"Name of the bucket.","value":"payments-logs-dev-4ebc3fb5"},{"name":"BucketArn","description":"ARN of the bucket, for IAM policies.","value":"arn:aws:s3:::payments-logs-dev-4ebc3fb5"},{"name":"EncryptionKeyArn","description":"ARN of the KMS key. Who reads needs kms:Decrypt on it, who writes kms:GenerateDataKey too.","value":"arn:aws:kms:us-east-1:123456789012:key/b0fdddae-f19e-4e10-9a40-e8457553a9a8"}],"messages":{"direct":{"channel":"D0ALICE","ts":"1795424400.000004"},"renewal":{"channel":"C0PAYMENTS","ts":"1800608400.002005"},"warning":{"channel":"D0ALICE","ts":"1800608400.002000"},"told:ACTIVE":{"channel":"D0ALICE","ts":"1795424400.000007"}},"audit":{"seq":7,"digest":"f943e41f41164475edac43a07289045f26afe2018245d02feb62fe22ce780d63"}}',1);
INSERT INTO "requests" VALUES('4f75b359-b668-4703-96fb-5dda8fdc35f0',9,'U0BOB','search','s3-bucket','ACTIVE',0,215,NULL,NULL,1800522000000000,1800522000000000,1803718800000000,NULL,'{"id":"4f75b359-b668-4703-96fb-5dda8fdc35f0","revision":9,"requester":"U0BOB","owner":"U0BOB","team":"search","product":{"key":"s3-bucket","name":"Secure S3 Bucket","version":"v1.0","template_hash":"58383e00208e354765e99f1d7edb30b7bab553684e066bbc185661adf2039348","approval":{"mode":"Auto","auto_when":[],"rules":[],"approvers":"Team","needed":1,"quiet":[],"stages":[],"timeout":"1d","remind_after":"4h","escalate_after":"12h","self_approval":false,"confirm":"Click"},"per_team":10,"lease":{"ttl":"30d","grace":"7d","reminders":["1d"],"renew":["30d"],"max_renewals":1},"teardown":"TypeTheName","outputs":["BucketName","BucketArn","EncryptionKeyArn"],"fates":[{"logical_id":"BucketKey","resource_type":"AWS::KMS::Key","keeps":"Kept"},{"logical_id":"Bucket","resource_type":"AWS::S3::Bucket","keeps":"Kept"},{"logical_id":"BucketPolicy","resource_type":"AWS::S3::BucketPolicy","keeps":"Kept"}]},"parameters":[["BucketPurpose","backups"],["Environment","dev"],["ObjectRetention","forever"],["AccessLogBucket","/platform/s3/access-log-bucket"],["TeamName","search"],["RequesterId","U0BOB"],["RequestId","4f75b359-b668-4703-96fb-5dda8fdc35f0"]],"bound":["RequestId","RequesterId","TeamName"],"labels":{"Environment":"Development","ObjectRetention":"Until somebody deletes them"},"reason":"","ticket":null,"estimate":{"monthly":"2.15","region":"us-east-1","priced_on":"2026-08-21"},"exceeds_budget":false,"approval":{"Auto":{"why":"this product needs no approval"}},"submitted_at":"2027-01-21T09:00:00Z","updated_at":"2027-01-21T09:00:00Z","approve_by":"2027-01-22T09:00:00Z","activated_at":"2027-01-21T09:00:00Z","ended_at":null,"attempt":1,"epoch":1,"status":{"Active":{"lease":{"warn_at":"2027-02-20T09:00:00Z","expires_at":"2027-02-27T09:00:00Z","renewals":0,"warned":null}}},"approvals":[],"asking":{"since":null,"reminded_at":null,"escalated_at":null,"nudged_at":null},"renewal":null,"provisioned":{"product":"pp-19d631ea6fe45","record":"rec-e888a77b0d6e8"},"progress":{"total":3,"done":["BucketKey","Bucket","BucketPolicy"]},"billed":null,"trouble":null,"outputs":[{"name":"BucketName","description":"Name of the bucket.","value":"search-backups-dev-9be29374"},{"name":"BucketArn","description":"ARN of the bucket, for IAM policies.","value":"arn:aws:s3:::search-backups-dev-9be29374"},{"name":"EncryptionKeyArn","description":"ARN of the KMS key. Who reads needs kms:Decrypt on it, who writes kms:GenerateDataKey too.","value":"arn:aws:kms:us-east-1:123456789012:key/064213dc-9eff-49c0-8d4f-9244e73a4d59"}],"messages":{"direct":{"channel":"D0BOB","ts":"1800522000.000004"},"told:ACTIVE":{"channel":"D0BOB","ts":"1800522000.000007"}},"audit":{"seq":3,"digest":"eccca5d4c26366d0b0c8118e846671b845057632b009d982b77a3f0e5b41f41f"}}',1);
INSERT INTO "requests" VALUES('c0f332d4-130e-4dbb-9598-6e1cb6289883',5,'U0ALICE','payments','rds-postgres','CANCELLED',0,1498,NULL,NULL,1800522000001000,NULL,NULL,1800522000001000,'{"id":"c0f332d4-130e-4dbb-9598-6e1cb6289883","revision":5,"requester":"U0ALICE","owner":"U0ALICE","team":"payments","product":{"key":"rds-postgres","name":"PostgreSQL RDS Instance","version":"v1.0","template_hash":"520c6bebc4b1b6b8185c49b90186a98612a95045ccd2d039a6b2f18d06f0f94e","approval":{"mode":"Required","auto_when":[],"rules":[],"approvers":"Team","needed":1,"quiet":[],"stages":[],"timeout":"1d","remind_after":"4h","escalate_after":"12h","self_approval":false,"confirm":"Click","may_reduce":["InstanceSize","AllocatedStorage"]},"per_team":3,"lease":{"ttl":"30d","grace":"7d","reminders":["1d"],"renew":["30d"],"max_renewals":12},"teardown":"TypeTheName","outputs":["ConnectionUrl","PasswordSecretArn","EncryptionKeyArn","InstanceId"],"fates":[{"logical_id":"DatabaseKey","resource_type":"AWS::KMS::Key","keeps":"Kept"},{"logical_id":"SubnetGroup","resource_type":"AWS::RDS::DBSubnetGroup","keeps":"Deleted"},{"logical_id":"DatabaseSecurityGroup","resource_type":"AWS::EC2::SecurityGroup","keeps":"Deleted"},{"logical_id":"ParameterGroup","resource_type":"AWS::RDS::DBParameterGroup","keeps":"Deleted"},{"logical_id":"MonitoringRole","resource_type":"AWS::IAM::Role","keeps":"Deleted"},{"logical_id":"PostgresLog","resource_type":"AWS::Logs::LogGroup","keeps":"Deleted"},{"logical_id":"UpgradeLog","resource_type":"AWS::Logs::LogGroup","keeps":"Deleted"},{"logical_id":"Database","resource_type":"AWS::RDS::DBInstance","keeps":"Snapshot"}]},"parameters":[["DatabaseName","trial"],["Environment","dev"],["InstanceSize","small"],["AllocatedStorage","20"],["VpcId","/platform/network/vpc-id"],["SubnetIds","/platform/network/private-subnet-ids"],["AppSecurityGroupId","/platform/network/app-security-group-id"],["TeamName","payments"],["RequesterId","U0ALICE"],["RequestId","c0f332d4-130e-4dbb-9598-6e1cb6289883"]],"bound":["RequestId","RequesterId","TeamName"],"labels":{"Environment":"Development (one zone, 7 days of backups)","InstanceSize":"Small: 2 vCPU, 1 GB (db.t4g.micro)"},"reason":"","ticket":null,"estimate":{"monthly":"14.98","region":"us-east-1","priced_on":"2026-08-21"},"exceeds_budget":false,"approval":{"Ask":{"needed":1}},"submitted_at":"2027-01-21T09:00:00.001Z","updated_at":"2027-01-21T09:00:00.001Z","approve_by":"2027-01-22T09:00:00.001Z","activated_at":null,"ended_at":"2027-01-21T09:00:00.001Z","attempt":1,"epoch":1,"status":"Cancelled","approvals":[],"asking":{"since":"2027-01-21T09:00:00.001Z","reminded_at":null,"escalated_at":null,"nudged_at":null},"renewal":null,"provisioned":null,"progress":{"total":0,"done":[]},"billed":null,"trouble":null,"outputs":[],"messages":{"card":{"channel":"C0PAYMENTS","ts":"1800522000.001002"},"direct":{"channel":"D0ALICE","ts":"1800522000.001001"}},"audit":{"seq":3,"digest":"a59ae8107f233374060156eb0748d1b1718675ec6f8f251f320adc0f2f83dd66"}}',1);
INSERT INTO "requests" VALUES('0b4de485-4656-4ddb-8851-5d813bc7380a',21,'U0ALICE','payments','rds-postgres','ACTIVE',1,1498,NULL,NULL,1800522000002000,1800522000002000,1803718800002000,NULL,'{"id":"0b4de485-4656-4ddb-8851-5d813bc7380a","revision":21,"requester":"U0ALICE","owner":"U0ALICE","team":"payments","product":{"key":"rds-postgres","name":"PostgreSQL RDS Instance","version":"v1.0","template_hash":"520c6bebc4b1b6b8185c49b90186a98612a95045ccd2d039a6b2f18d06f0f94e","approval":{"mode":"Required","auto_when":[],"rules":[],"approvers":"Team","needed":1,"quiet":[],"stages":[],"timeout":"1d","remind_after":"4h","escalate_after":"12h","self_approval":false,"confirm":"Click","may_reduce":["InstanceSize","AllocatedStorage"]},"per_team":3,"lease":{"ttl":"30d","grace":"7d","reminders":["1d"],"renew":["30d"],"max_renewals":12},"teardown":"TypeTheName","outputs":["ConnectionUrl","PasswordSecretArn","EncryptionKeyArn","InstanceId"],"fates":[{"logical_id":"DatabaseKey","resource_type":"AWS::KMS::Key","keeps":"Kept"},{"logical_id":"SubnetGroup","resource_type":"AWS::RDS::DBSubnetGroup","keeps":"Deleted"},{"logical_id":"DatabaseSecurityGroup","resource_type":"AWS::EC2::SecurityGroup","keeps":"Deleted"},{"logical_id":"ParameterGroup","resource_type":"AWS::RDS::DBParameterGroup","keeps":"Deleted"},{"logical_id":"MonitoringRole","resource_type":"AWS::IAM::Role","keeps":"Deleted"},{"logical_id":"PostgresLog","resource_type":"AWS::Logs::LogGroup","keeps":"Deleted"},{"logical_id":"UpgradeLog","resource_type":"AWS::Logs::LogGroup","keeps":"Deleted"},{"logical_id":"Database","resource_type":"AWS::RDS::DBInstance","keeps":"Snapshot"}]},"parameters":[["DatabaseName","orders"],["Environment","dev"],["InstanceSize","small"],["AllocatedStorage","20"],["VpcId","/platform/network/vpc-id"],["SubnetIds","/platform/network/private-subnet-ids"],["AppSecurityGroupId","/platform/network/app-security-group-id"],["TeamName","payments"],["RequesterId","U0ALICE"],["RequestId","0b4de485-4656-4ddb-8851-5d813bc7380a"]],"bound":["RequestId","RequesterId","TeamName"],"labels":{"Environment":"Development (one zone, 7 days of backups)","InstanceSize":"Small: 2 vCPU, 1 GB (db.t4g.micro)"},"reason":"","ticket":null,"estimate":{"monthly":"14.98","region":"us-east-1","priced_on":"2026-08-21"},"exceeds_budget":false,"approval":{"Ask":{"needed":1}},"submitted_at":"2027-01-21T09:00:00.002Z","updated_at":"2027-01-22T09:00:00.002Z","approve_by":"2027-01-22T09:00:00.002Z","activated_at":"2027-01-21T09:00:00.002Z","ended_at":null,"attempt":1,"epoch":2,"status":{"Active":{"lease":{"warn_at":"2027-02-20T09:00:00.002Z","expires_at":"2027-02-27T09:00:00.002Z","renewals":0,"warned":null}}},"approvals":[{"by":"U0MORGAN","at":"2027-01-21T09:00:00.002Z"}],"asking":{"since":"2027-01-22T09:00:00.002Z","reminded_at":null,"escalated_at":null,"nudged_at":null},"renewal":null,"change":{"by":"U0ALICE","once":"view:V0000167","product":{"key":"rds-postgres","name":"PostgreSQL RDS Instance","version":"v1.0","template_hash":"520c6bebc4b1b6b8185c49b90186a98612a95045ccd2d039a6b2f18d06f0f94e","approval":{"mode":"Required","auto_when":[],"rules":[],"approvers":"Team","needed":1,"quiet":[],"stages":[],"timeout":"1d","remind_after":"4h","escalate_after":"12h","self_approval":false,"confirm":"Click","may_reduce":["InstanceSize","AllocatedStorage"]},"per_team":3,"lease":{"ttl":"30d","grace":"7d","reminders":["1d"],"renew":["30d"],"max_renewals":12},"teardown":"TypeTheName","outputs":["ConnectionUrl","PasswordSecretArn","EncryptionKeyArn","InstanceId"],"fates":[{"logical_id":"DatabaseKey","resource_type":"AWS::KMS::Key","keeps":"Kept"},{"logical_id":"SubnetGroup","resource_type":"AWS::RDS::DBSubnetGroup","keeps":"Deleted"},{"logical_id":"DatabaseSecurityGroup","resource_type":"AWS::EC2::SecurityGroup","keeps":"Deleted"},{"logical_id":"ParameterGroup","resource_type":"AWS::RDS::DBParameterGroup","keeps":"Deleted"},{"logical_id":"MonitoringRole","resource_type":"AWS::IAM::Role","keeps":"Deleted"},{"logical_id":"PostgresLog","resource_type":"AWS::Logs::LogGroup","keeps":"Deleted"},{"logical_id":"UpgradeLog","resource_type":"AWS::Logs::LogGroup","keeps":"Deleted"},{"logical_id":"Database","resource_type":"AWS::RDS::DBInstance","keeps":"Snapshot"}]},"parameters":[["DatabaseName","orders"],["Environment","dev"],["InstanceSize","medium"],["AllocatedStorage","20"],["VpcId","/platform/network/vpc-id"],["SubnetIds","/platform/network/private-subnet-ids"],["AppSecurityGroupId","/platform/network/app-security-group-id"],["TeamName","payments"],["RequesterId","U0ALICE"],["RequestId","0b4de485-4656-4ddb-8851-5d813bc7380a"]],"bound":["RequestId","RequesterId","TeamName"],"labels":{"Environment":"Development (one zone, 7 days of backups)","InstanceSize":"Medium: 2 vCPU, 2 GB (db.t4g.small)"},"differences":[{"what":"InstanceSize","before":"small","after":"medium"}],"reason":"Black Friday","estimate_before":{"monthly":"14.98","region":"us-east-1","priced_on":"2026-08-21"},"estimate":{"monthly":"26.66","region":"us-east-1","priced_on":"2026-08-21"},"exceeds_budget":false,"approval":{"Ask":{"needed":1}},"asked_at":"2027-01-22T09:00:00.002Z","approve_by":"2027-01-23T09:00:00.002Z","approvals":[],"answer":null},"provisioned":{"product":"pp-d209857c71ebe","record":"rec-a307374951df0"},"progress":{"total":8,"done":["DatabaseKey","SubnetGroup","DatabaseSecurityGroup","ParameterGroup","MonitoringRole","PostgresLog","UpgradeLog","Database"]},"billed":null,"trouble":null,"outputs":[{"name":"ConnectionUrl","description":"How to connect. The password is in the secret below, it changes every seven days.","value":"postgresql://dbadmin@pg-payments-dev-d5165af5.e1cb51726586.us-east-1.rds.amazonaws.com:5432/orders?sslmode=require"},{"name":"PasswordSecretArn","description":"Secrets Manager secret with the user name and password. Its value is never shown here.","value":"arn:aws:secretsmanager:us-east-1:123456789012:secret:rds!db-e1cb5172-6586-43e0-8e98-2449b4acd25f-e1cb51"},{"name":"EncryptionKeyArn","description":"ARN of the KMS key. Who reads the secret needs kms:Decrypt on it.","value":"arn:aws:kms:us-east-1:123456789012:key/7842c0ef-21fc-4e56-8b4f-1b5e5ec98648"},{"name":"InstanceId","description":"Identifier of the RDS instance.","value":"pg-payments-dev-d5165af5"}],"messages":{"card":{"channel":"C0PAYMENTS","ts":"1800522000.002002"},"thread":{"channel":"C0PAYMENTS","ts":"1800522000.002008"},"direct":{"channel":"D0ALICE","ts":"1800522000.002001"},"change":{"channel":"C0PAYMENTS","ts":"1800608400.002009"},"told:APPROVED":{"channel":"D0ALICE","ts":"1800522000.002009"},"told:ACTIVE":{"channel":"D0ALICE","ts":"1800522000.002016"}},"audit":{"seq":6,"digest":"cdd5cf12b9e23a6414832b80089511a514663ed03f2272b43b41d8c622e6caf6"}}',1);
INSERT INTO "requests" VALUES('a46d444e-ec6e-4c39-bf95-12336d0c8a1d',4,'U0ALICE','payments','rds-postgres','AWAITING_APPROVAL',1,1498,NULL,NULL,1800608400003000,NULL,NULL,NULL,'{"id":"a46d444e-ec6e-4c39-bf95-12336d0c8a1d","revision":4,"requester":"U0ALICE","owner":"U0ALICE","team":"payments","product":{"key":"rds-postgres","name":"PostgreSQL RDS Instance","version":"v1.0","template_hash":"520c6bebc4b1b6b8185c49b90186a98612a95045ccd2d039a6b2f18d06f0f94e","approval":{"mode":"Required","auto_when":[],"rules":[],"approvers":"Team","needed":1,"quiet":[],"stages":[],"timeout":"1d","remind_after":"4h","escalate_after":"12h","self_approval":false,"confirm":"Click","may_reduce":["InstanceSize","AllocatedStorage"]},"per_team":3,"lease":{"ttl":"30d","grace":"7d","reminders":["1d"],"renew":["30d"],"max_renewals":12},"teardown":"TypeTheName","outputs":["ConnectionUrl","PasswordSecretArn","EncryptionKeyArn","InstanceId"],"fates":[{"logical_id":"DatabaseKey","resource_type":"AWS::KMS::Key","keeps":"Kept"},{"logical_id":"SubnetGroup","resource_type":"AWS::RDS::DBSubnetGroup","keeps":"Deleted"},{"logical_id":"DatabaseSecurityGroup","resource_type":"AWS::EC2::SecurityGroup","keeps":"Deleted"},{"logical_id":"ParameterGroup","resource_type":"AWS::RDS::DBParameterGroup","keeps":"Deleted"},{"logical_id":"MonitoringRole","resource_type":"AWS::IAM::Role","keeps":"Deleted"},{"logical_id":"PostgresLog","resource_type":"AWS::Logs::LogGroup","keeps":"Deleted"},{"logical_id":"UpgradeLog","resource_type":"AWS::Logs::LogGroup","keeps":"Deleted"},{"logical_id":"Database","resource_type":"AWS::RDS::DBInstance","keeps":"Snapshot"}]},"parameters":[["DatabaseName","invoices"],["Environment","dev"],["InstanceSize","small"],["AllocatedStorage","20"],["VpcId","/platform/network/vpc-id"],["SubnetIds","/platform/network/private-subnet-ids"],["AppSecurityGroupId","/platform/network/app-security-group-id"],["TeamName","payments"],["RequesterId","U0ALICE"],["RequestId","a46d444e-ec6e-4c39-bf95-12336d0c8a1d"]],"bound":["RequestId","RequesterId","TeamName"],"labels":{"Environment":"Development (one zone, 7 days of backups)","InstanceSize":"Small: 2 vCPU, 1 GB (db.t4g.micro)"},"reason":"","ticket":null,"estimate":{"monthly":"14.98","region":"us-east-1","priced_on":"2026-08-21"},"exceeds_budget":false,"approval":{"Ask":{"needed":1}},"submitted_at":"2027-01-22T09:00:00.003Z","updated_at":"2027-01-22T09:00:00.003Z","approve_by":"2027-01-23T09:00:00.003Z","activated_at":null,"ended_at":null,"attempt":1,"epoch":1,"status":{"AwaitingApproval":{"token":"f515503dd09f42188f9c4adb0025888b0fe52c2bc25e47f08d052c3920016c8b"}},"approvals":[],"asking":{"since":"2027-01-22T09:00:00.003Z","reminded_at":null,"escalated_at":null,"nudged_at":null},"renewal":null,"provisioned":null,"progress":{"total":0,"done":[]},"billed":null,"trouble":null,"outputs":[],"messages":{"card":{"channel":"C0PAYMENTS","ts":"1800608400.003002"},"direct":{"channel":"D0ALICE","ts":"1800608400.003001"}},"audit":{"seq":2,"digest":"10d48f4f356705606e92afede4052506223db0b56bebad17330cc3c54892446e"}}',1);
CREATE INDEX requests_by_owner ON requests (owner, submitted_at);
CREATE INDEX requests_by_team ON requests (team, submitted_at);
CREATE INDEX requests_by_team_and_product ON requests (team, product, submitted_at);
CREATE INDEX requests_live_by_owner ON requests (owner, submitted_at) WHERE ended_at IS NULL;
CREATE INDEX requests_live_by_team ON requests (team, submitted_at) WHERE ended_at IS NULL;
CREATE INDEX requests_waiting_by_team ON requests (team, submitted_at) WHERE waits = 1;
CREATE INDEX requests_ended_by_owner ON requests (owner, ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX requests_ended_by_team ON requests (team, ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX homes_opened ON homes (opened_at);
CREATE INDEX jobs_due ON jobs (due_at) WHERE parked = 0;
CREATE INDEX queue_visible ON queue (visible_at, id);
CREATE INDEX executions_expiring ON executions (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX refusals_until ON refusals (until);
CREATE INDEX requests_live ON requests (submitted_at) WHERE ended_at IS NULL;
CREATE INDEX requests_waiting ON requests (submitted_at) WHERE waits = 1;
CREATE INDEX requests_ended ON requests (ended_at) WHERE ended_at IS NOT NULL;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('audit',23);
INSERT INTO "sqlite_sequence" VALUES('queue',24);
COMMIT;
PRAGMA user_version = 4;
