//! Ephemeral answers after an action on a request, for commands and wherever the user does not see a message change.

use super::{Message, text};
use crate::domain::request::{MessageSlot, Request, Status};
use crate::slack::mrkdwn::{code, date_time, escape, mention};

/// The lease was renewed, or approvers were asked.
pub fn renewed(request: &Request) -> Message {
    let resource = resource(request);
    let text = match (request.waiting_renewal(), request.lease()) {
        (Some((waiting, renewal)), _) => format!(
            "Its approvers are asked to keep {resource} {} longer, because it has been renewed as often as its product allows. \
             They can answer until {}; it is not torn down before then.",
            renewal.period.describe(),
            date_time(waiting.answer_by)
        ),
        (None, Some(lease)) => {
            format!(
                "Renewed: {resource} is active until {}{}.",
                date_time(lease.expires_at),
                text::cut(lease)
            )
        }
        (None, None) => format!("{resource}: {}", text::standing(request)),
    };
    Message::plain(&text)
}

/// The change has begun, or approvers were asked.
pub fn change_asked(request: &Request) -> Message {
    let resource = resource(request);
    let text = match request.waiting_change() {
        Some((waiting, _)) => {
            format!(
                "Its approvers are asked to change {resource}. They can answer until {}.",
                date_time(waiting.answer_by)
            )
        }
        None => format!("{resource}: {}", text::standing(request)),
    };
    Message::plain(&text)
}

/// A request was cancelled, or a renewal or a change withdrawn.
pub fn cancelled(request: &Request) -> Message {
    let done = match (request.activated_at, request.card()) {
        (None, _) => "Cancelled your request for",
        (Some(_), MessageSlot::Renewal) => "Withdrew the renewal of",
        (Some(_), _) => "Withdrew the change of",
    };
    let name = escape(&request.product.name);
    Message::plain(&format!("{done} *{name}* (`{}`).", request.id.short()))
}

/// The teardown has begun, or begins after provisioning.
pub fn begun(request: &Request) -> Message {
    let resource = resource(request);
    let text = if matches!(request.status, Status::Provisioning { .. }) {
        format!("{resource} will be torn down as soon as it is provisioned.")
    } else {
        format!("{resource} is being torn down. {} gets a message when it is done.", mention(&request.owner))
    };
    Message::plain(&text)
}

/// It has a new owner.
pub fn handed_over(request: &Request) -> Message {
    Message::plain(&format!(
        "{} belongs to {} now. They get a message.",
        resource(request),
        mention(&request.owner)
    ))
}

/// A stuck request was started again.
pub fn looked_at_again(request: &Request) -> Message {
    let text = format!("Checking {} again. {}", resource(request), text::standing(request));
    Message::plain(&text)
}

/// A stuck request was ended.
pub fn ended(request: &Request) -> Message {
    Message::plain(&format!(
        "Ended the operation that {} was waiting for. {}",
        resource(request),
        text::standing(request)
    ))
}

/// A failed teardown was given up and its resources retained.
pub fn retained(request: &Request) -> Message {
    Message::plain(&format!("{} is left as it is. Its quota slot is free again.", resource(request)))
}

/// Formats the resource's name and product.
fn resource(request: &Request) -> String {
    format!("{} (*{}*)", code(&text::resource(request), 100), text::product(request))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slack::messages::fixtures;

    #[test]
    fn an_answer_names_what_was_changed_and_what_is_true_now() {
        let answers = [
            renewed(&fixtures::active()),
            renewed(&fixtures::renewal_waits()),
            begun(&fixtures::active()),
            begun(&fixtures::provisioning()),
            handed_over(&fixtures::active()),
            retained(&fixtures::not_torn_down()),
        ];
        let texts: Vec<String> = answers.into_iter().map(|answer| answer.text).collect();
        insta::assert_snapshot!(texts.join("\n"), @"
        Renewed: `s3-bucket-0b8f1c9e` (*Secure S3 Bucket v1.0*) is active until <!date^1798538700^{date_short_pretty} at {time}|2026-12-29 10:05 UTC>.
        Its approvers are asked to keep `s3-bucket-0b8f1c9e` (*Secure S3 Bucket v1.0*) 30 days longer, because it has been renewed as often as its product allows. They can answer until <!date^1798020300^{date_short_pretty} at {time}|2026-12-23 10:05 UTC>; it is not torn down before then.
        `s3-bucket-0b8f1c9e` (*Secure S3 Bucket v1.0*) is being torn down. <@U0ALICE> gets a message when it is done.
        `s3-bucket-0b8f1c9e` (*Secure S3 Bucket v1.0*) will be torn down as soon as it is provisioned.
        `s3-bucket-0b8f1c9e` (*Secure S3 Bucket v1.0*) belongs to <@U0ALICE> now. They get a message.
        `s3-bucket-0b8f1c9e` (*Secure S3 Bucket v1.0*) is left as it is. Its quota slot is free again.
        ");
    }
}
