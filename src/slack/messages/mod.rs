//! Messages, built from the current state of a request. Pure: the same row gives the same message, so that a message
//! can be rewritten at any time. `client` sends them.

mod answers;
mod card;
mod catalog;
mod costs;
mod deletion_effects;
mod failure_text;
mod help;
mod jobs;
mod list;
mod list_items;
mod message;
mod notification;
mod pause;
mod progress;
mod reminder;
mod request_buttons;
mod stats;
mod status;
mod text;
mod trail;
mod warning;

#[cfg(test)]
pub(crate) mod fixtures;
#[cfg(test)]
pub(crate) mod transcript;

use crate::domain::approval::AboutKind;
use crate::domain::request::MessageSlot;
use crate::ports::slack::{Notice, RequestNotice};

pub use answers::{begun, cancelled, change_asked, ended, handed_over, looked_at_again, renewed, retained};
pub use catalog::{CatalogEntry, catalog, offer_blocks};
pub use costs::{cost_paragraphs, costs};
pub(in crate::slack) use deletion_effects::lost_and_kept;
pub use help::help;
pub use jobs::{JOBS_SHOWN, jobs, named as named_job};
pub use list::{ListPage, PAGE_ROWS, list, list_blocks};
pub use list_items::{SIMULATED, ask, decide, details, line, tend};
pub use message::{MAX_TEXT, Message};
pub use pause::{pause_begun, pause_ended, paused};
pub use stats::{stats, stats_paragraphs};
pub use status::{Rights, status};
pub use text::{difference_lines, estimates};
pub use trail::trail;

/// Renders a message from the current state.
pub fn render(notice: &Notice<'_>) -> Message {
    match notice {
        Notice::Request(notice) => about_request(notice),
        Notice::Warning(notice) => warning::warning(notice),
        Notice::Trail(entries) => trail::copied(entries),
    }
}

fn about_request(notice: &RequestNotice<'_>) -> Message {
    match notice.slot {
        // A warning about a single request says what the owner's progress message says.
        MessageSlot::Warning => progress::direct(notice),
        MessageSlot::Card => card::card(notice, AboutKind::Create),
        MessageSlot::Renewal => card::card(notice, AboutKind::Renew),
        MessageSlot::Change => card::card(notice, AboutKind::Change),
        MessageSlot::Thread => progress::thread(notice),
        MessageSlot::Direct => progress::direct(notice),
        MessageSlot::Reminder(kind) => reminder::reminder(notice, kind),
        MessageSlot::Notification(news) => notification::notification(notice, news),
    }
}

#[cfg(test)]
mod tests {
    use super::transcript::assert_within_limits;
    use super::*;

    #[test]
    fn every_surface_in_every_status_keeps_slacks_limits_however_long_the_texts() {
        for request in fixtures::in_every_question(&fixtures::enormous()) {
            for slot in MessageSlot::all() {
                let approvers = fixtures::crowd();
                let notice = fixtures::notice(&request, slot, &approvers);
                for notice in [notice, RequestNotice { is_in_channel: true, ..notice }] {
                    assert_within_limits(&about_request(&notice));
                }
            }
        }
    }

    #[test]
    fn what_a_person_typed_never_becomes_a_mention() {
        let requests = fixtures::in_every_question(&fixtures::request());
        let pairs =
            requests.iter().flat_map(|request| fixtures::TYPED.map(|text| fixtures::typed(request, text)));
        for request in pairs {
            for slot in MessageSlot::all() {
                transcript::assert_typed_stays_text_in(&about_request(&fixtures::notice(
                    &request,
                    slot,
                    &[],
                )));
            }
            for own in
                [begun, cancelled, change_asked, ended, handed_over, looked_at_again, renewed, retained]
            {
                transcript::assert_typed_stays_text_in(&own(&request));
            }
            let title = "Requests";
            let rows = [request];
            let page = ListPage { title, empty: "-", rows: &rows, turns: Vec::new(), simulated: false };
            transcript::assert_typed_stays_text_in(&list(&page));
        }
        for text in fixtures::TYPED {
            let now = jiff::Timestamp::UNIX_EPOCH;
            let pause =
                crate::domain::pause::Pause::new(Some(text), &crate::domain::audit::Actor::Operator, now);
            transcript::assert_typed_stays_text_in(&pause_begun(&pause, "/provision"));
            let refused = crate::domain::refusal::Refusal::Paused { message: text.to_owned() };
            transcript::assert_typed_stays_text_in(&Message::plain(&crate::slack::refusal::sentence(
                &refused,
            )));
        }
    }

    #[test]
    fn no_message_ever_holds_a_task_token() {
        for request in fixtures::in_every_question(&fixtures::request()) {
            for slot in MessageSlot::all() {
                let message = about_request(&fixtures::notice(&request, slot, &[]));
                assert!(!format!("{message:?}").contains(fixtures::TOKEN));
            }
        }
    }

    #[test]
    fn a_simulation_says_so_wherever_somebody_could_be_misled() {
        for request in fixtures::in_every_status(&fixtures::request()) {
            for slot in MessageSlot::all() {
                let message = about_request(&fixtures::notice(&request, slot, &[]));
                assert!(transcript::transcript(&message).contains("imulat"), "{slot:?} {:?}", request.status);
            }
        }
    }
}
