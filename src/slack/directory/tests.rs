//! The directory against a Slack whose users come and go.

use std::time::Duration;

use serde_json::json;

use Freshness::{Fresh, Known};

use super::*;
use crate::ports::limits::Limits;
use crate::ports::slack::SlackError;
use crate::slack::client::fake::{FakeSlack, StillClock};

async fn start() -> (FakeSlack, SlackDirectory, StillClock) {
    let clock = StillClock::new();
    let (slack, client, _) = FakeSlack::start(&clock).await;
    let directory = SlackDirectory::new(Arc::new(client), Arc::new(clock.clone()));
    (slack, directory, clock)
}

fn leads() -> GroupId {
    GroupId::new("S0LEADS")
}

fn asked(slack: &FakeSlack, method: &str) -> usize {
    slack.calls().iter().filter(|call| call.method == method).count()
}

fn morgan() -> PersonId {
    PersonId::new("U0MORGAN")
}

fn says(slack: &FakeSlack, user: &serde_json::Value) {
    slack.answers("users.info", &json!({ "ok": true, "user": user }));
}

fn waits(slack: &FakeSlack, method: &str, seconds: u32) {
    let body = r#"{"ok":false,"error":"ratelimited"}"#;
    slack.script(method, 429, vec![("retry-after", seconds.to_string())], body);
}

fn in_leads(slack: &FakeSlack, people: &[&str]) {
    let groups = json!([{ "id": "S0LEADS", "users": people }, { "id": "S0OTHERS", "users": ["U0OLGA"] }]);
    slack.answers("usergroups.list", &json!({ "ok": true, "usergroups": groups }));
}

/// An answer that has not arrived by then will not arrive.
const LONG: Duration = Duration::from_secs(20);

/// Waits until the method was called this often in the background.
async fn until_asked(slack: &FakeSlack, method: &str, times: usize) {
    let lookups = async {
        while asked(slack, method) < times {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LONG, lookups)
        .await
        .unwrap_or_else(|_| panic!("{method} is not asked {times} times"));
}

#[tokio::test]
async fn a_group_is_asked_once_a_minute_however_many_want_to_know() {
    let (slack, directory, clock) = start().await;
    in_leads(&slack, &["U0MORGAN"]);
    let group = leads();
    let (one, two) =
        tokio::join!(directory.group_members(&group, Fresh), directory.group_members(&group, Fresh));
    assert_eq!(*one.unwrap(), BTreeSet::from([morgan()]));
    assert_eq!(two.unwrap().len(), 1);
    clock.move_by(59);
    directory.group_members(&group, Fresh).await.unwrap();
    assert_eq!(asked(&slack, "usergroups.list"), 1);
    assert_eq!(asked(&slack, "users.info"), 0, "who counts is asked about whoever acts");
    assert_eq!(slack.calls()[0].arguments["include_users"], "true");

    in_leads(&slack, &[]);
    clock.move_by(2);
    assert!(directory.group_members(&group, Fresh).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_is_only_shown_is_what_is_known_and_asked_for_anew_meanwhile() {
    let (slack, directory, clock) = start().await;
    in_leads(&slack, &["U0MORGAN"]);
    assert_eq!(directory.group_members(&leads(), Known).await.unwrap().len(), 1, "nothing was known yet");
    in_leads(&slack, &[]);
    clock.move_by(3600);
    assert_eq!(directory.group_members(&leads(), Known).await.unwrap().len(), 1, "an hour old");
    until_asked(&slack, "usergroups.list", 2).await;
    assert!(directory.group_members(&leads(), Fresh).await.unwrap().is_empty());
    assert_eq!(asked(&slack, "usergroups.list"), 2);
}

#[tokio::test]
async fn an_account_that_is_no_active_full_member_of_ours_counts_for_nothing() {
    let why = |user: serde_json::Value| async move {
        let (slack, directory, _) = start().await;
        slack.answers("auth.test", &json!({ "ok": true, "team_id": "T0OURS", "enterprise_id": "E0OURS" }));
        says(&slack, &user);
        directory.why_not_counted(&morgan(), Fresh).await.unwrap()
    };
    assert_eq!(why(json!({ "id": "U1", "team_id": "T0OURS" })).await, None);
    for flag in ["is_restricted", "is_ultra_restricted"] {
        assert_eq!(why(json!({ "id": "U1", flag: true })).await, Some(Uncounted::Guest), "{flag}");
    }
    for flag in ["is_bot", "is_workflow_bot"] {
        assert_eq!(why(json!({ "id": "U1", flag: true })).await, Some(Uncounted::App), "{flag}");
    }
    assert_eq!(why(json!({ "id": "USLACKBOT" })).await, Some(Uncounted::App));
    assert_eq!(why(json!({ "id": "U1", "deleted": true })).await, Some(Uncounted::Deactivated));
    assert_eq!(why(json!({ "id": "U1", "is_stranger": true })).await, Some(Uncounted::Stranger));
    // Slack does not mark members of a shared channel as strangers.
    let shared = json!({ "id": "U1", "team_id": "T0THEIRS", "is_stranger": false });
    assert_eq!(why(shared).await, Some(Uncounted::Stranger));
    let theirs = json!({ "id": "U1", "team_id": "T0X", "enterprise_user": { "enterprise_id": "E0THEIRS" } });
    assert_eq!(why(theirs).await, Some(Uncounted::Stranger));
    let ours = json!({ "id": "W1", "team_id": "T0X", "enterprise_user": { "enterprise_id": "E0OURS" } });
    assert_eq!(why(ours).await, None);
    assert_eq!(why(json!({ "id": "W1", "team_id": "E0OURS" })).await, None);
    assert_eq!(why(json!({})).await, Some(Uncounted::Unknown));

    let (slack, directory, _) = start().await;
    slack.refuses("users.info", "user_not_found");
    assert_eq!(directory.why_not_counted(&morgan(), Fresh).await.unwrap(), Some(Uncounted::Unknown));
}

#[tokio::test]
async fn an_unknown_group_is_empty_and_an_unreachable_slack_is_an_error() {
    let (slack, directory, _) = start().await;
    in_leads(&slack, &["U0MORGAN"]);
    assert!(directory.group_members(&GroupId::new("S0GONE"), Fresh).await.unwrap().is_empty());

    let (slack, directory, _) = start().await;
    slack.script("usergroups.list", 503, Vec::new(), "");
    let error = directory.group_members(&leads(), Fresh).await.unwrap_err();
    assert!(format!("{error:#}").starts_with("cannot ask Slack who is in group S0LEADS: "), "{error:#}");
    // Failures are not cached.
    in_leads(&slack, &[]);
    assert!(directory.group_members(&leads(), Fresh).await.is_ok());
}

#[tokio::test]
async fn an_address_is_somebodys_only_when_slack_has_confirmed_it() {
    let person = |user: serde_json::Value| async move {
        let (slack, directory, _) = start().await;
        slack.answers("users.lookupByEmail", &json!({ "ok": true, "user": user }));
        directory.person_by_email("Ann@example.com", Fresh).await.unwrap()
    };
    assert_eq!(person(json!({ "id": "U1", "is_email_confirmed": true })).await, Some(PersonId::new("U1")));
    assert_eq!(person(json!({ "id": "U1", "is_email_confirmed": false })).await, None);
    assert_eq!(person(json!({ "id": "U1", "is_email_confirmed": null })).await, None);
    assert_eq!(person(json!({ "id": "U1" })).await, None);

    let (slack, directory, _) = start().await;
    slack.refuses("users.lookupByEmail", "users_not_found");
    assert_eq!(directory.person_by_email("ann@example.com", Fresh).await.unwrap(), None);
    assert_eq!(slack.last().arguments["email"], "ann@example.com");
    directory.person_by_email("ANN@example.com", Fresh).await.unwrap();
    assert_eq!(asked(&slack, "users.lookupByEmail"), 1);
}

#[tokio::test]
async fn however_many_groups_are_asked_about_it_is_one_call() {
    let (slack, directory, _) = start().await;
    let groups: Vec<_> =
        (0..200).map(|n| json!({ "id": format!("S{n}"), "users": [format!("U{n}")] })).collect();
    slack.answers("usergroups.list", &json!({ "ok": true, "usergroups": groups }));
    for n in 0..200 {
        let people = directory.group_members(&GroupId::new(format!("S{n}")), Fresh).await.unwrap();
        assert_eq!(*people, BTreeSet::from([PersonId::new(format!("U{n}"))]));
    }
    assert_eq!(slack.calls().len(), 1);
}

#[tokio::test]
async fn a_question_that_slack_asks_to_wait_with_is_not_asked_before() {
    let (slack, directory, clock) = start().await;
    waits(&slack, "usergroups.list", 37);
    for _ in 0..5 {
        let error = directory.group_members(&leads(), Fresh).await.unwrap_err();
        let Some(SlackError::RateLimited(wait)) = error.downcast_ref() else { panic!("{error:#}") };
        assert_eq!(wait.as_millis().div_ceil(1000), 37);
    }
    in_leads(&slack, &["U0MORGAN"]);
    clock.move_by(35);
    assert!(directory.group_members(&leads(), Fresh).await.is_err());
    assert_eq!(slack.calls().len(), 1);
    says(&slack, &json!({ "id": "U0MORGAN" }));
    assert!(directory.why_not_counted(&morgan(), Fresh).await.is_ok(), "about people nothing was said");
    clock.move_by(3);
    assert!(directory.group_members(&leads(), Fresh).await.unwrap().contains(&morgan()));
    assert_eq!(asked(&slack, "usergroups.list"), 2);

    // The same if Slack reports the limit in the body, without a time.
    let (slack, directory, clock) = start().await;
    slack.refuses("users.info", "ratelimited");
    directory.why_not_counted(&morgan(), Fresh).await.unwrap_err();
    clock.move_by(19);
    directory.why_not_counted(&morgan(), Fresh).await.unwrap_err();
    assert_eq!(asked(&slack, "users.info"), 1);
}

#[tokio::test]
async fn what_is_known_is_shown_while_slack_asks_to_wait_and_decided_by_for_a_minute() {
    let (slack, directory, clock) = start().await;
    in_leads(&slack, &["U0MORGAN"]);
    directory.group_members(&leads(), Fresh).await.unwrap();
    waits(&slack, "usergroups.list", 600);
    clock.move_by(59);
    assert!(directory.group_members(&leads(), Fresh).await.is_ok());
    clock.move_by(1);
    assert!(directory.group_members(&leads(), Fresh).await.is_err(), "a minute old");
    assert!(directory.group_members(&leads(), Known).await.unwrap().contains(&morgan()));
}

fn lists(slack: &FakeSlack, members: &[serde_json::Value]) {
    slack.answers("users.list", &json!({ "ok": true, "members": members }));
}

#[tokio::test]
async fn all_accounts_are_listed_in_few_calls_and_again_only_if_somebody_wants_to_know() {
    let (slack, directory, clock) = start().await;
    lists(&slack, &[json!({ "id": "U0MORGAN" }), json!({ "id": "U0GUEST", "is_restricted": true })]);
    says(&slack, &json!({ "id": "U0MORGAN", "is_restricted": true }));
    directory.refresh().await;
    assert_eq!(directory.why_not_counted(&morgan(), Fresh).await.unwrap(), None);
    assert_eq!((asked(&slack, "users.list"), asked(&slack, "users.info")), (1, 0));
    assert_eq!(
        slack.calls().iter().find(|call| call.method == "users.list").unwrap().arguments["limit"],
        "999"
    );

    // A minute later, a decision looks up the one account, while what is only shown uses the cache.
    clock.move_by(61);
    directory.refresh().await;
    assert_eq!(directory.why_not_counted(&morgan(), Known).await.unwrap(), None);
    assert_eq!(asked(&slack, "users.info"), 0);
    assert_eq!(directory.why_not_counted(&morgan(), Fresh).await.unwrap(), Some(Uncounted::Guest));
    assert_eq!((asked(&slack, "users.list"), asked(&slack, "users.info")), (1, 1));

    // The list also finds those who have left since.
    clock.move_by(300);
    lists(&slack, &[json!({ "id": "U0MORGAN", "deleted": true })]);
    directory.refresh().await;
    assert_eq!(directory.why_not_counted(&morgan(), Fresh).await.unwrap(), Some(Uncounted::Deactivated));
    assert_eq!((asked(&slack, "users.list"), asked(&slack, "users.info")), (2, 1));
    clock.move_by(3600);
    directory.refresh().await;
    assert_eq!(asked(&slack, "users.list"), 3, "somebody wanted to know something");
    clock.move_by(3600);
    directory.refresh().await;
    assert_eq!(asked(&slack, "users.list"), 3, "nobody did");
}

#[test]
fn no_more_pages_of_accounts_are_asked_for_than_slack_takes_in_a_minute() {
    let in_a_minute = 60 / (Limits::default().pace * listing::PAGE_EVERY).as_secs();
    assert!(listing::PAGES_AT_ONCE + usize::try_from(in_a_minute).unwrap() <= 20);
}

#[tokio::test]
async fn a_list_that_slack_asks_to_wait_with_goes_on_where_it_was() {
    let (slack, directory, _) = start().await;
    let page = |members: serde_json::Value, next: &str| {
        json!({ "ok": true, "members": members, "response_metadata": { "next_cursor": next } }).to_string()
    };
    let wait = r#"{"ok":false,"error":"ratelimited"}"#.to_owned();
    slack.answers_in_turn(
        "users.list",
        [
            (200, Vec::new(), page(json!([{ "id": "U0MORGAN" }]), "second")),
            (429, vec![("retry-after", "0".to_owned())], wait),
            (200, Vec::new(), page(json!([{ "id": "U0OLGA" }]), "")),
        ],
    );
    directory.refresh().await;
    let calls = slack.calls().into_iter().filter(|call| call.method == "users.list");
    let cursors: Vec<_> = calls.map(|call| call.arguments.get("cursor").cloned()).collect();
    assert_eq!(cursors, [None, Some("second".to_owned()), Some("second".to_owned())]);
    assert_eq!(directory.why_not_counted(&morgan(), Fresh).await.unwrap(), None);
    assert_eq!(directory.why_not_counted(&PersonId::new("U0OLGA"), Fresh).await.unwrap(), None);
    assert_eq!(asked(&slack, "users.info"), 0, "both were on the list");
}

#[tokio::test]
async fn whoever_came_after_the_last_list_is_found_although_slack_lists_nobody_any_more() {
    let (slack, directory, clock) = start().await;
    lists_many(&slack, 2);
    assert_eq!(directory.person_by_email("new@example.com", Known).await.unwrap(), None);
    slack.refuses("users.list", "missing_argument");
    let newcomer = json!({ "id": "U0NEW", "is_email_confirmed": true });
    slack.answers("users.lookupByEmail", &json!({ "ok": true, "user": newcomer }));
    clock.move_by(14 * 60);
    assert_eq!(directory.person_by_email("new@example.com", Known).await.unwrap(), None, "as listed");
    clock.move_by(2 * 60);
    let person = directory.person_by_email("new@example.com", Known).await.unwrap();
    assert_eq!(person, Some(PersonId::new("U0NEW")));
}

#[tokio::test]
async fn a_list_that_slack_refuses_leaves_accounts_to_be_asked_about_one_by_one() {
    let (slack, directory, _) = start().await;
    slack.refuses("users.list", "missing_argument");
    says(&slack, &json!({ "id": "U0MORGAN" }));
    directory.refresh().await;
    assert_eq!(directory.why_not_counted(&morgan(), Fresh).await.unwrap(), None);
    assert_eq!(asked(&slack, "users.info"), 1);
}

#[tokio::test]
async fn whose_of_many_addresses_is_theirs_is_read_off_their_account() {
    let (slack, directory, _) = start().await;
    let account = json!({
        "id": "U0MORGAN", "is_email_confirmed": true, "profile": { "email": "Morgan@example.com" },
    });
    says(&slack, &account);
    for n in 0..200 {
        assert!(!directory.has_email(&morgan(), &format!("u{n}@example.com"), Fresh).await.unwrap());
    }
    assert!(directory.has_email(&morgan(), "morgan@EXAMPLE.com", Fresh).await.unwrap());
    assert_eq!((asked(&slack, "users.info"), asked(&slack, "users.lookupByEmail")), (1, 0));

    // An account without a confirmed address is looked up by the address.
    for confirmed in [json!(false), json!(null)] {
        let (slack, directory, _) = start().await;
        let account = json!({
            "id": "U0MORGAN", "is_email_confirmed": confirmed, "profile": { "email": "morgan@example.com" },
        });
        says(&slack, &account);
        slack.answers("users.lookupByEmail", &json!({ "ok": true, "user": account }));
        assert!(!directory.has_email(&morgan(), "morgan@example.com", Fresh).await.unwrap());
    }
}

fn person(n: usize) -> PersonId {
    PersonId::new(format!("U0P{n}"))
}

fn address(n: usize) -> String {
    format!("p{n}@example.com")
}

/// Lists this many accounts, each with a confirmed address.
fn lists_many(slack: &FakeSlack, count: usize) {
    let account = |n: usize| json!({ "id": person(n).as_str(), "is_email_confirmed": true, "profile": { "email": address(n) } });
    lists(slack, &(0..count).map(account).collect::<Vec<_>>());
}

#[tokio::test]
async fn while_all_accounts_are_listed_people_wait_for_the_list_and_nobody_is_asked_about_alone() {
    let (slack, directory, _) = start().await;
    lists(&slack, &[json!({ "id": "U0MORGAN" }), json!({ "id": "U0GUEST", "is_restricted": true })]);
    for slow in ["auth.test", "users.list"] {
        slack.hold(slow, true);
    }
    let guest = PersonId::new("U0GUEST");
    let everybody = async {
        let people = (0..30).map(|n| if n % 2 == 0 { morgan() } else { guest.clone() });
        let directory = &directory;
        let answers =
            people.map(|person| async move { directory.why_not_counted(&person, Fresh).await.unwrap() });
        futures_util::future::join_all(answers).await
    };
    let slowly = async {
        for slow in ["auth.test", "users.list"] {
            until_asked(&slack, slow, 1).await;
            slack.hold(slow, false);
        }
    };
    let ((), answers, ()) = tokio::join!(directory.refresh(), everybody, slowly);
    for (n, answer) in answers.into_iter().enumerate() {
        assert_eq!(answer, (n % 2 == 1).then_some(Uncounted::Guest));
    }
    assert_eq!((asked_about(&slack), asked(&slack, "users.list")), (0, 1));
}

fn asked_about(slack: &FakeSlack) -> usize {
    asked(slack, "users.info") + asked(slack, "users.lookupByEmail")
}

#[tokio::test]
async fn a_list_that_stands_still_keeps_nobody_waiting_for_long() {
    let clock = StillClock::new();
    let limits = Limits { question: Duration::from_secs(4), ..Limits::NONE };
    let (slack, client, _) = FakeSlack::start_held_to(limits, &clock).await;
    let directory = Arc::new(SlackDirectory::new(Arc::new(client), Arc::new(clock)));
    slack.hold("users.list", true);
    says(&slack, &json!({ "id": "U0MORGAN" }));
    let refreshing = Arc::clone(&directory);
    let listing = tokio::spawn(async move { refreshing.refresh().await });
    until_asked(&slack, "users.list", 1).await;
    // There is time left for a lookup of its own.
    assert_eq!(directory.why_not_counted(&morgan(), Fresh).await.unwrap(), None);
    assert!(!listing.is_finished());
    slack.hold("users.list", false);
    listing.await.unwrap();
}

#[tokio::test]
async fn whose_the_addresses_are_is_read_off_the_list_and_only_what_it_has_not_is_looked_up() {
    let (slack, directory, clock) = start().await;
    lists_many(&slack, 66);
    slack.refuses("users.lookupByEmail", "users_not_found");
    for freshness in [Known, Fresh] {
        let lookups = (0..66).map(|n| {
            let directory = &directory;
            async move { directory.person_by_email(&address(n).to_uppercase(), freshness).await.unwrap() }
        });
        let owners = futures_util::future::join_all(lookups).await;
        assert_eq!(owners, (0..66).map(|n| Some(person(n))).collect::<Vec<_>>());
    }
    assert_eq!((asked_about(&slack), asked(&slack, "users.list")), (0, 1));

    // What is only shown relies on the list; a decision looks up the one account.
    assert_eq!(directory.person_by_email("gone@example.com", Known).await.unwrap(), None);
    assert_eq!(asked_about(&slack), 0);
    assert_eq!(directory.person_by_email("gone@example.com", Fresh).await.unwrap(), None);
    assert_eq!(asked(&slack, "users.lookupByEmail"), 1);

    // A minute after the list, a decision looks up the account, which includes its address.
    clock.move_by(61);
    says(&slack, &json!({ "id": "U0P7", "is_email_confirmed": true, "profile": { "email": address(7) } }));
    assert_eq!(directory.person_by_email(&address(7), Fresh).await.unwrap(), Some(person(7)));
    says(
        &slack,
        &json!({ "id": "U0P8", "is_email_confirmed": true, "profile": { "email": "new@example.com" } }),
    );
    assert_eq!(directory.person_by_email(&address(8), Fresh).await.unwrap(), None, "it has changed hands");
    assert_eq!((asked(&slack, "users.info"), asked(&slack, "users.lookupByEmail")), (2, 2));

    // An hour later the accounts are listed again, and nothing else is looked up.
    clock.move_by(3600);
    let calls = asked_about(&slack);
    for n in 0..66 {
        assert!(directory.person_by_email(&address(n), Known).await.is_ok());
    }
    until_asked(&slack, "users.list", 2).await;
    assert_eq!(asked_about(&slack), calls);
}

#[tokio::test]
async fn an_account_that_hides_its_address_has_none_of_those_that_the_list_gives_to_others() {
    let (slack, directory, _) = start().await;
    lists_many(&slack, 66);
    says(&slack, &json!({ "id": "U0MORGAN", "is_email_confirmed": true }));
    slack.refuses("users.lookupByEmail", "users_not_found");
    directory.refresh().await;
    for n in 0..66 {
        assert!(!directory.has_email(&morgan(), &address(n), Fresh).await.unwrap());
    }
    assert_eq!((asked(&slack, "users.info"), asked(&slack, "users.lookupByEmail")), (1, 0));
}

#[tokio::test]
async fn addresses_that_no_list_has_are_looked_up_no_faster_than_slack_takes() {
    let (slack, directory, clock) = start().await;
    slack.refuses("users.list", "missing_argument");
    slack.refuses("users.lookupByEmail", "users_not_found");
    let mut waits = Vec::new();
    for n in 0..66 {
        if let Err(error) = directory.person_by_email(&address(n), Known).await {
            let Some(SlackError::RateLimited(wait)) = error.downcast_ref() else { panic!("{error:#}") };
            waits.push(*wait);
        }
    }
    assert_eq!((asked(&slack, "users.lookupByEmail"), waits.len()), (8, 58));
    // They come back a little later than they were told to; the monotonic clock advances as well.
    clock.move_by(i64::try_from(waits.last().unwrap().as_secs()).unwrap() + 10);
    assert_eq!(directory.person_by_email(&address(65), Known).await.unwrap(), None, "in their turn");
}
