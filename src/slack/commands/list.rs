//! `/provision list [team]`: lists the user's own requests or a team's, page by page; ended ones are behind a button.

use slack_morphism::prelude::SlackModalView;

use crate::domain::ids::PersonId;
use crate::portal::Error;
use crate::portal::people::lookup::{self, Cut, RequestList};
use crate::ports::store::{Cursor, RequestScope};
use crate::slack::edge::{Edge, ReplyTarget};
use crate::slack::messages::{self, ListPage, Message, PAGE_ROWS};
use crate::slack::mrkdwn::escape;
use crate::slack::reply::Ack;
use crate::slack::views;

/// Most pages back that a button remembers, so that its value stays far below Slack's limit of 2,000 characters.
const MOST_BEFORE: usize = 20;
/// Written if there is no previous page.
const FIRST: &str = "0";

/// The page of a list that a button leads to, written as `live:<pages>` or `ended:<pages>`, followed by `:<team>` for a
/// team's list. The pages are the cursors of this page and of those visited on the way to it, separated by commas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::slack) struct Rows {
    pub(in crate::slack) ended: bool,
    pub(in crate::slack) before: Vec<Cursor>,
    pub(in crate::slack) team: Option<String>,
}

impl Rows {
    /// Returns the first page of active requests: the user's own, or a team's.
    pub(in crate::slack) fn first(team: Option<&str>) -> Self {
        Self { ended: false, before: Vec::new(), team: team.map(str::to_owned) }
    }

    pub(in crate::slack) fn parse(text: &str) -> Option<Self> {
        // The team comes last, because its name may contain a colon.
        let mut parts = text.splitn(3, ':');
        let ended = match parts.next()? {
            "live" => false,
            "ended" => true,
            _ => return None,
        };
        let pages = parts.next()?;
        // Older versions wrote the number of rows instead. Their buttons lead to the first page.
        let before = match pages.parse::<u32>() {
            Ok(_) => Vec::new(),
            Err(_) => pages.split(',').map(Cursor::parse).collect::<Option<_>>()?,
        };
        Some(Self { ended, before, team: parts.next().map(str::to_owned) })
    }

    pub(in crate::slack) fn written(&self) -> String {
        let which = if self.ended { "ended" } else { "live" };
        let pages = match self.before.as_slice() {
            // A number, as older versions wrote it, so `parse` needs no third spelling of the first page.
            [] => FIRST.to_owned(),
            before => before.iter().map(Cursor::written).collect::<Vec<_>>().join(","),
        };
        match &self.team {
            Some(team) => format!("{which}:{pages}:{team}"),
            None => format!("{which}:{pages}"),
        }
    }

    fn turned(&self, ended: bool, before: Vec<Cursor>) -> String {
        Self { ended, before, team: self.team.clone() }.written()
    }

    /// Returns the page that begins after this cursor.
    fn onward(&self, next: Cursor) -> String {
        // The oldest cursors are dropped, and going back ends there.
        let forgotten = (self.before.len() + 1).saturating_sub(MOST_BEFORE);
        let before = self.before.iter().skip(forgotten).cloned().chain([next]);
        self.turned(self.ended, before.collect())
    }

    /// Returns the previous page, if any.
    fn back(&self) -> Option<String> {
        let (_, before) = self.before.split_last()?;
        Some(self.turned(self.ended, before.to_vec()))
    }

    async fn page(&self, edge: &Edge, person: &PersonId) -> Result<RequestList, Error> {
        let cut = Cut { ended: self.ended, after: self.before.last(), limit: PAGE_ROWS };
        lookup::list(&edge.portal, person, self.team.as_deref(), cut).await
    }
}

pub(super) async fn list(edge: &Edge, target: &ReplyTarget, team: Option<&str>) -> Ack {
    Ack::Ephemeral(page(edge, &target.person, &Rows::first(team)).await)
}

/// Returns one page as a message, or why there is none. Earlier pages remain visible above it, so there is no way back.
pub(in crate::slack) async fn page(edge: &Edge, person: &PersonId, rows: &Rows) -> Message {
    match rows.page(edge, person).await {
        Ok(page) => {
            let mut turns = Vec::new();
            if let Some(next) = page.next.clone() {
                turns.push(("Show more", rows.onward(next)));
            }
            if page.any_ended && !rows.ended {
                turns.push(("Show ended", rows.turned(true, Vec::new())));
            }
            shown(edge, &page, rows, turns, messages::list)
        }
        Err(error @ (Error::Refused(_) | Error::Failed(_))) => Message::plain(&edge.words(&error)),
    }
}

/// Returns one page as a modal, in which each page replaces the previous one.
///
/// # Errors
/// A refusal if the user may not see the team; a failure if Slack or the store does not answer.
pub(in crate::slack) async fn modal(
    edge: &Edge,
    person: &PersonId,
    rows: &Rows,
) -> Result<SlackModalView, Error> {
    let page = rows.page(edge, person).await?;
    let mut turns = Vec::new();
    if let Some(next) = page.next.clone() {
        turns.push(("Next page", rows.onward(next)));
    }
    if let Some(back) = rows.back() {
        turns.push(("Previous page", back));
    }
    if rows.ended {
        turns.push(("Show active", rows.turned(false, Vec::new())));
    } else if page.any_ended {
        turns.push(("Show ended", rows.turned(true, Vec::new())));
    }
    Ok(shown(edge, &page, rows, turns, views::requests))
}

fn shown<T>(
    edge: &Edge,
    page: &RequestList,
    rows: &Rows,
    turns: Vec<(&'static str, String)>,
    build: impl FnOnce(&ListPage<'_>) -> T,
) -> T {
    let command = &edge.portal.organization.command;
    let ended = if rows.ended { "ended " } else { "" };
    let (title, who) = match &page.whose {
        RequestScope::Owner(_) => (format!("Your {ended}requests"), "You have".to_owned()),
        RequestScope::Team(team) | RequestScope::TeamProduct(team, _) => {
            // The team's name comes from the settings and may contain Slack's markup.
            (
                format!("{}equests of team {team}", if rows.ended { "Ended r" } else { "R" }),
                format!("Team *{}* has", escape(team.as_str())),
            )
        }
        RequestScope::Product(_) | RequestScope::All => (
            format!("{}equests of all teams", if rows.ended { "Ended r" } else { "R" }),
            "No team has".to_owned(),
        ),
    };
    let empty = match (rows.ended || !rows.before.is_empty(), page.any_ended) {
        (true, _) => "There are no more.".to_owned(),
        (false, true) => format!("{who} nothing active. `{command}` shows what you can request."),
        (false, false) => {
            format!("{who} not requested anything yet. `{command}` shows what you can request.")
        }
    };
    build(&ListPage {
        title: &title,
        rows: &page.requests,
        turns,
        empty: &empty,
        simulated: edge.portal.ports.provisioner.is_simulated(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::RequestId;

    fn place(second: i64) -> Cursor {
        Cursor { at: jiff::Timestamp::from_second(second).unwrap(), mark: RequestId::random().to_string() }
    }

    #[test]
    fn a_paging_button_reads_back_what_it_stands_for() {
        let team = Some("payments: eu".to_owned());
        let third = Rows { ended: true, before: vec![place(-5), place(1_772_452_800)], team };
        for rows in [Rows::first(None), third] {
            assert_eq!(Rows::parse(&rows.written()), Some(rows));
        }
        for bad in ["", "15", "live", "live:-1", "gone:0", "live:x:payments", "live:1.a_b", "live:1.a,"] {
            assert_eq!(Rows::parse(bad), None, "{bad}");
        }
        assert_eq!(Rows::parse("live:15:payments"), Some(Rows::first(Some("payments"))));
    }

    #[test]
    fn pages_lead_back_as_they_were_turned_over_and_a_button_stays_short_enough_for_slack() {
        let mut rows = Rows::first(Some(&"t".repeat(100)));
        let places: Vec<Cursor> = (0..50).map(|page| place(1_772_452_800 + page)).collect();
        for next in &places {
            let written = rows.onward(next.clone());
            assert!(written.len() <= 2_000, "{}", written.len());
            rows = Rows::parse(&written).unwrap();
            assert_eq!(rows.before.last(), Some(next));
        }
        let mut back = Vec::new();
        while let Some(written) = rows.back() {
            rows = Rows::parse(&written).unwrap();
            back.push(rows.before.last().cloned());
        }
        let mut expected: Vec<_> = places[30..49].iter().rev().cloned().map(Some).collect();
        expected.push(None);
        assert_eq!(back, expected);
    }
}
