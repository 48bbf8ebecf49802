-- Left by quartermaster 0.1.0 in the middle of its work, with tables of version 1. Never to be changed: it stands for the
-- files that people have.
PRAGMA foreign_keys = off;
BEGIN TRANSACTION;
CREATE TABLE audit (
  n       INTEGER PRIMARY KEY AUTOINCREMENT,
  request TEXT NOT NULL,
  seq     INTEGER NOT NULL,
  body    TEXT NOT NULL,
  UNIQUE (request, seq)
);
INSERT INTO "audit" VALUES(1,'68d7ff16-bf17-417a-9d85-8ebd6aa86f68',1,'{"at":"2026-11-23T09:00:00Z","request":"68d7ff16-bf17-417a-9d85-8ebd6aa86f68","seq":1,"event":"submitted","actor":"U0BOB","team":"search","product":"s3-bucket","status":"APPROVED","detail":"auto-approved: this product needs no approval [form]","prev":"","digest":"3322c563e61e11ef3001ee999d4d6c2af79ddbf60f1161c3fa125c9fe9bdb721"}');
INSERT INTO "audit" VALUES(2,'68d7ff16-bf17-417a-9d85-8ebd6aa86f68',2,'{"at":"2026-11-23T09:00:00Z","request":"68d7ff16-bf17-417a-9d85-8ebd6aa86f68","seq":2,"event":"provisioning","actor":"workflow","team":"search","product":"s3-bucket","status":"PROVISIONING","detail":"","prev":"3322c563e61e11ef3001ee999d4d6c2af79ddbf60f1161c3fa125c9fe9bdb721","digest":"3f40457eae8d263a4ef50a9de3fe0241fb0f3e68855a82382df0d9c6cf56c6f4"}');
INSERT INTO "audit" VALUES(3,'68d7ff16-bf17-417a-9d85-8ebd6aa86f68',3,'{"at":"2026-11-23T09:00:00Z","request":"68d7ff16-bf17-417a-9d85-8ebd6aa86f68","seq":3,"event":"active","actor":"provisioner","team":"search","product":"s3-bucket","status":"ACTIVE","detail":"","prev":"3f40457eae8d263a4ef50a9de3fe0241fb0f3e68855a82382df0d9c6cf56c6f4","digest":"ae48915de44bbc05bc02b19c9d9a6582c2e592a45582fa876f8d266c4770b3a0"}');
INSERT INTO "audit" VALUES(4,'808aa69b-c7b8-40bb-95fc-738c7af57a13',1,'{"at":"2026-11-23T09:00:00Z","request":"808aa69b-c7b8-40bb-95fc-738c7af57a13","seq":1,"event":"submitted","actor":"U0ALICE","team":"payments","product":"s3-bucket","status":"APPROVED","detail":"auto-approved: this product needs no approval [form]","prev":"","digest":"a82bf31fa8f2782eb7f99ec0dd8ce3a38eb43c5306559ce85f2c82afab1240a2"}');
INSERT INTO "audit" VALUES(5,'808aa69b-c7b8-40bb-95fc-738c7af57a13',2,'{"at":"2026-11-23T09:00:00Z","request":"808aa69b-c7b8-40bb-95fc-738c7af57a13","seq":2,"event":"provisioning","actor":"workflow","team":"payments","product":"s3-bucket","status":"PROVISIONING","detail":"","prev":"a82bf31fa8f2782eb7f99ec0dd8ce3a38eb43c5306559ce85f2c82afab1240a2","digest":"e58c16d044d4882e42967f4ee3f3d4620d26b5a56165ff2861c8d77d06cb894e"}');
INSERT INTO "audit" VALUES(6,'808aa69b-c7b8-40bb-95fc-738c7af57a13',3,'{"at":"2026-11-23T09:00:00Z","request":"808aa69b-c7b8-40bb-95fc-738c7af57a13","seq":3,"event":"active","actor":"provisioner","team":"payments","product":"s3-bucket","status":"ACTIVE","detail":"","prev":"e58c16d044d4882e42967f4ee3f3d4620d26b5a56165ff2861c8d77d06cb894e","digest":"5a682da2fc1b627e25663ed47ddec83a6b183fee6756295951c81949b04cb4ea"}');
INSERT INTO "audit" VALUES(7,'1b264011-bff7-4d0e-83a9-10d03700ce02',1,'{"at":"2026-11-23T09:00:00Z","request":"1b264011-bff7-4d0e-83a9-10d03700ce02","seq":1,"event":"submitted","actor":"U0ALICE","team":"payments","product":"rds-postgres","status":"PENDING","detail":"1 approval needed [form]","prev":"","digest":"ae6fd791160f5e4965374d6595fe529998dd806c0d6e2d8dbcb16b96675edfae"}');
INSERT INTO "audit" VALUES(8,'1b264011-bff7-4d0e-83a9-10d03700ce02',2,'{"at":"2026-11-23T09:00:00Z","request":"1b264011-bff7-4d0e-83a9-10d03700ce02","seq":2,"event":"approval requested","actor":"workflow","team":"payments","product":"rds-postgres","status":"AWAITING_APPROVAL","detail":"","prev":"ae6fd791160f5e4965374d6595fe529998dd806c0d6e2d8dbcb16b96675edfae","digest":"5794cc6a0da8a2395a749ee0029f92477ca1e1c79581ebcb1f7e4275f722a94f"}');
INSERT INTO "audit" VALUES(9,'1b264011-bff7-4d0e-83a9-10d03700ce02',3,'{"at":"2026-11-23T09:00:00Z","request":"1b264011-bff7-4d0e-83a9-10d03700ce02","seq":3,"event":"cancelled","actor":"U0ALICE","team":"payments","product":"rds-postgres","status":"CANCELLED","detail":"[button in D0ALICE]","prev":"5794cc6a0da8a2395a749ee0029f92477ca1e1c79581ebcb1f7e4275f722a94f","digest":"052441463b9541a890da576c98db822aacb33a6c3dbb09fee8681e13652e3e65"}');
INSERT INTO "audit" VALUES(10,'c1ae60d0-2671-42c5-9bc6-1c192d8fcb14',1,'{"at":"2026-11-23T09:00:00Z","request":"c1ae60d0-2671-42c5-9bc6-1c192d8fcb14","seq":1,"event":"submitted","actor":"U0ALICE","team":"payments","product":"rds-postgres","status":"PENDING","detail":"1 approval needed [form]","prev":"","digest":"51369b9f8a3cf6a542a041f048512bdedeef6905cb40767193cb9a483f42ac29"}');
INSERT INTO "audit" VALUES(11,'c1ae60d0-2671-42c5-9bc6-1c192d8fcb14',2,'{"at":"2026-11-23T09:00:00Z","request":"c1ae60d0-2671-42c5-9bc6-1c192d8fcb14","seq":2,"event":"approval requested","actor":"workflow","team":"payments","product":"rds-postgres","status":"AWAITING_APPROVAL","detail":"","prev":"51369b9f8a3cf6a542a041f048512bdedeef6905cb40767193cb9a483f42ac29","digest":"ff0b31e2a67d9e519ebf95da2c0c4c97a52888d3357b24217e78ca02a8e017c5"}');
CREATE TABLE claims (last INTEGER NOT NULL);
INSERT INTO "claims" VALUES(34);
CREATE TABLE executions (
  name       TEXT PRIMARY KEY,
  request    TEXT NOT NULL,
  state      TEXT NOT NULL,
  token_hash TEXT UNIQUE,
  expires_at INTEGER
) WITHOUT ROWID;
INSERT INTO "executions" VALUES('1b264011-bff7-4d0e-83a9-10d03700ce02-1','1b264011-bff7-4d0e-83a9-10d03700ce02','RequestCancelled',NULL,NULL);
INSERT INTO "executions" VALUES('68d7ff16-bf17-417a-9d85-8ebd6aa86f68-1','68d7ff16-bf17-417a-9d85-8ebd6aa86f68','UpdateStatus',NULL,NULL);
INSERT INTO "executions" VALUES('808aa69b-c7b8-40bb-95fc-738c7af57a13-1','808aa69b-c7b8-40bb-95fc-738c7af57a13','UpdateStatus',NULL,NULL);
INSERT INTO "executions" VALUES('c1ae60d0-2671-42c5-9bc6-1c192d8fcb14-1','c1ae60d0-2671-42c5-9bc6-1c192d8fcb14','RequestApproval','7aac719a218daedabe55e5fe8d4d852db461eacaea5d2217cdad6055187fc94a',1795514400000000);
CREATE TABLE homes (
  person          TEXT PRIMARY KEY,
  first_opened_at INTEGER NOT NULL,
  opened_at       INTEGER NOT NULL,
  shows           TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO "homes" VALUES('U0ALICE',1795424400000000,1795424400000000,'88238cfd7f92930ba841ee141e5dc0b310111971c8a2b7e654b7ef03a3acd9c0');
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
INSERT INTO "jobs" VALUES('-','bill','"ReadBill"',1795510800000000,0,0,0,NULL,1795510800000000);
INSERT INTO "jobs" VALUES('-','reconcile','{"Reconcile":{"told":[]}}',1795446000000000,0,0,0,NULL,1795446000000000);
INSERT INTO "jobs" VALUES('1b264011-bff7-4d0e-83a9-10d03700ce02','deadline','"ApprovalDeadline"',1795510800000000,0,0,0,NULL,1795510800000000);
INSERT INTO "jobs" VALUES('68d7ff16-bf17-417a-9d85-8ebd6aa86f68','lease','"Lease"',1798016400000000,0,0,0,NULL,1798016400000000);
INSERT INTO "jobs" VALUES('808aa69b-c7b8-40bb-95fc-738c7af57a13','lease','"Lease"',1798016400000000,0,0,0,NULL,1798016400000000);
INSERT INTO "jobs" VALUES('c1ae60d0-2671-42c5-9bc6-1c192d8fcb14','deadline','"ApprovalDeadline"',1795510800000000,0,0,0,NULL,1795510800000000);
CREATE TABLE messages (
  channel TEXT NOT NULL,
  ts      TEXT NOT NULL,
  request TEXT NOT NULL REFERENCES requests (id),
  PRIMARY KEY (channel, ts, request)
) WITHOUT ROWID;
INSERT INTO "messages" VALUES('C0PAYMENTS','1795424400.000015','1b264011-bff7-4d0e-83a9-10d03700ce02');
INSERT INTO "messages" VALUES('C0PAYMENTS','1795424400.000025','c1ae60d0-2671-42c5-9bc6-1c192d8fcb14');
INSERT INTO "messages" VALUES('D0ALICE','1795424400.000008','808aa69b-c7b8-40bb-95fc-738c7af57a13');
INSERT INTO "messages" VALUES('D0ALICE','1795424400.000011','808aa69b-c7b8-40bb-95fc-738c7af57a13');
INSERT INTO "messages" VALUES('D0ALICE','1795424400.000014','1b264011-bff7-4d0e-83a9-10d03700ce02');
INSERT INTO "messages" VALUES('D0ALICE','1795424400.000024','c1ae60d0-2671-42c5-9bc6-1c192d8fcb14');
INSERT INTO "messages" VALUES('D0BOB','1795424400.000002','68d7ff16-bf17-417a-9d85-8ebd6aa86f68');
INSERT INTO "messages" VALUES('D0BOB','1795424400.000005','68d7ff16-bf17-417a-9d85-8ebd6aa86f68');
CREATE TABLE once (
  key     TEXT PRIMARY KEY,
  request TEXT
) WITHOUT ROWID;
INSERT INTO "once" VALUES('bill',NULL);
INSERT INTO "once" VALUES('reconcile',NULL);
INSERT INTO "once" VALUES('view:V0000002','68d7ff16-bf17-417a-9d85-8ebd6aa86f68');
INSERT INTO "once" VALUES('view:V0000022','808aa69b-c7b8-40bb-95fc-738c7af57a13');
INSERT INTO "once" VALUES('view:V0000042','1b264011-bff7-4d0e-83a9-10d03700ce02');
INSERT INTO "once" VALUES('view:V0000071','c1ae60d0-2671-42c5-9bc6-1c192d8fcb14');
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
INSERT INTO "quota" VALUES('payments','rds-postgres',1,1498);
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
INSERT INTO "records" VALUES('rec-dde3f176c98d5','68d7ff16-bf17-417a-9d85-8ebd6aa86f68','PROVISION_PRODUCT',1,'pp-11b10226668a4',3,3,1795424400000000,'{"Succeeded":{"outputs":[["BucketName","Name of the bucket.","search-backups-dev-c95b2dfc"],["BucketArn","ARN of the bucket, for IAM policies.","arn:aws:s3:::search-backups-dev-c95b2dfc"],["EncryptionKeyArn","ARN of the KMS key. Who reads needs kms:Decrypt on it, who writes kms:GenerateDataKey too.","arn:aws:kms:us-east-1:123456789012:key/adda70e4-acc2-4791-96dd-1d5418b2f75f"]]}}','{"product":"s3-bucket","first_failure":"DELETE_FAILED: Bucket (AWS::S3::Bucket): The bucket you tried to delete is not empty","protection":null}');
INSERT INTO "records" VALUES('rec-f13ae0594bd83','808aa69b-c7b8-40bb-95fc-738c7af57a13','PROVISION_PRODUCT',1,'pp-a055a8368ca77',3,3,1795424400000000,'{"Succeeded":{"outputs":[["BucketName","Name of the bucket.","payments-logs-dev-a610ac59"],["BucketArn","ARN of the bucket, for IAM policies.","arn:aws:s3:::payments-logs-dev-a610ac59"],["EncryptionKeyArn","ARN of the KMS key. Who reads needs kms:Decrypt on it, who writes kms:GenerateDataKey too.","arn:aws:kms:us-east-1:123456789012:key/34c7428c-4216-489b-9e0e-6b29636958dc"]]}}','{"product":"s3-bucket","first_failure":"DELETE_FAILED: Bucket (AWS::S3::Bucket): The bucket you tried to delete is not empty","protection":null}');
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
INSERT INTO "requests" VALUES('68d7ff16-bf17-417a-9d85-8ebd6aa86f68',9,'U0BOB','search','s3-bucket','ACTIVE',0,215,NULL,NULL,1795424400000000,1795424400000000,1798621200000000,NULL,'{"id":"68d7ff16-bf17-417a-9d85-8ebd6aa86f68","revision":9,"requester":"U0BOB","owner":"U0BOB","team":"search","product":{"key":"s3-bucket","name":"Secure S3 Bucket","version":"v1.0","template_hash":"58383e00208e354765e99f1d7edb30b7bab553684e066bbc185661adf2039348","approval":{"mode":"Auto","auto_when":[],"approvers":"Team","needed":1,"timeout":"1d","remind_after":"4h","escalate_after":"12h","self_approval":false},"per_team":10,"lease":{"ttl":"30d","grace":"7d","reminders":["1d"],"renew":["30d"],"max_renewals":12},"teardown":"TypeTheName","outputs":["BucketName","BucketArn","EncryptionKeyArn"],"fates":[{"logical_id":"BucketKey","resource_type":"AWS::KMS::Key","keeps":"Kept"},{"logical_id":"Bucket","resource_type":"AWS::S3::Bucket","keeps":"Kept"},{"logical_id":"BucketPolicy","resource_type":"AWS::S3::BucketPolicy","keeps":"Kept"}]},"parameters":[["BucketPurpose","backups"],["Environment","dev"],["ObjectRetention","forever"],["AccessLogBucket","/platform/s3/access-log-bucket"],["TeamName","search"],["RequesterId","U0BOB"],["RequestId","68d7ff16-bf17-417a-9d85-8ebd6aa86f68"]],"bound":["RequestId","RequesterId","TeamName"],"reason":"","estimate":{"monthly":"2.15","region":"us-east-1","priced_on":"2026-08-21"},"exceeds_budget":false,"approval":{"Auto":{"why":"this product needs no approval"}},"submitted_at":"2026-11-23T09:00:00Z","updated_at":"2026-11-23T09:00:00Z","approve_by":"2026-11-24T09:00:00Z","activated_at":"2026-11-23T09:00:00Z","ended_at":null,"attempt":1,"epoch":1,"status":{"Active":{"lease":{"warn_at":"2026-12-23T09:00:00Z","expires_at":"2026-12-30T09:00:00Z","renewals":0,"warned":null}}},"approvals":[],"renewal":null,"provisioned":{"product":"pp-11b10226668a4","record":"rec-dde3f176c98d5"},"progress":{"total":3,"done":["BucketKey","Bucket","BucketPolicy"]},"billed":null,"trouble":null,"outputs":[{"name":"BucketName","description":"Name of the bucket.","value":"search-backups-dev-c95b2dfc"},{"name":"BucketArn","description":"ARN of the bucket, for IAM policies.","value":"arn:aws:s3:::search-backups-dev-c95b2dfc"},{"name":"EncryptionKeyArn","description":"ARN of the KMS key. Who reads needs kms:Decrypt on it, who writes kms:GenerateDataKey too.","value":"arn:aws:kms:us-east-1:123456789012:key/adda70e4-acc2-4791-96dd-1d5418b2f75f"}],"messages":{"direct":{"channel":"D0BOB","ts":"1795424400.000002"},"told:ACTIVE":{"channel":"D0BOB","ts":"1795424400.000005"}},"audit":{"seq":3,"digest":"ae48915de44bbc05bc02b19c9d9a6582c2e592a45582fa876f8d266c4770b3a0"}}');
INSERT INTO "requests" VALUES('808aa69b-c7b8-40bb-95fc-738c7af57a13',9,'U0ALICE','payments','s3-bucket','ACTIVE',0,215,NULL,NULL,1795424400000000,1795424400000000,1798621200000000,NULL,'{"id":"808aa69b-c7b8-40bb-95fc-738c7af57a13","revision":9,"requester":"U0ALICE","owner":"U0ALICE","team":"payments","product":{"key":"s3-bucket","name":"Secure S3 Bucket","version":"v1.0","template_hash":"58383e00208e354765e99f1d7edb30b7bab553684e066bbc185661adf2039348","approval":{"mode":"Auto","auto_when":[],"approvers":"Team","needed":1,"timeout":"1d","remind_after":"4h","escalate_after":"12h","self_approval":false},"per_team":10,"lease":{"ttl":"30d","grace":"7d","reminders":["1d"],"renew":["30d"],"max_renewals":12},"teardown":"TypeTheName","outputs":["BucketName","BucketArn","EncryptionKeyArn"],"fates":[{"logical_id":"BucketKey","resource_type":"AWS::KMS::Key","keeps":"Kept"},{"logical_id":"Bucket","resource_type":"AWS::S3::Bucket","keeps":"Kept"},{"logical_id":"BucketPolicy","resource_type":"AWS::S3::BucketPolicy","keeps":"Kept"}]},"parameters":[["BucketPurpose","logs"],["Environment","dev"],["ObjectRetention","forever"],["AccessLogBucket","/platform/s3/access-log-bucket"],["TeamName","payments"],["RequesterId","U0ALICE"],["RequestId","808aa69b-c7b8-40bb-95fc-738c7af57a13"]],"bound":["RequestId","RequesterId","TeamName"],"reason":"","estimate":{"monthly":"2.15","region":"us-east-1","priced_on":"2026-08-21"},"exceeds_budget":false,"approval":{"Auto":{"why":"this product needs no approval"}},"submitted_at":"2026-11-23T09:00:00Z","updated_at":"2026-11-23T09:00:00Z","approve_by":"2026-11-24T09:00:00Z","activated_at":"2026-11-23T09:00:00Z","ended_at":null,"attempt":1,"epoch":1,"status":{"Active":{"lease":{"warn_at":"2026-12-23T09:00:00Z","expires_at":"2026-12-30T09:00:00Z","renewals":0,"warned":null}}},"approvals":[],"renewal":null,"provisioned":{"product":"pp-a055a8368ca77","record":"rec-f13ae0594bd83"},"progress":{"total":3,"done":["BucketKey","Bucket","BucketPolicy"]},"billed":null,"trouble":null,"outputs":[{"name":"BucketName","description":"Name of the bucket.","value":"payments-logs-dev-a610ac59"},{"name":"BucketArn","description":"ARN of the bucket, for IAM policies.","value":"arn:aws:s3:::payments-logs-dev-a610ac59"},{"name":"EncryptionKeyArn","description":"ARN of the KMS key. Who reads needs kms:Decrypt on it, who writes kms:GenerateDataKey too.","value":"arn:aws:kms:us-east-1:123456789012:key/34c7428c-4216-489b-9e0e-6b29636958dc"}],"messages":{"direct":{"channel":"D0ALICE","ts":"1795424400.000008"},"told:ACTIVE":{"channel":"D0ALICE","ts":"1795424400.000011"}},"audit":{"seq":3,"digest":"5a682da2fc1b627e25663ed47ddec83a6b183fee6756295951c81949b04cb4ea"}}');
INSERT INTO "requests" VALUES('1b264011-bff7-4d0e-83a9-10d03700ce02',5,'U0ALICE','payments','rds-postgres','CANCELLED',0,1498,NULL,NULL,1795424400000000,NULL,NULL,1795424400000000,'{"id":"1b264011-bff7-4d0e-83a9-10d03700ce02","revision":5,"requester":"U0ALICE","owner":"U0ALICE","team":"payments","product":{"key":"rds-postgres","name":"PostgreSQL RDS Instance","version":"v1.0","template_hash":"520c6bebc4b1b6b8185c49b90186a98612a95045ccd2d039a6b2f18d06f0f94e","approval":{"mode":"Required","auto_when":[],"approvers":"Team","needed":1,"timeout":"1d","remind_after":"4h","escalate_after":"12h","self_approval":false},"per_team":3,"lease":{"ttl":"30d","grace":"7d","reminders":["1d"],"renew":["30d"],"max_renewals":12},"teardown":"TypeTheName","outputs":["ConnectionUrl","PasswordSecretArn","EncryptionKeyArn","InstanceId"],"fates":[{"logical_id":"DatabaseKey","resource_type":"AWS::KMS::Key","keeps":"Kept"},{"logical_id":"SubnetGroup","resource_type":"AWS::RDS::DBSubnetGroup","keeps":"Deleted"},{"logical_id":"DatabaseSecurityGroup","resource_type":"AWS::EC2::SecurityGroup","keeps":"Deleted"},{"logical_id":"ParameterGroup","resource_type":"AWS::RDS::DBParameterGroup","keeps":"Deleted"},{"logical_id":"MonitoringRole","resource_type":"AWS::IAM::Role","keeps":"Deleted"},{"logical_id":"PostgresLog","resource_type":"AWS::Logs::LogGroup","keeps":"Deleted"},{"logical_id":"UpgradeLog","resource_type":"AWS::Logs::LogGroup","keeps":"Deleted"},{"logical_id":"Database","resource_type":"AWS::RDS::DBInstance","keeps":"Snapshot"}]},"parameters":[["DatabaseName","invoices"],["Environment","dev"],["InstanceSize","small"],["AllocatedStorage","20"],["VpcId","/platform/network/vpc-id"],["SubnetIds","/platform/network/private-subnet-ids"],["AppSecurityGroupId","/platform/network/app-security-group-id"],["TeamName","payments"],["RequesterId","U0ALICE"],["RequestId","1b264011-bff7-4d0e-83a9-10d03700ce02"]],"bound":["RequestId","RequesterId","TeamName"],"reason":"","estimate":{"monthly":"14.98","region":"us-east-1","priced_on":"2026-08-21"},"exceeds_budget":false,"approval":{"Ask":{"needed":1}},"submitted_at":"2026-11-23T09:00:00Z","updated_at":"2026-11-23T09:00:00Z","approve_by":"2026-11-24T09:00:00Z","activated_at":null,"ended_at":"2026-11-23T09:00:00Z","attempt":1,"epoch":1,"status":"Cancelled","approvals":[],"renewal":null,"provisioned":null,"progress":{"total":0,"done":[]},"billed":null,"trouble":null,"outputs":[],"messages":{"card":{"channel":"C0PAYMENTS","ts":"1795424400.000015"},"direct":{"channel":"D0ALICE","ts":"1795424400.000014"}},"audit":{"seq":3,"digest":"052441463b9541a890da576c98db822aacb33a6c3dbb09fee8681e13652e3e65"}}');
INSERT INTO "requests" VALUES('c1ae60d0-2671-42c5-9bc6-1c192d8fcb14',4,'U0ALICE','payments','rds-postgres','AWAITING_APPROVAL',1,1498,NULL,NULL,1795424400000000,NULL,NULL,NULL,'{"id":"c1ae60d0-2671-42c5-9bc6-1c192d8fcb14","revision":4,"requester":"U0ALICE","owner":"U0ALICE","team":"payments","product":{"key":"rds-postgres","name":"PostgreSQL RDS Instance","version":"v1.0","template_hash":"520c6bebc4b1b6b8185c49b90186a98612a95045ccd2d039a6b2f18d06f0f94e","approval":{"mode":"Required","auto_when":[],"approvers":"Team","needed":1,"timeout":"1d","remind_after":"4h","escalate_after":"12h","self_approval":false},"per_team":3,"lease":{"ttl":"30d","grace":"7d","reminders":["1d"],"renew":["30d"],"max_renewals":12},"teardown":"TypeTheName","outputs":["ConnectionUrl","PasswordSecretArn","EncryptionKeyArn","InstanceId"],"fates":[{"logical_id":"DatabaseKey","resource_type":"AWS::KMS::Key","keeps":"Kept"},{"logical_id":"SubnetGroup","resource_type":"AWS::RDS::DBSubnetGroup","keeps":"Deleted"},{"logical_id":"DatabaseSecurityGroup","resource_type":"AWS::EC2::SecurityGroup","keeps":"Deleted"},{"logical_id":"ParameterGroup","resource_type":"AWS::RDS::DBParameterGroup","keeps":"Deleted"},{"logical_id":"MonitoringRole","resource_type":"AWS::IAM::Role","keeps":"Deleted"},{"logical_id":"PostgresLog","resource_type":"AWS::Logs::LogGroup","keeps":"Deleted"},{"logical_id":"UpgradeLog","resource_type":"AWS::Logs::LogGroup","keeps":"Deleted"},{"logical_id":"Database","resource_type":"AWS::RDS::DBInstance","keeps":"Snapshot"}]},"parameters":[["DatabaseName","orders"],["Environment","dev"],["InstanceSize","small"],["AllocatedStorage","20"],["VpcId","/platform/network/vpc-id"],["SubnetIds","/platform/network/private-subnet-ids"],["AppSecurityGroupId","/platform/network/app-security-group-id"],["TeamName","payments"],["RequesterId","U0ALICE"],["RequestId","c1ae60d0-2671-42c5-9bc6-1c192d8fcb14"]],"bound":["RequestId","RequesterId","TeamName"],"reason":"","estimate":{"monthly":"14.98","region":"us-east-1","priced_on":"2026-08-21"},"exceeds_budget":false,"approval":{"Ask":{"needed":1}},"submitted_at":"2026-11-23T09:00:00Z","updated_at":"2026-11-23T09:00:00Z","approve_by":"2026-11-24T09:00:00Z","activated_at":null,"ended_at":null,"attempt":1,"epoch":1,"status":{"AwaitingApproval":{"token":"b512e13d92c8466d8c4b66ad64c0f9a37c345e7eae1c40aebfa59a1e92b47582"}},"approvals":[],"renewal":null,"provisioned":null,"progress":{"total":0,"done":[]},"billed":null,"trouble":null,"outputs":[],"messages":{"card":{"channel":"C0PAYMENTS","ts":"1795424400.000025"},"direct":{"channel":"D0ALICE","ts":"1795424400.000024"}},"audit":{"seq":2,"digest":"ff0b31e2a67d9e519ebf95da2c0c4c97a52888d3357b24217e78ca02a8e017c5"}}');
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
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('audit',11);
INSERT INTO "sqlite_sequence" VALUES('queue',13);
COMMIT;
PRAGMA user_version = 1;
