//! Checks that the channels of the settings exist and that the bot can post to them.

use std::collections::BTreeSet;

use futures_util::{StreamExt as _, stream};

use crate::domain::ids::ChannelId;
use crate::domain::organization::Organization;
use crate::ports::finding::Finding;
use crate::slack::client::{ChannelState, GrantUnknown, SlackClient};
use crate::slack::scopes::POST_ANYWHERE;

const AREA: &str = "channels";
/// How many channels are looked up at the same time.
const AT_ONCE: usize = 4;

/// Returns a finding for each channel, in the order of the settings.
pub(super) async fn look(
    client: &SlackClient,
    organization: &Organization,
    granted: &BTreeSet<String>,
) -> Vec<Finding> {
    let named = named(organization);
    let lookups = named.iter().map(|(channel, places)| async move {
        let name = format!("{channel} ({})", places.join(", "));
        match client.channel(channel).await {
            Ok(state) => of_channel(&name, &state, granted.contains(POST_ANYWHERE)),
            Err(unanswered) => of_no_answer(&name, &unanswered),
        }
    });
    // `buffered` keeps the order.
    stream::iter(lookups.collect::<Vec<_>>()).buffered(AT_ONCE).collect().await
}

/// Returns each channel once, with the settings that name it.
fn named(organization: &Organization) -> Vec<(&ChannelId, Vec<String>)> {
    let team = |team: &'_ crate::domain::organization::Team| format!("team {}", team.name);
    let teams = organization.teams.iter().filter_map(|named| Some((named.channel.as_ref()?, team(named))));
    let audit = organization.audit_channel.iter().map(|channel| (channel, "`audit_channel`".to_owned()));
    let approvals = [(&organization.approvals_channel, "`approvals_channel`".to_owned())];
    let mut named: Vec<(&ChannelId, Vec<String>)> = Vec::new();
    for (channel, place) in approvals.into_iter().chain(audit).chain(teams) {
        match named.iter_mut().find(|(other, _)| *other == channel) {
            Some((_, places)) => places.push(place),
            None => named.push((channel, vec![place])),
        }
    }
    named
}

fn of_channel(named: &str, state: &ChannelState, may_post_anywhere: bool) -> Finding {
    let describe = |stands: &str| format!("#{} {named} {stands}", state.name);
    if state.is_archived {
        let remedy = "unarchive it in its settings, or name another one in the settings file";
        return Finding::problem(AREA, describe("is archived (`is_archived`)"), remedy);
    }
    // `chat:write.public` covers public channels only.
    if state.is_member || (may_post_anywhere && !state.is_private) {
        return Finding::ok(AREA, describe("can be written to"));
    }
    Finding::problem(
        AREA,
        describe("does not include the app (`not_in_channel`)"),
        "type `/invite @Quartermaster` there",
    )
}

fn of_no_answer(named: &str, unanswered: &GrantUnknown) -> Finding {
    if unanswered.is(&["channel_not_found"]) {
        return Finding::problem(
            AREA,
            format!("the app cannot see {named} (`channel_not_found`)"),
            "type `/invite @Quartermaster` there if it is private; else copy the id again from the bottom of its \
             About tab",
        );
    }
    let remedy = if unanswered.is(&["missing_scope"]) {
        "grant the scope, then try again; only this check needs it"
    } else {
        "try again"
    };
    Finding::warning(AREA, format!("{named} could not be checked: {}", unanswered.why), remedy)
}
