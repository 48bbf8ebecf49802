//! Teams that are renamed or removed in the settings while they have something, and those who reach everything.

use crate::harness::{Company, Setup, run, run_in};

const LOGS: [(&str, &str); 1] = [("BucketPurpose", "logs")];
const ORDERS: [(&str, &str); 1] = [("DatabaseName", "orders")];
const PAYMENTS: &str = "name = \"payments\"";
const BILLING: &str = "name = \"billing\"\nformerly = [\"payments\"]";

fn one_database() -> Setup {
    Setup::new()
        .with_catalog("rds-postgres/product.yml", "per_team: 3", "per_team: 1, exceptions: refuse")
        .with_catalog("s3-bucket/product.yml", "max_renewals: 12", "max_renewals: 0")
}

/// The operator renames team payments, and the bot reads that.
async fn payments_becomes_billing(company: &Company) {
    company.changes_the_settings(PAYMENTS, BILLING);
    company.reloads().await;
}

#[tokio::test]
async fn a_renamed_team_has_at_once_what_it_had() {
    run_in(one_database(), async |company| {
        let (alice, morgan, pat) = (&company.alice, &company.morgan, &company.pat);
        alice.asks_for("s3-bucket", &LOGS).await;
        alice.asks_for("rds-postgres", &ORDERS).await;
        let approve = morgan.remembers("Approve");
        alice.runs("/provision s3-bucket BucketPurpose=backups").await;
        company.holds_jobs(true);
        payments_becomes_billing(company).await;

        // Nothing is rewritten yet: the form of before, the list, the quota and the approval are the new team's.
        alice.submits().await;
        for team in ["billing", "payments"] {
            alice.runs(&format!("/provision list {team}")).await;
            let listed = alice.is_told();
            assert!(listed.starts_with("# Requests of team billing"), "{listed}");
            assert_eq!(listed.matches("· billing ·").count(), 3, "{listed}");
        }
        alice.runs("/provision rds-postgres").await;
        assert!(alice.form().contains("Team *billing* already uses 1 of 1"), "{}", alice.form());
        alice.closes_all().await;
        alice.runs("/provision rds-postgres team=payments").await;
        assert!(alice.form().contains("Team *billing* already uses 1 of 1"), "{}", alice.form());
        alice.closes_all().await;
        alice.runs("/provision stats payments").await;
        assert!(alice.is_told().contains("Team billing"), "{}", alice.is_told());
        morgan.presses(&approve).await;
        company.holds_jobs(false);
        company.settle().await;

        company.waits("1m").await;
        insta::assert_snapshot!(pat.newest_dm(), @r#"Team `payments` was renamed to `billing`: 2 requests (2 not ended) move to `billing` and count there from now on. Keep `formerly = ["payments"]` in the settings until `quartermaster doctor` says that nothing is left."#);
        let trail = company.trail().await;
        let taken = trail.lines().filter(|line| line.starts_with("team taken over"));
        insta::assert_snapshot!(taken.collect::<Vec<_>>().join("\n"), @"team taken over | clock | - | - | - | payments -> billing: 2 requests (2 not ended)");
        assert!(trail.contains("submitted | U0ALICE | payments | s3-bucket"), "the name of then: {trail}");
        alice.runs("/provision rds-postgres").await;
        assert!(alice.form().contains("Team *billing* already uses 1 of 1"), "{}", alice.form());
        alice.closes_all().await;
        let backups = company.newest_request().await;
        alice.runs(&format!("/provision teardown {}", backups.id)).await;
        alice.fills(&[("name", &backups.resource_name())]).await;
        alice.submits().await;
        company.waits("5m").await;
        assert_eq!(pat.dms().len(), 1, "{:?}", pat.dms());
        let trail = company.trail().await;
        assert!(trail.contains("terminated | provisioner | billing | s3-bucket"), "{trail}");
    })
    .await;
}

#[tokio::test]
async fn what_waits_goes_on_waiting_under_the_new_name() {
    run_in(one_database(), async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        alice.asks_for("s3-bucket", &LOGS).await;
        company.waits("30d").await;
        alice.clicks("Renew 30 days").await;
        payments_becomes_billing(company).await;
        company.waits("1m").await;
        let card = morgan.reads("C0PAYMENTS");
        assert!(card.contains("*Team* billing") && !card.contains("*Team* payments"), "{card}");
        morgan.clicks("Approve").await;
        assert!(morgan.reads("C0PAYMENTS").contains("# Renewal approved"), "{}", morgan.reads("C0PAYMENTS"));
        assert!(
            company.trail().await.contains("| billing | s3-bucket | ACTIVE"),
            "{}",
            company.trail().await
        );
    })
    .await;
}

#[tokio::test]
async fn a_product_that_names_the_team_as_it_was_called_is_for_it_still() {
    let setup = Setup::new().with_catalog(
        "rds-postgres/product.yml",
        "requesters: everyone",
        "requesters: [payments]",
    );
    run_in(setup, async |company| {
        let alice = &company.alice;
        payments_becomes_billing(company).await;
        alice.runs("/provision rds-postgres").await;
        assert!(alice.form().contains("Database name"), "{}", alice.form());
        alice.closes_all().await;
    })
    .await;
}

#[tokio::test]
async fn a_team_may_be_renamed_again_and_back() {
    run(async |company| {
        let alice = &company.alice;
        alice.asks_for("s3-bucket", &LOGS).await;
        let names = [
            (PAYMENTS, BILLING),
            (BILLING, "name = \"money\"\nformerly = [\"payments\", \"billing\"]"),
            (
                "name = \"money\"\nformerly = [\"payments\", \"billing\"]",
                "name = \"payments\"\nformerly = [\"money\"]",
            ),
        ];
        for (before, after) in names {
            company.changes_the_settings(before, after);
            company.reloads().await;
            alice.runs("/provision costs").await;
            assert!(alice.is_told().contains(": 1 held"), "{}", alice.is_told());
            company.waits("2m").await;
        }
        alice.runs("/provision list payments").await;
        assert!(alice.is_told().contains("· payments ·"), "{}", alice.is_told());
        assert_eq!(company.trail().await.matches("team taken over").count(), 3);
        assert_eq!(company.pat.dms().len(), 3, "{:?}", company.pat.dms());
    })
    .await;
}

#[tokio::test]
async fn what_an_old_bot_writes_after_a_takeover_is_taken_over_without_another_message() {
    run_in(Setup::new().in_a_file(), async |company| {
        company.alice.asks_for("s3-bucket", &LOGS).await;
        payments_becomes_billing(company).await;
        company.waits("3m").await;
        assert_eq!(company.pat.dms().len(), 1, "{:?}", company.pat.dms());
        // As a bot would write it that goes by the settings of before.
        let file = rusqlite::Connection::open(company.file()).unwrap();
        file.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
        file.execute_batch(
            "BEGIN IMMEDIATE;
             DELETE FROM quota WHERE team = 'payments';
             UPDATE quota SET team = 'payments' WHERE team = 'billing';
             UPDATE requests SET team = 'payments', body = json_set(body, '$.team', 'payments');
             COMMIT;",
        )
        .unwrap();
        company.waits("3m").await;
        let under = "SELECT team FROM requests";
        let team: String = file.query_row(under, [], |row| row.get(0)).unwrap();
        assert_eq!(team, "billing", "it is taken over, too");
        assert_eq!(company.trail().await.matches("team taken over").count(), 1);
        assert_eq!(company.pat.dms().len(), 1, "{:?}", company.pat.dms());
    })
    .await;
}

#[tokio::test]
async fn a_removed_team_is_named_and_its_things_are_the_admins_to_decide() {
    run_in(Setup::new().in_a_file(), async |company| {
        let (alice, bob, pat) = (&company.alice, &company.bob, &company.pat);
        let bucket = alice.asks_for("s3-bucket", &LOGS).await;
        alice.asks_for("rds-postgres", &ORDERS).await;
        company.changes_the_settings(PAYMENTS, "name = \"billing\"");
        company.reloads().await;
        let logged = company.logged().join("\n");
        assert!(logged.contains("team `payments` is no longer in the settings but has 2 requests"), "not logged");
        company.waits("1m").await;
        company.restarts().await;
        company.waits("2m").await;
        let count = pat.dms().iter().filter(|text| text.starts_with("This is waiting for <@U0ADMIN>")).count();
        assert_eq!((count, pat.dms().len()), (1, 2), "each once: {:?}", pat.dms());
        insta::assert_snapshot!(pat.newest_dm(), @r#"Team `payments` is no longer in the settings but has 2 requests that have not ended (1 waiting for approvers). Admins can answer them meanwhile: `/provision list payments` lists them. To fix this, add `formerly = ["payments"]` to the team that takes its place, or add team `payments` again."#);

        pat.runs("/provision list payments").await;
        assert!(pat.is_told().contains("Requests of team payments"), "{}", pat.is_told());
        bob.runs("/provision list payments").await;
        assert!(bob.is_told().starts_with("You are not a member of"), "{}", bob.is_told());
        pat.clicks("Approve").await;
        assert!(company.trail().await.contains("approved | U0ADMIN | payments"), "{}", company.trail().await);

        // Its owner cannot give it to another team, an admin can: it takes its slot along.
        alice.runs(&format!("/provision transfer {} <@U0BOB>", &bucket[..8])).await;
        assert!(alice.is_told().starts_with("Only the platform team"), "{}", alice.is_told());
        pat.runs(&format!("/provision transfer {} <@U0BOB>", &bucket[..8])).await;
        let trail = company.trail().await;
        let handed = "transferred | U0ADMIN | search | s3-bucket | ACTIVE | from U0ALICE to U0BOB, from team payments to team search";
        assert!(trail.contains(handed), "{trail}");
        bob.runs("/provision list search").await;
        assert!(bob.is_told().contains("· search ·"), "{}", bob.is_told());
        company.checks_what_always_holds().await;

        // The lease of what is left runs out as any other; the admins are asked in the place of approvers.
        company.waits("60d").await;
        assert!(company.trail().await.contains("warned"), "{}", company.trail().await);
        pat.runs("/provision stats all").await;
        assert!(pat.is_told().contains("Team payments"), "{}", pat.is_told());
        pat.runs("/provision costs all").await;
        assert!(pat.is_told().contains("*Team payments*"), "{}", pat.is_told());
    })
    .await;
}

#[tokio::test]
async fn an_admin_approves_for_a_removed_team_what_a_product_asks_others_for() {
    let setup = Setup::new().with_catalog(
        "rds-postgres/product.yml",
        "  approvers: team\n",
        "  approvers: [U0MORGAN]\n",
    );
    run_in(setup, async |company| {
        let (alice, pat) = (&company.alice, &company.pat);
        alice.asks_for("rds-postgres", &ORDERS).await;
        let approve = company.morgan.remembers("Approve");
        company.bob.presses(&approve).await;
        pat.presses(&approve).await;
        assert!(pat.is_told().starts_with("Only its approvers can decide"), "{}", pat.is_told());
        company.changes_the_settings(PAYMENTS, "name = \"billing\"");
        company.reloads().await;
        company.bob.presses(&approve).await;
        assert!(company.newest_request().await.creation.consents.is_empty());
        pat.presses(&approve).await;
        assert_eq!(
            company.newest_request().await.creation.consents[0].by.as_str(),
            "U0ADMIN",
            "{}",
            pat.is_told()
        );
    })
    .await;
}

#[tokio::test]
async fn what_runs_out_of_a_removed_team_is_told_to_the_admins_who_can_keep_it() {
    run_in(Setup::new(), async |company| {
        let (alice, pat) = (&company.alice, &company.pat);
        let bucket = alice.asks_for("s3-bucket", &LOGS).await;
        company.changes_the_settings(PAYMENTS, "name = \"billing\"");
        company.reloads().await;
        alice.runs(&format!("/provision renew {}", &bucket[..8])).await;
        insta::assert_snapshot!(alice.is_told(), @"Team *payments* is no longer in the settings, so only the platform team can keep it: <@U0ADMIN>. You can tear it down.");
        company.waits("30d").await;
        let warning = pat.reads("C0APPROVALS");
        assert!(warning.contains("Its owner <@U0ALICE> cannot be reached or may no longer keep it, so <@U0ADMIN> can decide"), "{warning}");
        pat.clicks("Renew 30 days").await;
        assert!(company.trail().await.contains("renewed | U0ADMIN"), "{}", company.trail().await);
    })
    .await;
}

#[tokio::test]
async fn admins_and_auditors_read_everything_and_approvers_their_teams() {
    let setup = Setup::new()
        .with_settings("admins = [\"U0ADMIN\"]", "admins = [\"U0ADMIN\"]\nauditors = [\"U0OLGA\"]");
    run_in(setup, async |company| {
        let (alice, bob, morgan, olga, pat) =
            (&company.alice, &company.bob, &company.morgan, &company.olga, &company.pat);
        alice.asks_for("s3-bucket", &LOGS).await;
        bob.asks_for("s3-bucket", &LOGS).await;
        for reader in [pat, olga] {
            reader.runs("/provision list all").await;
            let listed = reader.is_told();
            assert!(listed.contains("# Requests of all teams"), "{listed}");
            let newest_first = listed.find("· search ·") < listed.find("· payments ·");
            assert!(newest_first && listed.contains("· payments ·"), "{listed}");
            reader.runs("/provision costs").await;
            let costs = reader.is_told();
            assert!(!costs.contains("*All teams*") && !costs.contains("*Team payments*"), "{costs}");
            assert!(costs.contains("`/provision costs all` shows all teams."), "{costs}");
            reader.runs("/provision costs all").await;
            let costs = reader.is_told();
            for whose in ["*All teams*: 2 held", "*Team payments*: 1 held", "*Team search*: 1 held"] {
                assert!(costs.contains(whose), "{costs}");
            }
            reader.runs("/provision stats all").await;
            assert!(reader.is_told().contains("All teams"), "{}", reader.is_told());
            reader.opens_home().await;
            let home = reader.home();
            assert!(home.contains("# All teams") && home.contains("[Show all requests]"), "{home}");
            assert!(!home.contains("yet. Your platform team"), "{home}");
        }
        pat.clicks_at_home("Show all requests").await;
        assert!(pat.form().contains("equests of all teams"), "{}", pat.form());
        pat.closes_all().await;

        morgan.runs("/provision list all").await;
        insta::assert_snapshot!(morgan.is_told(), @"Only the platform team and auditors can look at all teams together. You can name one of yours: payments, search.");
        morgan.runs("/provision costs").await;
        let costs = morgan.is_told();
        assert!(
            costs.contains("*Team payments*: 1 held") && costs.contains("*Team search*: 1 held"),
            "{costs}"
        );
        morgan.opens_home().await;
        let home = morgan.home();
        assert!(home.contains("# Team payments") && home.contains("# Team search"), "{home}");
        assert!(home.contains("You approve for the teams above,"), "{home}");
        alice.runs("/provision costs all").await;
        assert!(alice.is_told().starts_with("Only the platform team and auditors"), "{}", alice.is_told());
    })
    .await;
}
