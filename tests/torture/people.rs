//! People who ask, approve, deny, cancel, renew, hand over, tear down and look around, each by their own dice, and press
//! again what Slack says did not work.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::Timestamp;
use playground::{DeliveryFailure, LedTo, Playground};
use quartermaster::ports::clock::{Clock as _, SystemClock};
use serde_json::{Value, json};

use crate::dice::Dice;
use crate::hits::Known;
use crate::ledger::{Acked, Ledger};
use crate::scene::{ADMIN, APPROVERS, PRODUCTS, TEAMS, channel, members};
use crate::screen::{Button, Form, buttons};

/// Everybody, and what they remember.
pub(crate) struct People {
    pub(crate) slack: Playground,
    pub(crate) ledger: Mutex<Ledger>,
    /// Requests as they were stored when the bot was killed last.
    pub(crate) known: Mutex<Vec<Known>>,
    /// Buttons as they stood on screens that were not refreshed since.
    remembered: Mutex<BTreeMap<String, Vec<Button>>>,
    /// New requests that may still be asked for before the next kill.
    left: AtomicUsize,
    /// Whether Slack says who the approvers are.
    silent: Mutex<bool>,
}

/// What somebody does; an error ends their round, because the bot is gone.
type Done = Result<(), DeliveryFailure>;

impl People {
    pub(crate) fn new(slack: Playground) -> Self {
        Self {
            slack,
            ledger: Mutex::default(),
            known: Mutex::default(),
            remembered: Mutex::default(),
            left: AtomicUsize::new(0),
            silent: Mutex::new(false),
        }
    }

    /// So many requests may be asked for from now on.
    pub(crate) fn may_ask(&self, times: usize) {
        self.left.store(times, Ordering::Relaxed);
    }

    /// From now on Slack does not say who is in a group, or does so again.
    pub(crate) fn hides_groups(&self, hidden: bool) {
        self.slack.fail_always("usergroups.list", hidden.then_some("internal_error"));
        *self.silent.lock().unwrap() = hidden;
    }

    /// Does so many things, or stops when the bot is not there.
    pub(crate) async fn acts(&self, person: &str, dice: &mut Dice, turns: usize) {
        for _ in 0..turns {
            if let Err(DeliveryFailure::Unreachable(_) | DeliveryFailure::TimedOut) =
                self.turn(person, dice).await
            {
                return;
            }
        }
    }

    async fn turn(&self, person: &str, dice: &mut Dice) -> Done {
        if let Some(form) = Form::of(&self.slack, person) {
            return self.fills(person, &form, dice).await;
        }
        if dice.percent(6) {
            return self.slack.open_home(person).await.map(drop);
        }
        if dice.percent(6) {
            return self.presses_an_old_button(person, dice).await;
        }
        if person == ADMIN {
            return self.looks_after_failed_teardowns().await;
        }
        if APPROVERS.contains(&person) {
            return self.decides(person, dice).await;
        }
        if dice.percent(35) && self.may_ask_now() {
            let (product, fields) = dice.pick(&PRODUCTS).copied().unwrap_or(PRODUCTS[0]);
            return self.types(person, &format!("/provision {product} {fields}")).await;
        }
        if dice.percent(30) {
            return self.asks_after_their_own(person, dice).await;
        }
        let is_theirs = |button: &Button| {
            let id = button.id();
            id.starts_with("request.") && id != "request.approve" && id != "request.deny"
        };
        self.presses_one_of(person, dice, &[], is_theirs).await
    }

    fn may_ask_now(&self) -> bool {
        let one_less = |left: usize| left.checked_sub(1);
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_ok()
    }

    async fn types(&self, person: &str, command: &str) -> Done {
        let place = if person == ADMIN { "C0GENERAL".to_owned() } else { channel(team_of(person)) };
        self.slack.run_command(person, &place, command).await.map(drop)
    }

    /// What shows everything that can be done about something of theirs.
    async fn asks_after_their_own(&self, person: &str, dice: &mut Dice) -> Done {
        let known = self.known.lock().unwrap().clone();
        let live: Vec<Known> =
            known.into_iter().filter(|known| known.owner == person && !known.is_ended).collect();
        match dice.pick(&live) {
            Some(known) => self.types(person, &format!("/provision status {}", known.id)).await,
            None => self.types(person, "/provision list").await,
        }
    }

    /// Says yes or no to most of what waits, and lets the rest wait.
    async fn decides(&self, person: &str, dice: &mut Dice) -> Done {
        let channels: Vec<String> = (0..TEAMS).map(channel).collect();
        let wanted = if dice.percent(60) { "request.approve" } else { "request.deny" };
        let is_answered = |button: &Button| button.id() == wanted && !is_left_waiting(button.request());
        self.presses_one_of(person, dice, &channels, is_answered).await
    }

    /// Has a failed teardown shown, and gives it up.
    async fn looks_after_failed_teardowns(&self) -> Done {
        let offered = buttons(&self.slack, ADMIN, &["C0GENERAL".to_owned()]);
        let known = self.known.lock().unwrap().clone();
        let failed: Vec<Known> =
            known.into_iter().filter(|known| known.status == "TEARDOWN_FAILED").collect();
        let Some(first) = failed.first() else { return Ok(()) };
        let retain = offered
            .iter()
            .rev()
            .find(|button| button.id() == "request.retain" && button.request() == first.id);
        match retain {
            Some(button) => self.presses(ADMIN, button).await,
            None => self.types(ADMIN, &format!("/provision status {}", first.id)).await,
        }
    }

    /// Gives up every failed teardown there is; the last thing to do.
    pub(crate) async fn gives_up_failed_teardowns(&self) {
        for _ in 0..4 {
            let done = match Form::of(&self.slack, ADMIN) {
                Some(form) => self.fills(ADMIN, &form, &mut Dice::new(0, &[])).await,
                None => self.looks_after_failed_teardowns().await,
            };
            if done.is_err() {
                return;
            }
        }
    }

    async fn presses_an_old_button(&self, person: &str, dice: &mut Dice) -> Done {
        let remembered = self.remembered.lock().unwrap().get(person).cloned().unwrap_or_default();
        match dice.pick(&remembered) {
            Some(button) => self.presses(person, button).await,
            None => Ok(()),
        }
    }

    async fn presses_one_of(
        &self,
        person: &str,
        dice: &mut Dice,
        channels: &[String],
        is_wanted: impl Fn(&Button) -> bool,
    ) -> Done {
        let mut channels = channels.to_vec();
        if !APPROVERS.contains(&person) {
            channels.push(channel(team_of(person)));
        }
        let mut seen = buttons(&self.slack, person, &channels);
        seen.retain(is_wanted);
        let Some(button) = dice.pick(&seen) else { return Ok(()) };
        self.presses(person, button).await
    }

    async fn presses(&self, person: &str, button: &Button) -> Done {
        let begun = SystemClock.now();
        let known = !*self.silent.lock().unwrap();
        self.remembered.lock().unwrap().entry(person.to_owned()).or_default().push(button.clone());
        self.slack.act(person, &button.place, &button.block_id, button.action.clone()).await?;
        let event = match button.id() {
            "request.approve" => "approved",
            "request.cancel" => "cancelled",
            _ => return Ok(()),
        };
        self.note(person, button.request(), event, begun, known);
        Ok(())
    }

    fn note(&self, person: &str, request: &str, event: &'static str, begun: Timestamp, known: bool) {
        self.ledger.lock().unwrap().acked.push(Acked {
            person: person.to_owned(),
            request: request.to_owned(),
            event,
            begun,
            answered: SystemClock.now(),
            known: known && !*self.silent.lock().unwrap(),
        });
    }

    /// Fills in what is asked for and sends it, or changes their mind.
    async fn fills(&self, person: &str, form: &Form, dice: &mut Dice) -> Done {
        if !form.can_be_sent() || dice.percent(7) {
            return self.slack.dismiss(person).await.map(drop);
        }
        let is_request = form.callback() == "request.form";
        let reason =
            if is_request { self.ledger.lock().unwrap().ticket(form.id()) } else { "because".to_owned() };
        for (block, value) in [("reason", json!(reason)), ("person", json!(team_mate(person)))] {
            if let Some(field) = form.field(block) {
                self.slack.set_input(person, form.id(), block, &field, value).await?;
            }
        }
        let begun = self.ledger.lock().unwrap().begun(form.id(), SystemClock.now());
        let led_to = self.slack.submit(person, form.id()).await?.led_to;
        match led_to {
            LedTo::ViewClosed | LedTo::ViewsCleared if is_request => {
                self.ledger.lock().unwrap().form_is_acked(&reason);
            }
            LedTo::FieldErrors(_) => return self.slack.dismiss(person).await.map(drop),
            LedTo::Nothing
            | LedTo::Message(_)
            | LedTo::ViewClosed
            | LedTo::ViewsCleared
            | LedTo::ViewUpdated
            | LedTo::ViewPushed
            | LedTo::Options(_) => self.notes_form(person, form, begun, &led_to),
        }
        Ok(())
    }

    /// A form that closes was stored; one that is replaced says in its place whether it was.
    fn notes_form(&self, person: &str, form: &Form, begun: Timestamp, led_to: &LedTo) {
        let (event, done) = match form.callback() {
            "request.deny_reason" => ("denied", "Denied"),
            "request.teardown" => ("teardown", "Tearing down"),
            "request.retain" => ("retained", "Retained"),
            "request.transfer" => ("transferred", "Handed over"),
            _ => return,
        };
        let closed = matches!(led_to, LedTo::ViewClosed | LedTo::ViewsCleared);
        let replaced = Form::of(&self.slack, person);
        if closed || replaced.is_some_and(|note| note.title() == done) {
            self.note(person, &form.request(), event, begun, true);
        }
    }
}

/// One in four: nobody answers it, and it times out.
pub(crate) fn is_left_waiting(request: &str) -> bool {
    request.starts_with(['0', '1', '2', '3'])
}

fn team_of(person: &str) -> usize {
    person.chars().filter_map(|c| c.to_digit(10)).next_back().map_or(0, |digit| digit as usize)
}

fn team_mate(person: &str) -> Value {
    let [one, other] = members(team_of(person));
    json!(if person == one { other } else { one })
}

/// So many of the last of everybody decide about what others ask for.
pub(crate) const DECIDING: usize = APPROVERS.len() + 1;

/// Everybody who can do something.
pub(crate) fn everybody() -> Vec<String> {
    let developers = (0..TEAMS).flat_map(members);
    developers.chain(APPROVERS.map(str::to_owned)).chain([ADMIN.to_owned()]).collect()
}
