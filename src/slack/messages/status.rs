//! One request in full: all its data, and its timeline from the audit entries.

use jiff::Timestamp;
use slack_morphism::prelude::{SlackBlock, SlackBlockButtonElement};

use super::trail::{ShowVia, by_a_person, detail};
use super::warning::renew_buttons;
use super::{Message, deletion_effects, failure_text, request_buttons, text};
use crate::domain::audit::AuditEntry;
use crate::domain::lease::Lease;
use crate::domain::request::{Ending, Request, Status, StatusName};
use crate::ports::slack::RequestNotice;
use crate::slack::blocks::{MAX_SECTION, button, buttons, confirm, divider, fields, header, section};
use crate::slack::ids::ActionId;
use crate::slack::mrkdwn::{date_time, escape_within};

/// What the reader may do, for choosing the buttons. Permissions are checked again on each click.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rights {
    /// May approve or deny.
    pub decides: bool,
    /// May withdraw it until it is decided.
    pub cancels: bool,
    /// May renew, change and transfer it.
    pub manages: bool,
    /// May tear it down.
    pub ends: bool,
    /// May retain what a failed teardown left, and end or restart a stuck request.
    pub is_admin: bool,
}

/// Returns the details of a request for a reader with these rights; `entries` are its audit entries in order.
pub fn status(notice: &RequestNotice<'_>, entries: &[AuditEntry], rights: Rights) -> Message {
    let request = notice.request;
    let title = format!("{}: {}", request.status.name().label(), request.product.name);
    let mut blocks = vec![header(&title), section(&text::standing(request))];
    blocks.extend(fields(&[
        text::people(request),
        ("Team", text::team(request)),
        ("Product", text::product(request)),
        ("Cost", text::cost(request)),
        ("Submitted", date_time(request.submitted_at)),
        ("Quota", text::quota(notice)),
    ]));
    blocks.extend(more(notice).iter().map(|text| section(text)));
    blocks.push(divider());
    blocks.push(section(&timeline(entries)));
    blocks.extend(row(notice, rights));
    blocks.push(text::footer(notice, Some(format!("full id `{}`", request.id))));
    let text = format!("{}. {} Request {}.", escape_within(&title, 200), text::standing(request), request.id);
    Message::new(&text, blocks)
}

fn more(notice: &RequestNotice<'_>) -> Vec<String> {
    let request = notice.request;
    let approvers = (request.status.name().is_undecided() && !notice.approvers.is_empty()).then(|| {
        let so_far = text::approvals_so_far(&request.creation).map(|count| format!("\n{count}"));
        format!("*Approvers*\n{}{}", text::approvers(notice), so_far.unwrap_or_default())
    });
    let failed = match &request.status {
        Status::Failed { why } => Some(failure_text::of_provisioning(why)),
        // The clean-up after failed provisioning failed as well, so both reasons matter.
        Status::TeardownFailed { why, ending: Ending::Failed { why: first }, .. } => Some(format!(
            "{}\n*Before that*\n{}",
            failure_text::of_teardown(why),
            failure_text::of_provisioning(first)
        )),
        Status::TeardownFailed { why, .. } => Some(failure_text::of_teardown(why)),
        Status::Pending
        | Status::AwaitingApproval { .. }
        | Status::Approved
        | Status::Provisioning { .. }
        | Status::Active { .. }
        | Status::Updating { .. }
        | Status::Terminating { .. }
        | Status::Denied { .. }
        | Status::Cancelled
        | Status::TimedOut
        | Status::Terminated { .. }
        | Status::Retained { .. } => None,
    };
    let parts = [
        text::exception(request, request.approval()).map(|exception| format!(":warning: *{exception}*")),
        text::reason(request, &request.creation),
        text::ticket(request),
        text::decision(request, &request.creation),
        approvers,
        failed,
        text::held_up(request),
        text::trouble(request),
        request
            .waiting_change()
            .map(|(_, order)| order)
            .or(request.running_change())
            .map(|order| format!("*Change*\n{}", text::difference_lines(&order.differences))),
        request.lease().map(|lease| life(request, lease, notice.now)),
        // Only afterwards: before a teardown its dialog lists what will be kept.
        if let Status::Terminated { .. } = request.status { deletion_effects::kept(request) } else { None },
        text::outputs(request),
        text::parameters(request),
    ];
    parts.into_iter().flatten().collect()
}

/// Formats the timeline. If it is too long, the oldest entries are left out, because readers look for the newest.
fn timeline(entries: &[AuditEntry]) -> String {
    let mut kept: Vec<String> = Vec::new();
    // Room for the title and for the note about earlier entries.
    let mut length = 100;
    for entry in entries.iter().rev() {
        let line = timeline_line(entry);
        length += line.chars().count() + 1;
        if length > MAX_SECTION {
            kept.push(format!("{} earlier entries are in the audit trail", entries.len() - kept.len()));
            break;
        }
        kept.push(line);
    }
    kept.reverse();
    if kept.is_empty() {
        "*Timeline*\nNothing is recorded yet.".to_owned()
    } else {
        format!("*Timeline*\n{}", kept.join("\n"))
    }
}

fn timeline_line(entry: &AuditEntry) -> String {
    let by = by_a_person(entry).map(|person| format!(" by {person}")).unwrap_or_default();
    let (at, event) = (date_time(entry.at), escape_within(&entry.event, 60));
    format!("{at} {event}{by}{}", detail(entry, ShowVia::LeftOut))
}

/// Says when the owner is warned, when the resource is torn down, and how often and from when it can be renewed.
fn life(request: &Request, lease: &Lease, now: Timestamp) -> String {
    let terms = &request.product.lease;
    let warning = match &lease.warned {
        Some(warned) => format!("Its owner was warned {}.", date_time(warned.first)),
        None => format!("Its owner will be warned {}.", date_time(lease.warn_at)),
    };
    let renewals = if terms.renew.is_empty() {
        "It cannot be renewed.".to_owned()
    } else if lease.renewals < terms.max_renewals {
        format!("Renewed {} of {} times.", lease.renewals, terms.max_renewals)
    } else {
        format!("Renewed {} times; one more needs an approval.", lease.renewals)
    };
    let from = terms.renew.iter().map(|period| lease.renewable_from(terms, *period)).min();
    let from = from.filter(|from| *from > now && request.waiting_renewal().is_none());
    let from = from.map(|from| format!(" You can renew it from {}.", date_time(from)));
    let from = from.unwrap_or_default();
    format!("*Lease*\nIt ends {}. {warning} {renewals}{from}", date_time(lease.expires_at))
}

fn row(notice: &RequestNotice<'_>, rights: Rights) -> Option<SlackBlock> {
    let request = notice.request;
    let mut row = Vec::new();
    if rights.decides && request.waits_for_approvers() {
        row.extend(request_buttons::decision_buttons(request));
    }
    if rights.cancels && request.status.name().is_undecided() {
        row.push(request_buttons::cancel_button(request));
    }
    if rights.cancels {
        row.extend(request_buttons::withdraw_button(request));
    }
    row.extend(managing(request, rights, notice.now));
    if rights.manages && !request.status.name().is_undecided() {
        row.push(request_buttons::again_button(request, "Another like it"));
    }
    if rights.is_admin && matches!(request.status, Status::TeardownFailed { .. }) {
        row.push(request_buttons::retain_button(request));
    }
    if rights.is_admin {
        row.extend(unstick_buttons(request));
    }
    if row.is_empty() {
        return None;
    }
    Some(buttons("mine", row))
}

/// Returns the buttons for a resource that exists or will soon.
fn managing(request: &Request, rights: Rights, now: Timestamp) -> Vec<SlackBlockButtonElement> {
    let hand_over = rights.manages.then(|| request_buttons::transfer_button(request));
    let end = |button: SlackBlockButtonElement| rights.ends.then_some(button);
    match &request.status {
        Status::Active { .. } => {
            let mut row = Vec::new();
            if rights.manages && request.waiting_renewal().is_none() {
                row.extend(renew_buttons(request, now));
            }
            if rights.manages && !request.waits_for_approvers() {
                row.push(request_buttons::change_button(request));
            }
            row.extend(end(request_buttons::teardown_button(request)));
            row.extend(hand_over);
            row
        }
        // A teardown that is requested now begins once provisioning is complete.
        Status::Provisioning { unwanted: None, .. } => {
            end(request_buttons::teardown_button(request)).into_iter().collect()
        }
        Status::TeardownFailed { .. } => {
            end(request_buttons::try_again_button(request)).into_iter().chain(hand_over).collect()
        }
        Status::Provisioning { unwanted: Some(_), .. }
        | Status::Pending
        | Status::AwaitingApproval { .. }
        | Status::Approved
        | Status::Updating { .. }
        | Status::Terminating { .. }
        | Status::Denied { .. }
        | Status::Cancelled
        | Status::TimedOut
        | Status::Failed { .. }
        | Status::Terminated { .. }
        | Status::Retained { .. } => Vec::new(),
    }
}

/// Returns an admin's buttons for a status that should change without a user's action, and so may be stuck.
fn unstick_buttons(request: &Request) -> Vec<SlackBlockButtonElement> {
    let (ends, leaves) = match request.status.name() {
        // Nothing is provisioned yet, so there is nothing to leave behind.
        StatusName::Pending | StatusName::AwaitingApproval | StatusName::Approved => (true, false),
        StatusName::Provisioning | StatusName::Updating | StatusName::Terminating => (true, true),
        StatusName::Active => (false, false),
        StatusName::TeardownFailed
        | StatusName::Denied
        | StatusName::Cancelled
        | StatusName::TimedOut
        | StatusName::Failed
        | StatusName::Terminated
        | StatusName::Retained => return Vec::new(),
    };
    let value = text::button_value(request);
    let mut row =
        vec![button(ActionId::LookAgain, "Look again", &value, &text::spoken("Look again at", request))];
    if ends {
        let text = "The operation it is waiting for counts as failed. Whatever was created is removed; a resource that was being changed stays as it was.";
        row.push(
            button(ActionId::End, "End it", &value, &text::spoken("End", request)).with_confirm(confirm(
                "End it?",
                text,
                "End it",
                "Keep waiting",
            )),
        );
    }
    if leaves {
        row.push(button(ActionId::Retain, "Leave it", &value, &text::spoken("Leave", request)));
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::audit::{Actor, AuditHead, AuditSubject, By, Via};
    use crate::domain::request::MessageSlot;
    use crate::slack::messages::fixtures;
    use crate::slack::messages::transcript::{assert_typed_stays_text_in, assert_within_limits, transcript};

    const REQUESTER: Rights =
        Rights { decides: false, cancels: true, manages: true, ends: true, is_admin: false };

    fn entries(request: &Request, details: &[(&str, &str)]) -> Vec<AuditEntry> {
        let subject = AuditSubject::Request {
            id: request.id,
            team: &request.team,
            product: &request.product.key,
            status: request.status.name().as_str(),
        };
        let mut head = AuditHead::default();
        let alice = Actor::Person(By { person: request.requester.clone(), via: Via::Form });
        let append = |(event, detail): &(&str, &str)| {
            let actor = if *event == "submitted" { &alice } else { &Actor::Workflow };
            head.append(request.submitted_at, subject, event, actor, *detail)
        };
        details.iter().map(append).collect()
    }

    #[test]
    fn the_status_of_a_request_tells_all_of_it() {
        let request = fixtures::awaiting();
        let trail = entries(&request, &[("submitted", "1 approval needed"), ("approval requested", "")]);
        let approvers = fixtures::approvers();
        let notice = fixtures::notice(&request, MessageSlot::Direct, &approvers);
        insta::assert_snapshot!(transcript(&status(&notice, &trail, REQUESTER)), @"
        (Waiting for approval: Secure S3 Bucket. Waiting for approval until <!date^1795424400^{date_short_pretty} at {time}|2026-11-23 09:00 UTC>. Request 0b8f1c9e-6d6e-4a53-9b7e-3f2f5d1c7a10.)
        # Waiting for approval: Secure S3 Bucket
        Waiting for approval until <!date^1795424400^{date_short_pretty} at {time}|2026-11-23 09:00 UTC>.
        *Requested by* <@U0ALICE>
        *Team* payments
        *Product* Secure S3 Bucket v1.0
        *Cost* about $15/month, us-east-1 list price of 2026-08-21
        *Submitted* <!date^1795338000^{date_short_pretty} at {time}|2026-11-22 09:00 UTC>
        *Quota* 2 of 3 used, this one included
        *Why*
        “Invoices & receipts
        > for audit”
        *Approvers*
        <@U0MORGAN> or <!subteam^S0LEADS>
        *BucketName*: `payments-in'voices` — Name of the bucket
        *BucketArn*: `arn:aws:s3:::payments-invoices`
        *Parameters*
        Environment: `dev` — Development &amp; tests
        Name: `invoices &lt;2026&gt;`
        ---
        *Timeline*
        <!date^1795338000^{date_short_pretty} at {time}|2026-11-22 09:00 UTC> submitted by <@U0ALICE>: 1 approval needed
        <!date^1795338000^{date_short_pretty} at {time}|2026-11-22 09:00 UTC> approval requested
        [Cancel ?Your request for Secure S3 Bucket is withdrawn. Nothing has been provisioned yet.]
        (Request `0b8f1c9e` · full id `0b8f1c9e-6d6e-4a53-9b7e-3f2f5d1c7a10` · Simulated: nothing real is created)
        ");
        assert!(!transcript(&status(&notice, &trail, Rights::default())).contains("[Cancel"));
    }

    #[test]
    fn a_long_history_keeps_its_newest_entries_and_slacks_limits() {
        let request = fixtures::enormous();
        let long = "<".repeat(500);
        let mut trail = entries(&request, &vec![("refused", long.as_str()); 80]);
        trail.extend(entries(&request, &[("newest", "")]));
        let message =
            status(&fixtures::notice(&request, MessageSlot::Direct, &fixtures::crowd()), &trail, REQUESTER);
        assert_within_limits(&message);
        let text = transcript(&message);
        assert!(text.contains(" newest\n") && text.contains("earlier entries"), "{text}");
    }

    #[test]
    fn what_somebody_typed_is_formatted_neither_among_the_facts_nor_in_the_timeline() {
        for text in fixtures::TYPED {
            let request = fixtures::typed(&fixtures::awaiting(), text);
            let trail = entries(&request, &[("denied", text)]);
            let message = status(&fixtures::notice(&request, MessageSlot::Direct, &[]), &trail, REQUESTER);
            assert_typed_stays_text_in(&message);
            assert!(["TYPED", "QUOTED"].iter().any(|word| transcript(&message).contains(word)));
        }
    }

    fn offered(request: &Request, rights: Rights) -> String {
        let shown = transcript(&status(&fixtures::notice(request, MessageSlot::Direct, &[]), &[], rights));
        shown.lines().filter(|line| line.starts_with('[')).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn what_lives_shows_its_lease_and_whose_it_is() {
        let mut request = fixtures::warned();
        request.owner = crate::domain::ids::PersonId::new("U0BOB");
        if let Status::Active { lease } = &mut request.status {
            lease.renewals = 2;
        }
        let notice = fixtures::notice(&request, MessageSlot::Direct, &[]);
        insta::assert_snapshot!(transcript(&status(&notice, &[], REQUESTER)), @"
        (Active: Secure S3 Bucket. Active until <!date^1798538700^{date_short_pretty} at {time}|2026-12-29 10:05 UTC>. Request 0b8f1c9e-6d6e-4a53-9b7e-3f2f5d1c7a10.)
        # Active: Secure S3 Bucket
        Active until <!date^1798538700^{date_short_pretty} at {time}|2026-12-29 10:05 UTC>.
        *Owner* <@U0BOB>, requested by <@U0ALICE>
        *Team* payments
        *Product* Secure S3 Bucket v1.0
        *Cost* about $15/month, us-east-1 list price of 2026-08-21
        *Submitted* <!date^1795338000^{date_short_pretty} at {time}|2026-11-22 09:00 UTC>
        *Quota* 2 of 3 used, this one included
        *Why*
        “Invoices & receipts
        > for audit”
        Approved by <@U0MORGAN> (<!date^1795341600^{date_short_pretty} at {time}|2026-11-22 10:00 UTC>)
        *Lease*
        It ends <!date^1798538700^{date_short_pretty} at {time}|2026-12-29 10:05 UTC>. Its owner was warned <!date^1797933900^{date_short_pretty} at {time}|2026-12-22 10:05 UTC>. Renewed 2 of 12 times.
        *BucketName*: `payments-in'voices` — Name of the bucket
        *BucketArn*: `arn:aws:s3:::payments-invoices`
        *Parameters*
        Environment: `dev` — Development &amp; tests
        Name: `invoices &lt;2026&gt;`
        ---
        *Timeline*
        Nothing is recorded yet.
        [Renew 30 days primary] [Change] [Tear down danger] [Hand over] [Another like it]
        (Request `0b8f1c9e` · full id `0b8f1c9e-6d6e-4a53-9b7e-3f2f5d1c7a10` · Simulated: nothing real is created)
        ");
        let waiting = fixtures::renewal_waits();
        let text = transcript(&status(&fixtures::notice(&waiting, MessageSlot::Direct, &[]), &[], REQUESTER));
        assert!(text.contains("A renewal by 30 days is waiting for approval until"), "{text}");
        assert!(text.contains("Renewed 12 times; one more needs an approval."), "{text}");
    }

    #[test]
    fn the_buttons_are_those_of_the_status_and_of_what_the_reader_may_do() {
        let owner = Rights { manages: true, ends: true, ..Rights::default() };
        let gone = Rights { ends: true, ..Rights::default() };
        let admin = Rights { is_admin: true, ..owner };
        let mut unwanted = fixtures::provisioning();
        if let Status::Provisioning { unwanted, .. } = &mut unwanted.status {
            *unwanted = Some(crate::domain::ids::PersonId::new("U0ALICE"));
        }
        let lines = [
            ("owner, active", offered(&fixtures::active(), owner)),
            ("owner who left the team, active", offered(&fixtures::active(), gone)),
            ("owner, a renewal waits", offered(&fixtures::renewal_waits(), owner)),
            ("owner, provisioning", offered(&fixtures::provisioning(), owner)),
            ("owner, not torn down", offered(&fixtures::not_torn_down(), owner)),
            ("admin, not torn down", offered(&fixtures::not_torn_down(), admin)),
            ("admin, provisioning", offered(&fixtures::provisioning(), admin)),
            ("admin, waiting", offered(&fixtures::awaiting(), admin)),
        ]
        .map(|(who, row)| format!("{who}: {row}"));
        insta::assert_snapshot!(lines.join("\n"), @"
        owner, active: [Renew 30 days primary] [Change] [Tear down danger] [Hand over] [Another like it]
        owner who left the team, active: [Tear down danger]
        owner, a renewal waits: [Tear down danger] [Hand over] [Another like it]
        owner, provisioning: [Tear down danger] [Another like it]
        owner, not torn down: [Try again] [Hand over] [Another like it]
        admin, not torn down: [Try again] [Hand over] [Another like it] [Retain]
        admin, provisioning: [Tear down danger] [Another like it] [Look again] [End it ?The operation it is waiting for counts as failed. Whatever was created is removed; a resource that was being changed stays as it was.] [Leave it]
        admin, waiting: [Look again] [End it ?The operation it is waiting for counts as failed. Whatever was created is removed; a resource that was being changed stays as it was.]
        ");
        for request in fixtures::in_every_status(&fixtures::request()) {
            assert_eq!(offered(&request, Rights::default()), "", "{:?}", request.status);
        }
        assert!(offered(&unwanted, admin).starts_with("[Another like it] [Look again]"));
    }
}
