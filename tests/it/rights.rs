//! Rights are looked up when they are used: who left a team, who is named by the catalog in force.

use quartermaster::domain::request::StatusName;

use crate::harness::{Company, Setup, run_in};

const DATABASE: [(&str, &str); 1] = [("DatabaseName", "orders")];
const LOGS: [(&str, &str); 1] = [("BucketPurpose", "logs")];

async fn reloads_with(company: &Company, changes: &[(&str, &str)]) {
    for (from, to) in changes {
        company.changes_the_settings(from, to);
    }
    company.reloads().await;
}

#[tokio::test]
async fn an_owner_who_left_the_team_can_look_and_tear_down_and_nothing_else() {
    run_in(Setup::new(), async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        let id = alice.asks_for("s3-bucket", &LOGS).await;
        company.waits("30d").await;
        let renew = alice.remembers("Renew 30 days");
        reloads_with(company, &[("members = [\"U0ALICE\"]", "members = [\"U0OLGA\"]")]).await;
        alice.presses(&renew).await;
        insta::assert_snapshot!(alice.is_told(), @"You are no longer a member of team *payments*, so you can only view this and tear it down. <@U0MORGAN> can take it over.");
        for command in ["renew", "change", "transfer"] {
            let to = if command == "transfer" { " <@U0OLGA>" } else { "" };
            alice.runs(&format!("/provision {command} {}{to}", &id[..8])).await;
            assert!(alice.is_told().starts_with("You are no longer a member"), "{command}: {}", alice.is_told());
            assert!(!alice.has_a_form(), "{command}");
        }
        alice.runs(&format!("/provision again {}", &id[..8])).await;
        assert!(alice.is_told().starts_with("You are not in a team yet"), "{}", alice.is_told());
        alice.runs(&format!("/provision status {}", &id[..8])).await;
        assert!(alice.is_told().contains("[Tear down]"), "{}", alice.is_told());
        assert!(!alice.is_told().contains("[Renew"), "{}", alice.is_told());
        let trail = company.trail().await;
        assert!(trail.contains("renew: no longer a member of the team"), "{trail}");

        morgan.runs(&format!("/provision transfer {} <@U0MORGAN>", &id[..8])).await;
        assert_eq!(company.newest_request().await.owner.as_str(), "U0MORGAN", "{}", morgan.is_told());
        morgan.runs(&format!("/provision renew {}", &id[..8])).await;
        assert!(company.trail().await.contains("renewed | U0MORGAN"), "{}", company.trail().await);
    })
    .await;
}

#[tokio::test]
async fn an_owner_who_left_the_team_tears_down_what_is_theirs() {
    run_in(Setup::new(), async |company| {
        let alice = &company.alice;
        alice.asks_for("s3-bucket", &LOGS).await;
        company.waits("30d").await;
        let tear_down = alice.remembers("Tear down");
        reloads_with(company, &[("members = [\"U0ALICE\"]", "members = [\"U0OLGA\"]")]).await;
        alice.presses(&tear_down).await;
        let name = company.newest_request().await.resource_name();
        alice.fills(&[("name", &name)]).await;
        alice.submits().await;
        company.waits("1m").await;
        assert_eq!(company.newest_request().await.status.name(), StatusName::Terminated);
    })
    .await;
}

#[tokio::test]
async fn what_runs_out_of_an_owner_who_left_the_team_is_told_to_those_who_can_keep_it() {
    run_in(Setup::new(), async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        alice.asks_for("s3-bucket", &LOGS).await;
        reloads_with(company, &[("members = [\"U0ALICE\"]", "members = [\"U0OLGA\"]")]).await;
        company.waits("30d").await;
        let warning = morgan.reads("C0PAYMENTS");
        assert!(warning.contains("may no longer keep it, so <@U0MORGAN> can decide"), "{warning}");
        morgan.clicks("Renew 30 days").await;
        assert!(company.trail().await.contains("renewed | U0MORGAN"), "{}", company.trail().await);
    })
    .await;
}

/// Databases are approved by whoever product.yml lists.
fn listed(approval: &str) -> Setup {
    Setup::new().with_catalog("rds-postgres/product.yml", "  approvers: team\n", approval)
}

#[tokio::test]
async fn a_waiting_request_is_approved_by_those_whom_the_catalog_lists_now() {
    run_in(listed("  approvers: [U0MORGAN]\n"), async |company| {
        let (alice, morgan, pat) = (&company.alice, &company.morgan, &company.pat);
        alice.asks_for("rds-postgres", &DATABASE).await;
        let button = morgan.remembers("Approve");
        company.changes_the_catalog("rds-postgres/product.yml", "approvers: [U0MORGAN]", "approvers: [U0ADMIN]");
        company.reloads().await;
        morgan.presses(&button).await;
        insta::assert_snapshot!(morgan.is_told(), @"Only its approvers can decide about this request: <@U0ADMIN>.");
        pat.presses(&button).await;
        assert_eq!(company.newest_request().await.creation.consents[0].by.as_str(), "U0ADMIN");
    })
    .await;
}

#[tokio::test]
async fn what_was_approved_stays_approved_and_the_rest_is_for_those_of_now() {
    let two = "  approvers: [U0MORGAN, U0BOB]\n  needed: 2\n";
    run_in(listed(two), async |company| {
        let (alice, morgan, pat) = (&company.alice, &company.morgan, &company.pat);
        alice.asks_for("rds-postgres", &DATABASE).await;
        let button = morgan.remembers("Approve");
        morgan.presses(&button).await;
        company.changes_the_catalog(
            "rds-postgres/product.yml",
            two.trim_end(),
            "  approvers: [U0ADMIN]\n  needed: 1",
        );
        company.reloads().await;
        company.bob.presses(&button).await;
        assert_eq!(company.newest_request().await.creation.consents.len(), 1, "{}", company.trail().await);
        pat.presses(&button).await;
        let request = company.newest_request().await;
        assert_eq!(request.creation.consents.len(), 2);
        assert_eq!(request.status.name(), StatusName::Active);
    })
    .await;
}

#[tokio::test]
async fn a_silent_approver_who_was_taken_off_the_list_decides_nothing() {
    run_in(listed("  approvers: [U0MORGAN]\n  quiet: [U0BOB]\n"), async |company| {
        company.alice.asks_for("rds-postgres", &DATABASE).await;
        let button = company.morgan.remembers("Approve");
        company.changes_the_catalog("rds-postgres/product.yml", "  quiet: [U0BOB]\n", "");
        company.reloads().await;
        company.bob.presses(&button).await;
        assert!(company.newest_request().await.creation.consents.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_renewal_and_a_change_are_approved_by_those_whom_the_catalog_lists_now() {
    let setup = listed("  approvers: [U0MORGAN]\n").with_catalog(
        "rds-postgres/product.yml",
        "max_renewals: 12",
        "max_renewals: 0",
    );
    run_in(setup, async |company| {
        let (alice, morgan, pat) = (&company.alice, &company.morgan, &company.pat);
        let id = alice.asks_for("rds-postgres", &DATABASE).await;
        morgan.clicks("Approve").await;
        company.changes_the_catalog(
            "rds-postgres/product.yml",
            "approvers: [U0MORGAN]",
            "approvers: [U0ADMIN]",
        );
        company.reloads().await;
        alice.runs(&format!("/provision change {} InstanceSize=medium", &id[..8])).await;
        alice.submits().await;
        alice.closes_all().await;
        let button = pat.remembers("Approve");
        morgan.presses(&button).await;
        assert!(morgan.is_told().contains("Only its approvers can decide"), "{}", morgan.is_told());
        company.changes_the_catalog("rds-postgres/product.yml", "approvers: [U0ADMIN]", "approvers: [U0BOB]");
        company.reloads().await;
        pat.presses(&button).await;
        assert!(pat.is_told().contains("Only its approvers can decide"), "{}", pat.is_told());
        company.bob.presses(&button).await;
        company.waits("1m").await;
        assert!(company.trail().await.contains("U0BOB"), "{}", company.trail().await);

        company.waits("30d").await;
        alice.runs(&format!("/provision renew {}", &id[..8])).await;
        let button = pat.remembers("Approve");
        company.changes_the_catalog("rds-postgres/product.yml", "approvers: [U0BOB]", "approvers: [U0OLGA]");
        company.reloads().await;
        company.bob.presses(&button).await;
        assert!(company.bob.is_told().contains("Only its approvers can decide"), "{}", company.bob.is_told());
        company.olga.presses(&button).await;
        let request = company.newest_request().await;
        let (renewal, _) = request.renewal().unwrap();
        assert_eq!(renewal.consents.iter().map(|one| one.by.as_str()).collect::<Vec<_>>(), ["U0OLGA"]);
    })
    .await;
}

#[tokio::test]
async fn where_the_product_has_left_the_catalog_the_admins_decide_and_it_is_said() {
    run_in(listed("  approvers: [U0MORGAN]\n"), async |company| {
        let (alice, morgan, pat) = (&company.alice, &company.morgan, &company.pat);
        alice.asks_for("rds-postgres", &DATABASE).await;
        let button = morgan.remembers("Approve");
        company.loses_the_product("rds-postgres");
        company.reloads().await;
        morgan.presses(&button).await;
        insta::assert_snapshot!(morgan.is_told(), @"Only its approvers can decide about this request: <@U0ADMIN>.");
        pat.opens_home().await;
        pat.presses(&button).await;
        assert_eq!(company.newest_request().await.creation.consents[0].by.as_str(), "U0ADMIN");
    })
    .await;
}
