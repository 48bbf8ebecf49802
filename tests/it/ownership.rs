//! Whose something is: who may keep it, and who is told when its owner cannot be.

use crate::harness::{Person, Setup, run, run_in};

const LOGS: [(&str, &str); 1] = [("BucketPurpose", "logs")];

#[tokio::test]
async fn a_stranger_who_renews_is_refused_privately_and_noted() {
    run(async |company| {
        let (alice, bob, olga) = (&company.alice, &company.bob, &company.olga);
        alice.asks_for("s3-bucket", &LOGS).await;
        company.waits("30d").await;
        let renew = alice.remembers("Renew 30 days");
        for stranger in [bob, olga] {
            stranger.presses(&renew).await;
            insta::allow_duplicates! {
                insta::assert_snapshot!(stranger.is_told(), @"Only its owner <@U0ALICE>, its team's approvers and the platform team can do that.");
            }
        }
        let trail = company.trail().await;
        insta::assert_snapshot!(trail.lines().skip(4).collect::<Vec<_>>().join("\n"), @"
        refused | U0BOB | payments | s3-bucket | ACTIVE | renew: not theirs [button in D0ALICE]
        refused | U0OLGA | payments | s3-bucket | ACTIVE | renew: not theirs [button in D0ALICE]
        ");
        company.waits("7d").await;
        assert!(alice.newest_dm().contains("is torn down."), "{}", alice.newest_dm());
    })
    .await;
}

#[tokio::test]
async fn an_approver_of_the_team_and_an_admin_may_renew() {
    run(async |company| {
        let (alice, morgan, pat) = (&company.alice, &company.morgan, &company.pat);
        alice.asks_for("s3-bucket", &LOGS).await;
        for person in [morgan, pat] {
            company.waits("37d").await;
            person.presses(&alice.remembers("Renew 30 days")).await;
            let trail = company.trail().await;
            let renewed = format!("renewed | {}", person.id);
            assert!(trail.lines().last().unwrap().starts_with(&renewed), "{trail}");
        }
    })
    .await;
}

/// Morgan reads in the team's channel what its owner cannot be told, and renews there.
async fn morgan_renews(morgan: &Person) {
    insta::allow_duplicates! {
        insta::assert_snapshot!(morgan.reads("C0PAYMENTS"), @"
        *Secure S3 Bucket v1.0* `payments-logs-dev-id` of team *payments* will be torn down 2026-12-30 09:00 UTC unless it is renewed. Its owner <@U0ALICE> cannot be reached or may no longer keep it, so <@U0MORGAN> can decide: renew, hand over or tear down.
        It costs about $2.15/month, us-east-1 list price of 2026-08-21.
        *Kept*: BucketKey (AWS::KMS::Key), Bucket (AWS::S3::Bucket) and BucketPolicy (AWS::S3::BucketPolicy) stay in the AWS account and may still cost money.
        [Renew 30 days] [Tear down] [Hand over]
        (Request `id` · Simulated: nothing real is created)
        ");
    }
    morgan.clicks("Renew 30 days").await;
    insta::allow_duplicates! {
        insta::assert_snapshot!(morgan.reads("C0PAYMENTS"), @"
        *Secure S3 Bucket v1.0* `payments-logs-dev-id` of team *payments*
        Renewed: it is active until 2027-01-29 09:00 UTC.
        (Request `id` · Simulated: nothing real is created)
        ");
    }
}

#[tokio::test]
async fn the_team_is_warned_when_the_owner_has_left() {
    run(async |company| {
        company.alice.asks_for("s3-bucket", &LOGS).await;
        company.playground.deactivate("U0ALICE").await.unwrap();
        let direct = company.calls("conversations.open").len();
        company.expects_slack_to_refuse("chat.postMessage", "channel_not_found");
        company.waits("30d").await;
        assert_eq!(company.calls("conversations.open").len(), direct, "nobody is written to who has left");
        morgan_renews(&company.morgan).await;
    })
    .await;
}

#[tokio::test]
async fn the_team_is_warned_when_slack_takes_no_message_for_the_owner() {
    for refusal in ["channel_not_found", "messages_tab_disabled"] {
        run(async |company| {
            company.alice.asks_for("s3-bucket", &LOGS).await;
            company.expects_slack_to_refuse("chat.postMessage", refusal);
            company.playground.fail_next("chat.postMessage", refusal);
            company.waits("30d").await;
            morgan_renews(&company.morgan).await;
        })
        .await;
    }
}

#[tokio::test]
async fn a_team_without_a_channel_is_warned_in_the_approvals_channel() {
    let setup = Setup::new().with_settings("channel = \"C0PAYMENTS\"\n", "");
    run_in(setup, async |company| {
        company.alice.asks_for("s3-bucket", &LOGS).await;
        company.playground.deactivate("U0ALICE").await.unwrap();
        company.waits("30d").await;
        let text = company.morgan.reads("C0APPROVALS");
        assert!(
            text.contains(
                "Its owner <@U0ALICE> cannot be reached or may no longer keep it, so <@U0MORGAN> can decide"
            ),
            "{text}"
        );
    })
    .await;
}

#[tokio::test]
async fn a_new_owner_is_warned_anew_and_the_old_warning_says_whose_it_is() {
    let both = ("members = [\"U0ALICE\"]", "members = [\"U0ALICE\", \"U0BOB\"]");
    run_in(Setup::new().with_settings(both.0, both.1), async |company| {
        let (alice, bob) = (&company.alice, &company.bob);
        let id = alice.asks_for("s3-bucket", &LOGS).await;
        company.waits("30d").await;
        company.waits("3d").await;
        alice.runs(&format!("/provision transfer {id}")).await;
        alice.fills(&[("person", "U0BOB")]).await;
        alice.submits().await;
        let dms = alice.dms().join("\n");
        assert!(dms.contains("It belongs to <@U0BOB> now.") && !dms.contains("[Renew 30 days]"), "{dms}");
        let warning = bob.newest_dm();
        assert!(
            warning.starts_with("Your *Secure S3 Bucket v1.0*") && warning.contains("2027-01-02"),
            "{warning}"
        );
        company.waits("2d").await;
        bob.clicks("Renew 30 days").await;
        let warning = bob.newest_dm();
        assert!(warning.contains("Renewed: it is active until"), "{warning}");
    })
    .await;
}

#[tokio::test]
async fn a_stranger_who_names_a_request_is_told_of_none_and_noted() {
    run(async |company| {
        let id = company.alice.asks_for("s3-bucket", &LOGS).await;
        for word in ["renew", "teardown", "transfer", "cancel", "audit"] {
            company.olga.runs(&format!("/provision {word} {id}")).await;
            assert!(company.olga.is_told().starts_with("There is no request"), "{word}");
        }
        let noted = "refused | U0OLGA | payments | s3-bucket | ACTIVE | look up: not theirs to see [command]";
        assert_eq!(company.trail().await.matches(noted).count(), 1);
        company.waits("1h").await;
        let again = "look up: not theirs to see; 4 times more until 2026-11-23T10:00:00Z [command]";
        assert!(company.trail().await.contains(again), "{}", company.trail().await);
    })
    .await;
}

#[tokio::test]
async fn what_is_asked_for_a_team_mate_is_theirs_and_neither_of_the_two_approves_it() {
    let team = Setup::new()
        .with_settings("members = [\"U0ALICE\"]", "members = [\"U0ALICE\", \"U0MORGAN\", \"U0BOB\"]")
        .with_settings("approvers = [\"U0MORGAN\"]", "approvers = [\"U0MORGAN\", \"U0ADMIN\"]");
    run_in(team, async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        alice.runs("/provision rds-postgres DatabaseName=orders").await;
        alice.fills(&[("person", "U0OLGA")]).await;
        alice.submits().await;
        assert!(alice.form().contains("Choose a member of team payments"), "{}", alice.form());
        alice.fills(&[("person", "U0MORGAN")]).await;
        alice.submits().await;
        insta::assert_snapshot!(alice.newest_dm(), @"Requested for <@U0MORGAN>, who gets all updates. You find it on your home tab, too.");
        let card = company.pat.reads("C0PAYMENTS");
        assert!(card.contains("*Owner* <@U0MORGAN>, requested by <@U0ALICE>"), "{card}");
        assert!(card.contains("Waiting for <@U0ADMIN>"), "{card}");
        for one in [morgan, alice] {
            one.clicks("Approve").await;
        }
        insta::assert_snapshot!(morgan.is_told(), @"This is your own request, so somebody else has to decide: <@U0ADMIN>.");
        company.pat.clicks("Approve").await;
        assert!(morgan.newest_dm().contains("is ready"), "{}", morgan.everything());
        insta::assert_snapshot!(alice.is_told(), @"Only its approvers can decide about this request: <@U0ADMIN>.");
        let request = company.newest_request().await;
        assert_eq!((request.requester.as_str(), request.owner.as_str()), ("U0ALICE", "U0MORGAN"));
        let trail = company.trail().await;
        insta::assert_snapshot!(trail.lines().next().unwrap(), @"submitted | U0ALICE | payments | rds-postgres | PENDING | 1 approval needed, for U0MORGAN [form]");
    })
    .await;
}

#[tokio::test]
async fn whom_something_was_asked_for_can_withdraw_it() {
    let team = Setup::new().with_settings("members = [\"U0ALICE\"]", "members = [\"U0ALICE\", \"U0BOB\"]");
    run_in(team, async |company| {
        company.alice.asks_for("rds-postgres", &[("DatabaseName", "orders"), ("person", "U0BOB")]).await;
        company.bob.clicks("Cancel").await;
        assert!(company.trail().await.contains("cancelled | U0BOB"), "{}", company.trail().await);
    })
    .await;
}

#[tokio::test]
async fn what_somebody_who_left_had_is_given_to_a_team_mate_or_ends() {
    let both = ("members = [\"U0ALICE\"]", "members = [\"U0ALICE\", \"U0BOB\"]");
    run_in(Setup::new().with_settings(both.0, both.1), async |company| {
        let (bob, morgan) = (&company.bob, &company.morgan);
        company.alice.asks_for("s3-bucket", &LOGS).await;
        let kept = company.newest_request().await;
        company.waits("1h").await;
        let left = company.alice.asks_for("s3-bucket", &[("BucketPurpose", "backups")]).await;
        company.playground.deactivate("U0ALICE").await.unwrap();
        company.expects_slack_to_refuse("chat.postMessage", "channel_not_found");
        company.waits("30d").await;
        morgan.clicks_for(&kept.id.to_string(), "Hand over").await;
        morgan.fills(&[("person", "U0BOB")]).await;
        morgan.submits().await;
        morgan.closes_all().await;
        let is_told = bob
            .dms()
            .iter()
            .any(|text| text.contains("You now own") && text.contains(": `payments-logs-dev-id`"));
        assert!(is_told, "{:?}", bob.dms());
        bob.clicks_for(&kept.id.to_string(), "Renew 30 days").await;
        company.waits("8d").await;
        let trail = company.trail().await;
        let ends: Vec<&str> =
            trail.lines().filter(|line| !line.contains("| ACTIVE | ends")).skip(6).collect();
        insta::assert_snapshot!(ends.join("\n"), @"
        transferred | U0MORGAN | payments | s3-bucket | ACTIVE | from U0ALICE to U0BOB [form]
        renewed | U0BOB | payments | s3-bucket | ACTIVE | by 30d, ends 2027-01-29T10:00:00Z [button in D0BOB]
        expired | clock | payments | s3-bucket | TERMINATING
        terminated | provisioner | payments | s3-bucket | TERMINATED
        ");
        let newest = company.newest_request().await;
        assert_eq!((newest.id.to_string(), newest.status.name().as_str()), (left, "TERMINATED"));
        bob.runs("/provision list").await;
        assert!(bob.is_told().contains("`payments-logs-dev-id` · Active"), "{}", bob.is_told());
    })
    .await;
}
