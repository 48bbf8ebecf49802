//! The card that asks for approval of a renewal, once those that need no approval are used up.

use super::{Message, outcome, text};
use crate::domain::approval::{Answer, Approval};
use crate::domain::request::Request;
use crate::ports::slack::RequestNotice;
use crate::slack::blocks::{fields, header, section};
use crate::slack::mrkdwn::{escape_within, mention};

pub(super) fn card(notice: &RequestNotice<'_>) -> Message {
    let request = notice.request;
    // A card without a renewal should not exist. If it does, the state is better than nothing.
    let Some((approval, renewal)) = request.renewal() else { return super::progress::direct(notice) };
    let title = outcome::title(request, approval);
    let question = format!(
        "{} asks to keep `{}` {} longer. It was renewed {} already.",
        mention(&approval.asked_by),
        text::resource(request),
        renewal.period.describe(),
        times(renewals_before(request, approval))
    );
    let mut blocks = vec![header(&title), section(&question)];
    blocks.extend(fields(&[
        ("Owner", mention(&request.owner)),
        ("Team", text::team(request)),
        ("Product", text::product(request)),
        ("Cost", text::cost(request)),
    ]));
    let outcome = outcome::outcome(notice, approval);
    blocks.push(section(&outcome));
    blocks.extend(outcome::decide(request, approval));
    blocks.push(text::footer(notice, None));
    let simulated = text::simulated(notice);
    let text = format!("{}. {question} {outcome}{simulated}", escape_within(&title, 200));
    Message::new(&text, blocks)
}

/// Returns how often the lease had been renewed when this renewal was requested.
fn renewals_before(request: &Request, approval: &Approval) -> u32 {
    let granted = matches!(approval.answer, Some(Answer::Approved));
    // A granted renewal is already counted.
    request.lease().map_or(0, |lease| lease.renewals.saturating_sub(u32::from(granted)))
}

fn times(count: u32) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::approval::Consent;
    use crate::domain::ids::PersonId;
    use crate::domain::request::MessageSlot;
    use crate::slack::messages::fixtures;
    use crate::slack::messages::transcript::transcript;

    fn shown(request: &Request) -> String {
        transcript(&card(&fixtures::notice(request, MessageSlot::Renewal, &fixtures::approvers())))
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
        insta::assert_snapshot!(shown(&fixtures::renewal_waits()), @"
        (Renewal needs approval: Secure S3 Bucket. <@U0ALICE> asks to keep `s3-bucket-0b8f1c9e` 30 days longer. It was renewed 12 times already. Waiting for <@U0MORGAN> or <!subteam^S0LEADS> until <!date^1798020300^{date_short_pretty} at {time}|2026-12-23 10:05 UTC>. Simulated: nothing real is created.)
        # Renewal needs approval: Secure S3 Bucket
        <@U0ALICE> asks to keep `s3-bucket-0b8f1c9e` 30 days longer. It was renewed 12 times already.
        *Owner* <@U0ALICE>
        *Team* payments
        *Product* Secure S3 Bucket v1.0
        *Cost* about $15/month, us-east-1 list price of 2026-08-21
        Waiting for <@U0MORGAN> or <!subteam^S0LEADS> until <!date^1798020300^{date_short_pretty} at {time}|2026-12-23 10:05 UTC>.
        [Approve primary] [Deny danger] [Approve with changes]
        (Request `0b8f1c9e` · Simulated: nothing real is created)
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
