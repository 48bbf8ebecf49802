//! News for the requester: separate messages, because an edit notifies nobody.

use slack_morphism::prelude::SlackBlock;

use super::warning::renew_buttons;
use super::{Message, cause, facts};
use crate::domain::request::{News, RenewalAnswer, Request, Status, StatusName};
use crate::ports::slack::RequestNotice;
use crate::slack::blocks::{button, buttons, section};
use crate::slack::ids::ActionId;
use crate::slack::mrkdwn::{date_time, mention, quote};

/// What the requester is told about `news`, even if the request has moved on since.
pub(super) fn told(notice: &RequestNotice<'_>, news: News) -> Message {
    match news {
        News::Status(status) => reached(notice, status),
        News::Renewal => renewed(notice),
        News::Handed => handed(notice),
    }
}

/// What came of a renewal that needed an approval.
fn renewed(notice: &RequestNotice<'_>) -> Message {
    let request = notice.request;
    let product = format!("*{}*", facts::product(request));
    let answer = request.renewal.as_ref().and_then(|renewal| renewal.answer.as_ref());
    let headline = match answer {
        Some(RenewalAnswer::Granted) => format!("Your renewal of {product} is approved."),
        Some(RenewalAnswer::Denied { by, reason }) => {
            format!(
                "Your renewal of {product} was denied by {}.\n{}",
                mention(by),
                quote(reason, facts::QUOTED)
            )
        }
        Some(RenewalAnswer::Unanswered) => format!("Nobody answered your renewal of {product} in time."),
        Some(RenewalAnswer::Moot) | None => format!("Your renewal of {product} is no longer needed."),
    };
    living(notice, &headline)
}

/// It is the reader's now.
fn handed(notice: &RequestNotice<'_>) -> Message {
    let request = notice.request;
    let headline = format!(
        "*{}* of team *{}* is yours now: `{}`.",
        facts::product(request),
        facts::team(request),
        facts::resource(request)
    );
    living(notice, &headline)
}

/// A headline and how it stands, with what its owner can do.
fn living(notice: &RequestNotice<'_>, headline: &str) -> Message {
    let request = notice.request;
    let text = format!("{headline}\n{}", facts::standing(request));
    let mut blocks = vec![section(&text)];
    if request.lease().is_some() && request.waiting_renewal().is_none() {
        let mut row = renew_buttons(request);
        row.push(facts::teardown_button(request));
        blocks.push(buttons("lease", row));
    }
    blocks.push(facts::footer(notice, Some(facts::cost(request))));
    let simulated = if notice.simulated { format!(" {}.", facts::SIMULATED) } else { String::new() };
    Message::new(&format!("{text}{simulated}"), blocks)
}

fn reached(notice: &RequestNotice<'_>, news: StatusName) -> Message {
    let request = notice.request;
    let headline = headline(request, news);
    let mut text = headline.clone();
    if let Some(body) = body(request, news) {
        text = format!("{text}\n{body}");
    }
    let mut blocks = vec![section(&text)];
    if news == StatusName::Active {
        blocks.extend(facts::outputs(request).iter().map(|outputs| section(outputs)));
    }
    blocks.extend(again(request, news));
    let cost = (news == StatusName::Active).then(|| facts::cost(request));
    blocks.push(facts::footer(notice, cost));
    let simulated = if notice.simulated { format!(" {}.", facts::SIMULATED) } else { String::new() };
    Message::new(&format!("{text} (request {}){simulated}", request.id.short()), blocks)
}

fn headline(request: &Request, news: StatusName) -> String {
    let product = format!("*{}*", facts::product(request));
    match news {
        StatusName::Active => format!("{product} is ready."),
        StatusName::Approved => format!("Your request for {product} is approved."),
        StatusName::Denied => format!("Your request for {product} was denied."),
        StatusName::Cancelled => format!("Your request for {product} is cancelled."),
        StatusName::TimedOut => format!("Your request for {product} timed out."),
        StatusName::Failed => format!("{product} could not be provisioned. Everything was cleaned up."),
        StatusName::TeardownFailed => format!("{product} could not be torn down."),
        StatusName::Terminated => format!("{product} is torn down."),
        StatusName::Retained => format!("{product} is left as it is."),
        StatusName::Pending
        | StatusName::AwaitingApproval
        | StatusName::Provisioning
        | StatusName::Terminating => format!("{product}: {}.", news.label().to_lowercase()),
    }
}

/// What follows the headline; taken from the row only where the row still knows it.
fn body(request: &Request, news: StatusName) -> Option<String> {
    match (news, &request.status) {
        (StatusName::Active, Status::Active { lease }) => {
            Some(format!("It lives until {}.", date_time(lease.expires_at)))
        }
        (StatusName::Failed, Status::Failed { why }) => Some(cause::in_plain_words(why)),
        (StatusName::TeardownFailed, Status::TeardownFailed { why, .. }) => Some(format!(
            "Some of its resources may be left and it keeps its quota slot. Your platform team has to remove them: mention request `{}`.\n{}",
            request.id,
            cause::in_plain_words(why)
        )),
        (StatusName::TimedOut, Status::TimedOut) => {
            Some("Nobody decided in time. Nothing was provisioned; you can ask again.".to_owned())
        }
        (StatusName::Terminated, Status::Terminated { .. })
        | (StatusName::Retained, Status::Retained { .. }) => Some(facts::standing(request)),
        (StatusName::Approved | StatusName::Denied, _) => facts::decision(request),
        _ => None,
    }
}

/// Asking once more opens the same form, filled in as before.
fn again(request: &Request, news: StatusName) -> Option<SlackBlock> {
    let text = match news {
        StatusName::Denied | StatusName::TimedOut => "Ask again",
        StatusName::Failed => "Try again",
        StatusName::Pending
        | StatusName::AwaitingApproval
        | StatusName::Approved
        | StatusName::Provisioning
        | StatusName::Active
        | StatusName::Terminating
        | StatusName::Cancelled
        | StatusName::TeardownFailed
        | StatusName::Terminated
        | StatusName::Retained => return None,
    };
    let spoken = format!("{text} for {}", request.product.name);
    Some(buttons("again", vec![button(ActionId::Again, text, &facts::button_value(request), &spoken)]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::request::Surface;
    use crate::slack::messages::{sample, transcript::transcript};

    #[test]
    fn each_piece_of_news_says_what_happened_and_what_can_be_done() {
        let shown: Vec<String> = sample::in_every_status(&sample::request())
            .iter()
            .filter(|request| {
                let name = request.status.name();
                name.is_ended()
                    || matches!(name, StatusName::Approved | StatusName::Active | StatusName::TeardownFailed)
            })
            .map(|request| {
                let news = News::Status(request.status.name());
                transcript(&told(&sample::notice(request, Surface::Told(news), &[]), news))
                    .lines()
                    .skip(1)
                    .collect::<Vec<_>>()
                    .join("\n")
            })
            .collect();
        insta::assert_snapshot!(shown.join("\n---\n"), @"
        Your request for *Secure S3 Bucket v1.0* is approved.
        Approved by <@U0MORGAN> (<!date^1795341600^{date_short_pretty} at {time}|2026-11-22 10:00 UTC>)
        (Request `0b8f1c9e` · Simulated: nothing real is made)
        ---
        *Secure S3 Bucket v1.0* is ready.
        It lives until <!date^1798538700^{date_short_pretty} at {time}|2026-12-29 10:05 UTC>.
        *BucketName*: `payments-in'voices` — Name of the bucket
        *BucketArn*: `arn:aws:s3:::payments-invoices`
        (Request `0b8f1c9e` · about $15/month, us-east-1 list price of 2026-08-21 · Simulated: nothing real is made)
        ---
        Your request for *Secure S3 Bucket v1.0* was denied.
        Denied by <@U0MORGAN> (<!date^1795341900^{date_short_pretty} at {time}|2026-11-22 10:05 UTC>)
        > Invoices &amp; receipts
        > &gt; for audit
        [Ask again]
        (Request `0b8f1c9e` · Simulated: nothing real is made)
        ---
        Your request for *Secure S3 Bucket v1.0* is cancelled.
        (Request `0b8f1c9e` · Simulated: nothing real is made)
        ---
        Your request for *Secure S3 Bucket v1.0* timed out.
        Nobody decided in time. Nothing was provisioned; you can ask again.
        [Ask again]
        (Request `0b8f1c9e` · Simulated: nothing real is made)
        ---
        *Secure S3 Bucket v1.0* could not be provisioned. Everything was cleaned up.
        Something with that name exists already. Try again with another name.
        > Bucket: invoices already exists
        [Try again]
        (Request `0b8f1c9e` · Simulated: nothing real is made)
        ---
        *Secure S3 Bucket v1.0* could not be torn down.
        Some of its resources may be left and it keeps its quota slot. Your platform team has to remove them: mention request `0b8f1c9e-6d6e-4a53-9b7e-3f2f5d1c7a10`.
        One of its parts could not be made.
        > Bucket is not empty
        (Request `0b8f1c9e` · Simulated: nothing real is made)
        ---
        *Secure S3 Bucket v1.0* is torn down.
        Torn down <!date^1795341900^{date_short_pretty} at {time}|2026-11-22 10:05 UTC>: <@U0ALICE> said so.
        (Request `0b8f1c9e` · Simulated: nothing real is made)
        ---
        *Secure S3 Bucket v1.0* is left as it is.
        Left as it is, by <@U0ADMIN> (<!date^1795341900^{date_short_pretty} at {time}|2026-11-22 10:05 UTC>). The portal no longer looks after it.
        > Invoices &amp; receipts
        > &gt; for audit
        (Request `0b8f1c9e` · Simulated: nothing real is made)
        ");
    }

    #[test]
    fn news_that_arrives_late_is_still_the_news() {
        let text = transcript(&told(
            &sample::notice(&sample::active(), Surface::Told(News::Status(StatusName::Approved)), &[]),
            News::Status(StatusName::Approved),
        ));
        assert!(text.contains("is approved") && text.contains("Approved by <@U0MORGAN>"), "{text}");
    }
}
