//! Transfers: the new owner, and what the messages of both owners show.

use super::super::table::{told, warned};
use super::super::{next, record_message, rename_team};
use super::{Life, words};
use crate::domain::event::Event;
use crate::domain::fixtures::{at, by, minutes, person};
use crate::domain::ids::{ChannelId, TeamName};
use crate::domain::job::JobKind;
use crate::domain::lease::Lease;
use crate::domain::quota::QuotaChange;
use crate::domain::refusal::Refusal;
use crate::domain::request::{MessageRef, MessageSlot, StatusName};

fn to(name: &str) -> Event {
    Event::Transfer { by: by("alice"), to: person(name), team: None }
}

fn message(ts: &str) -> MessageRef {
    MessageRef { channel: ChannelId::new("D0ALICE"), ts: ts.into() }
}

#[test]
fn a_new_owner_gets_messages_of_their_own_and_the_old_ones_say_who_has_it_now() {
    let mut life = Life::active();
    life.request =
        record_message(&life.request, MessageSlot::Direct, message("1.1"), minutes(life.minute)).request;
    life.goes_on_at(life.day(30), &warned());
    let (epoch, lease) = (life.request.epoch, life.lease().clone());

    let jobs = life.goes_on_at(life.day(31), &to("amir"));
    assert_eq!((&life.request.owner, &life.request.requester), (&person("amir"), &person("alice")));
    // The new owner is warned again, with a whole grace period after that.
    assert_eq!(
        (life.request.epoch, life.lease()),
        (epoch + 1, &Lease { warned: None, handed: true, ..lease })
    );
    assert_eq!(words(&jobs), ["lease", "refresh", "refresh", "show direct", "tell handed"]);
    let refreshed: Vec<(&str, MessageSlot)> = jobs
        .iter()
        .filter_map(|job| {
            if let JobKind::Refresh { at, slot } = &job.kind { Some((at.ts.as_str(), *slot)) } else { None }
        })
        .collect();
    assert_eq!(refreshed, [("1.1", MessageSlot::Direct), ("9.9", MessageSlot::Warning)]);
    for slot in [MessageSlot::Direct, MessageSlot::Warning] {
        assert!(!life.request.messages.contains_key(&slot), "{slot:?} is posted anew");
    }
    assert_eq!(life.last_entry(), "transferred by U0ALICE: from U0ALICE to U0AMIR [button in C0PAYMENTS]");
}

#[test]
fn it_is_handed_on_and_back_but_never_to_who_has_it() {
    let mut life = Life::active();
    assert_eq!(life.tries(&to("alice")), Err(Refusal::AlreadyTheirs { owner: person("alice") }));
    life.goes_on(&to("amir"));
    assert_eq!(life.tries(&to("amir")), Err(Refusal::AlreadyTheirs { owner: person("amir") }));
    let jobs = life.goes_on(&to("alice"));
    assert_eq!(life.request.owner, person("alice"));
    assert!(jobs.iter().any(|job| told(job) == "tell handed"), "told every time");
}

#[test]
fn only_what_is_there_and_stays_changes_hands() {
    let there = [StatusName::Active, StatusName::TeardownFailed];
    for name in StatusName::ALL {
        let change = next(&at(name), &to("amir"), minutes(60));
        if there.contains(&name) {
            let request = change.unwrap().request;
            assert_eq!((request.owner, request.status.name()), (person("amir"), name));
        } else if name == StatusName::Updating {
            assert_eq!(change, Err(Refusal::BeingChanged));
        } else {
            assert_eq!(change, Err(Refusal::NothingToTransfer { status: name }));
        }
    }
}

#[test]
fn what_is_handed_to_another_team_takes_its_slot_along_and_its_trail_says_so() {
    let request = at(StatusName::Active);
    let search = TeamName::new("search");
    let event = Event::Transfer { by: by("admin"), to: person("bob"), team: Some(search.clone()) };
    let change = next(&request, &event, minutes(5)).unwrap();
    assert_eq!((&change.request.team, &change.request.owner), (&search, &person("bob")));
    assert_eq!(change.request.formerly, std::slice::from_ref(&request.team));
    let (from, to) = (request.slot(), change.request.slot());
    assert_eq!(change.quota, Some(QuotaChange::Move { from, to, monthly: request.monthly() }));
    insta::assert_snapshot!(change.audit[0].detail, @"from U0ALICE to U0BOB, from team payments to team search [button in C0PAYMENTS]");
}

#[test]
fn a_team_that_is_called_otherwise_changes_nothing_of_a_request_but_its_team_and_where_its_slot_is_counted() {
    for name in StatusName::ALL {
        let request = at(name);
        let billing = TeamName::new("billing");
        let change = rename_team(&request, &billing, minutes(5));
        let slot = (!name.is_ended()).then(|| QuotaChange::Move {
            from: request.slot(),
            to: change.request.slot(),
            monthly: request.monthly(),
        });
        assert_eq!(change.quota, slot, "{name:?}");
        assert_eq!((&change.request.team, &change.audit[..]), (&billing, &[][..]));
        assert_eq!(words(&change.jobs).is_empty(), !request.waits_for_approvers());
        let back = rename_team(&change.request, &request.team, minutes(6)).request;
        assert_eq!(back.formerly, [billing]);
        let revision = request.revision + 2;
        let formerly = back.formerly.clone();
        assert_eq!(back, crate::domain::request::Request { revision, formerly, ..request });
    }
}
