//! The warning that leases end soon: which and when, and what can be done. Updated as leases are renewed or end.

use jiff::Timestamp;
use slack_morphism::prelude::{SlackBlock, SlackBlockButtonElement, SlackBlockButtonStyle};

use super::{Message, deletion_effects, request_buttons, text};
use crate::domain::lease::Lease;
use crate::domain::period::Period;
use crate::domain::request::Request;
use crate::ports::slack::{LeaseToWarn, WarningNotice};
use crate::slack::blocks::{button, buttons, context, section};
use crate::slack::ids::ActionId;
use crate::slack::mrkdwn::{self, any_of, date_time, mention};

/// Returns the warning in its current state.
pub(super) fn warning(notice: &WarningNotice<'_>) -> Message {
    let mut texts = Vec::new();
    let mut blocks = Vec::new();
    if let [warned] = notice.leases {
        let text = alone(notice, warned);
        blocks.push(section(&text));
        blocks.extend(row(notice, warned));
        texts.push(text);
    } else {
        texts.push(intro(notice));
        blocks.push(section(&intro(notice)));
        for warned in notice.leases {
            let text = one_of_several(warned);
            blocks.push(section(&text));
            blocks.extend(row(notice, warned));
            texts.push(text);
        }
    }
    let ids = notice.leases.iter().map(|warned| format!("`{}`", warned.request.id.short()));
    let ids = ids.collect::<Vec<_>>().join(" ");
    let requests = if notice.leases.len() == 1 { "Request" } else { "Requests" };
    let simulated = notice.simulated.then(|| text::SIMULATED.to_owned());
    let footer: Vec<String> =
        [Some(format!("{requests} {ids}")), simulated.clone()].into_iter().flatten().collect();
    blocks.push(context(&footer.join(" · ")));
    texts.extend(simulated.map(|words| format!("{words}.")));
    Message::new(&texts.join("\n"), blocks)
}

/// Formats the only lease of a warning, as a full sentence.
fn alone(notice: &WarningNotice<'_>, warned: &LeaseToWarn<'_>) -> String {
    let request = warned.request;
    let name = format!(
        "*{}* `{}` of team *{}*",
        text::product(request),
        text::resource(request),
        text::team(request)
    );
    if warned.is_handed {
        return format!("{name}\n{}", handed(request));
    }
    let Some(lease) = ending(request) else { return format!("{name}\n{}", stands(request)) };
    let until = date_time(lease.expires_at);
    let renew = if request.product.lease.renew.is_empty() { "" } else { " unless it is renewed" };
    let headline = match notice.instead {
        None => format!("Your {name} will be torn down {until}{renew}."),
        Some(_) => format!("{name} will be torn down {until}{renew}. {}", unreachable_owner(notice)),
    };
    let kept = deletion_effects::left_behind(request).map(|kept| format!("\n{kept}")).unwrap_or_default();
    let cost =
        request.estimate.as_ref().map(|estimate| format!("\nIt costs {}.", mrkdwn::estimate(estimate)));
    format!("{headline}{}{kept}", cost.unwrap_or_default())
}

/// Returns the introduction to a list of several leases.
fn intro(notice: &WarningNotice<'_>) -> String {
    let all = notice.leases.len();
    let waiting =
        notice.leases.iter().filter(|warned| !warned.is_handed && ending(warned.request).is_some()).count();
    let text = match waiting {
        0 => return "None of these will be torn down soon any more.".to_owned(),
        1 => format!("One of these {all} will be torn down soon unless it is renewed."),
        some if some == all => format!("These {all} will be torn down soon unless they are renewed."),
        some => format!("{some} of these {all} will be torn down soon unless they are renewed."),
    };
    if notice.instead.is_some() { format!("{text} {}", unreachable_owner(notice)) } else { text }
}

fn unreachable_owner(notice: &WarningNotice<'_>) -> String {
    let who = match notice.instead.map(any_of).filter(|names| !names.is_empty()) {
        Some(names) => format!("{names} can"),
        None => "its approvers can".to_owned(),
    };
    format!(
        "Its owner {} cannot be reached or may no longer keep it, so {who} decide: renew, hand over or tear down.",
        mention(notice.owner)
    )
}

fn one_of_several(warned: &LeaseToWarn<'_>) -> String {
    let request = warned.request;
    let name = format!(
        "*{}* `{}` of team *{}*",
        text::product(request),
        text::resource(request),
        text::team(request)
    );
    if warned.is_handed {
        return format!("{name}\n{}", handed(request));
    }
    match ending(request) {
        Some(lease) => {
            format!("{name}\nEnds {} · {}", date_time(lease.expires_at), text::cost(request))
        }
        None => format!("{name}\n{}", stands(request)),
    }
}

/// Says who the new owner is.
fn handed(request: &Request) -> String {
    format!("It belongs to {} now.", mention(&request.owner))
}

/// Returns the lease if it will end unless someone acts.
fn ending(request: &Request) -> Option<&Lease> {
    let waits = request.waiting_renewal().is_some();
    // A renewal clears `warned`, and a waiting renewal delays the end.
    request.lease().filter(|lease| lease.warned.is_some() && !waits)
}

/// Says what has happened since the warning.
fn stands(request: &Request) -> String {
    match request.lease() {
        Some(lease) if request.waiting_renewal().is_none() => {
            format!("Renewed: it is active until {}{}.", date_time(lease.expires_at), text::cut(lease))
        }
        _ => text::standing(request),
    }
}

/// Returns Renew and Tear down for a lease that will end; none otherwise.
fn row(notice: &WarningNotice<'_>, warned: &LeaseToWarn<'_>) -> Option<SlackBlock> {
    let request = warned.request;
    if !warned.is_current || ending(request).is_none() {
        return None;
    }
    let mut row = renew_buttons(request, notice.now);
    row.push(request_buttons::teardown_button(request));
    if notice.instead.is_some() {
        row.push(request_buttons::transfer_button(request));
    }
    Some(buttons(&format!("lease.{}", request.id), row))
}

/// Returns one button for each period that the lease can be renewed by now.
pub(super) fn renew_buttons(request: &Request, now: Timestamp) -> Vec<SlackBlockButtonElement> {
    let terms = &request.product.lease;
    let counts = |period: Period| request.lease().is_some_and(|lease| lease.can_renew(terms, period, now));
    // Numbered before filtering: the action id holds the place among all periods of the product.
    let periods = terms.renew.iter().zip(0_u8..).filter(|(period, _)| counts(**period));
    let button = |(period, index): (&Period, u8)| {
        let text = format!("Renew {}", period.describe());
        let spoken = text::spoken(&text, request);
        let button = button(ActionId::Renew(index), &text, &text::button_value(request), &spoken);
        if index == 0 { button.with_style(SlackBlockButtonStyle::Primary) } else { button }
    };
    // There is one action id per button, and only this many of them.
    periods.filter(|(_, index)| *index < ActionId::MOST_PERIODS).map(button).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::deletion::DeletionOutcome;
    use crate::domain::principal::Principal;
    use crate::domain::request::{Ending, Status};
    use crate::slack::messages::fixtures;
    use crate::slack::messages::transcript::{assert_within_limits, transcript};

    fn shown_to(requests: &[Request], instead: Option<&[Principal]>) -> Message {
        let leases: Vec<LeaseToWarn<'_>> = requests
            .iter()
            .map(|request| LeaseToWarn { request, is_current: true, is_handed: false })
            .collect();
        warning(&WarningNotice {
            now: fixtures::now(),
            leases: &leases,
            owner: &requests[0].owner,
            instead,
            simulated: true,
        })
    }

    fn shown(requests: &[Request]) -> String {
        transcript(&shown_to(requests, None))
            .lines()
            .skip_while(|line| !line.ends_with(')'))
            .skip(1)
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// Renewed after the warning: no warning about the new date was sent yet.
    fn renewed() -> Request {
        let mut request = fixtures::active();
        if let Status::Active { lease } = &mut request.status {
            lease.renewals = 1;
        }
        request
    }

    fn going() -> Request {
        let Status::TeardownFailed { ending: ending @ Ending::Terminated { .. }, .. } =
            fixtures::not_torn_down().status
        else {
            panic!("it lived")
        };
        Request { status: Status::Terminating { ending, attempt: 1 }, ..fixtures::active() }
    }

    #[test]
    fn one_resource_is_warned_about_in_a_sentence() {
        let mut request = fixtures::warned();
        request.product.deletion_effects =
            fixtures::fates_of(&[("Bucket", "AWS::S3::Bucket", DeletionOutcome::Kept)]);
        insta::assert_snapshot!(transcript(&shown_to(&[request], None)), @"
        (Your *Secure S3 Bucket v1.0* `s3-bucket-0b8f1c9e` of team *payments* will be torn down <!date^1798538700^{date_short_pretty} at {time}|2026-12-29 10:05 UTC> unless it is renewed. / It costs about $15/month, us-east-1 list price of 2026-08-21. / *Kept*: Bucket (AWS::S3::Bucket) stays in the AWS account and may still cost money. / Simulated: nothing real is created.)
        Your *Secure S3 Bucket v1.0* `s3-bucket-0b8f1c9e` of team *payments* will be torn down <!date^1798538700^{date_short_pretty} at {time}|2026-12-29 10:05 UTC> unless it is renewed.
        It costs about $15/month, us-east-1 list price of 2026-08-21.
        *Kept*: Bucket (AWS::S3::Bucket) stays in the AWS account and may still cost money.
        [Renew 30 days primary] [Tear down danger]
        (Request `0b8f1c9e` · Simulated: nothing real is created)
        ");
    }

    #[test]
    fn after_a_click_the_warning_shows_what_came_of_it() {
        let after = [renewed(), fixtures::renewal_waits(), going(), fixtures::not_torn_down()]
            .map(|request| shown(&[request]));
        insta::assert_snapshot!(after.join("\n---\n"), @"
        *Secure S3 Bucket v1.0* `s3-bucket-0b8f1c9e` of team *payments*
        Renewed: it is active until <!date^1798538700^{date_short_pretty} at {time}|2026-12-29 10:05 UTC>.
        (Request `0b8f1c9e` · Simulated: nothing real is created)
        ---
        *Secure S3 Bucket v1.0* `s3-bucket-0b8f1c9e` of team *payments*
        Active until <!date^1798538700^{date_short_pretty} at {time}|2026-12-29 10:05 UTC>. A renewal by 30 days is waiting for approval until <!date^1798020300^{date_short_pretty} at {time}|2026-12-23 10:05 UTC>.
        (Request `0b8f1c9e` · Simulated: nothing real is created)
        ---
        *Secure S3 Bucket v1.0* `s3-bucket-0b8f1c9e` of team *payments*
        Being torn down: its lease expired.
        (Request `0b8f1c9e` · Simulated: nothing real is created)
        ---
        *Secure S3 Bucket v1.0* `s3-bucket-0b8f1c9e` of team *payments*
        The teardown failed. It is still there and keeps its quota slot.
        (Request `0b8f1c9e` · Simulated: nothing real is created)
        ");
    }

    #[test]
    fn several_are_listed_with_buttons_for_those_that_end() {
        let mut other = fixtures::warned();
        other.id = crate::domain::ids::RequestId::parse("11111111-6d6e-4a53-9b7e-3f2f5d1c7a10").unwrap();
        insta::assert_snapshot!(transcript(&shown_to(&[fixtures::warned(), other.clone()], None)), @"
        (These 2 will be torn down soon unless they are renewed. / *Secure S3 Bucket v1.0* `s3-bucket-0b8f1c9e` of team *payments* / Ends <!date^1798538700^{date_short_pretty} at {time}|2026-12-29 10:05 UTC> · about $15/month, us-east-1 list price of 2026-08-21 / *Secure S3 Bucket v1.0* `s3-bucket-11111111` of team *payments* / Ends <!date^1798538700^{date_short_pretty} at {time}|2026-12-29 10:05 UTC> · about $15/month, us-east-1 list price of 2026-08-21 / Simulated: nothing real is created.)
        These 2 will be torn down soon unless they are renewed.
        *Secure S3 Bucket v1.0* `s3-bucket-0b8f1c9e` of team *payments*
        Ends <!date^1798538700^{date_short_pretty} at {time}|2026-12-29 10:05 UTC> · about $15/month, us-east-1 list price of 2026-08-21
        [Renew 30 days primary] [Tear down danger]
        *Secure S3 Bucket v1.0* `s3-bucket-11111111` of team *payments*
        Ends <!date^1798538700^{date_short_pretty} at {time}|2026-12-29 10:05 UTC> · about $15/month, us-east-1 list price of 2026-08-21
        [Renew 30 days primary] [Tear down danger]
        (Requests `0b8f1c9e` `11111111` · Simulated: nothing real is created)
        ");
        insta::assert_snapshot!(shown(&[renewed(), other]), @"
        One of these 2 will be torn down soon unless it is renewed.
        *Secure S3 Bucket v1.0* `s3-bucket-0b8f1c9e` of team *payments*
        Renewed: it is active until <!date^1798538700^{date_short_pretty} at {time}|2026-12-29 10:05 UTC>.
        *Secure S3 Bucket v1.0* `s3-bucket-11111111` of team *payments*
        Ends <!date^1798538700^{date_short_pretty} at {time}|2026-12-29 10:05 UTC> · about $15/month, us-east-1 list price of 2026-08-21
        [Renew 30 days primary] [Tear down danger]
        (Requests `0b8f1c9e` `11111111` · Simulated: nothing real is created)
        ");
        assert!(shown(&[renewed(), renewed()]).starts_with("None of these"));
    }

    #[test]
    fn approvers_are_asked_where_the_owner_cannot_be_reached() {
        let approvers = fixtures::approvers();
        insta::assert_snapshot!(transcript(&shown_to(&[fixtures::warned()], Some(&approvers))), @"
        (*Secure S3 Bucket v1.0* `s3-bucket-0b8f1c9e` of team *payments* will be torn down <!date^1798538700^{date_short_pretty} at {time}|2026-12-29 10:05 UTC> unless it is renewed. Its owner <@U0ALICE> cannot be reached or may no longer keep it, so <@U0MORGAN> or <!subteam^S0LEADS> can decide: renew, hand over or tear down. / It costs about $15/month, us-east-1 list price of 2026-08-21. / Simulated: nothing real is created.)
        *Secure S3 Bucket v1.0* `s3-bucket-0b8f1c9e` of team *payments* will be torn down <!date^1798538700^{date_short_pretty} at {time}|2026-12-29 10:05 UTC> unless it is renewed. Its owner <@U0ALICE> cannot be reached or may no longer keep it, so <@U0MORGAN> or <!subteam^S0LEADS> can decide: renew, hand over or tear down.
        It costs about $15/month, us-east-1 list price of 2026-08-21.
        [Renew 30 days primary] [Tear down danger] [Hand over]
        (Request `0b8f1c9e` · Simulated: nothing real is created)
        ");
        let two = transcript(&shown_to(&[fixtures::warned(), renewed()], Some(&approvers)));
        assert!(
            two.contains(
                "cannot be reached or may no longer keep it, so <@U0MORGAN> or <!subteam^S0LEADS> can decide"
            ),
            "{two}"
        );
    }

    #[test]
    fn an_older_warning_has_no_buttons() {
        let request = fixtures::warned();
        let leases = [LeaseToWarn { request: &request, is_current: false, is_handed: false }];
        let notice = WarningNotice {
            now: fixtures::now(),
            leases: &leases,
            owner: &request.owner,
            instead: None,
            simulated: false,
        };
        let text = transcript(&warning(&notice));
        assert!(!text.contains("[Renew") && !text.contains("imulat"), "{text}");
    }

    #[test]
    fn ten_leases_fit_one_message_however_long_their_texts() {
        let mut request = fixtures::enormous();
        request.status = fixtures::warned().status;
        let many: Vec<Request> = (0..10)
            .map(|_| Request { id: crate::domain::ids::RequestId::random(), ..request.clone() })
            .collect();
        let crowd = fixtures::crowd();
        for instead in [None, Some(crowd.as_slice())] {
            assert_within_limits(&shown_to(&many, instead));
            assert_within_limits(&shown_to(&many[..1], instead));
        }
        assert_eq!(transcript(&shown_to(&many, None)).matches("[Tear down danger]").count(), 10);
    }
}
