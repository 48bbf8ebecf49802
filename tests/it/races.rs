//! Many people, or a person and the clock, do things to one request at the same moment: one of them counts, the others
//! are told what came of it.

use futures_util::future::join_all;
use playground::LedTo;
use serde_json::json;
use tokio::sync::Semaphore;

use crate::harness::patient::Patient;
use crate::harness::{Company, Person, Setup, run, run_in};

const BUCKET: [(&str, &str); 1] = [("BucketPurpose", "logs")];
const DATABASE: [(&str, &str); 1] = [("DatabaseName", "orders")];

/// How many steps one of a pair hesitates, in races of both: dense where they meet, and in the end so many that the other one
/// is done on any machine.
const STEPS: [usize; 12] = [0, 10, 20, 30, 40, 60, 80, 100, 200, 1_000, 10_000, 100_000];
/// Presses of a button until there is an answer; a store that hundreds want at once takes its time.
const PRESSES: usize = 30;
/// Who press again at the same moment.
const AGAIN: usize = 4;
/// On AWS a race takes seconds.
const RACES_ON_AWS: usize = 3;

/// Lets everybody else take so many steps.
async fn hesitates(steps: usize) {
    for _ in 0..steps {
        tokio::task::yield_now().await;
    }
}

/// Plays a race again and again, each time with one of the two hesitating longer. Exactly one of them wins each; which one
/// depends on who hesitates.
async fn one_wins(race: impl AsyncFn(&Company, [usize; 2]) -> [usize; 2]) {
    let (mut wins, mut is_on_aws) = ([0, 0], false);
    let races = STEPS.into_iter().flat_map(|late| [[0, late], [late, 0]]);
    for (number, steps) in races.enumerate() {
        run(async |company| {
            let ends = race(company, steps).await;
            let trail = company.trail().await;
            assert!(ends == [1, 0] || ends == [0, 1], "{ends:?} after {steps:?} steps\n{trail}");
            wins = [wins[0] + ends[0], wins[1] + ends[1]];
            is_on_aws = company.is_on_aws();
        })
        .await;
        if is_on_aws && number + 1 == RACES_ON_AWS {
            return;
        }
    }
    assert!(wins[0] > 0 && wins[1] > 0, "the same one wins always: {wins:?}");
}

/// Presses a button unless it is gone already: the clock may have won before the finger was there.
async fn reaches_for(person: &Person, button: &str) {
    if person.can_click(button) {
        person.clicks(button).await;
    }
}

/// Sends the open form, again and again while Slack or the form says that it may not have arrived: at first all at once, then
/// as people do, who do not press in the same moment a second time.
async fn insists(person: &Person, again: &Semaphore) -> LedTo {
    for press in 0..PRESSES {
        let _turn = if press > 0 { Some(again.acquire().await.unwrap()) } else { None };
        let sent = person.tries_to_submit().await;
        if let Ok(led_to) = sent
            && !person.form().contains("press the button again")
        {
            return led_to;
        }
    }
    panic!("{} gets no answer:\n{}", person.id, person.form());
}

/// How often this happened, by the trail.
async fn times(company: &Company, event: &str) -> usize {
    company.trail().await.lines().filter(|line| line.split(" | ").next() == Some(event)).count()
}

/// The line of the trail about the one decision; it names who decided.
async fn decision(company: &Company) -> String {
    let trail = company.trail().await;
    let mut decisions =
        trail.lines().filter(|line| line.starts_with("approved |") || line.starts_with("denied |"));
    decisions.next().unwrap().to_owned()
}

fn words_to_the_workflow(company: &Company) -> usize {
    company.first_calls().iter().filter(|call| call.starts_with("send task")).count()
}

#[tokio::test]
async fn of_a_hundred_approvers_who_decide_at_once_one_counts_and_the_others_are_told() {
    run_in(Setup::new().with_approvers(100), async |company| {
        company.alice.asks_for("rds-postgres", &DATABASE).await;
        let (approving, denying) = company.crowd.split_at(50);
        for person in denying {
            person.clicks("Deny").await;
            person.fills(&[("reason", "Too large")]).await;
        }
        company.holds_jobs(true);
        let approvals = join_all(approving.iter().map(|person| Patient(person).clicks("Approve")));
        let again = Semaphore::new(AGAIN);
        let denials = join_all(denying.iter().map(|person| insists(person, &again)));
        let (_, answers) = tokio::join!(approvals, denials);
        assert_eq!(words_to_the_workflow(company), 0, "the machine is told after the decision is stored");
        company.holds_jobs(false);
        company.settle().await;

        assert_eq!(times(company, "approved").await + times(company, "denied").await, 1);
        assert_eq!(times(company, "refused").await, 0, "losing a race is no lack of right");
        let late = "This request is already ";
        let decision = decision(company).await;
        let is_late = |person: &&Person| !decision.contains(person.id);
        for person in approving.iter().filter(is_late) {
            assert!(person.is_told().starts_with(late), "{}: {}", person.id, person.is_told());
        }
        for person in denying.iter().filter(is_late) {
            assert!(person.form().contains(late), "{}: {}", person.id, person.form());
        }
        // Where the store was slow, the one who counted pressed again and reads that it is decided.
        let closed = answers.iter().filter(|led_to| **led_to == LedTo::ViewsCleared).count();
        assert!(closed <= times(company, "denied").await, "a form closes only over what was stored");
        company.waits("5m").await;
        let decision = words_to_the_workflow(company) - times(company, "active").await;
        assert_eq!(decision, 1, "the one decision is sent back once");
    })
    .await;
}

#[tokio::test]
async fn of_two_hundred_who_ask_at_once_for_three_slots_three_get_one_and_the_others_another_form() {
    run_in(Setup::new().with_members(200), async |company| {
        for person in &company.crowd {
            person.runs("/provision rds-postgres DatabaseName=orders").await;
        }
        company.holds_jobs(true);
        let again = Semaphore::new(AGAIN);
        let answers = join_all(company.crowd.iter().map(|person| insists(person, &again))).await;
        company.holds_jobs(false);
        company.settle().await;

        assert_eq!(times(company, "submitted").await, 3);
        assert_eq!(answers.iter().filter(|led_to| **led_to == LedTo::ViewsCleared).count(), 3);
        let full = company.crowd.iter().filter(|person| {
            let text = "there is no room for it any more (quota 3 of 3 used)";
            person.form().contains(text) && person.form().contains("[Ask for an exception]")
        });
        assert_eq!(full.count(), 197);
    })
    .await;
}

#[tokio::test]
async fn a_form_that_is_sent_five_times_at_once_makes_one_request() {
    run(async |company| {
        let alice = &company.alice;
        alice.runs("/provision s3-bucket BucketPurpose=logs").await;
        company.holds_jobs(true);
        join_all((0..5).map(|_| alice.forges_submission(|_| {}))).await;
        company.holds_jobs(false);
        company.settle().await;
        assert_eq!(times(company, "submitted").await, 1);
        assert_eq!(alice.dms().len(), 2);
    })
    .await;
}

#[tokio::test]
async fn an_approval_in_the_last_second_counts_or_is_too_late_but_never_both() {
    let race = async |company: &Company, [first, second]| {
        company.alice.asks_for("rds-postgres", &DATABASE).await;
        company.clock.advance("86399s");
        let approves = async {
            hesitates(first).await;
            reaches_for(&company.morgan, "Approve").await;
        };
        let time_runs_out = async {
            hesitates(second).await;
            company.waits("1s").await;
        };
        tokio::join!(approves, time_runs_out);
        company.settle().await;
        assert!(!company.morgan.can_click("Approve"));
        [times(company, "approved").await, times(company, "timed out").await]
    };
    one_wins(race).await;
}

#[tokio::test]
async fn a_request_is_approved_or_cancelled_but_never_both() {
    let race = async |company: &Company, [first, second]| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        alice.asks_for("rds-postgres", &DATABASE).await;
        company.holds_jobs(true);
        let approves = async {
            hesitates(first).await;
            morgan.clicks("Approve").await;
        };
        let cancels = async {
            hesitates(second).await;
            alice.clicks("Cancel").await;
        };
        tokio::join!(approves, cancels);
        company.holds_jobs(false);
        company.settle().await;
        let ends = [times(company, "approved").await, times(company, "cancelled").await];
        let loser = if ends[0] == 1 { alice } else { morgan };
        assert!(loser.is_told().contains("Nothing was changed"), "{}", loser.is_told());
        ends
    };
    one_wins(race).await;
}

#[tokio::test]
async fn a_lease_is_renewed_or_ends_but_never_both() {
    let race = async |company: &Company, [first, second]| {
        let alice = &company.alice;
        alice.asks_for("s3-bucket", &BUCKET).await;
        company.waits("30d").await;
        company.clock.advance("604799s");
        let renews = async {
            hesitates(first).await;
            reaches_for(alice, "Renew 30 days").await;
        };
        let time_runs_out = async {
            hesitates(second).await;
            company.waits("1s").await;
        };
        tokio::join!(renews, time_runs_out);
        company.waits("5m").await;
        let ends = [times(company, "renewed").await, times(company, "terminated").await];
        assert_eq!(company.newest_request().await.lease().is_some(), ends[0] == 1);
        ends
    };
    one_wins(race).await;
}

#[tokio::test]
async fn an_event_that_slack_delivers_three_times_is_one_event() {
    run(async |company| {
        company.alice.opens_home().await;
        company.holds_jobs(true);
        let event = json!({
            "type": "event_callback", "event_id": "Ev0TWICE", "team_id": "T0PLAY", "api_app_id": "A0QM",
            "event": {
                "type": "app_home_opened", "user": "U0BOB", "channel": "D0BOB", "tab": "home",
                "event_ts": "1763800000.000100",
            },
        })
        .to_string();
        let answers = join_all((0..3).map(|_| company.posts_signed("/slack/events", &event))).await;
        assert!(answers.iter().all(|(status, _)| *status == 200), "{answers:?}");
        company.holds_jobs(false);
        company.settle().await;
        let published = company.calls("views.publish");
        let to_bob = published.iter().filter(|call| call.sent.contains("U0BOB")).count();
        assert_eq!(to_bob, 1);
    })
    .await;
}
