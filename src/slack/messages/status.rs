//! One request in full: every fact and what happened to it, from its audit entries.

use slack_morphism::prelude::SlackBlock;

use super::{Message, cause, facts};
use crate::domain::audit::AuditEntry;
use crate::domain::request::{Request, Status};
use crate::ports::slack::RequestNotice;
use crate::slack::blocks::{MAX_SECTION, buttons, divider, fields, header, section};
use crate::slack::incoming::Origin;
use crate::slack::mrkdwn::{any_of, date_time, escape_within, mention};

/// The whole of a request for `viewer`, with its audit entries in order.
pub fn status(notice: &RequestNotice<'_>, entries: &[AuditEntry], viewer: &Origin) -> Message {
    let request = notice.request;
    let title = format!("{}: {}", request.status.name().label(), request.product.name);
    let mut blocks = vec![header(&title), section(&facts::standing(request))];
    blocks.extend(fields(&[
        ("Requested by", mention(&request.requester)),
        ("Team", facts::team(request)),
        ("Product", facts::product(request)),
        ("Cost", facts::cost(request)),
        ("Submitted", date_time(request.submitted_at)),
        ("Quota", facts::quota(notice)),
    ]));
    blocks.extend(more(notice).iter().map(|text| section(text)));
    blocks.push(divider());
    blocks.push(section(&timeline(entries)));
    blocks.extend(cancel(request, viewer));
    blocks.push(facts::footer(notice, Some(format!("whole id `{}`", request.id))));
    let text =
        format!("{}. {} Request {}.", escape_within(&title, 200), facts::standing(request), request.id);
    Message::new(&text, blocks)
}

fn more(notice: &RequestNotice<'_>) -> Vec<String> {
    let request = notice.request;
    let asked = (request.status.name().is_undecided() && !notice.approvers.is_empty())
        .then(|| format!("*Approvers*\n{}", any_of(notice.approvers)));
    let failed = match &request.status {
        Status::Failed { why } | Status::TeardownFailed { why, .. } => Some(cause::in_plain_words(why)),
        Status::Pending
        | Status::AwaitingApproval { .. }
        | Status::Approved
        | Status::Provisioning { .. }
        | Status::Active { .. }
        | Status::Terminating { .. }
        | Status::Denied { .. }
        | Status::Cancelled
        | Status::TimedOut
        | Status::Terminated { .. }
        | Status::Retained { .. } => None,
    };
    let parts = [
        facts::reason(request),
        facts::decision(request),
        asked,
        failed,
        facts::outputs(request),
        facts::parameters(request),
    ];
    parts.into_iter().flatten().collect()
}

/// The newest entries are what people look for, so the oldest are left out where there is no room.
fn timeline(entries: &[AuditEntry]) -> String {
    let mut kept: Vec<String> = Vec::new();
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
    let actor = entry.actor.as_str();
    let is_person =
        actor.starts_with(['U', 'W']) && actor.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    let by = if is_person { format!("<@{actor}>") } else { escape_within(actor, 60) };
    let detail = match entry.detail.trim() {
        "" => String::new(),
        detail => format!(": {}", escape_within(&detail.replace('\n', " "), 200)),
    };
    format!("{} {} by {by}{detail}", date_time(entry.at), escape_within(&entry.event, 60))
}

fn cancel(request: &Request, viewer: &Origin) -> Option<SlackBlock> {
    let may = request.status.name().is_undecided() && viewer.person == request.requester;
    may.then(|| buttons("mine", vec![facts::cancel_button(request)]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::audit::{Actor, AuditHead, AuditSubject, By, Via};
    use crate::domain::ids::PersonId;
    use crate::domain::request::Surface;
    use crate::slack::messages::sample;
    use crate::slack::messages::transcript::{assert_within_limits, transcript};

    fn viewer(person: &str) -> Origin {
        Origin { person: PersonId::new(person), team: None, enterprise: None }
    }

    fn entries(request: &Request, details: &[(&str, &str)]) -> Vec<AuditEntry> {
        let subject = AuditSubject {
            request: request.id,
            team: &request.team,
            product: &request.product.key,
            status: request.status.name().word(),
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
        let request = sample::awaiting();
        let trail = entries(&request, &[("submitted", "1 approval needed"), ("approval requested", "")]);
        let approvers = sample::approvers();
        let notice = sample::notice(&request, Surface::Direct, &approvers);
        insta::assert_snapshot!(transcript(&status(&notice, &trail, &viewer("U0ALICE"))), @"
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
        > Invoices &amp; receipts
        > &gt; for audit
        *Approvers*
        <@U0MORGAN> or <!subteam^S0LEADS>
        *BucketName*: `payments-in'voices` — Name of the bucket
        *BucketArn*: `arn:aws:s3:::payments-invoices`
        *Parameters*
        Environment: `dev`
        Name: `invoices &lt;2026&gt;`
        ---
        *Timeline*
        <!date^1795338000^{date_short_pretty} at {time}|2026-11-22 09:00 UTC> submitted by <@U0ALICE>: 1 approval needed [form]
        <!date^1795338000^{date_short_pretty} at {time}|2026-11-22 09:00 UTC> approval requested by workflow
        [Cancel ?Your request for Secure S3 Bucket is withdrawn. Nothing has been made yet.]
        (Request `0b8f1c9e` · whole id `0b8f1c9e-6d6e-4a53-9b7e-3f2f5d1c7a10` · Simulated: nothing real is made)
        ");
        assert!(!transcript(&status(&notice, &trail, &viewer("U0BOB"))).contains("[Cancel"));
    }

    #[test]
    fn a_long_history_keeps_its_newest_entries_and_slacks_limits() {
        let request = sample::enormous();
        let long = "<".repeat(500);
        let mut trail = entries(&request, &vec![("refused", long.as_str()); 80]);
        trail.extend(entries(&request, &[("newest", "")]));
        let message =
            status(&sample::notice(&request, Surface::Direct, &sample::crowd()), &trail, &viewer("U0ALICE"));
        assert_within_limits(&message);
        let text = transcript(&message);
        assert!(text.contains("newest by workflow") && text.contains("earlier entries"), "{text}");
    }
}
