-- Left by quartermaster 0.1.0 in the middle of its work, with tables of version 2. Never to be changed: it stands for the
-- files that people have.
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
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
INSERT INTO requests VALUES('05c60bf2-0a07-485c-8675-2e6eba0058fc',5,'U0ALICE','payments','rds-postgres','CANCELLED',0,1498,NULL,NULL,1795424400000000,NULL,NULL,1795424400000000,'{"id":"05c60bf2-0a07-485c-8675-2e6eba0058fc","revision":5,"requester":"U0ALICE","owner":"U0ALICE","team":"payments","product":{"key":"rds-postgres","name":"PostgreSQL RDS Instance","version":"v1.0","template_hash":"520c6bebc4b1b6b8185c49b90186a98612a95045ccd2d039a6b2f18d06f0f94e","approval":{"mode":"Required","auto_when":[],"rules":[],"approvers":"Team","needed":1,"quiet":[],"stages":[],"timeout":"1d","remind_after":"4h","escalate_after":"12h","self_approval":false,"confirm":"Click","may_reduce":["InstanceSize","AllocatedStorage"]},"per_team":3,"lease":{"ttl":"30d","grace":"7d","reminders":["1d"],"renew":["30d"],"max_renewals":12},"teardown":"TypeTheName","outputs":["ConnectionUrl","PasswordSecretArn","EncryptionKeyArn","InstanceId"],"fates":[{"logical_id":"DatabaseKey","resource_type":"AWS::KMS::Key","keeps":"Kept"},{"logical_id":"SubnetGroup","resource_type":"AWS::RDS::DBSubnetGroup","keeps":"Deleted"},{"logical_id":"DatabaseSecurityGroup","resource_type":"AWS::EC2::SecurityGroup","keeps":"Deleted"},{"logical_id":"ParameterGroup","resource_type":"AWS::RDS::DBParameterGroup","keeps":"Deleted"},{"logical_id":"MonitoringRole","resource_type":"AWS::IAM::Role","keeps":"Deleted"},{"logical_id":"PostgresLog","resource_type":"AWS::Logs::LogGroup","keeps":"Deleted"},{"logical_id":"UpgradeLog","resource_type":"AWS::Logs::LogGroup","keeps":"Deleted"},{"logical_id":"Database","resource_type":"AWS::RDS::DBInstance","keeps":"Snapshot"}]},"parameters":[["DatabaseName","ended"],["Environment","dev"],["InstanceSize","small"],["AllocatedStorage","20"],["VpcId","/platform/network/vpc-id"],["SubnetIds","/platform/network/private-subnet-ids"],["AppSecurityGroupId","/platform/network/app-security-group-id"],["TeamName","payments"],["RequesterId","U0ALICE"],["RequestId","05c60bf2-0a07-485c-8675-2e6eba0058fc"]],"bound":["RequestId","RequesterId","TeamName"],"labels":{"Environment":"Development (one zone, 7 days of backups)","InstanceSize":"Small: 2 vCPU, 1 GB (db.t4g.micro)"},"reason":"","ticket":null,"estimate":{"monthly":"14.98","region":"us-east-1","priced_on":"2026-08-21"},"exceeds_budget":false,"approval":{"Ask":{"needed":1}},"submitted_at":"2026-11-23T09:00:00Z","updated_at":"2026-11-23T09:00:00Z","approve_by":"2026-11-24T09:00:00Z","activated_at":null,"ended_at":"2026-11-23T09:00:00Z","attempt":1,"epoch":1,"status":"Cancelled","approvals":[],"asking":{"since":"2026-11-23T09:00:00Z","reminded_at":null,"escalated_at":null,"nudged_at":null},"renewal":null,"provisioned":null,"progress":{"total":0,"done":[]},"billed":null,"trouble":null,"outputs":[],"messages":{"card":{"channel":"C0PAYMENTS","ts":"1795424400.000011"},"direct":{"channel":"D0ALICE","ts":"1795424400.000010"}},"audit":{"seq":3,"digest":"efadd8bbc976f6c15ee08560b71282bc9056ab34908c29c42dc28cf583f60f5e"}}');
INSERT INTO requests VALUES('da8d6158-e5db-4bcc-b145-fd5850d144f1',14,'U0ALICE','payments','s3-bucket','ACTIVE',1,215,NULL,NULL,1795424400001000,1795424400001000,1801213200001000,NULL,'{"id":"da8d6158-e5db-4bcc-b145-fd5850d144f1","revision":14,"requester":"U0ALICE","owner":"U0ALICE","team":"payments","product":{"key":"s3-bucket","name":"Secure S3 Bucket","version":"v1.0","template_hash":"58383e00208e354765e99f1d7edb30b7bab553684e066bbc185661adf2039348","approval":{"mode":"Auto","auto_when":[],"rules":[],"approvers":"Team","needed":1,"quiet":[],"stages":[],"timeout":"1d","remind_after":"4h","escalate_after":"12h","self_approval":false,"confirm":"Click"},"per_team":10,"lease":{"ttl":"30d","grace":"7d","reminders":["1d"],"renew":["30d"],"max_renewals":1},"teardown":"TypeTheName","outputs":["BucketName","BucketArn","EncryptionKeyArn"],"fates":[{"logical_id":"BucketKey","resource_type":"AWS::KMS::Key","keeps":"Kept"},{"logical_id":"Bucket","resource_type":"AWS::S3::Bucket","keeps":"Kept"},{"logical_id":"BucketPolicy","resource_type":"AWS::S3::BucketPolicy","keeps":"Kept"}]},"parameters":[["BucketPurpose","logs"],["Environment","dev"],["ObjectRetention","forever"],["AccessLogBucket","/platform/s3/access-log-bucket"],["TeamName","payments"],["RequesterId","U0ALICE"],["RequestId","da8d6158-e5db-4bcc-b145-fd5850d144f1"]],"bound":["RequestId","RequesterId","TeamName"],"labels":{"Environment":"Development","ObjectRetention":"Until somebody deletes them"},"reason":"","ticket":null,"estimate":{"monthly":"2.15","region":"us-east-1","priced_on":"2026-08-21"},"exceeds_budget":false,"approval":{"Auto":{"why":"this product needs no approval"}},"submitted_at":"2026-11-23T09:00:00.001Z","updated_at":"2027-01-22T09:00:00.001Z","approve_by":"2026-11-24T09:00:00.001Z","activated_at":"2026-11-23T09:00:00.001Z","ended_at":null,"attempt":1,"epoch":3,"status":{"Active":{"lease":{"warn_at":"2027-01-22T09:00:00.001Z","expires_at":"2027-01-29T09:00:00.001Z","renewals":1,"warned":{"first":"2027-01-22T09:00:00.001Z","covers":"2027-01-23T01:48:00.001Z"}}}},"approvals":[],"asking":{"since":"2027-01-22T09:00:00.001Z","reminded_at":null,"escalated_at":null,"nudged_at":null},"renewal":{"by":"U0ALICE","period":"30d","renewals":1,"holds_end":true,"approve_by":"2027-01-23T09:00:00.001Z","approvals":[],"answer":null},"provisioned":{"product":"pp-6ae810b515e95","record":"rec-4de12fbb64f9f"},"progress":{"total":3,"done":["BucketKey","Bucket","BucketPolicy"]},"billed":null,"trouble":null,"outputs":[{"name":"BucketName","description":"Name of the bucket.","value":"payments-logs-dev-7ab5bd96"},{"name":"BucketArn","description":"ARN of the bucket, for IAM policies.","value":"arn:aws:s3:::payments-logs-dev-7ab5bd96"},{"name":"EncryptionKeyArn","description":"ARN of the KMS key. Who reads needs kms:Decrypt on it, who writes kms:GenerateDataKey too.","value":"arn:aws:kms:us-east-1:123456789012:key/1673efd3-02a0-49a9-9ff8-acd21d65a4dd"}],"messages":{"direct":{"channel":"D0ALICE","ts":"1795424400.001001"},"renewal":{"channel":"C0PAYMENTS","ts":"1800608400.001005"},"warning":{"channel":"D0ALICE","ts":"1800608400.001000"},"told:ACTIVE":{"channel":"D0ALICE","ts":"1795424400.001004"}},"audit":{"seq":7,"digest":"efc4e0d84e020d455f1483db74d944c0f5b5f64cdf0085b21a2b2ac50c17392d"}}');
INSERT INTO requests VALUES('06ed3f86-dce2-4765-b1d5-3366823d091f',9,'U0BOB','search','s3-bucket','ACTIVE',0,215,NULL,NULL,1800608400001000,1800608400001000,1803805200001000,NULL,'{"id":"06ed3f86-dce2-4765-b1d5-3366823d091f","revision":9,"requester":"U0BOB","owner":"U0BOB","team":"search","product":{"key":"s3-bucket","name":"Secure S3 Bucket","version":"v1.0","template_hash":"58383e00208e354765e99f1d7edb30b7bab553684e066bbc185661adf2039348","approval":{"mode":"Auto","auto_when":[],"rules":[],"approvers":"Team","needed":1,"quiet":[],"stages":[],"timeout":"1d","remind_after":"4h","escalate_after":"12h","self_approval":false,"confirm":"Click"},"per_team":10,"lease":{"ttl":"30d","grace":"7d","reminders":["1d"],"renew":["30d"],"max_renewals":1},"teardown":"TypeTheName","outputs":["BucketName","BucketArn","EncryptionKeyArn"],"fates":[{"logical_id":"BucketKey","resource_type":"AWS::KMS::Key","keeps":"Kept"},{"logical_id":"Bucket","resource_type":"AWS::S3::Bucket","keeps":"Kept"},{"logical_id":"BucketPolicy","resource_type":"AWS::S3::BucketPolicy","keeps":"Kept"}]},"parameters":[["BucketPurpose","backups"],["Environment","dev"],["ObjectRetention","forever"],["AccessLogBucket","/platform/s3/access-log-bucket"],["TeamName","search"],["RequesterId","U0BOB"],["RequestId","06ed3f86-dce2-4765-b1d5-3366823d091f"]],"bound":["RequestId","RequesterId","TeamName"],"labels":{"Environment":"Development","ObjectRetention":"Until somebody deletes them"},"reason":"","ticket":null,"estimate":{"monthly":"2.15","region":"us-east-1","priced_on":"2026-08-21"},"exceeds_budget":false,"approval":{"Auto":{"why":"this product needs no approval"}},"submitted_at":"2027-01-22T09:00:00.001Z","updated_at":"2027-01-22T09:00:00.001Z","approve_by":"2027-01-23T09:00:00.001Z","activated_at":"2027-01-22T09:00:00.001Z","ended_at":null,"attempt":1,"epoch":1,"status":{"Active":{"lease":{"warn_at":"2027-02-21T09:00:00.001Z","expires_at":"2027-02-28T09:00:00.001Z","renewals":0,"warned":null}}},"approvals":[],"asking":{"since":null,"reminded_at":null,"escalated_at":null,"nudged_at":null},"renewal":null,"provisioned":{"product":"pp-d8c451ef9338f","record":"rec-e5fba201e63af"},"progress":{"total":3,"done":["BucketKey","Bucket","BucketPolicy"]},"billed":null,"trouble":null,"outputs":[{"name":"BucketName","description":"Name of the bucket.","value":"search-backups-dev-3780ae76"},{"name":"BucketArn","description":"ARN of the bucket, for IAM policies.","value":"arn:aws:s3:::search-backups-dev-3780ae76"},{"name":"EncryptionKeyArn","description":"ARN of the KMS key. Who reads needs kms:Decrypt on it, who writes kms:GenerateDataKey too.","value":"arn:aws:kms:us-east-1:123456789012:key/fa5b98ec-6996-4fa9-bfd9-3cfe19b6a801"}],"messages":{"direct":{"channel":"D0BOB","ts":"1800608400.001011"},"told:ACTIVE":{"channel":"D0BOB","ts":"1800608400.001014"}},"audit":{"seq":3,"digest":"5d678771e0b53ab19486db67192bb0cc97174d9e3bea7515909f83585e0f5816"}}');
INSERT INTO requests VALUES('f8ee5cff-effe-43f1-bb44-9599a583ad4a',21,'U0ALICE','payments','rds-postgres','ACTIVE',1,1498,NULL,NULL,1800608400002000,1800608400002000,1803805200002000,NULL,'{"id":"f8ee5cff-effe-43f1-bb44-9599a583ad4a","revision":21,"requester":"U0ALICE","owner":"U0ALICE","team":"payments","product":{"key":"rds-postgres","name":"PostgreSQL RDS Instance","version":"v1.0","template_hash":"520c6bebc4b1b6b8185c49b90186a98612a95045ccd2d039a6b2f18d06f0f94e","approval":{"mode":"Required","auto_when":[],"rules":[],"approvers":"Team","needed":1,"quiet":[],"stages":[],"timeout":"1d","remind_after":"4h","escalate_after":"12h","self_approval":false,"confirm":"Click","may_reduce":["InstanceSize","AllocatedStorage"]},"per_team":3,"lease":{"ttl":"30d","grace":"7d","reminders":["1d"],"renew":["30d"],"max_renewals":12},"teardown":"TypeTheName","outputs":["ConnectionUrl","PasswordSecretArn","EncryptionKeyArn","InstanceId"],"fates":[{"logical_id":"DatabaseKey","resource_type":"AWS::KMS::Key","keeps":"Kept"},{"logical_id":"SubnetGroup","resource_type":"AWS::RDS::DBSubnetGroup","keeps":"Deleted"},{"logical_id":"DatabaseSecurityGroup","resource_type":"AWS::EC2::SecurityGroup","keeps":"Deleted"},{"logical_id":"ParameterGroup","resource_type":"AWS::RDS::DBParameterGroup","keeps":"Deleted"},{"logical_id":"MonitoringRole","resource_type":"AWS::IAM::Role","keeps":"Deleted"},{"logical_id":"PostgresLog","resource_type":"AWS::Logs::LogGroup","keeps":"Deleted"},{"logical_id":"UpgradeLog","resource_type":"AWS::Logs::LogGroup","keeps":"Deleted"},{"logical_id":"Database","resource_type":"AWS::RDS::DBInstance","keeps":"Snapshot"}]},"parameters":[["DatabaseName","changed"],["Environment","dev"],["InstanceSize","small"],["AllocatedStorage","20"],["VpcId","/platform/network/vpc-id"],["SubnetIds","/platform/network/private-subnet-ids"],["AppSecurityGroupId","/platform/network/app-security-group-id"],["TeamName","payments"],["RequesterId","U0ALICE"],["RequestId","f8ee5cff-effe-43f1-bb44-9599a583ad4a"]],"bound":["RequestId","RequesterId","TeamName"],"labels":{"Environment":"Development (one zone, 7 days of backups)","InstanceSize":"Small: 2 vCPU, 1 GB (db.t4g.micro)"},"reason":"","ticket":null,"estimate":{"monthly":"14.98","region":"us-east-1","priced_on":"2026-08-21"},"exceeds_budget":false,"approval":{"Ask":{"needed":1}},"submitted_at":"2027-01-22T09:00:00.002Z","updated_at":"2027-01-22T09:00:00.003Z","approve_by":"2027-01-23T09:00:00.002Z","activated_at":"2027-01-22T09:00:00.002Z","ended_at":null,"attempt":1,"epoch":2,"status":{"Active":{"lease":{"warn_at":"2027-02-21T09:00:00.002Z","expires_at":"2027-02-28T09:00:00.002Z","renewals":0,"warned":null}}},"approvals":[{"by":"U0MORGAN","at":"2027-01-22T09:00:00.002Z"}],"asking":{"since":"2027-01-22T09:00:00.003Z","reminded_at":null,"escalated_at":null,"nudged_at":null},"renewal":null,"change":{"by":"U0ALICE","once":"view:V0000177","product":{"key":"rds-postgres","name":"PostgreSQL RDS Instance","version":"v1.0","template_hash":"520c6bebc4b1b6b8185c49b90186a98612a95045ccd2d039a6b2f18d06f0f94e","approval":{"mode":"Required","auto_when":[],"rules":[],"approvers":"Team","needed":1,"quiet":[],"stages":[],"timeout":"1d","remind_after":"4h","escalate_after":"12h","self_approval":false,"confirm":"Click","may_reduce":["InstanceSize","AllocatedStorage"]},"per_team":3,"lease":{"ttl":"30d","grace":"7d","reminders":["1d"],"renew":["30d"],"max_renewals":12},"teardown":"TypeTheName","outputs":["ConnectionUrl","PasswordSecretArn","EncryptionKeyArn","InstanceId"],"fates":[{"logical_id":"DatabaseKey","resource_type":"AWS::KMS::Key","keeps":"Kept"},{"logical_id":"SubnetGroup","resource_type":"AWS::RDS::DBSubnetGroup","keeps":"Deleted"},{"logical_id":"DatabaseSecurityGroup","resource_type":"AWS::EC2::SecurityGroup","keeps":"Deleted"},{"logical_id":"ParameterGroup","resource_type":"AWS::RDS::DBParameterGroup","keeps":"Deleted"},{"logical_id":"MonitoringRole","resource_type":"AWS::IAM::Role","keeps":"Deleted"},{"logical_id":"PostgresLog","resource_type":"AWS::Logs::LogGroup","keeps":"Deleted"},{"logical_id":"UpgradeLog","resource_type":"AWS::Logs::LogGroup","keeps":"Deleted"},{"logical_id":"Database","resource_type":"AWS::RDS::DBInstance","keeps":"Snapshot"}]},"parameters":[["DatabaseName","changed"],["Environment","dev"],["InstanceSize","medium"],["AllocatedStorage","20"],["VpcId","/platform/network/vpc-id"],["SubnetIds","/platform/network/private-subnet-ids"],["AppSecurityGroupId","/platform/network/app-security-group-id"],["TeamName","payments"],["RequesterId","U0ALICE"],["RequestId","f8ee5cff-effe-43f1-bb44-9599a583ad4a"]],"bound":["RequestId","RequesterId","TeamName"],"labels":{"Environment":"Development (one zone, 7 days of backups)","InstanceSize":"Medium: 2 vCPU, 2 GB (db.t4g.small)"},"differences":[{"what":"InstanceSize","before":"small","after":"medium"}],"reason":"Black Friday","estimate_before":{"monthly":"14.98","region":"us-east-1","priced_on":"2026-08-21"},"estimate":{"monthly":"26.66","region":"us-east-1","priced_on":"2026-08-21"},"exceeds_budget":false,"approval":{"Ask":{"needed":1}},"asked_at":"2027-01-22T09:00:00.003Z","approve_by":"2027-01-23T09:00:00.003Z","approvals":[],"answer":null},"provisioned":{"product":"pp-ce7f74c778d98","record":"rec-f5c81207c6511"},"progress":{"total":8,"done":["DatabaseKey","SubnetGroup","DatabaseSecurityGroup","ParameterGroup","MonitoringRole","PostgresLog","UpgradeLog","Database"]},"billed":null,"trouble":null,"outputs":[{"name":"ConnectionUrl","description":"How to connect. The password is in the secret below, it changes every seven days.","value":"postgresql://dbadmin@pg-payments-dev-ad071407.a2762469842f.us-east-1.rds.amazonaws.com:5432/changed?sslmode=require"},{"name":"PasswordSecretArn","description":"Secrets Manager secret with the user name and password. Its value is never shown here.","value":"arn:aws:secretsmanager:us-east-1:123456789012:secret:rds!db-a2762469-842f-4e3a-9060-adeb9033f0b4-a27624"},{"name":"EncryptionKeyArn","description":"ARN of the KMS key. Who reads the secret needs kms:Decrypt on it.","value":"arn:aws:kms:us-east-1:123456789012:key/dc1e00b8-3c03-49fe-99a0-c56593037c54"},{"name":"InstanceId","description":"Identifier of the RDS instance.","value":"pg-payments-dev-ad071407"}],"messages":{"card":{"channel":"C0PAYMENTS","ts":"1800608400.002002"},"thread":{"channel":"C0PAYMENTS","ts":"1800608400.002008"},"direct":{"channel":"D0ALICE","ts":"1800608400.002001"},"change":{"channel":"C0PAYMENTS","ts":"1800608400.003001"},"told:APPROVED":{"channel":"D0ALICE","ts":"1800608400.002009"},"told:ACTIVE":{"channel":"D0ALICE","ts":"1800608400.002016"}},"audit":{"seq":6,"digest":"ca0b530f102ede1cddad5ac56f535b998875a62c161f0e7cfdda0092c4ef0859"}}');
INSERT INTO requests VALUES('2b392017-349a-4041-8adb-72b7c2da877c',4,'U0ALICE','payments','rds-postgres','AWAITING_APPROVAL',1,1498,NULL,NULL,1800608400004000,NULL,NULL,NULL,'{"id":"2b392017-349a-4041-8adb-72b7c2da877c","revision":4,"requester":"U0ALICE","owner":"U0ALICE","team":"payments","product":{"key":"rds-postgres","name":"PostgreSQL RDS Instance","version":"v1.0","template_hash":"520c6bebc4b1b6b8185c49b90186a98612a95045ccd2d039a6b2f18d06f0f94e","approval":{"mode":"Required","auto_when":[],"rules":[],"approvers":"Team","needed":1,"quiet":[],"stages":[],"timeout":"1d","remind_after":"4h","escalate_after":"12h","self_approval":false,"confirm":"Click","may_reduce":["InstanceSize","AllocatedStorage"]},"per_team":3,"lease":{"ttl":"30d","grace":"7d","reminders":["1d"],"renew":["30d"],"max_renewals":12},"teardown":"TypeTheName","outputs":["ConnectionUrl","PasswordSecretArn","EncryptionKeyArn","InstanceId"],"fates":[{"logical_id":"DatabaseKey","resource_type":"AWS::KMS::Key","keeps":"Kept"},{"logical_id":"SubnetGroup","resource_type":"AWS::RDS::DBSubnetGroup","keeps":"Deleted"},{"logical_id":"DatabaseSecurityGroup","resource_type":"AWS::EC2::SecurityGroup","keeps":"Deleted"},{"logical_id":"ParameterGroup","resource_type":"AWS::RDS::DBParameterGroup","keeps":"Deleted"},{"logical_id":"MonitoringRole","resource_type":"AWS::IAM::Role","keeps":"Deleted"},{"logical_id":"PostgresLog","resource_type":"AWS::Logs::LogGroup","keeps":"Deleted"},{"logical_id":"UpgradeLog","resource_type":"AWS::Logs::LogGroup","keeps":"Deleted"},{"logical_id":"Database","resource_type":"AWS::RDS::DBInstance","keeps":"Snapshot"}]},"parameters":[["DatabaseName","orders"],["Environment","dev"],["InstanceSize","small"],["AllocatedStorage","20"],["VpcId","/platform/network/vpc-id"],["SubnetIds","/platform/network/private-subnet-ids"],["AppSecurityGroupId","/platform/network/app-security-group-id"],["TeamName","payments"],["RequesterId","U0ALICE"],["RequestId","2b392017-349a-4041-8adb-72b7c2da877c"]],"bound":["RequestId","RequesterId","TeamName"],"labels":{"Environment":"Development (one zone, 7 days of backups)","InstanceSize":"Small: 2 vCPU, 1 GB (db.t4g.micro)"},"reason":"","ticket":null,"estimate":{"monthly":"14.98","region":"us-east-1","priced_on":"2026-08-21"},"exceeds_budget":false,"approval":{"Ask":{"needed":1}},"submitted_at":"2027-01-22T09:00:00.004Z","updated_at":"2027-01-22T09:00:00.004Z","approve_by":"2027-01-23T09:00:00.004Z","activated_at":null,"ended_at":null,"attempt":1,"epoch":1,"status":{"AwaitingApproval":{"token":"fc4778ec0d0c44c686cc653218376ec7272b4e13926b4e77bdbf93e24cf959ed"}},"approvals":[],"asking":{"since":"2027-01-22T09:00:00.004Z","reminded_at":null,"escalated_at":null,"nudged_at":null},"renewal":null,"provisioned":null,"progress":{"total":0,"done":[]},"billed":null,"trouble":null,"outputs":[],"messages":{"card":{"channel":"C0PAYMENTS","ts":"1800608400.004002"},"direct":{"channel":"D0ALICE","ts":"1800608400.004001"}},"audit":{"seq":2,"digest":"06d0f4c328a99838d817158deb0ff7a574eb348a563560ad6cea6f102a648528"}}');
CREATE TABLE messages (
  channel TEXT NOT NULL,
  ts      TEXT NOT NULL,
  request TEXT NOT NULL REFERENCES requests (id),
  PRIMARY KEY (channel, ts, request)
) WITHOUT ROWID;
INSERT INTO messages VALUES('C0PAYMENTS','1795424400.000011','05c60bf2-0a07-485c-8675-2e6eba0058fc');
INSERT INTO messages VALUES('C0PAYMENTS','1800608400.001005','da8d6158-e5db-4bcc-b145-fd5850d144f1');
INSERT INTO messages VALUES('C0PAYMENTS','1800608400.002002','f8ee5cff-effe-43f1-bb44-9599a583ad4a');
INSERT INTO messages VALUES('C0PAYMENTS','1800608400.002008','f8ee5cff-effe-43f1-bb44-9599a583ad4a');
INSERT INTO messages VALUES('C0PAYMENTS','1800608400.003001','f8ee5cff-effe-43f1-bb44-9599a583ad4a');
INSERT INTO messages VALUES('C0PAYMENTS','1800608400.004002','2b392017-349a-4041-8adb-72b7c2da877c');
INSERT INTO messages VALUES('D0ALICE','1795424400.000010','05c60bf2-0a07-485c-8675-2e6eba0058fc');
INSERT INTO messages VALUES('D0ALICE','1795424400.001001','da8d6158-e5db-4bcc-b145-fd5850d144f1');
INSERT INTO messages VALUES('D0ALICE','1795424400.001004','da8d6158-e5db-4bcc-b145-fd5850d144f1');
INSERT INTO messages VALUES('D0ALICE','1798016400.001000','da8d6158-e5db-4bcc-b145-fd5850d144f1');
INSERT INTO messages VALUES('D0ALICE','1800608400.001000','da8d6158-e5db-4bcc-b145-fd5850d144f1');
INSERT INTO messages VALUES('D0ALICE','1800608400.002001','f8ee5cff-effe-43f1-bb44-9599a583ad4a');
INSERT INTO messages VALUES('D0ALICE','1800608400.002009','f8ee5cff-effe-43f1-bb44-9599a583ad4a');
INSERT INTO messages VALUES('D0ALICE','1800608400.002016','f8ee5cff-effe-43f1-bb44-9599a583ad4a');
INSERT INTO messages VALUES('D0ALICE','1800608400.004001','2b392017-349a-4041-8adb-72b7c2da877c');
INSERT INTO messages VALUES('D0BOB','1800608400.001011','06ed3f86-dce2-4765-b1d5-3366823d091f');
INSERT INTO messages VALUES('D0BOB','1800608400.001014','06ed3f86-dce2-4765-b1d5-3366823d091f');
CREATE TABLE homes (
  person          TEXT PRIMARY KEY,
  first_opened_at INTEGER NOT NULL,
  opened_at       INTEGER NOT NULL,
  shows           TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO homes VALUES('U0MORGAN',1800608400003000,1800608400003000,'');
CREATE TABLE audit (
  n       INTEGER PRIMARY KEY AUTOINCREMENT,
  request TEXT NOT NULL,
  seq     INTEGER NOT NULL,
  body    TEXT NOT NULL,
  UNIQUE (request, seq)
);
INSERT INTO audit VALUES(1,'00000000-0000-0000-0000-000000000000',1,'{"at":"2026-11-23T09:00:00Z","request":"00000000-0000-0000-0000-000000000000","seq":1,"event":"paused","actor":"U0ADMIN","team":"-","product":"-","status":"-","detail":"moving house [command]","prev":"","digest":"2ee3c8be67acde4344ca3c3625fd28118655217ae6753e84bad9eec038d71b1d"}');
INSERT INTO audit VALUES(2,'3c61ef59-8ed1-4e08-b3be-b16c3d255731',1,'{"at":"2026-11-23T09:00:00Z","request":"3c61ef59-8ed1-4e08-b3be-b16c3d255731","seq":1,"event":"refused","actor":"U0OLGA","team":"-","product":"-","status":"-","detail":"pause new requests: not an admin [command]","prev":"","digest":"6ac8fec0535f326d2444711173944cf0b5645fd7fd0a682de3609069e67695d2"}');
INSERT INTO audit VALUES(3,'43b3d42d-4109-434f-a8f9-a6d406fb4ae3',1,'{"at":"2026-11-23T09:00:00Z","request":"43b3d42d-4109-434f-a8f9-a6d406fb4ae3","seq":1,"event":"refused","actor":"U0OLGA","team":"-","product":"-","status":"-","detail":"pause new requests: not an admin [command]","prev":"","digest":"3d1c9f2d61ef2dd615b3a49bfe3c26ede74603e481e853925939b9c012a19609"}');
INSERT INTO audit VALUES(4,'00000000-0000-0000-0000-000000000000',2,'{"at":"2026-11-23T09:00:00Z","request":"00000000-0000-0000-0000-000000000000","seq":2,"event":"resumed","actor":"U0ADMIN","team":"-","product":"-","status":"-","detail":"paused since 2026-11-23T09:00:00Z by U0ADMIN [command]","prev":"2ee3c8be67acde4344ca3c3625fd28118655217ae6753e84bad9eec038d71b1d","digest":"263a7ea9e0c3de52a68914b186266ab20a46341ad161d5bf384a7175b2be1bbe"}');
INSERT INTO audit VALUES(5,'05c60bf2-0a07-485c-8675-2e6eba0058fc',1,'{"at":"2026-11-23T09:00:00Z","request":"05c60bf2-0a07-485c-8675-2e6eba0058fc","seq":1,"event":"submitted","actor":"U0ALICE","team":"payments","product":"rds-postgres","status":"PENDING","detail":"1 approval needed [form]","prev":"","digest":"017c6e5ba7fb9c3db70ad8c20dd7233681e191227db5d326084e658039d578ac"}');
INSERT INTO audit VALUES(6,'05c60bf2-0a07-485c-8675-2e6eba0058fc',2,'{"at":"2026-11-23T09:00:00Z","request":"05c60bf2-0a07-485c-8675-2e6eba0058fc","seq":2,"event":"approval requested","actor":"workflow","team":"payments","product":"rds-postgres","status":"AWAITING_APPROVAL","detail":"","prev":"017c6e5ba7fb9c3db70ad8c20dd7233681e191227db5d326084e658039d578ac","digest":"f01b65177770830df1d4538343bb01fb913f9fdc6d64d832c233f0e9cc79b397"}');
INSERT INTO audit VALUES(7,'05c60bf2-0a07-485c-8675-2e6eba0058fc',3,'{"at":"2026-11-23T09:00:00Z","request":"05c60bf2-0a07-485c-8675-2e6eba0058fc","seq":3,"event":"cancelled","actor":"U0ALICE","team":"payments","product":"rds-postgres","status":"CANCELLED","detail":"[button in D0ALICE]","prev":"f01b65177770830df1d4538343bb01fb913f9fdc6d64d832c233f0e9cc79b397","digest":"efadd8bbc976f6c15ee08560b71282bc9056ab34908c29c42dc28cf583f60f5e"}');
INSERT INTO audit VALUES(8,'da8d6158-e5db-4bcc-b145-fd5850d144f1',1,'{"at":"2026-11-23T09:00:00.001Z","request":"da8d6158-e5db-4bcc-b145-fd5850d144f1","seq":1,"event":"submitted","actor":"U0ALICE","team":"payments","product":"s3-bucket","status":"APPROVED","detail":"auto-approved: this product needs no approval [form]","prev":"","digest":"ca8ddc80ebbbeca440450509de5fc28c303fcf8c689ec13990cc934a18e65d0b"}');
INSERT INTO audit VALUES(9,'da8d6158-e5db-4bcc-b145-fd5850d144f1',2,'{"at":"2026-11-23T09:00:00.001Z","request":"da8d6158-e5db-4bcc-b145-fd5850d144f1","seq":2,"event":"provisioning","actor":"workflow","team":"payments","product":"s3-bucket","status":"PROVISIONING","detail":"","prev":"ca8ddc80ebbbeca440450509de5fc28c303fcf8c689ec13990cc934a18e65d0b","digest":"734a18c4a740b309ebc3cf63edd06078149351024e7c4ce3000b5555e98c91ce"}');
INSERT INTO audit VALUES(10,'da8d6158-e5db-4bcc-b145-fd5850d144f1',3,'{"at":"2026-11-23T09:00:00.001Z","request":"da8d6158-e5db-4bcc-b145-fd5850d144f1","seq":3,"event":"active","actor":"provisioner","team":"payments","product":"s3-bucket","status":"ACTIVE","detail":"","prev":"734a18c4a740b309ebc3cf63edd06078149351024e7c4ce3000b5555e98c91ce","digest":"b506871114d47b33987bdb82d3743f634950384a9021b85fa02422a302a7944c"}');
INSERT INTO audit VALUES(11,'da8d6158-e5db-4bcc-b145-fd5850d144f1',4,'{"at":"2026-12-23T09:00:00.001Z","request":"da8d6158-e5db-4bcc-b145-fd5850d144f1","seq":4,"event":"warned","actor":"clock","team":"payments","product":"s3-bucket","status":"ACTIVE","detail":"ends 2026-12-30T09:00:00Z","prev":"b506871114d47b33987bdb82d3743f634950384a9021b85fa02422a302a7944c","digest":"5ece9752bd648876e43c622d1122b2a5da21b1f498ce3e10a2a9bd41cdfb967b"}');
INSERT INTO audit VALUES(12,'da8d6158-e5db-4bcc-b145-fd5850d144f1',5,'{"at":"2026-12-23T09:00:00.001Z","request":"da8d6158-e5db-4bcc-b145-fd5850d144f1","seq":5,"event":"renewed","actor":"U0ALICE","team":"payments","product":"s3-bucket","status":"ACTIVE","detail":"by 30d, ends 2027-01-29T09:00:00Z [button in D0ALICE]","prev":"5ece9752bd648876e43c622d1122b2a5da21b1f498ce3e10a2a9bd41cdfb967b","digest":"aae24bafe7cc2d79cf0c905bf358ebf8ba92a8135f858970ed1cb2f580ca6e2d"}');
INSERT INTO audit VALUES(13,'da8d6158-e5db-4bcc-b145-fd5850d144f1',6,'{"at":"2027-01-22T09:00:00.001Z","request":"da8d6158-e5db-4bcc-b145-fd5850d144f1","seq":6,"event":"warned","actor":"clock","team":"payments","product":"s3-bucket","status":"ACTIVE","detail":"ends 2027-01-29T09:00:00Z","prev":"aae24bafe7cc2d79cf0c905bf358ebf8ba92a8135f858970ed1cb2f580ca6e2d","digest":"93487a4d61a90f8c943a6d49ecdd6aff99fbbbd338afa8f8eeaee16fd4dd7b14"}');
INSERT INTO audit VALUES(14,'da8d6158-e5db-4bcc-b145-fd5850d144f1',7,'{"at":"2027-01-22T09:00:00.001Z","request":"da8d6158-e5db-4bcc-b145-fd5850d144f1","seq":7,"event":"renewal requested","actor":"U0ALICE","team":"payments","product":"s3-bucket","status":"ACTIVE","detail":"by 30d, 1 needed [button in D0ALICE]","prev":"93487a4d61a90f8c943a6d49ecdd6aff99fbbbd338afa8f8eeaee16fd4dd7b14","digest":"efc4e0d84e020d455f1483db74d944c0f5b5f64cdf0085b21a2b2ac50c17392d"}');
INSERT INTO audit VALUES(15,'06ed3f86-dce2-4765-b1d5-3366823d091f',1,'{"at":"2027-01-22T09:00:00.001Z","request":"06ed3f86-dce2-4765-b1d5-3366823d091f","seq":1,"event":"submitted","actor":"U0BOB","team":"search","product":"s3-bucket","status":"APPROVED","detail":"auto-approved: this product needs no approval [form]","prev":"","digest":"1ed34009c5eb7e22ee5f54e760bd31f89ef11f47e9c1b77c3b76b70091b98f58"}');
INSERT INTO audit VALUES(16,'06ed3f86-dce2-4765-b1d5-3366823d091f',2,'{"at":"2027-01-22T09:00:00.001Z","request":"06ed3f86-dce2-4765-b1d5-3366823d091f","seq":2,"event":"provisioning","actor":"workflow","team":"search","product":"s3-bucket","status":"PROVISIONING","detail":"","prev":"1ed34009c5eb7e22ee5f54e760bd31f89ef11f47e9c1b77c3b76b70091b98f58","digest":"b95e5d186156b384b6b0df918f3bbecf2865ec278d2f5a2423ee00f2c8135b0f"}');
INSERT INTO audit VALUES(17,'06ed3f86-dce2-4765-b1d5-3366823d091f',3,'{"at":"2027-01-22T09:00:00.001Z","request":"06ed3f86-dce2-4765-b1d5-3366823d091f","seq":3,"event":"active","actor":"provisioner","team":"search","product":"s3-bucket","status":"ACTIVE","detail":"","prev":"b95e5d186156b384b6b0df918f3bbecf2865ec278d2f5a2423ee00f2c8135b0f","digest":"5d678771e0b53ab19486db67192bb0cc97174d9e3bea7515909f83585e0f5816"}');
INSERT INTO audit VALUES(18,'f8ee5cff-effe-43f1-bb44-9599a583ad4a',1,'{"at":"2027-01-22T09:00:00.002Z","request":"f8ee5cff-effe-43f1-bb44-9599a583ad4a","seq":1,"event":"submitted","actor":"U0ALICE","team":"payments","product":"rds-postgres","status":"PENDING","detail":"1 approval needed [form]","prev":"","digest":"c6da0c8351cd5db8761def1b9983403330b6f9be4266b9fc7d4648a7b6040a5c"}');
INSERT INTO audit VALUES(19,'f8ee5cff-effe-43f1-bb44-9599a583ad4a',2,'{"at":"2027-01-22T09:00:00.002Z","request":"f8ee5cff-effe-43f1-bb44-9599a583ad4a","seq":2,"event":"approval requested","actor":"workflow","team":"payments","product":"rds-postgres","status":"AWAITING_APPROVAL","detail":"","prev":"c6da0c8351cd5db8761def1b9983403330b6f9be4266b9fc7d4648a7b6040a5c","digest":"64577bbb2e7cefd74c3bbcda7cb78dd67b38431bf92df4d81ae776551db2e20c"}');
INSERT INTO audit VALUES(20,'f8ee5cff-effe-43f1-bb44-9599a583ad4a',3,'{"at":"2027-01-22T09:00:00.002Z","request":"f8ee5cff-effe-43f1-bb44-9599a583ad4a","seq":3,"event":"approved","actor":"U0MORGAN","team":"payments","product":"rds-postgres","status":"APPROVED","detail":"[button in C0PAYMENTS]","prev":"64577bbb2e7cefd74c3bbcda7cb78dd67b38431bf92df4d81ae776551db2e20c","digest":"5994e7cbf67c320e7b2779a57727ba3420964f121519afeae4b39627c65392cb"}');
INSERT INTO audit VALUES(21,'f8ee5cff-effe-43f1-bb44-9599a583ad4a',4,'{"at":"2027-01-22T09:00:00.002Z","request":"f8ee5cff-effe-43f1-bb44-9599a583ad4a","seq":4,"event":"provisioning","actor":"workflow","team":"payments","product":"rds-postgres","status":"PROVISIONING","detail":"","prev":"5994e7cbf67c320e7b2779a57727ba3420964f121519afeae4b39627c65392cb","digest":"df12927253a9414c27423d282bf557f6193838e872abaaf32ab39c85e1ca0586"}');
INSERT INTO audit VALUES(22,'f8ee5cff-effe-43f1-bb44-9599a583ad4a',5,'{"at":"2027-01-22T09:00:00.002Z","request":"f8ee5cff-effe-43f1-bb44-9599a583ad4a","seq":5,"event":"active","actor":"provisioner","team":"payments","product":"rds-postgres","status":"ACTIVE","detail":"","prev":"df12927253a9414c27423d282bf557f6193838e872abaaf32ab39c85e1ca0586","digest":"02ea1565832ba5c991975b7598e0071b8a62db3c519466aaccfb0328664c8f97"}');
INSERT INTO audit VALUES(23,'f8ee5cff-effe-43f1-bb44-9599a583ad4a',6,'{"at":"2027-01-22T09:00:00.003Z","request":"f8ee5cff-effe-43f1-bb44-9599a583ad4a","seq":6,"event":"change requested","actor":"U0ALICE","team":"payments","product":"rds-postgres","status":"ACTIVE","detail":"InstanceSize small -> medium; 1 needed [form]","prev":"02ea1565832ba5c991975b7598e0071b8a62db3c519466aaccfb0328664c8f97","digest":"ca0b530f102ede1cddad5ac56f535b998875a62c161f0e7cfdda0092c4ef0859"}');
INSERT INTO audit VALUES(24,'2b392017-349a-4041-8adb-72b7c2da877c',1,'{"at":"2027-01-22T09:00:00.004Z","request":"2b392017-349a-4041-8adb-72b7c2da877c","seq":1,"event":"submitted","actor":"U0ALICE","team":"payments","product":"rds-postgres","status":"PENDING","detail":"1 approval needed [form]","prev":"","digest":"357e00efbb80e28abb69a94bd08a518efb34bd07693edb4f1ef3a2e05902c92b"}');
INSERT INTO audit VALUES(25,'2b392017-349a-4041-8adb-72b7c2da877c',2,'{"at":"2027-01-22T09:00:00.004Z","request":"2b392017-349a-4041-8adb-72b7c2da877c","seq":2,"event":"approval requested","actor":"workflow","team":"payments","product":"rds-postgres","status":"AWAITING_APPROVAL","detail":"","prev":"357e00efbb80e28abb69a94bd08a518efb34bd07693edb4f1ef3a2e05902c92b","digest":"06d0f4c328a99838d817158deb0ff7a574eb348a563560ad6cea6f102a648528"}');
CREATE TABLE quota (
  team    TEXT NOT NULL,
  product TEXT NOT NULL,
  used    INTEGER NOT NULL CHECK (used >= 0),
  monthly INTEGER NOT NULL CHECK (monthly >= 0),
  PRIMARY KEY (team, product)
) WITHOUT ROWID;
INSERT INTO quota VALUES('payments','rds-postgres',2,4164);
INSERT INTO quota VALUES('payments','s3-bucket',1,215);
INSERT INTO quota VALUES('search','s3-bucket',1,215);
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
INSERT INTO jobs VALUES('-','bill','"ReadBill"',1800694800001000,0,0,0,NULL,1800694800001000);
INSERT INTO jobs VALUES('-','reconcile','{"Reconcile":{"told":[]}}',1800630000001000,0,0,0,NULL,1800630000001000);
INSERT INTO jobs VALUES('06ed3f86-dce2-4765-b1d5-3366823d091f','homes','"FindHomes"',1800608402001000,0,0,0,NULL,1800608402001000);
INSERT INTO jobs VALUES('06ed3f86-dce2-4765-b1d5-3366823d091f','lease','"Lease"',1803200400001000,0,0,0,NULL,1803200400001000);
INSERT INTO jobs VALUES('2b392017-349a-4041-8adb-72b7c2da877c','deadline','"ApprovalDeadline"',1800694800004000,0,0,0,NULL,1800694800004000);
INSERT INTO jobs VALUES('2b392017-349a-4041-8adb-72b7c2da877c','homes','"FindHomes"',1800608402004000,0,0,0,NULL,1800608402004000);
INSERT INTO jobs VALUES('2b392017-349a-4041-8adb-72b7c2da877c','prompt:escalation','{"Prompt":{"prompt":"Escalation","epoch":1}}',1800651600004000,0,0,0,NULL,1800651600004000);
INSERT INTO jobs VALUES('2b392017-349a-4041-8adb-72b7c2da877c','prompt:reminder','{"Prompt":{"prompt":"Reminder","epoch":1}}',1800622800004000,0,0,0,NULL,1800622800004000);
INSERT INTO jobs VALUES('U0MORGAN','show:home','"Home"',1800608520003000,0,0,1,'Slack refused the call: invalid_blocks',1800608400003000);
INSERT INTO jobs VALUES('da8d6158-e5db-4bcc-b145-fd5850d144f1','homes','"FindHomes"',1800608402001000,0,0,0,NULL,1800608402001000);
INSERT INTO jobs VALUES('da8d6158-e5db-4bcc-b145-fd5850d144f1','lease','"Lease"',1801126800001000,0,0,0,NULL,1801126800001000);
INSERT INTO jobs VALUES('da8d6158-e5db-4bcc-b145-fd5850d144f1','prompt:escalation','{"Prompt":{"prompt":"Escalation","epoch":3}}',1800651600001000,0,0,0,NULL,1800651600001000);
INSERT INTO jobs VALUES('da8d6158-e5db-4bcc-b145-fd5850d144f1','prompt:reminder','{"Prompt":{"prompt":"Reminder","epoch":3}}',1800622800001000,0,0,0,NULL,1800622800001000);
INSERT INTO jobs VALUES('da8d6158-e5db-4bcc-b145-fd5850d144f1','renewal-deadline','"RenewalDeadline"',1800694800001000,0,0,0,NULL,1800694800001000);
INSERT INTO jobs VALUES('f8ee5cff-effe-43f1-bb44-9599a583ad4a','change-deadline','"ChangeDeadline"',1800694800003000,0,0,0,NULL,1800694800003000);
INSERT INTO jobs VALUES('f8ee5cff-effe-43f1-bb44-9599a583ad4a','deadline','"ApprovalDeadline"',1800694800002000,0,0,0,NULL,1800694800002000);
INSERT INTO jobs VALUES('f8ee5cff-effe-43f1-bb44-9599a583ad4a','homes','"FindHomes"',1800608402003000,0,0,0,NULL,1800608402003000);
INSERT INTO jobs VALUES('f8ee5cff-effe-43f1-bb44-9599a583ad4a','lease','"Lease"',1803200400002000,0,0,0,NULL,1803200400002000);
INSERT INTO jobs VALUES('f8ee5cff-effe-43f1-bb44-9599a583ad4a','prompt:escalation','{"Prompt":{"prompt":"Escalation","epoch":2}}',1800651600003000,0,0,0,NULL,1800651600003000);
INSERT INTO jobs VALUES('f8ee5cff-effe-43f1-bb44-9599a583ad4a','prompt:reminder','{"Prompt":{"prompt":"Reminder","epoch":2}}',1800622800003000,0,0,0,NULL,1800622800003000);
CREATE TABLE claims (last INTEGER NOT NULL);
INSERT INTO claims VALUES(73);
CREATE TABLE once (
  key     TEXT PRIMARY KEY,
  request TEXT
) WITHOUT ROWID;
INSERT INTO once VALUES('bill',NULL);
INSERT INTO once VALUES('reconcile',NULL);
INSERT INTO once VALUES('view:V0000010','05c60bf2-0a07-485c-8675-2e6eba0058fc');
INSERT INTO once VALUES('view:V0000039','da8d6158-e5db-4bcc-b145-fd5850d144f1');
INSERT INTO once VALUES('view:V0000091','06ed3f86-dce2-4765-b1d5-3366823d091f');
INSERT INTO once VALUES('view:V0000124','f8ee5cff-effe-43f1-bb44-9599a583ad4a');
INSERT INTO once VALUES('view:V0000177','f8ee5cff-effe-43f1-bb44-9599a583ad4a');
INSERT INTO once VALUES('view:V0000199','2b392017-349a-4041-8adb-72b7c2da877c');
CREATE TABLE queue (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  visible_at INTEGER NOT NULL,
  body       TEXT NOT NULL
);
CREATE TABLE executions (
  name       TEXT PRIMARY KEY,
  request    TEXT NOT NULL,
  state      TEXT NOT NULL,
  token_hash TEXT UNIQUE,
  expires_at INTEGER
) WITHOUT ROWID;
INSERT INTO executions VALUES('05c60bf2-0a07-485c-8675-2e6eba0058fc-1','05c60bf2-0a07-485c-8675-2e6eba0058fc','RequestCancelled',NULL,NULL);
INSERT INTO executions VALUES('06ed3f86-dce2-4765-b1d5-3366823d091f-1','06ed3f86-dce2-4765-b1d5-3366823d091f','UpdateStatus',NULL,NULL);
INSERT INTO executions VALUES('2b392017-349a-4041-8adb-72b7c2da877c-1','2b392017-349a-4041-8adb-72b7c2da877c','RequestApproval','5e4676bde0ab39aac9d7777642345c71c8ee65b5bd377eb947b13bc150f827be',1800698400004000);
INSERT INTO executions VALUES('da8d6158-e5db-4bcc-b145-fd5850d144f1-1','da8d6158-e5db-4bcc-b145-fd5850d144f1','UpdateStatus',NULL,NULL);
INSERT INTO executions VALUES('f8ee5cff-effe-43f1-bb44-9599a583ad4a-1','f8ee5cff-effe-43f1-bb44-9599a583ad4a','UpdateStatus',NULL,NULL);
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
INSERT INTO records VALUES('rec-4de12fbb64f9f','da8d6158-e5db-4bcc-b145-fd5850d144f1','PROVISION_PRODUCT',1,'pp-6ae810b515e95',3,3,1795424400001000,'{"Succeeded":{"outputs":[["BucketName","Name of the bucket.","payments-logs-dev-7ab5bd96"],["BucketArn","ARN of the bucket, for IAM policies.","arn:aws:s3:::payments-logs-dev-7ab5bd96"],["EncryptionKeyArn","ARN of the KMS key. Who reads needs kms:Decrypt on it, who writes kms:GenerateDataKey too.","arn:aws:kms:us-east-1:123456789012:key/1673efd3-02a0-49a9-9ff8-acd21d65a4dd"]]}}','{"product":"s3-bucket","first_failure":"DELETE_FAILED: Bucket (AWS::S3::Bucket): The bucket you tried to delete is not empty","protection":null}');
INSERT INTO records VALUES('rec-e5fba201e63af','06ed3f86-dce2-4765-b1d5-3366823d091f','PROVISION_PRODUCT',1,'pp-d8c451ef9338f',3,3,1800608400001000,'{"Succeeded":{"outputs":[["BucketName","Name of the bucket.","search-backups-dev-3780ae76"],["BucketArn","ARN of the bucket, for IAM policies.","arn:aws:s3:::search-backups-dev-3780ae76"],["EncryptionKeyArn","ARN of the KMS key. Who reads needs kms:Decrypt on it, who writes kms:GenerateDataKey too.","arn:aws:kms:us-east-1:123456789012:key/fa5b98ec-6996-4fa9-bfd9-3cfe19b6a801"]]}}','{"product":"s3-bucket","first_failure":"DELETE_FAILED: Bucket (AWS::S3::Bucket): The bucket you tried to delete is not empty","protection":null}');
INSERT INTO records VALUES('rec-f5c81207c6511','f8ee5cff-effe-43f1-bb44-9599a583ad4a','PROVISION_PRODUCT',1,'pp-ce7f74c778d98',8,8,1800608400002000,'{"Succeeded":{"outputs":[["Endpoint","Host name to connect to, with TLS.","pg-payments-dev-ad071407.a2762469842f.us-east-1.rds.amazonaws.com"],["Port","Port to connect to.","5432"],["DatabaseName","Name of the database.","changed"],["ConnectionUrl","How to connect. The password is in the secret below, it changes every seven days.","postgresql://dbadmin@pg-payments-dev-ad071407.a2762469842f.us-east-1.rds.amazonaws.com:5432/changed?sslmode=require"],["PasswordSecretArn","Secrets Manager secret with the user name and password. Its value is never shown here.","arn:aws:secretsmanager:us-east-1:123456789012:secret:rds!db-a2762469-842f-4e3a-9060-adeb9033f0b4-a27624"],["InstanceId","Identifier of the RDS instance.","pg-payments-dev-ad071407"],["EncryptionKeyArn","ARN of the KMS key. Who reads the secret needs kms:Decrypt on it.","arn:aws:kms:us-east-1:123456789012:key/dc1e00b8-3c03-49fe-99a0-c56593037c54"]]}}','{"product":"rds-postgres","first_failure":"DELETE_FAILED: DatabaseKey (AWS::KMS::Key): simulated failure, because `fail_teardowns` names this product","protection":null}');
CREATE TABLE program (needed TEXT NOT NULL);
INSERT INTO program VALUES('0.1.0');
CREATE TABLE counts (
  team TEXT NOT NULL,
  day  TEXT NOT NULL,
  mark TEXT NOT NULL,
  n    INTEGER NOT NULL,
  PRIMARY KEY (team, day, mark)
) WITHOUT ROWID;
INSERT INTO counts VALUES('payments','2026-11-23','auto',1);
INSERT INTO counts VALUES('payments','2026-11-23','cancelled',1);
INSERT INTO counts VALUES('payments','2026-11-23','ready',1);
INSERT INTO counts VALUES('payments','2026-11-23','ready_0',1);
INSERT INTO counts VALUES('payments','2026-11-23','submitted',2);
INSERT INTO counts VALUES('payments','2026-12-23','renewed',1);
INSERT INTO counts VALUES('payments','2027-01-22','approved',1);
INSERT INTO counts VALUES('payments','2027-01-22','approved_0',1);
INSERT INTO counts VALUES('payments','2027-01-22','ready',1);
INSERT INTO counts VALUES('payments','2027-01-22','ready_0',1);
INSERT INTO counts VALUES('payments','2027-01-22','submitted',2);
INSERT INTO counts VALUES('search','2027-01-22','auto',1);
INSERT INTO counts VALUES('search','2027-01-22','ready',1);
INSERT INTO counts VALUES('search','2027-01-22','ready_0',1);
INSERT INTO counts VALUES('search','2027-01-22','submitted',1);
CREATE TABLE pause (
  id   INTEGER PRIMARY KEY CHECK (id = 1),
  body TEXT NOT NULL
);
CREATE TABLE aways (
  person   TEXT PRIMARY KEY,
  delegate TEXT NOT NULL,
  until    TEXT NOT NULL
) WITHOUT ROWID;
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('audit',25);
INSERT INTO sqlite_sequence VALUES('queue',24);
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
COMMIT;
PRAGMA user_version = 2;
