//! Recording of refusals for lack of permission. The same person and action is recorded on the trail once an hour, with
//! the number of repetitions. The count is in the store, so that it is right whichever bot refuses.

use std::collections::BTreeSet;

use anyhow::{Context as _, anyhow};
use jiff::Timestamp;

use crate::domain::audit::{Actor, By};
use crate::domain::ids::{ProductKey, RequestId, TeamName};
use crate::domain::refusal::Refusal;
use crate::domain::repeats::{AuditLine, RefusedAction, RepeatedRefusal};
use crate::domain::request::Request;
use crate::domain::transition::note_refusals;
use crate::portal::portal_audit::STALE_RETRIES;
use crate::portal::{Error, Portal, portal_audit};
use crate::ports::outage::warn_unless;
use crate::ports::store::{Commit, CommitError, CountedRefusal, RefusalsChange};

/// How many counts to read at a time.
const AT_ONCE: usize = 100;

impl Portal {
    /// Records a refusal for lack of permission on the request's trail and returns it as an error.
    pub(super) async fn refuse(&self, request: &Request, by: &By, tried: &str, refusal: Refusal) -> Error {
        self.refuse_in(request.id, None, by, tried, refusal).await
    }

    /// Refuses a user of another workspace, and records that.
    pub(crate) async fn refuse_stranger(&self, by: &By) -> Error {
        self.refuse_unstored(None, by, "use", Refusal::NotOurWorkspace).await
    }

    /// Refuses everybody except admins, and records that.
    pub(super) async fn only_admins(&self, by: &By, tried: &str) -> Result<(), Error> {
        // An error is no refusal: an admin must not be recorded as a stranger because Slack was slow.
        if self.is_one_of_in_time(&by.person, &self.organization.admins).await? {
            return Ok(());
        }
        Err(self.refuse_unstored(None, by, tried, Refusal::NotAnAdmin).await)
    }

    /// Refuses a button or form with content that the portal never offered, and records that.
    pub(crate) async fn refuse_forged(&self, by: &By, tried: &str) -> Error {
        let refusal = Refusal::Forged { command: self.organization.command.clone() };
        self.refuse_unstored(None, by, tried, refusal).await
    }

    /// Refuses an action without a stored request; `meant` is the team and product that it was for, if known.
    pub(super) async fn refuse_unstored(
        &self,
        meant: Option<(&TeamName, &ProductKey)>,
        by: &By,
        tried: &str,
        refusal: Refusal,
    ) -> Error {
        self.refuse_in(RequestId::PORTAL, meant, by, tried, refusal).await
    }

    async fn refuse_in(
        &self,
        chain: RequestId,
        meant: Option<(&TeamName, &ProductKey)>,
        by: &By,
        tried: &str,
        refusal: Refusal,
    ) -> Error {
        // Other refusals are everyday mistakes and say nothing about rights.
        let Some(why) = refusal.lack_of_right() else { return refusal.into() };
        let action = RefusedAction {
            chain,
            meant: meant.map(|(team, product)| (team.clone(), product.clone())),
            by: by.clone(),
            tried: tried.to_owned(),
            why: why.to_owned(),
        };
        match Box::pin(self.note(&action)).await {
            Ok(()) => refusal.into(),
            // An attempt that cannot be recorded fails, so that none goes unrecorded.
            Err(error) => Error::Failed(error.context("cannot record a refusal on the audit trail")),
        }
    }

    /// Records a refusal, or counts it if the same one was recorded less than an hour ago.
    pub(super) async fn note(&self, action: &RefusedAction) -> anyhow::Result<()> {
        let (store, key) = (&self.ports.store, action.key());
        self.metrics.refused();
        let mut pauses = portal_audit::ChainPauses::default();
        for _ in 0..STALE_RETRIES {
            let now = self.now();
            // The usual case of a repetition: only a counter changes, no chain.
            if store.refused_again(&key, now).await? {
                return Ok(());
            }
            let before = store.repeated_refusal(&key).await?;
            // The previous hour is over: record its repetitions together with this refusal.
            let again = before.as_ref().and_then(RepeatedRefusal::line);
            let lines: Vec<AuditLine> = again.into_iter().chain([action.first()]).collect();
            let after = Some(action.clone().counted_from(now));
            let change = RefusalsChange { key: key.clone(), before, after };
            match Box::pin(self.append(action, &lines, change, now)).await {
                Err(CommitError::Stale) => pauses.next().await,
                result => return Ok(result?),
            }
        }
        Err(anyhow!("the audit chain or the count changed {STALE_RETRIES} times meanwhile"))
    }

    /// Records counts whose hour is over.
    pub(super) async fn note_repetitions(&self) -> anyhow::Result<()> {
        let (now, store) = (self.now(), &self.ports.store);
        // Visit each count once, so that those that cannot be recorded do not block the others.
        let mut seen = BTreeSet::new();
        loop {
            let mut counted = store.counted_refusals(now, AT_ONCE + seen.len()).await?;
            counted.retain(|refusal| !seen.contains(&refusal.key));
            if counted.is_empty() {
                return Ok(());
            }
            for CountedRefusal { key, refusal } in counted {
                let result = match refusal {
                    Ok(refusal) => self.note_over(&key, refusal, now).await,
                    Err(error) => {
                        tracing::error!(
                            error = format!("{error:#}"),
                            "a count of repeated refusals cannot be read and is deleted"
                        );
                        store.forget_refusals(&key).await
                    }
                };
                if let Err(error) = result {
                    warn_unless!(
                        self.ports.trouble.outages.explains(&error),
                        error = format!("{error:#}"),
                        "cannot record repeated refusals; they are recorded later"
                    );
                }
                seen.insert(key);
            }
        }
    }

    /// Records a count whose hour is over. If its request is gone, the count is deleted as well.
    async fn note_over(&self, key: &str, over: RepeatedRefusal, now: Timestamp) -> anyhow::Result<()> {
        let mut lines: Vec<AuditLine> = over.line().into_iter().collect();
        let action = over.action.clone();
        if action.chain != RequestId::PORTAL && self.ports.store.load(action.chain).await?.is_none() {
            tracing::error!(chain = %action.chain, "the request of repeated refusals no longer exists; their count is deleted");
            lines.clear();
        }
        let change = RefusalsChange { key: key.to_owned(), before: Some(over), after: None };
        match self.append(&action, &lines, change, now).await {
            // Another bot was faster, or the next run does it.
            Ok(()) | Err(CommitError::Stale) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Makes one attempt; [`CommitError::Stale`] if the chain or the count has changed.
    async fn append(
        &self,
        action: &RefusedAction,
        lines: &[AuditLine],
        change: RefusalsChange,
        now: Timestamp,
    ) -> Result<(), CommitError> {
        let beside = Commit { refusals: Some(change), ..Commit::default() };
        let store = &self.ports.store;
        if lines.is_empty() {
            // There were no repetitions, so only the count is deleted.
            return store.commit(beside).await;
        }
        if action.chain == RequestId::PORTAL {
            let by = Actor::Person(action.by.clone());
            return portal_audit::try_commit(&**store, action.portal_subject(), &by, lines, now, beside)
                .await
                .map(drop);
        }
        let request = store.load(action.chain).await?.context("the refused request no longer exists")?;
        self.commit(note_refusals(&request, &action.by, lines, now), beside).await.map(drop)
    }
}
