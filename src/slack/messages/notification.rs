//! Notifications for the owner. They are separate messages, because Slack does not notify users of edits.

use slack_morphism::prelude::SlackBlock;

use super::warning::renew_buttons;
use super::{Message, deletion_effects, failure_text, request_buttons, text};
use crate::domain::approval::Answer;
use crate::domain::approval::Approval;
use crate::domain::request::ChangeOutcome;
use crate::domain::request::{Notification, Request, Status, StatusName};
use crate::ports::slack::RequestNotice;
use crate::slack::blocks::{buttons, section};
use crate::slack::mrkdwn::{date_time, quote};

/// Returns the notification about `news`, even if the request's status has changed since.
pub(super) fn notification(notice: &RequestNotice<'_>, news: Notification) -> Message {
    let message = match news {
        Notification::Status(status) => reached(notice, status),
        Notification::Renewal => renewed(notice),
        Notification::Change => living(notice, &about_change(notice.request)),
        Notification::Handed => handed(notice),
    };
    if notice.is_in_channel { addressed(notice, message) } else { message }
}

/// Adapts a notification to a channel, where others read it: addresses the owner, and leaves out the outputs.
fn addressed(notice: &RequestNotice<'_>, news: Message) -> Message {
    let (owner, id) = (&notice.request.owner, notice.request.id.short());
    let headline = format!(
        "For <@{owner}>, who cannot get direct messages right now; `status {id}` shows them the details:"
    );
    let mut blocks = vec![section(&headline)];
    blocks.extend(news.blocks);
    Message::new(&format!("{headline} {}", news.text), blocks)
}

/// Notifies of the decision about a renewal.
fn renewed(notice: &RequestNotice<'_>) -> Message {
    let request = notice.request;
    let product = text::named(request);
    let approval = request.renewal().map(|(approval, _)| approval);
    let answer = approval.and_then(|approval| approval.answer.as_ref());
    let headline = match answer {
        Some(Answer::Approved) => {
            let until = request
                .lease()
                .filter(|lease| lease.cut)
                .map(|lease| format!("\nRenewed until {}{}.", date_time(lease.expires_at), text::cut(lease)));
            format!(
                "Your renewal of {product} is approved.{}{}",
                until.unwrap_or_default(),
                reduced(approval)
            )
        }
        Some(Answer::Denied { by, on_behalf_of, reason }) => {
            format!(
                "Your renewal of {product} was denied by {}.\n{}",
                text::answered(by, on_behalf_of.as_ref()),
                quote(reason, text::QUOTED)
            )
        }
        Some(Answer::TimedOut) => format!("Nobody answered your renewal of {product} in time."),
        // The news was about an answer, but the message is built from the row as it is by now.
        Some(Answer::Withdrawn { .. } | Answer::Moot) | None => {
            format!("Your renewal of {product} is no longer needed.")
        }
    };
    living(notice, &headline)
}

/// Notifies the new owner.
fn handed(notice: &RequestNotice<'_>) -> Message {
    let request = notice.request;
    let headline = format!(
        "You now own *{}* of team *{}*: `{}`.",
        text::product(request),
        text::team(request),
        text::resource(request)
    );
    living(notice, &headline)
}

/// Returns a message with a headline, the current state, and the owner's buttons.
fn living(notice: &RequestNotice<'_>, headline: &str) -> Message {
    let request = notice.request;
    let text = format!("{headline}\n{}", text::standing(request));
    let mut blocks = vec![section(&text)];
    if request.lease().is_some() && !request.waits_for_approvers() {
        let mut row = renew_buttons(request, notice.now);
        row.push(request_buttons::teardown_button(request));
        blocks.push(buttons("lease", row));
    }
    blocks.push(text::footer(notice, Some(text::cost(request))));
    let simulated = text::simulated(notice);
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
    // Outputs say how to reach the resource, which is not for everyone in a channel.
    if news == StatusName::Active && !notice.is_in_channel {
        blocks.extend(text::outputs(request).iter().map(|outputs| section(outputs)));
    }
    blocks.extend(again(request, news));
    let row = request_buttons::failed_teardown_buttons(request);
    if news == StatusName::TeardownFailed && !row.is_empty() {
        blocks.push(buttons("teardown", row));
    }
    let cost = (news == StatusName::Active).then(|| text::cost(request));
    blocks.push(text::footer(notice, cost));
    let simulated = text::simulated(notice);
    Message::new(&format!("{text} (request {}){simulated}", request.id.short()), blocks)
}

fn headline(request: &Request, news: StatusName) -> String {
    let (product, asked_for) = (text::named(request), text::asked_for(request));
    match news {
        StatusName::Active => format!("{product} is ready."),
        StatusName::Approved => format!("Your request for {asked_for} is approved."),
        StatusName::Denied => format!("Your request for {asked_for} was denied."),
        StatusName::Cancelled => format!("Your request for {asked_for} is cancelled."),
        StatusName::TimedOut => format!("Your request for {asked_for} timed out."),
        StatusName::Failed => format!("{product} could not be provisioned. Everything was cleaned up."),
        StatusName::TeardownFailed => format!("{product} could not be torn down."),
        StatusName::Terminated => format!("{product} is torn down."),
        StatusName::Retained => format!("{product} is left as it is."),
        StatusName::Pending
        | StatusName::AwaitingApproval
        | StatusName::Provisioning
        | StatusName::Updating
        | StatusName::Terminating => format!("{product}: {}.", news.label().to_lowercase()),
    }
}

/// Returns what approvers have reduced, since the owner asked for something else.
fn reduced(approval: Option<&Approval>) -> String {
    approval.and_then(text::reductions).map(|text| format!("\n{text}")).unwrap_or_default()
}

/// Returns the owner's notification about the last change.
fn about_change(request: &Request) -> String {
    let product = text::named(request);
    let Some((approval, order)) = request.change() else { return text::standing(request) };
    match (&approval.answer, &order.outcome) {
        (Some(Answer::Approved), Some(ChangeOutcome::Done)) => {
            let lines = text::difference_lines(&order.differences);
            format!("{product} is changed.\n{lines}{}", reduced(Some(approval)))
        }
        (Some(Answer::Approved), Some(ChangeOutcome::Failed { why })) => {
            format!("{product} could not be changed and is as it was before.\n{}", quote(why, text::QUOTED))
        }
        (Some(Answer::Approved), None) => format!("The change of {product} is approved."),
        (Some(Answer::Denied { by, on_behalf_of, reason }), _) => format!(
            "The change of {product} was denied by {}.\n{}",
            text::answered(by, on_behalf_of.as_ref()),
            quote(reason, text::QUOTED)
        ),
        (Some(Answer::TimedOut), _) => format!("Nobody answered the change of {product} in time."),
        (Some(Answer::Withdrawn { .. } | Answer::Moot) | None, _) => {
            format!("The change of {product} is no longer needed.")
        }
    }
}

/// Returns the text after the headline. Details come from the row, so they are shown only while it still has that
/// status.
fn body(request: &Request, news: StatusName) -> Option<String> {
    match (news, &request.status) {
        (StatusName::Active, Status::Active { lease }) => {
            let terms = &request.product.lease;
            let renew = if terms.renew.is_empty() { "" } else { ", and can renew it then" };
            Some(format!(
                "It expires {}. You get a warning {} before{renew}.",
                date_time(lease.expires_at),
                terms.grace.describe()
            ))
        }
        (StatusName::Failed, Status::Failed { why }) => Some(failure_text::of_provisioning(why)),
        (StatusName::TeardownFailed, Status::TeardownFailed { why, .. }) => {
            let retain = "Your platform team can also retain it: that leaves it as it is and frees the slot.";
            Some(format!("{}\n{}\n{retain}", text::standing(request), failure_text::of_teardown(why)))
        }
        (StatusName::TimedOut, Status::TimedOut) => {
            Some("Nobody decided in time. Nothing was provisioned; you can ask again.".to_owned())
        }
        (StatusName::Terminated, Status::Terminated { .. }) => {
            let kept = deletion_effects::kept(request).map(|kept| format!("\n{kept}")).unwrap_or_default();
            Some(format!("{}{kept}", text::standing(request)))
        }
        (StatusName::Retained, Status::Retained { .. }) => Some(text::standing(request)),
        (StatusName::Approved | StatusName::Denied, _) => text::decision(request, &request.creation),
        // The status has changed since, so the row no longer has the details of this one.
        _ => None,
    }
}

/// Returns the button that opens the request form, prefilled from this request.
fn again(request: &Request, news: StatusName) -> Option<SlackBlock> {
    let text = match news {
        StatusName::Denied | StatusName::TimedOut => "Ask again",
        StatusName::Failed => "Try again",
        StatusName::Pending
        | StatusName::AwaitingApproval
        | StatusName::Approved
        | StatusName::Provisioning
        | StatusName::Active
        | StatusName::Updating
        | StatusName::Terminating
        | StatusName::Cancelled
        | StatusName::TeardownFailed
        | StatusName::Terminated
        | StatusName::Retained => return None,
    };
    Some(buttons("again", vec![request_buttons::again_button(request, text)]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::PersonId;
    use crate::domain::request::MessageSlot;
    use crate::slack::messages::fixtures;
    use crate::slack::messages::transcript::transcript;

    fn all_news() -> Vec<String> {
        fixtures::in_every_status(&fixtures::request())
            .iter()
            .filter(|request| {
                let name = request.status.name();
                name.is_ended()
                    || matches!(name, StatusName::Approved | StatusName::Active | StatusName::TeardownFailed)
            })
            .map(|request| {
                let news = Notification::Status(request.status.name());
                transcript(&notification(
                    &fixtures::notice(request, MessageSlot::Notification(news), &[]),
                    news,
                ))
                .lines()
                .skip(1)
                .collect::<Vec<_>>()
                .join("\n")
            })
            .collect()
    }

    #[test]
    fn each_piece_of_news_says_what_happened_and_what_can_be_done() {
        insta::assert_snapshot!(all_news().join("\n---\n"), @"
        Your request for *Secure S3 Bucket v1.0* `dev` is approved.
        Approved by <@U0MORGAN> (<!date^1795341600^{date_short_pretty} at {time}|2026-11-22 10:00 UTC>)
        (Request `0b8f1c9e` · Simulated: nothing real is created)
        ---
        *Secure S3 Bucket v1.0* `dev` is ready.
        It expires <!date^1798538700^{date_short_pretty} at {time}|2026-12-29 10:05 UTC>. You get a warning 7 days before, and can renew it then.
        *BucketName*: `payments-in'voices` — Name of the bucket
        *BucketArn*: `arn:aws:s3:::payments-invoices`
        (Request `0b8f1c9e` · about $15/month, us-east-1 list price of 2026-08-21 · Simulated: nothing real is created)
        ---
        Your request for *Secure S3 Bucket v1.0* `dev` was denied.
        Denied by <@U0MORGAN> (<!date^1795341900^{date_short_pretty} at {time}|2026-11-22 10:05 UTC>)
        “Invoices & receipts
        > for audit”
        [Ask again]
        (Request `0b8f1c9e` · Simulated: nothing real is created)
        ---
        Your request for *Secure S3 Bucket v1.0* `dev` is cancelled.
        (Request `0b8f1c9e` · Simulated: nothing real is created)
        ---
        Your request for *Secure S3 Bucket v1.0* `dev` timed out.
        Nobody decided in time. Nothing was provisioned; you can ask again.
        [Ask again]
        (Request `0b8f1c9e` · Simulated: nothing real is created)
        ---
        *Secure S3 Bucket v1.0* `dev` could not be provisioned. Everything was cleaned up.
        Something with that name already exists. Try again with another name.
        “Bucket: invoices already exists”
        [Try again]
        (Request `0b8f1c9e` · Simulated: nothing real is created)
        ---
        *Secure S3 Bucket v1.0* `dev` could not be torn down.
        Provisioning failed, and so did the clean-up: something may be left over, and it keeps its quota slot.
        It is not empty, and AWS deletes it only when it is. Empty it first, then press Try again.
        “Bucket is not empty”
        Your platform team can also retain it: that leaves it as it is and frees the slot.
        [Try again] [Retain]
        (Request `0b8f1c9e` · Simulated: nothing real is created)
        ---
        *Secure S3 Bucket v1.0* `dev` is torn down.
        Torn down <!date^1795341900^{date_short_pretty} at {time}|2026-11-22 10:05 UTC>: <@U0ALICE> asked for it.
        (Request `0b8f1c9e` · Simulated: nothing real is created)
        ---
        *Secure S3 Bucket v1.0* `dev` is left as it is.
        Left as it is, by <@U0ADMIN> (<!date^1795341900^{date_short_pretty} at {time}|2026-11-22 10:05 UTC>). The portal no longer manages it.
        “Invoices & receipts
        > for audit”
        (Request `0b8f1c9e` · Simulated: nothing real is created)
        ");
    }

    #[test]
    fn news_that_arrives_late_is_still_the_news() {
        let text = transcript(&notification(
            &fixtures::notice(
                &fixtures::active(),
                MessageSlot::Notification(Notification::Status(StatusName::Approved)),
                &[],
            ),
            Notification::Status(StatusName::Approved),
        ));
        assert!(text.contains("is approved") && text.contains("Approved by <@U0MORGAN>"), "{text}");
    }

    fn about(request: &Request, news: Notification) -> String {
        transcript(&notification(&fixtures::notice(request, MessageSlot::Notification(news), &[]), news))
            .lines()
            .skip_while(|line| {
                !line.starts_with('*') && !line.starts_with("You") && !line.starts_with("Nobody")
            })
            .collect::<Vec<_>>()
            .join("\n")
    }

    #[test]
    fn the_answer_to_a_renewal_says_what_can_be_done_now() {
        let answers = [
            Answer::Approved,
            Answer::Denied {
                by: PersonId::new("U0MORGAN"),
                on_behalf_of: None,
                reason: "use the archive".into(),
            },
            Answer::TimedOut,
        ];
        let told = answers.map(|answer| {
            let mut request = fixtures::renewal_waits();
            request.later[0].answer = Some(answer);
            about(&request, Notification::Renewal)
        });
        insta::assert_snapshot!(told.join("\n---\n"), @"
        Your renewal of *Secure S3 Bucket v1.0* `dev` is approved.
        Active until <!date^1798538700^{date_short_pretty} at {time}|2026-12-29 10:05 UTC>.
        [Renew 30 days primary] [Tear down danger]
        (Request `0b8f1c9e` · about $15/month, us-east-1 list price of 2026-08-21 · Simulated: nothing real is created)
        ---
        Your renewal of *Secure S3 Bucket v1.0* `dev` was denied by <@U0MORGAN>.
        “use the archive”
        Active until <!date^1798538700^{date_short_pretty} at {time}|2026-12-29 10:05 UTC>.
        [Renew 30 days primary] [Tear down danger]
        (Request `0b8f1c9e` · about $15/month, us-east-1 list price of 2026-08-21 · Simulated: nothing real is created)
        ---
        Nobody answered your renewal of *Secure S3 Bucket v1.0* `dev` in time.
        Active until <!date^1798538700^{date_short_pretty} at {time}|2026-12-29 10:05 UTC>.
        [Renew 30 days primary] [Tear down danger]
        (Request `0b8f1c9e` · about $15/month, us-east-1 list price of 2026-08-21 · Simulated: nothing real is created)
        ");
    }

    #[test]
    fn a_new_owner_is_told_what_is_theirs_and_what_they_can_do() {
        insta::assert_snapshot!(about(&fixtures::active(), Notification::Handed), @"
        You now own *Secure S3 Bucket v1.0* of team *payments*: `s3-bucket-0b8f1c9e`.
        Active until <!date^1798538700^{date_short_pretty} at {time}|2026-12-29 10:05 UTC>.
        [Renew 30 days primary] [Tear down danger]
        (Request `0b8f1c9e` · about $15/month, us-east-1 list price of 2026-08-21 · Simulated: nothing real is created)
        ");
        assert!(!about(&fixtures::renewal_waits(), Notification::Handed).contains("[Renew"));
    }

    #[test]
    fn a_failed_teardown_offers_to_try_again_and_a_teardown_says_what_was_left() {
        let failed = fixtures::not_torn_down();
        let mut gone = fixtures::active();
        gone.status = Status::Terminated { cause: crate::domain::request::Cause::Expired };
        gone.product.deletion_effects = fixtures::fates_of(&[(
            "Bucket",
            "AWS::S3::Bucket",
            crate::domain::deletion::DeletionOutcome::Kept,
        )]);
        let told = [failed, gone].map(|request| about(&request, Notification::Status(request.status.name())));
        insta::assert_snapshot!(told.join("\n---\n"), @"
        *Secure S3 Bucket v1.0* `dev` could not be torn down.
        The teardown failed. It is still there and keeps its quota slot.
        It is not empty, and AWS deletes it only when it is. Empty it first, then press Try again.
        “The bucket is not empty”
        Your platform team can also retain it: that leaves it as it is and frees the slot.
        [Try again] [Retain]
        (Request `0b8f1c9e` · Simulated: nothing real is created)
        ---
        *Secure S3 Bucket v1.0* `dev` is torn down.
        Torn down <!date^1795341900^{date_short_pretty} at {time}|2026-11-22 10:05 UTC>: its lease expired.
        *Kept*: Bucket (AWS::S3::Bucket) was left in the AWS account and may still cost money.
        (Request `0b8f1c9e` · Simulated: nothing real is created)
        ");
        let over = about(&fixtures::active(), Notification::Status(StatusName::TeardownFailed));
        assert!(!over.contains("[Try again"), "nothing to try any more: {over}");
    }
}
