//! A number is one value however it is written and whichever way it comes.

use playground::LedTo;
use serde_json::json;

use crate::harness::{Company, Setup, run_in};

const TEMPLATE: &str = "\
Parameters:
  Size: { Type: Number, MinValue: 20, MaxValue: 1000, Default: 020 }
  Rate: { Type: Number, Default: 0.5 }
  Tier: { Type: Number, AllowedValues: ['1.50', '2'], Default: 2 }
  Ports: { Type: List<Number>, Default: '80' }
  Days: { Type: Number, Default: 7 }
Resources:
  Topic: { Type: AWS::SNS::Topic }
";

const PRODUCT: &str = "\
name: Topic
approval: { mode: required, approvers: team, may_reduce: [Size] }
change: [Size, Rate]
show_when:
  Days: { parameter: Size, is: ['500'] }
";

fn topic() -> Setup {
    Setup::new().with_product("topic", PRODUCT, TEMPLATE)
}

async fn stored(company: &Company) -> String {
    let request = company.newest_request().await;
    let pairs = request.parameters.iter().map(|(key, value)| format!("{key}={value}"));
    pairs.collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn a_number_is_stored_in_one_way_whichever_way_it_was_written() {
    run_in(topic(), async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        // By a form, of which Slack's client takes no such thing.
        alice.runs("/provision topic").await;
        alice.fills(&[("Rate", "0.750"), ("Tier", "1.50"), ("Ports", "80, 443.0")]).await;
        let send = |size: &str| {
            let number = json!({"value": {"type": "number_input", "value": size}});
            move |payload: &mut serde_json::Value| payload["view"]["state"]["values"]["param.Size"] = number
        };
        // A condition goes by the number, too.
        let asked = alice.forges_submission(send("500.0")).await;
        assert!(asked.contains("asks for more") && asked.contains("Days: "), "{asked}");
        let wrong = alice.forges_submission(send("1000.50")).await;
        assert!(wrong.contains("Must be a whole number from 20 to 1,000"), "{wrong}");
        alice.forges_submission(send("20.0")).await;
        assert_eq!(stored(company).await, "Size=020 Rate=0.75 Tier=1.50 Ports=80,443 Days=7");
        alice.closes_all().await;

        // By a command, and by another like that.
        alice.runs("/provision topic Size=+500.0 Rate=.75 Tier=1.5 Ports=443.0").await;
        let form = alice.form();
        assert!(
            form.contains("Size: 500\n") && form.contains("Rate: 0.75") && form.contains("Tier: 1.50"),
            "{form}"
        );
        assert_eq!(alice.submits().await, LedTo::ViewsCleared);
        let all = "Size=500 Rate=0.75 Tier=1.50 Ports=443 Days=7";
        assert_eq!(stored(company).await, all);
        alice.runs(&format!("/provision again {}", company.newest_request().await.id)).await;
        assert_eq!(alice.submits().await, LedTo::ViewsCleared);
        assert_eq!(stored(company).await, all);

        // By an approver.
        company.clock.advance("1m");
        let request = alice.asks_for("topic", &[("Size", "600")]).await;
        morgan.presses(&morgan.remembers_for(&request, "Approve with changes")).await;
        morgan.forges_submission(send("400.00")).await;
        assert_eq!(stored(company).await, "Size=400 Rate=0.5 Tier=2 Ports=80 Days=7");
    })
    .await;
}

#[tokio::test]
async fn a_number_that_is_written_otherwise_is_no_change() {
    run_in(topic(), async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        let id = alice.asks_for("topic", &[("Size", "400")]).await;
        morgan.clicks("Approve").await;
        alice.runs(&format!("/provision change {id} Size=400.0 Rate=0.50")).await;
        assert!(alice.form().contains("Changes*: nothing yet"), "{}", alice.form());
        alice.submits().await;
        assert!(company.newest_request().await.change().is_none());
        alice.fills(&[("Rate", "0.60")]).await;
        alice.submits().await;
        assert_eq!(company.newest_request().await.change().unwrap().1.describe(), "Rate 0.5 -> 0.6");
    })
    .await;
}
