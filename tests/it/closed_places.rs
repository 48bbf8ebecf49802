//! Places that take no messages for a while: what belongs there is shown later, and news reach their reader some other way.

use crate::harness::{Company, Setup, run, run_in};

const DATABASE: [(&str, &str); 1] = [("DatabaseName", "orders")];
const LOGS: [(&str, &str); 1] = [("BucketPurpose", "logs")];

/// What Slack says where it takes no messages.
const CODES: [&str; 8] = [
    "channel_not_found",
    "not_in_channel",
    "is_inactive",
    "restricted_action",
    "messages_tab_disabled",
    "user_not_found",
    "ekm_access_denied",
    "no_permission",
];

/// Slack refuses every message and every change of one, with this code.
fn no_place_is_open(company: &Company, code: Option<&str>) {
    for method in ["chat.update", "chat.postMessage", "chat.postEphemeral"] {
        if let Some(code) = code {
            company.expects_slack_to_refuse(method, code);
        }
        company.playground.fail_always(method, code);
    }
}

fn archive(company: &Company, channel: &str, is_archived: bool) {
    company.playground.change(|workspace| {
        workspace.channels.iter_mut().find(|conversation| conversation.id == channel).unwrap().is_archived =
            is_archived;
    });
}

/// Alice's database, on a card that nobody can change any more.
async fn morgan_approves_where_the_channel_is_archived(company: &Company) {
    company.alice.asks_for("rds-postgres", &DATABASE).await;
    company.expects_slack_to_refuse("chat.update", "is_inactive");
    company.expects_slack_to_refuse("chat.postMessage", "is_archived");
    let approve = company.morgan.remembers("Approve");
    archive(company, "C0PAYMENTS", true);
    company.morgan.presses(&approve).await;
}

async fn waits_hours(company: &Company, hours: usize) {
    for _ in 0..hours {
        company.waits("1h").await;
    }
}

#[tokio::test]
async fn what_no_place_takes_for_two_minutes_is_shown_and_told_afterwards() {
    for code in CODES {
        run_in(Setup::new().in_a_file(), async |company| {
            let (alice, morgan) = (&company.alice, &company.morgan);
            alice.asks_for("rds-postgres", &DATABASE).await;
            no_place_is_open(company, Some(code));
            morgan.clicks("Approve").await;
            for _ in 0..4 {
                company.waits("30s").await;
            }
            no_place_is_open(company, None);
            company.waits("10m").await;
            let (channel, direct) = (morgan.reads("C0PAYMENTS"), alice.dms().join("\n"));
            assert!(!channel.contains("[Approve]") && channel.contains("Active"), "{code}: {channel}");
            assert!(!direct.contains("Waiting for approval"), "{code}: {direct}");
            assert!(direct.contains("is ready"), "{code}: {direct}");
        })
        .await;
    }
}

#[tokio::test]
async fn a_channel_that_is_archived_and_opened_again_shows_what_became_of_its_requests() {
    for is_before in [true, false] {
        run_in(Setup::new().in_a_file().with_step("60s"), async |company| {
            let (alice, morgan) = (&company.alice, &company.morgan);
            alice.asks_for("rds-postgres", &DATABASE).await;
            let approve = morgan.remembers("Approve");
            company.expects_slack_to_refuse("chat.update", "is_inactive");
            company.expects_slack_to_refuse("chat.postMessage", "is_archived");
            archive(company, "C0PAYMENTS", is_before);
            morgan.presses(&approve).await;
            company.waits("30s").await;
            archive(company, "C0PAYMENTS", true);
            for _ in 0..60 {
                company.waits("1m").await;
            }
            assert!(alice.dms().join("\n").contains("is ready"), "{}", alice.everything());
            archive(company, "C0PAYMENTS", false);
            waits_hours(company, 3).await;
            let channel = morgan.reads("C0PAYMENTS");
            for old in ["[Approve]", "Provisioning", "Waiting for"] {
                assert!(!channel.contains(old), "{old}: {channel}");
            }
            assert!(channel.contains("Active until"), "{channel}");
        })
        .await;
    }
}

#[tokio::test]
async fn a_card_that_was_posted_elsewhere_is_brought_up_to_date_where_it_stood_first() {
    let two = "approvers = [\"U0MORGAN\", \"U0ADMIN\"]";
    let setup = Setup::new().in_a_file().with_settings("approvers = [\"U0MORGAN\"]", two).with_catalog(
        "rds-postgres/product.yml",
        "  approvers: team",
        "  approvers: team\n  needed: 2",
    );
    run_in(setup, async |company| {
        let pat = &company.pat;
        morgan_approves_where_the_channel_is_archived(company).await;
        assert!(pat.reads("C0APPROVALS").contains("1 of 2 approvals"), "{}", pat.everything());
        archive(company, "C0PAYMENTS", false);
        waits_hours(company, 1).await;
        assert!(pat.reads("C0PAYMENTS").contains("1 of 2 approvals"), "{}", pat.everything());
        let updates = company.calls("chat.update").len();
        waits_hours(company, 1).await;
        assert_eq!(company.calls("chat.update").len(), updates, "nothing has changed");
        pat.clicks("Approve").await;
        company.waits("2m").await;
        for channel in ["C0PAYMENTS", "C0APPROVALS"] {
            let read = pat.reads(channel);
            assert!(!read.contains("[Approve]") && read.contains("Active"), "{channel}: {read}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_cards_of_renewals_are_brought_up_to_date_later_too() {
    let setup =
        Setup::new().in_a_file().with_catalog("s3-bucket/product.yml", "max_renewals: 12", "max_renewals: 0");
    run_in(setup, async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        alice.asks_for("s3-bucket", &LOGS).await;
        company.waits("30d").await;
        alice.clicks("Renew 30 days").await;
        no_place_is_open(company, Some("channel_not_found"));
        morgan.clicks("Approve").await;
        company.waits("30s").await;
        no_place_is_open(company, None);
        company.waits("10m").await;
        assert!(!morgan.reads("C0PAYMENTS").contains("[Approve]"), "{}", morgan.reads("C0PAYMENTS"));
        let direct = alice.dms().join("\n");
        assert!(
            direct.contains("Your renewal of *Secure S3 Bucket v1.0* `payments-logs-dev-id` is approved"),
            "{direct}"
        );
        assert!(!direct.contains("waits for approval"), "{direct}");
    })
    .await;
}

#[tokio::test]
async fn a_click_on_a_card_that_shows_something_old_brings_it_up_to_date() {
    run_in(Setup::new().in_a_file(), async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        let id = alice.asks_for("rds-postgres", &DATABASE).await;
        let (approve, deny) = (morgan.remembers_for(&id, "Approve"), morgan.remembers_for(&id, "Deny"));
        let cancel = alice.remembers_for(&id, "Cancel");
        for (person, button) in [(morgan, &approve), (morgan, &deny), (alice, &cancel)] {
            if company.request(&id).await.creation.consents.is_empty() {
                no_place_is_open(company, Some("restricted_action"));
                morgan.presses(&approve).await;
                no_place_is_open(company, None);
            }
            person.presses(button).await;
        }
        assert!(!morgan.reads("C0PAYMENTS").contains("[Approve]"), "{}", morgan.reads("C0PAYMENTS"));
        assert!(!alice.dms().join("\n").contains("[Cancel]"), "{}", alice.everything());
    })
    .await;
}

#[tokio::test]
async fn news_for_somebody_whom_slack_takes_no_message_for_are_read_in_their_teams_channel() {
    run(async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        alice.asks_for("rds-postgres", &DATABASE).await;
        company.expects_slack_to_refuse("chat.postMessage", "channel_not_found");
        company.expects_slack_to_refuse("chat.update", "channel_not_found");
        company.playground.deactivate("U0ALICE").await.unwrap();
        morgan.clicks("Approve").await;
        let channel = morgan.reads("C0PAYMENTS");
        let (_, news) = channel.rsplit_once("\n\n").unwrap();
        insta::assert_snapshot!(news, @"
        For <@U0ALICE>, who cannot get direct messages right now; `status id` shows them the details:
        *PostgreSQL RDS Instance v1.0* `pg-payments-dev-id` is ready.
        It expires 2026-12-30 09:00 UTC. You get a warning 7 days before, and can renew it then.
        (Request `id` · about $15/month, us-east-1 list price of 2026-08-21 · Simulated: nothing real is created)
        ");
        assert_eq!(channel.matches("is ready").count(), 1);
        company.waits("10m").await;
        assert_eq!(morgan.reads("C0PAYMENTS"), channel);
    })
    .await;
}

#[tokio::test]
async fn what_no_place_takes_for_weeks_is_given_up_after_one() {
    run_in(Setup::new().in_a_file(), async |company| {
        morgan_approves_where_the_channel_is_archived(company).await;
        waits_hours(company, 9 * 24).await;
        let tried = || company.calls("chat.update").iter().filter(|call| call.error.is_some()).count();
        let of_a_week = tried();
        assert!((25..60).contains(&of_a_week), "{of_a_week}");
        waits_hours(company, 24).await;
        assert_eq!(tried(), of_a_week);
    })
    .await;
}

#[tokio::test]
async fn a_message_of_which_slack_does_not_say_where_it_stands_is_posted_once() {
    run_in(Setup::new().in_a_file(), async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        company.spoils_answers(Some(Box::new(|method, answer| {
            if method == "chat.postMessage"
                && let Some(answer) = answer.as_object_mut()
            {
                answer.remove("ts");
            }
        })));
        alice.asks_for("rds-postgres", &DATABASE).await;
        let posted = company.calls("chat.postMessage").len();
        for _ in 0..120 {
            company.waits("1m").await;
        }
        assert_eq!(company.calls("chat.postMessage").len(), posted, "{}", morgan.everything());
        company.spoils_answers(None);
        morgan.clicks("Approve").await;
        assert!(alice.dms().join("\n").contains("is ready"), "{}", alice.everything());
        assert!(!morgan.reads("C0PAYMENTS").contains("[Approve]"), "{}", morgan.reads("C0PAYMENTS"));
    })
    .await;
}

#[tokio::test]
async fn admins_are_told_of_news_that_reach_nobody_whatever_kept_them_before() {
    run_in(Setup::new().in_a_file().with_step("60s"), async |company| {
        let (alice, morgan, pat) = (&company.alice, &company.morgan, &company.pat);
        alice.asks_for("rds-postgres", &DATABASE).await;
        morgan.clicks("Approve").await;
        company.waits("5m").await;
        company.expects_slack_to_refuse("chat.postMessage", "service_unavailable");
        company.playground.fail_always("chat.postMessage", Some("service_unavailable"));
        for _ in 0..10 {
            company.waits("1m").await;
        }
        for (method, code) in [
            ("chat.postMessage", "is_archived"),
            ("chat.postMessage", "channel_not_found"),
            ("chat.update", "is_inactive"),
        ] {
            company.expects_slack_to_refuse(method, code);
        }
        archive(company, "C0PAYMENTS", true);
        archive(company, "C0APPROVALS", true);
        company.playground.deactivate("U0ALICE").await.unwrap();
        company.playground.fail_always("chat.postMessage", None);
        waits_hours(company, 2).await;
        let messages = pat.dms().join("\n");
        assert_eq!(messages.matches("cannot be delivered to its owner <@U0ALICE>").count(), 1, "{messages}");
        waits_hours(company, 9 * 24).await;
        let told = pat.dms().join("\n");
        assert!(told.contains("There will be no further attempts"), "{told}");
    })
    .await;
}
