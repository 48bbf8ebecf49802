use super::*;
use crate::domain::approval::Consent;
use crate::domain::ids::PersonId;
use crate::domain::request::MessageSlot;
use crate::slack::messages::fixtures;
use crate::slack::messages::transcript::transcript;

fn shown(request: &Request) -> String {
    transcript(&card(
        &fixtures::notice(request, MessageSlot::Card, &fixtures::approvers()),
        AboutKind::Create,
    ))
}

#[test]
fn a_waiting_card_shows_everything_needed_to_decide() {
    insta::assert_snapshot!(shown(&fixtures::awaiting()), @"
    (Approval needed: Secure S3 Bucket. <@U0ALICE> asks for Secure S3 Bucket v1.0 for team payments, about $15/month, us-east-1 list price of 2026-08-21, quota 2 of 3 used, this one included. Why: `Invoices &amp; receipts &gt; for audit`. Waiting for <@U0MORGAN> or <!subteam^S0LEADS> (request 0b8f1c9e) Simulated: nothing real is created.)
    # Approval needed: Secure S3 Bucket
    *Requested by* <@U0ALICE>
    *Team* payments
    *Product* Secure S3 Bucket v1.0
    *Cost* about $15/month, us-east-1 list price of 2026-08-21
    *Quota* 2 of 3 used, this one included
    *Why*
    “Invoices & receipts
    > for audit”
    *Parameters*
    Environment: `dev` — Development &amp; tests
    Name: `invoices &lt;2026&gt;`
    Waiting for <@U0MORGAN> or <!subteam^S0LEADS>
    [Approve primary] [Deny danger] [Approve with changes]
    (Request `0b8f1c9e` · times out <!date^1795424400^{date_short_pretty} at {time}|2026-11-23 09:00 UTC> · Simulated: nothing real is created)
    ");
}

#[test]
fn a_card_with_some_approvals_says_how_many_are_missing() {
    let mut request = fixtures::awaiting();
    request.creation.path = crate::domain::approval::ApprovalPath::ask(2);
    request.creation.consents = fixtures::active().creation.consents;
    let text = shown(&request);
    assert!(text.contains("1 of 2 approvals: <@U0MORGAN>"), "{text}");
}

#[test]
fn a_decided_card_has_no_buttons_and_says_who_decided() {
    let statuses = fixtures::in_every_status(&fixtures::request());
    let lines: Vec<String> = statuses
        .iter()
        .filter(|request| !request.status.name().is_undecided())
        .map(|request| {
            let text = shown(request);
            assert!(!text.contains("[Approve") && !text.contains("[Deny"));
            let lines: Vec<&str> = text.lines().collect();
            let parameters = lines.iter().position(|line| line.starts_with("Environment:")).unwrap();
            format!("{}\n{}", lines[1], lines[parameters + 2..lines.len() - 1].join("\n"))
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n\n"), @"
    # Approved: Secure S3 Bucket
    Approved by <@U0MORGAN> (<!date^1795341600^{date_short_pretty} at {time}|2026-11-22 10:00 UTC>)
    Provisioning starts in a moment.

    # Provisioning: Secure S3 Bucket
    Approved by <@U0MORGAN> (<!date^1795341600^{date_short_pretty} at {time}|2026-11-22 10:00 UTC>)
    Provisioning: the thread shows the progress.

    # Active: Secure S3 Bucket
    Approved by <@U0MORGAN> (<!date^1795341600^{date_short_pretty} at {time}|2026-11-22 10:00 UTC>)
    Active until <!date^1798538700^{date_short_pretty} at {time}|2026-12-29 10:05 UTC>.

    # Updating: Secure S3 Bucket
    Approved by <@U0MORGAN> (<!date^1795341600^{date_short_pretty} at {time}|2026-11-22 10:00 UTC>)
    Being changed. Its lease is unaffected and ends <!date^1798538700^{date_short_pretty} at {time}|2026-12-29 10:05 UTC>.

    # Tearing down: Secure S3 Bucket
    Approved by <@U0MORGAN> (<!date^1795341600^{date_short_pretty} at {time}|2026-11-22 10:00 UTC>)
    Provisioning failed. Whatever was created is being cleaned up.

    # Denied: Secure S3 Bucket
    Denied by <@U0MORGAN> (<!date^1795341900^{date_short_pretty} at {time}|2026-11-22 10:05 UTC>)
    “Invoices & receipts
    > for audit”

    # Cancelled: Secure S3 Bucket
    Cancelled by <@U0ALICE> (<!date^1795341900^{date_short_pretty} at {time}|2026-11-22 10:05 UTC>)

    # Timed out: Secure S3 Bucket
    Timed out (<!date^1795341900^{date_short_pretty} at {time}|2026-11-22 10:05 UTC>): nobody decided in time.

    # Failed: Secure S3 Bucket
    Approved by <@U0MORGAN> (<!date^1795341600^{date_short_pretty} at {time}|2026-11-22 10:00 UTC>)
    Provisioning failed. Everything was cleaned up.

    # Teardown failed: Secure S3 Bucket
    Approved by <@U0MORGAN> (<!date^1795341600^{date_short_pretty} at {time}|2026-11-22 10:00 UTC>)
    Provisioning failed, and so did the clean-up: something may be left over, and it keeps its quota slot.

    # Torn down: Secure S3 Bucket
    Approved by <@U0MORGAN> (<!date^1795341600^{date_short_pretty} at {time}|2026-11-22 10:00 UTC>)
    Torn down <!date^1795341900^{date_short_pretty} at {time}|2026-11-22 10:05 UTC>: <@U0ALICE> asked for it.

    # Retained: Secure S3 Bucket
    Approved by <@U0MORGAN> (<!date^1795341600^{date_short_pretty} at {time}|2026-11-22 10:00 UTC>)
    Left as it is, by <@U0ADMIN> (<!date^1795341900^{date_short_pretty} at {time}|2026-11-22 10:05 UTC>). The portal no longer manages it.
    “Invoices & receipts
    > for audit”
    ");
}

#[test]
fn a_card_says_when_the_request_goes_beyond_the_budget() {
    let mut request = fixtures::awaiting();
    assert!(!shown(&request).contains("budget"));
    request.exceeds_budget = true;
    assert_eq!(shown(&request).matches("This exceeds the team's monthly budget.").count(), 2);
}

#[test]
fn a_card_says_what_an_exception_goes_beyond() {
    let mut request = fixtures::awaiting();
    request.creation.exception = Some(crate::domain::approval::Exception {
        quota: Some(crate::domain::quota::QuotaUse { used: 3, limit: 3 }),
        budget: None,
    });
    assert_eq!(shown(&request).matches("Exception: quota 3 of 3 used").count(), 2);
}

#[test]
fn a_long_list_of_parameters_says_how_many_are_left_out() {
    let mut request = fixtures::awaiting();
    request.parameters = (0..60).map(|n| (format!("Parameter{n:02}"), "x".repeat(100))).collect();
    let text = shown(&request);
    assert!(text.contains("Parameter00") && text.contains("and 35 more"), "{text}");
}

fn shown_renewal(request: &Request) -> String {
    transcript(&card(
        &fixtures::notice(request, MessageSlot::Renewal, &fixtures::approvers()),
        AboutKind::Renew,
    ))
}

fn answered(answer: Answer) -> Request {
    let mut request = fixtures::renewal_waits();
    let renewal = &mut request.later[0];
    let at = renewal.answer_by;
    renewal.consents = vec![Consent { by: PersonId::new("U0MORGAN"), at, on_behalf_of: None }];
    renewal.answer = Some(answer);
    request
}

#[test]
fn approvers_see_who_wants_to_keep_what_and_how_much_longer() {
    insta::assert_snapshot!(shown_renewal(&fixtures::renewal_waits()), @"
    (Renewal needs approval: Secure S3 Bucket. <@U0ALICE> asks to keep `s3-bucket-0b8f1c9e` 30 days longer. It was renewed 12 times already. Waiting for <@U0MORGAN> or <!subteam^S0LEADS> (request 0b8f1c9e) Simulated: nothing real is created.)
    # Renewal needs approval: Secure S3 Bucket
    <@U0ALICE> asks to keep `s3-bucket-0b8f1c9e` 30 days longer. It was renewed 12 times already.
    *Owner* <@U0ALICE>
    *Team* payments
    *Product* Secure S3 Bucket v1.0
    *Cost* about $15/month, us-east-1 list price of 2026-08-21
    Waiting for <@U0MORGAN> or <!subteam^S0LEADS>
    [Approve primary] [Deny danger] [Approve with changes]
    (Request `0b8f1c9e` · times out <!date^1798020300^{date_short_pretty} at {time}|2026-12-23 10:05 UTC> · Simulated: nothing real is created)
    ");
}

#[test]
fn an_answered_renewal_has_no_buttons_and_says_what_came_of_it() {
    let morgan = PersonId::new("U0MORGAN");
    let answers = [
        Answer::Approved,
        Answer::Denied { by: morgan, on_behalf_of: None, reason: "use <the> archive".into() },
        Answer::TimedOut,
        Answer::Moot,
    ];
    let cards = answers.map(|answer| {
        let text = shown_renewal(&answered(answer));
        assert!(!text.contains("[Approve"), "{text}");
        let lines: Vec<&str> = text.lines().collect();
        format!("{}\n{}", lines[1], lines[7..lines.len() - 1].join("\n"))
    });
    insta::assert_snapshot!(cards.join("\n---\n"), @"
    # Renewal approved: Secure S3 Bucket
    Approved by <@U0MORGAN> (<!date^1798020300^{date_short_pretty} at {time}|2026-12-23 10:05 UTC>)
    Active until <!date^1798538700^{date_short_pretty} at {time}|2026-12-29 10:05 UTC>.
    ---
    # Renewal denied: Secure S3 Bucket
    Denied by <@U0MORGAN>
    “use <the> archive”
    ---
    # Renewal not answered: Secure S3 Bucket
    Nobody answered in time.
    ---
    # Renewal no longer needed: Secure S3 Bucket
    Active until <!date^1798538700^{date_short_pretty} at {time}|2026-12-29 10:05 UTC>.
    ");
}
