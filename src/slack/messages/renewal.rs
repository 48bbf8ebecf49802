//! The card that asks for approval of a renewal, once those that need no approval are used up.

use slack_morphism::prelude::SlackBlock;

use super::{Message, request_buttons, text};
use crate::domain::request::{Renewal, RenewalAnswer, Request};
use crate::ports::slack::RequestNotice;
use crate::slack::blocks::{buttons, fields, header, section};
use crate::slack::mrkdwn::{date_time, escape_within, mention};

pub(super) fn card(notice: &RequestNotice<'_>) -> Message {
    let request = notice.request;
    // A card without a renewal should not exist. If it does, the state is better than nothing.
    let Some(renewal) = &request.renewal else { return super::progress::direct(notice) };
    let title = title(request, renewal);
    let asked = format!(
        "{} asks to keep `{}` {} longer. It was renewed {} already.",
        mention(&renewal.by),
        text::resource(request),
        renewal.period.describe(),
        times(renewals_before(request, renewal))
    );
    let mut blocks = vec![header(&title), section(&asked)];
    blocks.extend(fields(&[
        ("Owner", mention(&request.owner)),
        ("Team", text::team(request)),
        ("Product", text::product(request)),
        ("Cost", text::cost(request)),
    ]));
    let outcome = outcome(notice, renewal);
    blocks.push(section(&outcome));
    blocks.extend(decide(request));
    blocks.push(text::footer(notice, None));
    let simulated = text::simulated(notice);
    let text = format!("{}. {asked} {outcome}{simulated}", escape_within(&title, 200));
    Message::new(&text, blocks)
}

/// Returns how often the lease had been renewed when this renewal was requested.
fn renewals_before(request: &Request, renewal: &Renewal) -> u32 {
    let granted = matches!(renewal.answer, Some(RenewalAnswer::Granted));
    // A granted renewal is already counted.
    request.lease().map_or(0, |lease| lease.renewals.saturating_sub(u32::from(granted)))
}

fn times(count: u32) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

fn title(request: &Request, renewal: &Renewal) -> String {
    let name = &request.product.name;
    match (&renewal.answer, request.waiting_renewal()) {
        (None, Some(_)) => format!("Renewal needs approval: {name}"),
        (Some(RenewalAnswer::Granted), _) => format!("Renewal approved: {name}"),
        (Some(RenewalAnswer::Denied { .. }), _) => format!("Renewal denied: {name}"),
        (Some(RenewalAnswer::Unanswered), _) => format!("Renewal not answered: {name}"),
        (Some(RenewalAnswer::Moot) | None, _) if renewal.withdrawn_by.is_some() => {
            format!("Renewal withdrawn: {name}")
        }
        (Some(RenewalAnswer::Moot) | None, _) => format!("Renewal no longer needed: {name}"),
    }
}

fn outcome(notice: &RequestNotice<'_>, renewal: &Renewal) -> String {
    match (&renewal.answer, notice.request.waiting_renewal()) {
        (None, Some(_)) => {
            let so_far: Vec<String> = renewal.approvals.iter().map(text::answer).collect();
            let so_far =
                if so_far.is_empty() { String::new() } else { format!("\nAgreed: {}", so_far.join(", ")) };
            let escalated =
                text::escalated(notice.request).map(|text| format!("\n{text}")).unwrap_or_default();
            format!(
                "Waiting for {} until {}.{}{so_far}{escalated}",
                text::approvers(notice),
                date_time(renewal.approve_by),
                text::note(notice)
            )
        }
        (Some(RenewalAnswer::Granted), _) => {
            let by: Vec<String> = renewal
                .approvals
                .iter()
                .map(|approval| format!("{} ({})", text::answer(approval), date_time(approval.at)))
                .collect();
            let is_cut = notice.request.lease().is_some_and(|lease| lease.cut);
            let cut = if is_cut { " That is the longest this product allows at a time." } else { "" };
            format!("Approved by {}\n{}{cut}", by.join(", "), text::standing(notice.request))
        }
        (Some(RenewalAnswer::Denied { by, instead_of, reason }), _) => {
            text::denied(by, instead_of.as_ref(), reason)
        }
        (Some(RenewalAnswer::Unanswered), _) => "Nobody answered in time.".to_owned(),
        (Some(RenewalAnswer::Moot) | None, _) => match &renewal.withdrawn_by {
            Some(by) => format!("{} withdrew it.\n{}", mention(by), text::standing(notice.request)),
            None => text::standing(notice.request),
        },
    }
}

fn decide(request: &Request) -> Option<SlackBlock> {
    request.waiting_renewal()?;
    Some(buttons("decide", request_buttons::decision_buttons(request)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::PersonId;
    use crate::domain::request::{Approval, MessageSlot};
    use crate::slack::messages::fixtures;
    use crate::slack::messages::transcript::transcript;

    fn shown(request: &Request) -> String {
        transcript(&card(&fixtures::notice(request, MessageSlot::Renewal, &fixtures::approvers())))
    }

    fn answered(answer: RenewalAnswer) -> Request {
        let mut request = fixtures::renewal_waits();
        if let Some(renewal) = request.renewal.as_mut() {
            let at = renewal.approve_by;
            renewal.approvals = vec![Approval { by: PersonId::new("U0MORGAN"), at, instead_of: None }];
            renewal.answer = Some(answer);
        }
        request
    }

    #[test]
    fn approvers_see_who_wants_to_keep_what_and_how_much_longer() {
        insta::assert_snapshot!(shown(&fixtures::renewal_waits()), @"
        (Renewal needs approval: Secure S3 Bucket. <@U0ALICE> asks to keep `s3-bucket-0b8f1c9e` 30 days longer. It was renewed 12 times already. Waiting for <@U0MORGAN> or <!subteam^S0LEADS> until <!date^1798020300^{date_short_pretty} at {time}|2026-12-23 10:05 UTC>. Simulated: nothing real is made.)
        # Renewal needs approval: Secure S3 Bucket
        <@U0ALICE> asks to keep `s3-bucket-0b8f1c9e` 30 days longer. It was renewed 12 times already.
        *Owner* <@U0ALICE>
        *Team* payments
        *Product* Secure S3 Bucket v1.0
        *Cost* about $15/month, us-east-1 list price of 2026-08-21
        Waiting for <@U0MORGAN> or <!subteam^S0LEADS> until <!date^1798020300^{date_short_pretty} at {time}|2026-12-23 10:05 UTC>.
        [Approve primary] [Deny danger]
        (Request `0b8f1c9e` · Simulated: nothing real is made)
        ");
    }

    #[test]
    fn an_answered_renewal_has_no_buttons_and_says_what_came_of_it() {
        let morgan = PersonId::new("U0MORGAN");
        let answers = [
            RenewalAnswer::Granted,
            RenewalAnswer::Denied { by: morgan, instead_of: None, reason: "use <the> archive".into() },
            RenewalAnswer::Unanswered,
            RenewalAnswer::Moot,
        ];
        let cards = answers.map(|answer| {
            let text = shown(&answered(answer));
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
}
