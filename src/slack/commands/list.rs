//! `/provision list [team]`: one's own requests, or a team's, a page at a time.

use crate::domain::ids::PersonId;
use crate::portal::Error;
use crate::portal::lookup::{self, Page};
use crate::ports::store::Whose;
use crate::slack::edge::{Edge, Whereabouts, words};
use crate::slack::messages::{self, ListPage, Message, PAGE_ROWS};
use crate::slack::reply::Ack;

/// Which rows a "Show more" button stands for: `<skip>` of one's own, or `<skip>:<team>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::slack) struct Rows {
    pub(in crate::slack) skip: usize,
    pub(in crate::slack) team: Option<String>,
}

impl Rows {
    pub(in crate::slack) fn parse(text: &str) -> Option<Self> {
        let (skip, team) = match text.split_once(':') {
            Some((skip, team)) => (skip, Some(team.to_owned())),
            None => (text, None),
        };
        Some(Self { skip: skip.parse().ok()?, team })
    }

    fn written(&self) -> String {
        match &self.team {
            Some(team) => format!("{}:{team}", self.skip),
            None => self.skip.to_string(),
        }
    }
}

pub(super) async fn list(edge: &Edge, at: Whereabouts, team: Option<&str>) -> Ack {
    let rows = Rows { skip: 0, team: team.map(str::to_owned) };
    let (edge_, person) = (edge.clone(), at.person.clone());
    edge.within_budget(at, async move { page(&edge_, &person, &rows).await }).await
}

/// One page, or why there is none.
pub(in crate::slack) async fn page(edge: &Edge, person: &PersonId, rows: &Rows) -> Message {
    match lookup::list(&edge.portal, person, rows.team.as_deref(), rows.skip, PAGE_ROWS).await {
        Ok(page) => shown(edge, &page, rows),
        Err(error @ (Error::Refused(_) | Error::Failed(_))) => Message::plain(&words(&error)),
    }
}

fn shown(edge: &Edge, page: &Page, rows: &Rows) -> Message {
    let command = &edge.portal.organization.command;
    let (title, empty) = match &page.whose {
        Whose::Owner(_) => (
            "Your requests".to_owned(),
            format!("You have not asked for anything yet. `{command}` shows what there is."),
        ),
        Whose::Team(team) | Whose::TeamProduct(team, _) => (
            format!("Requests of team {team}"),
            format!("Team *{team}* has not asked for anything yet. `{command}` shows what there is."),
        ),
    };
    let next = page.more.then(|| Rows { skip: rows.skip + PAGE_ROWS, team: rows.team.clone() }.written());
    messages::list(&ListPage {
        title: &title,
        rows: &page.requests,
        next,
        empty: &empty,
        simulated: edge.portal.ports.provisioner.is_simulated(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paging_button_reads_back_what_it_stands_for() {
        for rows in [Rows { skip: 0, team: None }, Rows { skip: 15, team: Some("payments".into()) }] {
            assert_eq!(Rows::parse(&rows.written()), Some(rows));
        }
        assert_eq!(Rows::parse("-1"), None);
        assert_eq!(Rows::parse("x:payments"), None);
    }
}
