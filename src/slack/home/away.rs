//! Absences on the home tab: the user's absence, and those of users they are a delegate of.

use slack_morphism::prelude::{SlackBlock, SlackBlockButtonElement};

use crate::domain::away::Away;
use crate::ports::slack::HomePage;
use crate::slack::blocks::{button, buttons, context, section};
use crate::slack::ids::ActionId;
use crate::slack::mrkdwn::mention;

/// Most absences that are shown.
const MOST_SHOWN: usize = 5;

/// Returns the button for an absence, unless the user is away.
pub(super) fn absence_button(page: &HomePage) -> Option<SlackBlockButtonElement> {
    if absence(page).is_none() {
        Some(button(ActionId::BeginAbsence, "Out of office", "home", "Out of office"))
    } else {
        None
    }
}

pub(super) fn away(page: &HomePage) -> Vec<SlackBlock> {
    let mut blocks = Vec::new();
    if let Some(absence) = absence(page) {
        let text = format!(
            "*You are away* until {}. {} answers approval requests for you.",
            absence.until,
            mention(&absence.delegate)
        );
        blocks.push(section(&text));
        blocks.push(buttons("away", vec![button(ActionId::ComeBack, "I am back", "home", "I am back")]));
    }
    let others = page.aways.iter().filter(|away| away.person != page.person);
    blocks.extend(others.take(MOST_SHOWN).map(|away| context(&answers(away))));
    blocks
}

fn absence(page: &HomePage) -> Option<&Away> {
    page.aways.iter().find(|away| away.person == page.person)
}

fn answers(away: &Away) -> String {
    format!("You answer for {}, who is away until {}.", mention(&away.person), away.until)
}
