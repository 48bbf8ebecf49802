//! Settings and catalog change while the bot runs.

use crate::harness::{Setup, run_in};

fn catalog_of_its_own() -> Setup {
    Setup::new().with_catalog("s3-bucket/product.yml", "An encrypted S3 bucket", "An encrypted bucket")
}

#[tokio::test]
async fn a_new_member_and_a_new_price_count_from_the_next_thing_on() {
    run_in(catalog_of_its_own(), async |company| {
        let (alice, olga) = (&company.alice, &company.olga);
        olga.runs("/provision s3-bucket").await;
        assert!(olga.is_told().starts_with("You are not in a team yet."), "{}", olga.is_told());
        alice.runs("/provision s3-bucket BucketPurpose=logs").await;
        olga.opens_home().await;
        assert!(olga.home().contains("You are not a member of any team"), "{}", olga.home());
        company.changes_the_settings("members = [\"U0ALICE\"]", "members = [\"U0ALICE\", \"U0OLGA\"]");
        company.changes_the_settings("[slack]\n", "[slack]\naudit_channel = \"C0AUDIT\"\n");
        company.changes_the_catalog("s3-bucket/product.yml", "An encrypted bucket", "A safe bucket");
        company.reloads().await;
        assert!(olga.home().contains("# Team payments"), "{}", olga.home());
        alice.submits().await;
        olga.asks_for("s3-bucket", &[("BucketPurpose", "backups")]).await;
        olga.runs("/provision").await;
        assert!(olga.form().contains("A safe bucket"), "{}", olga.form());
        company.waits("5s").await;
        let copied = company.pat.reads("C0AUDIT");
        assert!(copied.contains("*submitted* by <@U0OLGA>"), "{copied}");
        let logged = company.logged().join("\n");
        for change in ["team payments changed", "slack.audit_channel changed", "product s3-bucket changed"] {
            assert!(logged.contains(change), "{change} is not in the log");
        }
        assert_eq!(company.pat.newest_dm(), "-", "nobody has to be told");
    })
    .await;
}

#[tokio::test]
async fn what_is_broken_changes_nothing_and_is_told_to_the_admins_once() {
    run_in(catalog_of_its_own(), async |company| {
        let (alice, pat) = (&company.alice, &company.pat);
        company.changes_the_settings("approvals_channel", "approval_channel");
        company.changes_the_catalog("s3-bucket/product.yml", "An encrypted bucket", "A safe bucket");
        company.reloads().await;
        company.reloads().await;
        insta::assert_snapshot!(pat.dms().join("\n"), @r#"
        The new settings or catalog cannot be used, so the previous ones stay in force. To be corrected:
        • test settings: line 2: `slack.approvals_channel` is missing: add a line such as `approvals_channel = "C0APPROVALS"`
        • test settings: line 3: unknown key `slack.approval_channel`: did you mean `approvals_channel`?
        "#);
        alice.asks_for("s3-bucket", &[("BucketPurpose", "logs")]).await;
        alice.runs("/provision").await;
        assert!(alice.form().contains("An encrypted bucket"), "{}", alice.form());
        alice.closes_all().await;

        company.changes_the_settings("approval_channel", "approvals_channel");
        company.changes_the_catalog("s3-bucket/product.yml", "description:", "descripton:");
        company.reloads().await;
        insta::assert_snapshot!(pat.newest_dm(), @"
        The new settings or catalog cannot be used, so the previous ones stay in force. To be corrected:
        • catalog/s3-bucket/product.yml: line 3: unknown key `descripton`: did you mean `description`?
        ");
        company.changes_the_catalog("s3-bucket/product.yml", "descripton:", "description:");
        company.reloads().await;
        alice.runs("/provision s3-bucket").await;
        assert!(alice.form().contains("A safe bucket"), "{}", alice.form());
        assert_eq!(pat.dms().len(), 2, "{:?}", pat.dms());
    })
    .await;
}

#[tokio::test]
async fn a_card_names_those_who_can_answer_once_the_approvers_were_changed() {
    run_in(Setup::new().in_a_file(), async |company| {
        let (alice, pat) = (&company.alice, &company.pat);
        alice.asks_for("rds-postgres", &[("DatabaseName", "orders")]).await;
        company.changes_the_settings("approvers = [\"U0MORGAN\"]", "approvers = [\"U0ADMIN\"]");
        company.reloads().await;
        let card = pat.reads("C0PAYMENTS");
        assert!(card.contains("Waiting for <@U0ADMIN>"), "{card}");
        assert!(alice.newest_dm().contains("<@U0ADMIN>"), "{}", alice.newest_dm());
        assert!(pat.newest_dm().contains("This is waiting for <@U0ADMIN>"), "{}", pat.newest_dm());
        // Read anew without a change, nobody hears of it again.
        let dms = pat.dms().len();
        company.reloads().await;
        assert_eq!(pat.dms().len(), dms);
        company.pat.clicks("Approve").await;
        assert!(alice.newest_dm().contains("is ready"), "{}", alice.newest_dm());
    })
    .await;
}
