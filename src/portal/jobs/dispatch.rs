//! Runs jobs: new ones as soon as they are committed, and every second all others that are due.
//!
//! A key runs once at a time, across processes by claims; if it is woken meanwhile, it runs once more.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::domain::job::{JobKey, JobKind, JobOwner};
use crate::domain::request::MessageSlot;
use crate::portal::Portal;
use crate::portal::jobs::judge_click::hand_back;
use crate::portal::jobs::missing_rights;
use crate::portal::jobs::outcome::{JobError, LONGEST_PAUSE, Performed, back_off, label};
use crate::portal::jobs::parking::{park, park_unread};
use crate::portal::jobs::perform::perform;
use crate::portal::jobs::show::report_lost_notification;
use crate::portal::jobs::signals::settle;
use crate::portal::jobs::unclaimed::UnclaimedJobs;
use crate::ports::access_denied::Denied;
use crate::ports::outage::{Side, error_unless, warn_unless};
use crate::ports::priority::in_background;
use crate::ports::queue::{Delivery, Queue};
use crate::ports::retention::IdempotencyKey;
use crate::ports::slack::HandBackReason;
use crate::ports::store::{ClaimedJob, Commit, CommitError};
use crate::ports::stored::Unreadable;

/// How long a claim lasts. Every outside call ends within a minute, so a live claimer has finished by then.
const CLAIM_FOR: SignedDuration = SignedDuration::from_mins(2);
/// How often to look for due jobs that were not woken.
const SWEEP_EVERY: Duration = Duration::from_secs(1);
/// How many jobs one sweep starts.
const SWEEP_LIMIT: usize = 200;
/// How long to wait for messages of a queue.
const QUEUE_WAIT: Duration = Duration::from_secs(20);
/// A job is parked after this many failures, about 24 hours: 9 pauses that double up to `LONGEST_PAUSE`, then 287 of
/// five minutes. Counts failures rather than hours, so that downtime does not park jobs.
const MOST_FAILURES: u32 = 296;

/// The first and the longest pause before a message is retried that could not be posted where it belongs.
const SHORTEST_SHUT: SignedDuration = SignedDuration::from_mins(1);
const LONGEST_SHUT: SignedDuration = SignedDuration::from_hours(6);
/// Such a message is retried for at least this long and this often.
const TRIED_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);
const TRIED_AT_LEAST: u32 = 20;

/// How many messages are posted concurrently. Most of them wait for Slack or for their channel's rate limit.
const MESSAGES_AT_ONCE: usize = 64;
/// How many other jobs run concurrently, so that a burst of requests does not delay responses to users.
const WORK_AT_ONCE: usize = 8;

/// Runs jobs and handles queue messages. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Dispatcher {
    portal: Portal,
    running: Arc<Mutex<HashMap<JobKey, Rerun>>>,
    unclaimed: Arc<Mutex<UnclaimedJobs>>,
    messages: Arc<Semaphore>,
    work: Arc<Semaphore>,
    counts: Arc<tokio::sync::Mutex<()>>,
    looks: Arc<tokio::sync::Mutex<()>>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

/// Removes a key from the running ones if its run panics, so that it can run again when its claim has expired.
struct RunningJob {
    dispatcher: Dispatcher,
    key: JobKey,
}

impl Drop for RunningJob {
    fn drop(&mut self) {
        // Otherwise `was_woken_again` removes it, under the lock that also decides about a rerun.
        if std::thread::panicking() {
            self.dispatcher.running.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
        }
    }
}

/// Whether a running key was woken again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rerun {
    No,
    Yes,
}

/// How often to look for other bots. A newer one is noticed within five seconds.
const LOOK_EVERY: Duration = Duration::from_secs(4);
/// How often to close counts of refusals and delete expired records.
const COUNTS_EVERY: Duration = Duration::from_secs(30);
/// How long to postpone a job whose data only a newer bot can read.
const NEWER_BOTS_TURN: Duration = Duration::from_mins(1);

impl Dispatcher {
    /// Creates a dispatcher that does nothing until [`Dispatcher::run`] or [`Dispatcher::drain`] is called.
    pub fn new(portal: Portal) -> Self {
        Self {
            portal,
            running: Arc::default(),
            unclaimed: Arc::default(),
            messages: Arc::new(Semaphore::new(MESSAGES_AT_ONCE)),
            work: Arc::new(Semaphore::new(WORK_AT_ONCE)),
            counts: Arc::default(),
            looks: Arc::default(),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
        }
    }

    /// Runs until `stop` is cancelled, then waits for running jobs.
    pub async fn run(&self, mut woken: mpsc::UnboundedReceiver<JobKey>, stop: CancellationToken) {
        let mut listening = self.listen(&stop);
        let mut sweep = tokio::time::interval(SWEEP_EVERY);
        // `Delay`, since ticks that were missed while the machine slept need not be made up for.
        sweep.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        // The first sweep must already know about newer bots and about the time in which no user could be heard.
        stop.run_until_cancelled(Box::pin(look_around(&self.portal))).await;
        let mut look = tokio::time::interval(LOOK_EVERY);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut counts = tokio::time::interval(COUNTS_EVERY);
        counts.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                // Check `stop` first: it also ends the listeners, which would look like a failure.
                biased;
                () = stop.cancelled() => break,
                Some(ended) = listening.join_next() => {
                    tracing::error!(?ended, "a queue listener ended unexpectedly; all of them are restarted");
                    listening = self.listen(&stop);
                }
                _ = look.tick() => self.look_around(),
                _ = counts.tick() => self.note_repetitions(),
                _ = sweep.tick() => drop(stop.run_until_cancelled(self.sweep()).await),
                Some(key) = woken.recv() => self.start(key),
            }
        }
        // Jobs that have not started are in the store and run after the next start.
        self.stop.cancel();
        while let Some(ended) = listening.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a queue listener did not end cleanly");
            }
        }
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Starts a listener for every queue; dropping the returned set stops them.
    fn listen(&self, stop: &CancellationToken) -> JoinSet<()> {
        let queues = self.portal.ports.queues.iter();
        queues
            .map(|queue| in_background(listen(self.portal.clone(), Arc::clone(queue), stop.clone())))
            .collect()
    }

    /// Looks for other bots and checks that Slack can reach us, in the background, unless a check still runs.
    fn look_around(&self) {
        if let Ok(guard) = Arc::clone(&self.looks).try_lock_owned() {
            let (portal, stop) = (self.portal.clone(), self.stop.clone());
            self.tasks.spawn(in_background(async move {
                stop.run_until_cancelled(Box::pin(look_around(&portal))).await;
                drop(guard);
            }));
        }
    }

    /// Writes finished counts of refusals and deletes expired records, in the background; skipped if that still runs.
    fn note_repetitions(&self) {
        if let Ok(guard) = Arc::clone(&self.counts).try_lock_owned() {
            let portal = self.portal.clone();
            self.tasks.spawn(in_background(async move {
                Box::pin(note_repetitions(&portal)).await;
                drop(guard);
            }));
        }
    }

    async fn sweep(&self) {
        // A newer bot may have written jobs and rows that this one cannot read.
        if self.portal.leaves_jobs() {
            return;
        }
        // Jobs that run, wait for a permit or could not be claimed are still due; they must not hide others.
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).len();
        let limit = SWEEP_LIMIT + running + self.unclaimed().len();
        let now = self.portal.now();
        let due = self.portal.ports.store.due(now, limit).await;
        if let Some(due) = self.portal.store_result(due, "look for due jobs") {
            self.unclaimed().ready(due, now).into_iter().for_each(|key| self.start(key));
        }
    }

    /// Runs a job in the background. If it is running already, it runs once more afterwards.
    fn start(&self, key: JobKey) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(rerun) = running.get_mut(&key) {
            *rerun = Rerun::Yes;
            return;
        }
        // Entered before the task is spawned, so that two wake-ups at once start one task.
        running.insert(key.clone(), Rerun::No);
        drop(running);
        let dispatcher = self.clone();
        self.tasks.spawn(async move {
            // Two pools, since a message may wait minutes for its channel's rate limit and must not hold up other work.
            let permits = if key.is_message() { &dispatcher.messages } else { &dispatcher.work };
            let running = RunningJob { dispatcher: dispatcher.clone(), key };
            // The semaphore is never closed, so this always returns a permit.
            let _permit = permits.acquire().await;
            while !dispatcher.stop.is_cancelled() {
                let was_ours = in_background(Box::pin(run_key(&dispatcher.portal, &running.key))).await;
                dispatcher.unclaimed().note(&running.key, was_ours, dispatcher.portal.now());
                if !dispatcher.was_woken_again(&running.key) {
                    break;
                }
            }
        });
    }

    fn unclaimed(&self) -> MutexGuard<'_, UnclaimedJobs> {
        self.unclaimed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns whether a key was woken while it ran; if not, removes it under the same lock, so no wake-up is lost.
    fn was_woken_again(&self, key: &JobKey) -> bool {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if running.get(key) == Some(&Rerun::Yes) {
            running.insert(key.clone(), Rerun::No);
            return true;
        }
        running.remove(key);
        false
    }

    /// Runs due jobs and handles queue messages one by one until nothing is left, or the store or a queue fails.
    pub async fn drain(&self) -> anyhow::Result<()> {
        Box::pin(look_around(&self.portal)).await;
        Box::pin(note_repetitions(&self.portal)).await;
        loop {
            let mut received = Vec::new();
            for queue in self.portal.ports.queues.iter().filter(|_| !self.portal.leaves_jobs()) {
                let deliveries = queue.receive(Duration::ZERO).await?;
                received.extend(deliveries.into_iter().map(|delivery| (queue, delivery)));
            }
            let limit = SWEEP_LIMIT + self.unclaimed().len();
            let now = self.portal.now();
            let due = self.portal.ports.store.due(now, limit).await?;
            let keys = self.unclaimed().ready(due, now);
            let mut is_progress = !received.is_empty();
            for (queue, delivery) in received {
                settle(&self.portal.as_of_now(), delivery.signal).await?;
                queue.delete(&delivery.receipt).await?;
            }
            for key in keys {
                let was_ours = Box::pin(run_key(&self.portal, &key)).await;
                self.unclaimed().note(&key, was_ours, self.portal.now());
                is_progress |= was_ours;
            }
            if !is_progress {
                return Ok(());
            }
        }
    }
}

async fn look_around(portal: &Portal) {
    let result = portal.look_for_bots().await;
    portal.store_result(result, "look for other bots");
    let result = portal.listen().await;
    portal.store_result(result, "record whether people can reach the bot");
}

async fn note_repetitions(portal: &Portal) {
    let result = portal.note_repetitions().await;
    portal.store_result(result, "record repeated refusals");
    let result = portal.forget().await;
    portal.store_result(result, "delete expired records");
}

/// Handles a queue's messages until `stop`. While a newer bot runs, messages are left to it.
async fn listen(portal: Portal, queue: Arc<dyn Queue>, stop: CancellationToken) {
    let mut pause = tokio::time::interval(SWEEP_EVERY);
    loop {
        // Two arms with opposite conditions: exactly one of them can run, besides `stop`.
        let received = tokio::select! {
            () = stop.cancelled() => return,
            _ = pause.tick(), if portal.leaves_jobs() => continue,
            received = queue.receive(QUEUE_WAIT), if !portal.leaves_jobs() => received,
        };
        match received {
            Ok(deliveries) => {
                portal.ports.trouble.outages.answers(Side::Queue);
                // Messages that arrived after a newer bot started are redelivered, to that bot.
                for delivery in deliveries.into_iter().take_while(|_| !portal.leaves_jobs()) {
                    settle_and_delete(&portal, queue.as_ref(), delivery).await;
                }
            }
            Err(error) => {
                portal.ports.trouble.outages.fails(Side::Queue, &format!("{error:#}"));
                // A queue that fails at once must not be asked in a tight loop.
                pause.tick().await;
            }
        }
    }
}

async fn settle_and_delete(portal: &Portal, queue: &dyn Queue, delivery: Delivery) {
    // A reload must not change settings and catalog in the middle of a signal.
    let (portal, request) = (&portal.as_of_now(), delivery.signal.request());
    let result = match settle(portal, delivery.signal).await {
        // Delete only after the commit. A crash in between redelivers the signal, which then finds nothing to do.
        Ok(()) => queue.delete(&delivery.receipt).await,
        Err(error) => Err(error),
    };
    if let Err(error) = result {
        error_unless!(
            portal.ports.trouble.outages.explains(&error),
            %request,
            error = format!("{error:#}"),
            "cannot handle a queue message; it will be redelivered"
        );
    }
}

/// Claims and runs a job; returns whether it could be claimed.
async fn run_key(portal: &Portal, key: &JobKey) -> bool {
    if portal.leaves_jobs() {
        return false;
    }
    let now = portal.now();
    // Claimed only now: a claim that still waited for a permit might expire before the job starts.
    let until = now.saturating_add(CLAIM_FOR).unwrap_or(Timestamp::MAX);
    match portal.ports.store.claim(std::slice::from_ref(key), now, until).await {
        Ok(jobs) => {
            for job in &jobs {
                // On an error the claim expires and the job becomes due again.
                let result = run_claimed(portal, job).await;
                portal.store_result(result, &format!("finish the job `{}` of {}", key.name, key.owner));
            }
            !jobs.is_empty()
        }
        Err(error) => {
            portal.store_result::<()>(Err(error), &format!("claim the job `{}` of {}", key.name, key.owner));
            false
        }
    }
}

async fn run_claimed(portal: &Portal, job: &ClaimedJob) -> anyhow::Result<()> {
    // A reload must not change settings and catalog in the middle of a job.
    let portal = &portal.as_of_now();
    let store = &portal.ports.store;
    let owner = &job.claim.key.owner;
    let kind = match &job.kind {
        Ok(kind) => kind,
        Err(unreadable) => return park_unread(portal, job, unreadable).await,
    };
    let performed = perform(portal, owner, kind).await.map_err(|error| unless_too_often(portal, job, error));
    portal.metrics.job(kind.as_str(), label(&performed));
    // Only a job that failed before can have lacked a permission.
    if performed.is_ok() && job.attempts > 0 {
        missing_rights::resolved(portal, &job.claim.key).await?;
    }
    match performed {
        Ok(Performed::Done) => store.complete(&job.claim).await,
        Ok(Performed::Again(wait)) => look_again(portal, job, kind.clone(), wait).await,
        Ok(Performed::AgainAs(kind, wait)) => look_again(portal, job, kind, wait).await,
        Err(JobError::Never(why)) => fail(portal, job, kind, &why).await,
        Err(JobError::Nowhere(why)) => {
            tracing::info!(of = %owner, job = kind.as_str(), why, "the message that a job should update no longer exists");
            store.complete(&job.claim).await
        }
        Err(JobError::Shut(why)) => try_place_later(portal, job, kind, &why).await,
        Err(error @ (JobError::Later(_) | JobError::After(_))) => put_off(portal, job, kind, &error).await,
    }
}

/// Parks a job. Text that a user had typed for it is returned to them.
async fn fail(portal: &Portal, job: &ClaimedJob, kind: &JobKind, why: &str) -> anyhow::Result<()> {
    if let JobKind::JudgeClick(click) = kind
        && let Err(error) = hand_back(portal, click, HandBackReason::GivenUp(why)).await
    {
        tracing::debug!(of = %job.claim.key.owner, %error, "cannot return to a user what they typed");
    }
    park(portal, job, kind, why).await
}

async fn put_off(portal: &Portal, job: &ClaimedJob, kind: &JobKind, error: &JobError) -> anyhow::Result<()> {
    let (owner, why, now) = (&job.claim.key.owner, format!("{error:#}"), portal.now());
    let denied = match error {
        JobError::Later(error) => error.downcast_ref::<Denied>(),
        JobError::After(_) | JobError::Never(_) | JobError::Nowhere(_) | JobError::Shut(_) => None,
    };
    let pause = match error {
        JobError::After(wait) => SignedDuration::try_from(*wait).unwrap_or(LONGEST_PAUSE),
        JobError::Later(_) | JobError::Never(_) | JobError::Nowhere(_) | JobError::Shut(_) => back_off(job),
    };
    let mut due_at = now.saturating_add(pause).unwrap_or(Timestamp::MAX);
    // The notification about a missing permission must not wait for the end of a longer pause.
    if denied.is_some() && missing_rights::report_at(job) > now {
        due_at = due_at.min(missing_rights::report_at(job));
    }
    // Logged once, at the first failure; later failures end in success or in a parked job, which is logged.
    if job.attempts == 0 {
        // A rate limit is no failure, and the Slack client counts it.
        let is_logged_already = match error {
            JobError::Later(error) => portal.ports.trouble.outages.explains(error),
            JobError::After(_) | JobError::Never(_) | JobError::Nowhere(_) | JobError::Shut(_) => true,
        };
        warn_unless!(is_logged_already, of = %owner, job = kind.as_str(), error = why, "a job failed and will be retried");
    } else {
        tracing::debug!(of = %owner, job = kind.as_str(), attempt = job.attempts + 1, error = why, "a job failed again and will be retried");
    }
    // Before the notification, which may fail and must not leave the job claimed.
    portal.ports.store.put_off(&job.claim, due_at, &why).await?;
    match denied {
        Some(denied) => missing_rights::tell(portal, job, kind, denied).await,
        None => Ok(()),
    }
}

/// Makes an error permanent after too many failures. Rate limits and jobs for a newer bot are no failures.
fn unless_too_often(portal: &Portal, job: &ClaimedJob, error: JobError) -> JobError {
    match error {
        JobError::Later(error) if portal.is_of_a_newer_bot(&error) => JobError::After(NEWER_BOTS_TURN),
        // Retrying does not help an unreadable row. Jobs of a person or of the portal can go without it.
        JobError::Later(error) if job.claim.key.owner.request().is_some() && error.is::<Unreadable>() => {
            JobError::Never(format!("{error:#}"))
        }
        // Reported to the admins; succeeds once the permission is granted.
        JobError::Later(error) if error.is::<Denied>() => JobError::Later(error),
        JobError::Later(error) if job.attempts >= MOST_FAILURES => JobError::Never(format!("{error:#}")),
        JobError::Later(_)
        | JobError::After(_)
        | JobError::Never(_)
        | JobError::Nowhere(_)
        | JobError::Shut(_) => error,
    }
}

/// Writes the job again for its next poll. This is no failure and resets its attempts.
async fn look_again(portal: &Portal, job: &ClaimedJob, kind: JobKind, wait: Duration) -> anyhow::Result<()> {
    let wait = SignedDuration::try_from(wait).unwrap_or(LONGEST_PAUSE);
    let due_at = portal.now().saturating_add(wait).unwrap_or(Timestamp::MAX);
    let next = kind.due(job.claim.key.owner.clone(), due_at);
    let commit = Commit { jobs: vec![next], done: Some(job.claim.clone()), ..Commit::default() };
    match portal.ports.store.commit(commit).await {
        // Our claim has expired and another bot runs the job; its result counts.
        Ok(()) | Err(CommitError::ClaimLost) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Postpones a message that cannot be posted where it belongs: each pause is as long as all attempts so far, for days.
async fn try_place_later(portal: &Portal, job: &ClaimedJob, kind: &JobKind, why: &str) -> anyhow::Result<()> {
    let (owner, store, now) = (&job.claim.key.owner, &portal.ports.store, portal.now());
    let tried_for = now.duration_since(job.written_at);
    // Only a lost notification leaves somebody unaware; other messages repeat what can be seen elsewhere.
    let notification = match (owner, kind) {
        (JobOwner::Request(id), JobKind::Show(slot @ MessageSlot::Notification(_))) => Some((*id, slot)),
        _ => None,
    };
    // Both conditions, since nothing is attempted while no bot runs.
    if tried_for > TRIED_FOR && job.attempts >= TRIED_AT_LEAST {
        tracing::warn!(of = %owner, job = kind.as_str(), why, "a message could not be posted for days; it is not retried any more");
        store.complete(&job.claim).await?;
        return match notification {
            Some((id, _)) => {
                report_lost_notification(portal, id, why, "There will be no further attempts").await
            }
            None => Ok(()),
        };
    }
    // An archived channel may be back in a minute, a person who left will not: so often at first, then rarely.
    let pause = tried_for.clamp(SHORTEST_SHUT, LONGEST_SHUT);
    store.put_off(&job.claim, now.saturating_add(pause).unwrap_or(Timestamp::MAX), why).await?;
    match notification {
        // Not `job.attempts == 0`: earlier attempts may have failed for other reasons.
        Some((id, slot))
            if portal
                .is_first(IdempotencyKey::for_a_week(format!("lost-news:{id}:{slot:?}"), now))
                .await? =>
        {
            report_lost_notification(portal, id, why, "Delivery is retried for a week").await
        }
        _ => Ok(()),
    }
}
