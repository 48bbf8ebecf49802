//! `/provision <product> [Key=value …]`: opens the product's form, filled in as far as was typed.

use std::collections::BTreeSet;

use slack_morphism::prelude::SlackModalView;

use crate::domain::cost::watched_parameters;
use crate::domain::ids::RequestId;
use crate::portal::Error;
use crate::portal::form::{self, FormSession, Typed};
use crate::slack::edge::{Edge, Whereabouts, words};
use crate::slack::messages::Message;
use crate::slack::mrkdwn::{escape, mention};
use crate::slack::reply::Ack;
use crate::slack::views::{FormState, request_form};

pub(super) async fn open(
    edge: &Edge,
    at: Whereabouts,
    trigger: Option<String>,
    product: &str,
    typed: Typed,
) -> Ack {
    let session = form::open(&edge.portal, &at.person, product, &typed).await;
    opened(edge, &at, trigger, session)
}

/// Opens the form of an earlier request, filled in as it was.
pub(in crate::slack) async fn again(
    edge: &Edge,
    at: &Whereabouts,
    trigger: Option<String>,
    id: RequestId,
) -> Ack {
    let session = form::again(&edge.portal, &at.person, id).await;
    opened(edge, at, trigger, session)
}

fn opened(
    edge: &Edge,
    at: &Whereabouts,
    trigger: Option<String>,
    session: Result<FormSession, Error>,
) -> Ack {
    match session {
        Ok(session) => {
            edge.open_later(at, trigger, form_view(&session, None));
            Ack::Empty
        }
        Err(error) => Ack::Ephemeral(Message::plain(&words(&error))),
    }
}

/// The modal of a form as it stands.
pub(in crate::slack) fn form_view(session: &FormSession, problem: Option<&str>) -> SlackModalView {
    let watched: BTreeSet<String> = watched_parameters(&session.product);
    let notes: Vec<String> = session.notes.iter().map(|note| escape(note)).collect();
    let held_by: Vec<String> = session
        .holders
        .iter()
        .map(|held| {
            let status = held.status.name().label();
            format!("`{}` {} · {}", held.id.short(), mention(&held.requester), status)
        })
        .collect();
    let state = FormState {
        product: &session.product,
        teams: &session.teams,
        team: &session.team,
        values: &session.values,
        reason: &session.reason,
        ticket: &session.ticket,
        has_mates: session.has_mates,
        notes: &notes,
        preview: Some(&session.preview),
        held_by: &held_by,
        problem,
        watched: &watched,
    };
    request_form(&session.form, &state)
}
