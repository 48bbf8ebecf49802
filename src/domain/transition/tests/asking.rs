//! Approvers who do not answer.

use super::*;
use crate::domain::request::{Asking, ReminderKind};

fn later(jobs: &[Job]) -> Vec<(&'static str, Timestamp)> {
    let later = |job: &Job| {
        let JobKind::Reminder { reminder, .. } = &job.kind else { return None };
        Some((reminder.as_str(), job.due_at))
    };
    jobs.iter().filter_map(later).collect()
}

fn reminder(life: &Life) -> Event {
    Event::Reminder { reminder: ReminderKind::Reminder, epoch: life.request.epoch }
}

fn escalation(life: &Life) -> Event {
    Event::Reminder { reminder: ReminderKind::Escalation, epoch: life.request.epoch }
}

#[test]
fn each_comes_once_at_its_time_and_not_before() {
    let mut life = Life::waiting_for(1);
    assert_eq!(life.request.asking, Asking::begun(minutes(1)));
    life.drops(minutes(4 * 60), &reminder(&life));
    life.goes_on_at(minutes(4 * 60 + 1), &reminder(&life));
    life.drops(minutes(4 * 60 + 2), &reminder(&life));
    life.goes_on_at(minutes(12 * 60 + 1), &escalation(&life));
    life.drops(minutes(12 * 60 + 2), &escalation(&life));
}

#[test]
fn asked_again_by_a_new_execution_they_have_been_asked_all_the_while() {
    let mut life = Life::waiting_for(1);
    life.goes_on_at(minutes(4 * 60 + 1), &reminder(&life));
    life.goes_on_at(minutes(300), &lost(&life.request));
    life.drops(minutes(13 * 60), &escalation(&life));
    let jobs = life.goes_on_at(minutes(800), &asks_approvers(&life.request, 2));
    assert_eq!(later(&jobs), [("escalation", minutes(12 * 60 + 1))], "which is due by now");
    life.goes_on_at(minutes(800), &escalation(&life));
}

#[test]
fn after_an_outage_only_the_stronger_word_is_said() {
    let mut life = Life::waiting_for(1);
    life.drops(minutes(13 * 60), &reminder(&life));
    life.goes_on_at(minutes(13 * 60), &escalation(&life));
    life.drops(minutes(13 * 60), &reminder(&life));
}

#[test]
fn another_question_or_none_presses_nobody() {
    let mut life = Life::waiting_for(1);
    let stale = Event::Reminder { reminder: ReminderKind::Reminder, epoch: life.request.epoch + 1 };
    life.drops(minutes(300), &stale);
    life.goes_on_at(minutes(300), &approve("morgan"));
    life.drops(minutes(301), &reminder(&life));
    let nudged = life.tries_at(minutes(302), &Event::Nudge { by: by("alice") });
    assert!(matches!(nudged, Err(Refusal::AlreadyDecided { .. })), "{nudged:?}");
}

#[test]
fn a_row_of_an_older_program_is_asked_when_it_is_asked_again_and_presses_nobody_before() {
    let mut stored = serde_json::to_value(at(StatusName::AwaitingApproval)).unwrap();
    stored.as_object_mut().unwrap().remove("asking").unwrap();
    let rule = stored["product"]["approval"].as_object_mut().unwrap();
    for key in ["rules", "quiet", "stages", "confirm"] {
        rule.remove(key).unwrap();
    }
    let request: Request = serde_json::from_value(stored).unwrap();
    assert_eq!(request.asking, Asking::default());
    assert_eq!(request.product.approval, at(StatusName::AwaitingApproval).product.approval);
    let event = Event::Reminder { reminder: ReminderKind::Escalation, epoch: request.epoch };
    assert!(next(&request, &event, minutes(13 * 60)).is_err());
    let change = next(&request, &asks_approvers(&request, 2), minutes(60)).unwrap();
    assert_eq!(change.request.asking, Asking::begun(minutes(60)));
}
