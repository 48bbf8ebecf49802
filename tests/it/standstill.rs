//! The store, Slack or the account stands still: everybody has an answer in time whatever they do, what they asked for
//! counts once, and what they see comes when it is there.

use std::time::Duration;

use playground::LedTo;
use quartermaster::domain::ids::{ChannelId, PersonId};
use quartermaster::domain::request::MessageRef;
use quartermaster::ports::limits::Limits;
use quartermaster::slack::ids::{ActionId, CATALOG_SHORTCUT, CallbackId};
use quartermaster::slack::incoming::{
    Click, ClickedMessage, Incoming, Origin, ParseError, Shortcut, SlackEvent, SlashCommand, Suggestion,
    ViewRef, ViewSubmission,
};
use quartermaster::slack::reply::Ack;

use crate::harness::process::eventually;
use crate::harness::{Company, Person, Setup, Stands, run, run_in};
use crate::provision::IMAGE;

const DATABASE: [(&str, &str); 1] = [("DatabaseName", "orders")];

/// What stands still meets them at once; nothing else does.
const SHORT: Limits =
    Limits { answer: Duration::from_millis(20), silence: Duration::from_millis(20), ..Limits::NONE };

/// So long nothing takes that ends at all.
const FOR_EVER: Duration = Duration::from_mins(5);

/// Everything that a command can begin with; that none is missing is seen by what `help` lists.
const WORDS: [&str; 18] = [
    "",
    "rds-postgres",
    "bucket",
    "list",
    "status",
    "again",
    "cancel",
    "renew",
    "change",
    "teardown",
    "transfer",
    "audit",
    "costs",
    "stats",
    "jobs",
    "pause",
    "resume",
    "help",
];

/// How Slack names a view of a form of ours.
fn view(callback_id: &str, values: &[(&str, &str)], metadata: &str) -> ViewRef {
    ViewRef {
        id: "V0FORM".to_owned(),
        hash: None,
        callback_id: callback_id.to_owned(),
        private_metadata: metadata.to_owned(),
        values: values.iter().map(|(block, text)| (*block, vec![*text])).collect(),
        blocks: "[]".to_owned(),
    }
}

/// What Slack names each thing by that is done.
fn key() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// Everything that this person can type.
fn commands(origin: &Origin, ids: [&str; 2]) -> Vec<(String, Incoming)> {
    let typed =
        WORDS.into_iter().flat_map(|word| ids.map(|id| (word, if word.is_empty() { "" } else { &id[..8] })));
    let command = |(word, id): (&str, &str)| {
        let command = SlashCommand {
            origin: origin.clone(),
            command: "/provision".to_owned(),
            text: format!("{word} {id}"),
            channel: Some(ChannelId::new("C0SEARCH")),
            trigger_id: Some("1.2.3".to_owned()),
            key: key(),
            response_url: None,
        };
        (format!("/provision {word}"), Incoming::Command(command))
    };
    typed.map(command).collect()
}

/// Everything that this person can press, in a message and in a view.
fn clicks(origin: &Origin, [live, waiting]: [&str; 2], form: &ViewRef) -> Vec<(String, Incoming)> {
    let place = MessageRef { channel: ChannelId::new("C0SEARCH"), ts: "1763800000.000100".to_owned() };
    let message = ClickedMessage { at: place, thread_ts: None, is_ephemeral: true };
    let click = |(action, in_view): (ActionId, bool)| {
        let value = match action {
            ActionId::MoreRows | ActionId::ShowAll => "live:0".to_owned(),
            ActionId::ChooseProduct => "s3-bucket".to_owned(),
            ActionId::RetryJob | ActionId::DropJob => "1|-|bill".to_owned(),
            ActionId::Renew(_) | ActionId::TearDown | ActionId::Transfer | ActionId::Change => {
                format!("{live}:1")
            }
            ActionId::Approve
            | ActionId::ApproveWithChanges
            | ActionId::Deny
            | ActionId::Cancel
            | ActionId::Nudge
            | ActionId::Retain
            | ActionId::LookAgain
            | ActionId::End
            | ActionId::Again
            | ActionId::ShowStatus
            | ActionId::ShowCosts
            | ActionId::ShowStats
            | ActionId::BeginAbsence
            | ActionId::ComeBack
            | ActionId::OpenCatalog
            | ActionId::ChooseTeam
            | ActionId::PageBack
            | ActionId::FieldValue => format!("{waiting}:1"),
        };
        let click = Click {
            origin: origin.clone(),
            action_id: action.as_str().to_owned(),
            block_id: "decide".to_owned(),
            values: vec![value],
            trigger_id: Some("1.2.3".to_owned()),
            key: key(),
            response_url: None,
            channel: (!in_view).then(|| ChannelId::new("C0SEARCH")),
            message: (!in_view).then(|| message.clone()),
            view: in_view.then(|| form.clone()),
        };
        (format!("{action:?}, in a view: {in_view}"), Incoming::Click(click))
    };
    ActionId::ALL.into_iter().flat_map(|action| [(action, false), (action, true)]).map(click).collect()
}

/// Every form that this person can send, with fields and without.
fn submissions(origin: &Origin, waiting: &str, form: &ViewRef) -> Vec<(String, Incoming)> {
    const FIELDS: [(&str, &str); 4] =
        [("reason", "because"), ("person", "U0BOB"), ("until", "2099-01-01"), ("name", "x")];
    let submission = |(callback, fields): (CallbackId, &[(&str, &str)])| {
        let is_request = callback == CallbackId::RequestForm;
        let metadata = if is_request { form.private_metadata.clone() } else { format!("{waiting}:1") };
        let submission = ViewSubmission {
            origin: origin.clone(),
            view: view(callback.as_str(), fields, &metadata),
            trigger_id: Some("1.2.3".to_owned()),
            response_urls: Vec::new(),
        };
        (format!("{callback:?} with {} fields", fields.len()), Incoming::Submission(submission))
    };
    let forms = CallbackId::ALL.into_iter().flat_map(|callback| [(callback, &FIELDS[..]), (callback, &[])]);
    forms.map(submission).collect()
}

/// Everything that this person can do, as Slack sends it: each with what it is called.
fn everything(
    person: &str,
    team: &str,
    live: &str,
    waiting: &str,
    form: &ViewRef,
) -> Vec<(String, Incoming)> {
    let origin = Origin { person: PersonId::new(person), team: Some(team.to_owned()), enterprise: None };
    let mut all = commands(&origin, [live, waiting]);
    all.extend(clicks(&origin, [live, waiting], form));
    all.extend(submissions(&origin, waiting, form));
    let suggestion = Suggestion {
        origin: origin.clone(),
        action_id: "value".to_owned(),
        block_id: "param.VpcId".to_owned(),
        typed: "v".to_owned(),
        view: Some(form.clone()),
    };
    all.push(("a suggestion".to_owned(), Incoming::Suggestion(suggestion)));
    let shortcut = Shortcut {
        origin: origin.clone(),
        callback_id: CATALOG_SHORTCUT.to_owned(),
        trigger_id: Some("1.2.3".to_owned()),
    };
    all.push(("the shortcut".to_owned(), Incoming::Shortcut(shortcut)));
    let (view, why) = (Box::new(form.clone()), ParseError::Missing("type"));
    all.push(("a form of nobody".to_owned(), Incoming::UnreadForm { view, why }));
    let opened = SlackEvent::AppHomeOpened { origin, event_id: key(), tab: "home".to_owned() };
    all.push(("the home tab".to_owned(), Incoming::Event(opened)));
    all
}

/// Does all of it at once; each is answered, whatever stands still, and with what Slack takes in answer to it.
async fn all_are_acked(company: &Company, things: Vec<(String, Incoming)>) {
    let answers = things.into_iter().map(|(what, incoming)| async move {
        let kind = incoming.clone();
        let ack = tokio::time::timeout(FOR_EVER, company.edge().answer(incoming)).await;
        let ack = ack.unwrap_or_else(|_| panic!("{what} is never answered"));
        let fits = match kind {
            Incoming::Submission(_) => matches!(ack, Ack::FieldErrors(_) | Ack::UpdateView(_) | Ack::Close),
            Incoming::UnreadForm { .. } => matches!(ack, Ack::FieldErrors(_) | Ack::UpdateView(_)),
            Incoming::Suggestion(_) => matches!(ack, Ack::Options(_)),
            Incoming::Command(_) => matches!(ack, Ack::Empty | Ack::Ephemeral(_) | Ack::Written(_)),
            Incoming::Click(_)
            | Incoming::Shortcut(_)
            | Incoming::Event(_)
            | Incoming::Closed
            | Incoming::UrlVerification { .. }
            | Incoming::Unknown { .. } => ack == Ack::Empty,
        };
        assert!(fits, "{what}: {ack:?}");
    });
    futures_util::future::join_all(answers).await;
}

/// The form of the database as it stands open before Bob.
fn open_form(company: &Company) -> ViewRef {
    let form = company.playground.view("U0BOB").unwrap();
    view("request.form", &[("param.DatabaseName", "orders")], form["private_metadata"].as_str().unwrap())
}

#[tokio::test]
async fn everything_that_slack_sends_is_answered_whatever_stands_still() {
    assert!(Limits::default().answer < Duration::from_secs(1));
    run_in(Setup::new(), async |company| {
        let (bob, help) = (&company.bob, &company.morgan);
        help.runs("/provision help").await;
        for line in help.is_told().lines().filter_map(|line| line.strip_prefix("`/provision ")) {
            let word = line.split([' ', '`', '&']).next().unwrap();
            assert!(word.is_empty() || WORDS.contains(&word), "{word} is never tried");
        }
        let live = bob.asks_for("s3-bucket", &[("BucketPurpose", "logs")]).await;
        let waiting = bob.asks_for("rds-postgres", &DATABASE).await;
        bob.runs("/provision rds-postgres").await;
        let form = open_form(company);
        // Nobody has to agree with what people do here, but they may see all of it.
        company.is_lied_to();
        company.is_held_to(SHORT).await;
        let store = |is_silent| company.store_is(if is_silent { Stands::Silent } else { Stands::Well });
        let stills: [&dyn Fn(bool); 4] = [
            &store,
            &|is_silent| company.slack_is_silent(is_silent),
            &|is_silent| company.aws_is_silent(is_silent),
            &|is_silent| {
                store(is_silent);
                company.slack_is_silent(is_silent);
                company.aws_is_silent(is_silent);
            },
        ];
        for stands_still in stills {
            stands_still(true);
            for (person, team) in [("U0BOB", "T0PLAY"), ("U0MORGAN", "T0PLAY"), ("U0OLGA", "T0THEIRS")] {
                all_are_acked(company, everything(person, team, &live, &waiting, &form)).await;
            }
            stands_still(false);
            company.edge().settle().await;
        }
    })
    .await;
}

#[tokio::test]
async fn everything_is_answered_where_slack_has_not_said_yet_whose_app_it_is() {
    run_in(Setup::new(), async |company| {
        company.is_lied_to();
        company.slack_is_silent(true);
        company.restarts_held_to(Limits { identity: Duration::from_millis(40), ..SHORT }).await;
        let id = "0b8f1c9e-6d6e-4a53-9b7e-3f2f5d1c7a10";
        let form = view("request.form", &[("param.DatabaseName", "orders")], "");
        all_are_acked(company, everything("U0BOB", "T0PLAY", id, id, &form)).await;
        company.slack_is_silent(false);
    })
    .await;
}

#[tokio::test]
async fn who_does_too_much_is_answered_whatever_stands_still() {
    run_in(Setup::new().with_settings("burst = 0", "burst = 1"), async |company| {
        company.is_lied_to();
        company.is_held_to(SHORT).await;
        company.store_is(Stands::Silent);
        company.slack_is_silent(true);
        let id = "0b8f1c9e-6d6e-4a53-9b7e-3f2f5d1c7a10";
        let form = view("request.form", &[("param.DatabaseName", "orders")], "");
        all_are_acked(company, everything("U0BOB", "T0PLAY", id, id, &form)).await;
        company.store_is(Stands::Well);
        company.slack_is_silent(false);
    })
    .await;
}

#[tokio::test]
async fn a_form_that_takes_too_long_stays_open_and_counts_once_when_it_is_sent_again() {
    run(async |company| {
        let alice = &company.alice;
        alice.runs("/provision s3-bucket BucketPurpose=logs").await;
        // Of both answers the first one has changed the form.
        company.expects_slack_to_refuse("views.update", "hash_conflict");
        company.is_held_to(SHORT).await;
        company.store_is(Stands::Silent);
        for _ in 0..2 {
            alice.submits_and_looks().await;
            assert!(alice.form().contains("Please press the button again in a moment"), "{}", alice.form());
        }
        company.store_is(Stands::Well);
        company.settle().await;
        insta::assert_snapshot!(alice.form(), @"
        Done  [Close]
        It took longer than usual, and is done now. You can close this window.
        ");
        assert_eq!(company.trail().await.matches("submitted").count(), 1);
        assert!(alice.newest_dm().contains("is ready"), "{}", alice.everything());
    })
    .await;
}

#[tokio::test]
async fn a_dialog_without_fields_that_takes_too_long_shows_what_came_of_it() {
    run(async |company| {
        let alice = &company.alice;
        let id = alice.asks_for("ecs-service", &[("ServiceName", "checkout"), ("Image", IMAGE)]).await;
        alice.runs(&format!("/provision teardown {id}")).await;
        company.is_held_to(SHORT).await;
        company.store_is(Stands::Silent);
        alice.submits_and_looks().await;
        assert!(alice.form().contains("Please press the button again in a moment"), "{}", alice.form());
        company.store_is(Stands::Well);
        company.settle().await;
        assert!(alice.form().starts_with("Tearing down  [Close]"), "{}", alice.form());
        assert_eq!(company.trail().await.matches("teardown |").count(), 1);
    })
    .await;
}

#[tokio::test]
async fn what_was_begun_is_done_also_where_the_connection_it_came_by_is_gone() {
    run(async |company| {
        let id = company.bob.asks_for("rds-postgres", &DATABASE).await;
        let origin =
            Origin { person: PersonId::new("U0BOB"), team: Some("T0PLAY".to_owned()), enterprise: None };
        let cancel = commands(&origin, [&id, &id]).into_iter().find(|(what, _)| what == "/provision cancel");
        company.store_is(Stands::Silent);
        let edge = company.edge();
        let mut answer = Box::pin(edge.answer(cancel.unwrap().1));
        assert!(futures_util::poll!(&mut answer).is_pending());
        drop(answer);
        company.store_is(Stands::Well);
        company.settle().await;
        assert!(company.trail().await.contains("cancelled | U0BOB"), "{}", company.trail().await);
    })
    .await;
}

#[tokio::test]
async fn a_click_that_takes_too_long_is_answered_and_still_counts() {
    run(async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        alice.asks_for("rds-postgres", &DATABASE).await;
        company.is_held_to(Limits { silence: Limits::NONE.silence, ..SHORT }).await;
        company.store_is(Stands::Silent);
        morgan.clicks_and_looks("Approve").await;
        company.store_is(Stands::Well);
        company.settle().await;
        assert!(company.trail().await.contains("approved | U0MORGAN"));
        assert!(!morgan.everything().contains("press again"), "{}", morgan.everything());
    })
    .await;
}

/// Types a command and looks, before anything else has happened.
async fn types(company: &Company, command: &str) {
    let alice = &company.alice;
    company.playground.run_command(alice.id, "C0PAYMENTS", command).await.unwrap();
}

#[tokio::test]
async fn a_form_whose_data_come_late_asks_for_a_moment_and_becomes_the_form() {
    run(async |company| {
        let alice = &company.alice;
        company.is_held_to(SHORT).await;
        company.store_is(Stands::Silent);
        types(company, "/provision s3-bucket BucketPurpose=logs").await;
        eventually("something opens", async || alice.has_a_form()).await;
        insta::assert_snapshot!(alice.form(), @"
        One moment…  [Close]
        This is taking longer than usual. It appears here as soon as it is ready.
        ");
        company.store_is(Stands::Well);
        company.settle().await;
        assert!(alice.asks_in_form("param.BucketPurpose"), "{}", alice.form());
        alice.submits().await;
        assert_eq!(company.trail().await.matches("submitted").count(), 1);
        alice.closes_all().await;

        company.store_is(Stands::Silent);
        types(company, "/provision").await;
        eventually("something opens", async || alice.has_a_form()).await;
        company.store_is(Stands::Failing);
        company.edge().settle().await;
        company.store_is(Stands::Well);
        assert!(alice.form().contains("The database of this app is not working"), "{}", alice.form());
        alice.closes_all().await;

        company.store_is(Stands::Silent);
        types(company, "/provision teardown 00000000").await;
        eventually("something opens", async || alice.has_a_form()).await;
        company.store_is(Stands::Well);
        company.settle().await;
        assert!(alice.form().contains("There is no request"), "{}", alice.form());
    })
    .await;
}

#[tokio::test]
async fn what_a_command_says_late_is_said_beside_it() {
    run(async |company| {
        let alice = &company.alice;
        company.is_held_to(SHORT).await;
        company.store_is(Stands::Silent);
        types(company, "/provision list").await;
        eventually("she is told that it takes long", async || alice.is_told().contains("taking longer"))
            .await;
        company.store_is(Stands::Well);
        company.settle().await;
        assert!(alice.is_told().contains("You have not requested anything yet"), "{}", alice.is_told());
    })
    .await;
}

#[tokio::test]
async fn people_read_which_side_does_not_answer() {
    run(async |company| {
        let (alice, pat) = (&company.alice, &company.pat);
        let reads = |person: &Person| person.is_told().split('`').next().unwrap().to_owned();
        company.store_is(Stands::Failing);
        types(company, "/provision list").await;
        company.edge().settle().await;
        company.store_is(Stands::Well);
        insta::assert_snapshot!(reads(alice), @"The database of this app is not working at the moment, so nothing was saved as far as we know. The problem is on our side. Try again in a minute; if it keeps happening, mention ");
        company.expects_slack_to_refuse("users.info", "internal_error");
        company.playground.fail_always("users.info", Some("internal_error"));
        company.playground.fail_always("usergroups.list", Some("internal_error"));
        company.is_held_to(Limits::NONE).await;
        pat.runs("/provision pause").await;
        company.playground.fail_always("users.info", None);
        company.playground.fail_always("usergroups.list", None);
        insta::assert_snapshot!(reads(pat), @"Slack is not responding, so nothing was done. Try again in a minute; if it keeps happening, mention ");
    })
    .await;
}

/// What is asked about people takes longer than anything goes on without.
const SLOW_TO_SAY_WHO: Limits = Limits { standing: Duration::from_millis(1), ..SHORT };

#[tokio::test]
async fn whoever_slack_is_slow_to_say_who_they_are_has_the_form_and_the_answer_when_it_says_it() {
    let limits = Limits::default();
    let trigger = Duration::from_secs(3);
    assert!(limits.question >= trigger && limits.call >= limits.question);
    assert!(limits.identity + limits.answer < trigger, "a view can still be opened");
    let setup = Setup::new().with_settings("members = [\"U0ALICE\"]", "members = [\"S0LEADS\", \"U0ALICE\"]");
    run_in(setup, async |company| {
        let alice = &company.alice;
        let is_slow = |is_slow: bool| {
            for method in ["auth.test", "users.info", "users.list", "usergroups.list"] {
                company.playground.hang(method, is_slow);
            }
        };
        company.is_held_to(SLOW_TO_SAY_WHO).await;
        is_slow(true);
        types(company, "/provision rds-postgres").await;
        eventually("something opens", async || alice.has_a_form()).await;
        assert!(alice.form().starts_with("One moment"), "{}", alice.form());
        is_slow(false);
        company.settle().await;
        assert!(alice.asks_in_form("param.DatabaseName"), "{}", alice.form());
        assert!(alice.form().contains("*Approval*: <@U0MORGAN>"), "{}", alice.form());
        assert_eq!(alice.is_told(), "-", "the window says that it takes long");

        // So does the one who submits it, and whoever only types.
        alice.fills(&DATABASE).await;
        company.is_held_to(SLOW_TO_SAY_WHO).await;
        is_slow(true);
        alice.submits_and_looks().await;
        assert!(alice.form().contains("Please press the button again in a moment"), "{}", alice.form());
        is_slow(false);
        company.settle().await;
        assert!(company.trail().await.contains("submitted | U0ALICE"), "{}", alice.everything());

        company.is_held_to(SLOW_TO_SAY_WHO).await;
        is_slow(true);
        types(company, "/provision list payments").await;
        eventually("she is told that it takes long", async || alice.is_told().contains("taking longer"))
            .await;
        is_slow(false);
        company.settle().await;
        assert!(alice.is_told().contains("PostgreSQL"), "{}", alice.is_told());
        assert!(!alice.everything().contains("does not answer"), "{}", alice.everything());
    })
    .await;
}

#[tokio::test]
async fn what_takes_slack_longer_than_anybody_can_wait_is_to_be_pressed_again() {
    run(async |company| {
        let alice = &company.alice;
        alice.runs("/provision rds-postgres").await;
        alice.fills(&DATABASE).await;
        company.is_held_to(Limits { question: Duration::from_millis(1), ..Limits::NONE }).await;
        company.playground.hang("users.info", true);
        let LedTo::FieldErrors(errors) = alice.submits().await else { panic!("{}", alice.form()) };
        let said = errors.into_values().next().unwrap();
        insta::assert_snapshot!(said, @"Slack is slow to say who is who. Nothing was done; press again in a few seconds.");
        company.playground.hang("users.info", false);
        company.is_held_to(Limits::NONE).await;
        assert_eq!(alice.submits().await, LedTo::ViewsCleared);
    })
    .await;
}

#[tokio::test]
async fn a_form_opens_where_slack_is_slow_to_say_whose_app_it_is() {
    run_in(Setup::new(), async |company| {
        let alice = &company.alice;
        company.playground.hang("auth.test", true);
        company.restarts_held_to(SLOW_TO_SAY_WHO).await;
        types(company, "/provision rds-postgres").await;
        company.store_is(Stands::Silent);
        company.playground.hang("auth.test", false);
        eventually("something opens", async || alice.has_a_form()).await;
        assert!(alice.form().starts_with("One moment"), "{}", alice.form());
        company.store_is(Stands::Well);
        company.settle().await;
        assert!(alice.asks_in_form("param.DatabaseName"), "{}", alice.form());
    })
    .await;
}
