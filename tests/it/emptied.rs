//! Fields that somebody empties: what is sent then is what they saw, an empty text or the default that the field names.

use playground::LedTo;

use crate::harness::{Company, Setup, run_in};
use crate::pages::wide;

fn topic() -> Setup {
    let template = "Parameters:\n\
                    \x20 Note: { Type: String, Default: none }\n\
                    \x20 Words: { Type: CommaDelimitedList, Default: 'a,b' }\n\
                    \x20 Prefix: { Type: String, Default: app, MinLength: 2, Description: What names begin with }\n\
                    \x20 Ports: { Type: 'List<Number>', Default: '80' }\n\
                    \x20 Image: { Type: 'AWS::SSM::Parameter::Value<String>', Default: /aws/ami }\n\
                    \x20 Days: { Type: Number, Default: 7 }\n\
                    Resources:\n  Topic: { Type: AWS::SNS::Topic }\n";
    let product = "name: Topic\napproval: { mode: auto }\nquota: { per_team: 100 }\nchange: [Note, Prefix]\n\
                   show_when:\n  Days: { parameter: Note, is: [''] }\n";
    Setup::new().with_product("topic", product, template)
}

const EMPTIED: [(&str, &str); 5] =
    [("Note", ""), ("Words", ""), ("Prefix", ""), ("Ports", ""), ("Image", "")];

async fn stored(company: &Company) -> String {
    let request = company.newest_request().await;
    let pairs = request.parameters.iter().map(|(key, value)| format!("{key}={value}"));
    pairs.collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn a_text_that_was_emptied_is_sent_empty_or_the_form_said_what_it_becomes() {
    run_in(topic(), async |company| {
        let alice = &company.alice;
        alice.runs("/provision topic").await;
        alice.fills(&EMPTIED).await;
        // An emptied text counts at once, so the form asks for more, and it stays empty there.
        insta::assert_snapshot!(alice.form(), @"
        Topic [Request] [Cancel]
        *Topic* v1.0

        (For team *payments*)
        Note: _
        Words: _
        Prefix: _
        Ports: _
        Image: _
        Days: 7
        Why do you need it?: _
        ---
        *Cost*: no estimate for this product
        *Approval*: automatic, because this product needs no approval
        *Quota*: 0 of 100 used, 100 left
        *Expires*: 2026-12-30 09:00 UTC
        (Simulated: nothing real is created)
        ");
        assert_eq!(alice.submits().await, LedTo::ViewsCleared);
        assert_eq!(stored(company).await, "Note= Words= Prefix=app Ports=80 Image=/aws/ami Days=7");

        // Another like it begins as that was.
        let id = company.newest_request().await.id;
        alice.runs(&format!("/provision again {id}")).await;
        assert!(alice.form().contains("Note: _\nWords: _\nPrefix: app\n"), "{}", alice.form());
        assert_eq!(alice.submits().await, LedTo::ViewsCleared);
        assert_eq!(stored(company).await, "Note= Words= Prefix=app Ports=80 Image=/aws/ami Days=7");
    })
    .await;
}

#[tokio::test]
async fn a_text_that_a_change_empties_becomes_empty_and_is_shown_so() {
    run_in(topic(), async |company| {
        let alice = &company.alice;
        let id = alice.asks_for("topic", &[("Note", "mine"), ("Prefix", "web")]).await;
        alice.runs(&format!("/provision change {}", &id[..8])).await;
        alice.fills(&[("Note", ""), ("Prefix", "")]).await;
        assert_eq!(alice.submits().await, LedTo::ViewUpdated, "{}", alice.form());
        assert_eq!(stored(company).await, "Note= Words=a,b Prefix=app Ports=80 Image=/aws/ami Days=7");
        insta::assert_snapshot!(alice.newest_dm(), @"
        *Topic v1.0* `topic-id` is changed.
        Note: `mine` → –
        Prefix: `web` → `app`
        Active until 2026-12-30 09:00 UTC.
        [Tear down]
        (Request `id` · no estimate for this product, so it counts as $0 toward the budget · Simulated: nothing real is created)
        ");
    })
    .await;
}

#[tokio::test]
async fn a_text_that_was_emptied_on_one_page_stays_so_on_the_others() {
    run_in(wide(), async |company| {
        let alice = &company.alice;
        alice.runs("/provision wide Name=thing").await;
        alice.fills(&[("A0", "")]).await;
        alice.submits().await;
        alice.clicks("Back").await;
        assert!(alice.form().contains("A0: _"), "{}", alice.form());
        alice.submits().await;
        alice.fills(&[("B7", "")]).await;
        assert_eq!(alice.submits().await, LedTo::ViewsCleared, "{}", alice.form());
        let request = company.newest_request().await;
        let emptied = request.parameters.iter().filter(|(_, value)| value.is_empty());
        assert_eq!(emptied.map(|(key, _)| &**key).collect::<Vec<_>>(), ["A0", "B7"]);
    })
    .await;
}
