//! What AWS refuses by its documentation, and no shape of its models says. A rule for each operation; the sentences are those
//! of the API references, which the models hold as documentation (botocore 1.44.8), unless a rule names another page. All
//! read on 2026-11-29, nothing recorded from AWS.

use std::collections::BTreeSet;

use serde_json::Value;

/// "You must provide the name or ID, but not both."
const ONE_OF: [(&str, &[[&str; 2]]); 5] = [
    ("DescribeProvisionedProduct", &[["Id", "Name"]]),
    ("DescribeProvisioningParameters", &[PRODUCT, ARTIFACT]),
    ("ProvisionProduct", &[PRODUCT, ARTIFACT]),
    ("TerminateProvisionedProduct", &[PROVISIONED]),
    ("UpdateProvisionedProduct", &[PROVISIONED]),
];
const PRODUCT: [&str; 2] = ["ProductId", "ProductName"];
const ARTIFACT: [&str; 2] = ["ProvisioningArtifactId", "ProvisioningArtifactName"];
const PROVISIONED: [&str; 2] = ["ProvisionedProductId", "ProvisionedProductName"];

/// The same of what may be left out: of a path always, of the others in a change.
const AT_MOST_ONE_OF: [(&str, &[[&str; 2]]); 3] = [
    ("DescribeProvisioningParameters", &[["PathId", "PathName"]]),
    ("ProvisionProduct", &[["PathId", "PathName"]]),
    ("UpdateProvisionedProduct", &[["PathId", "PathName"], PRODUCT, ARTIFACT]),
];

/// "Valid values: 1 to 10", "Valid values: 0 to 20".
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html>
const NUMBERS: [(&str, &str, i64, i64); 2] =
    [("ReceiveMessage", "MaxNumberOfMessages", 1, 10), ("ReceiveMessage", "WaitTimeSeconds", 0, 20)];

/// Adds to `wrong` for what reason a request is refused.
pub(super) fn compare(operation: &str, request: &Value, wrong: &mut Vec<String>) {
    let named = |names: &[&str; 2]| names.iter().filter(|name| !request[**name].is_null()).count();
    for (_, pairs) in ONE_OF.iter().filter(|(of, _)| *of == operation) {
        for pair in pairs.iter().filter(|pair| named(pair) != 1) {
            wrong.push(format!("{operation} wants one of {} and {}", pair[0], pair[1]));
        }
    }
    for (_, pairs) in AT_MOST_ONE_OF.iter().filter(|(of, _)| *of == operation) {
        for pair in pairs.iter().filter(|pair| named(pair) > 1) {
            wrong.push(format!("{operation} wants one of {} and {}", pair[0], pair[1]));
        }
    }
    for (_, name, min, max) in NUMBERS.iter().filter(|(of, ..)| *of == operation) {
        if request[*name].as_i64().is_some_and(|number| number < *min || number > *max) {
            wrong.push(format!("{operation}.{name} is {}, the limits are {min} to {max}", request[*name]));
        }
    }
    match operation {
        "ProvisionProduct" | "UpdateProvisionedProduct" => tags(operation, request, wrong),
        "StartExecution" => execution(request, wrong),
        "GetCostAndUsage" => bill(request, wrong),
        "TransactWriteItems" => transaction(request, wrong),
        "BatchGetItem" => {
            let tables = request["RequestItems"].as_object();
            for (table, asked) in tables.into_iter().flatten() {
                // https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html says of a request that
                // is refused as a whole: "Provided list of item keys contains duplicates".
                twice(
                    elements(&asked["Keys"]).map(Value::to_string),
                    &format!("BatchGetItem {table}"),
                    wrong,
                );
            }
        }
        _ => {}
    }
}

/// An `AttributeValue` in a request: "The name is the data type, and the value is the data itself", one for each; what there is
/// of each type is at
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html>.
pub(super) fn compare_attribute(value: &Value, place: &str, wrong: &mut Vec<String>) {
    let Some(members) = value.as_object() else { return };
    let types: Vec<_> = members.iter().filter(|(_, value)| !value.is_null()).collect();
    let [(kind, data)] = types[..] else {
        wrong.push(format!("{place} has {} types, not one", types.len()));
        return;
    };
    let is_number =
        |text: &Value| text.as_str().is_some_and(|text| text.parse::<f64>().is_ok_and(f64::is_finite));
    let is_right = match kind.as_str() {
        "N" => is_number(data),
        "NS" => elements(data).all(is_number),
        _ => true,
    };
    if !is_right {
        wrong.push(format!("{place}.{kind} is no number"));
    }
    // "Set type attributes cannot be empty."
    if ["SS", "NS", "BS"].contains(&kind.as_str()) {
        if elements(data).next().is_none() {
            wrong.push(format!("{place}.{kind} is empty"));
        }
        twice(elements(data).map(Value::to_string), &format!("{place}.{kind}"), wrong);
    }
}

/// A `Key` in a request: a key attribute is never empty. Same page.
pub(super) fn compare_key(key: &Value, place: &str, wrong: &mut Vec<String>) {
    for (name, value) in key.as_object().into_iter().flatten() {
        if value["S"] == "" || value["B"] == "" {
            wrong.push(format!("{place}.{name} is empty"));
        }
    }
}

fn elements(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn twice(texts: impl Iterator<Item = String>, place: &str, wrong: &mut Vec<String>) {
    let mut seen = BTreeSet::new();
    wrong.extend(
        texts.filter(|text| !seen.insert(text.clone())).map(|text| format!("{place} has {text} twice")),
    );
}

/// <https://docs.aws.amazon.com/general/latest/gr/aws_tagging.html>: "Each tag key must be unique for each resource", and the
/// prefix `aws:` is reserved.
fn tags(operation: &str, request: &Value, wrong: &mut Vec<String>) {
    let keys = || elements(&request["Tags"]).filter_map(|tag| tag["Key"].as_str());
    twice(keys().map(str::to_owned), &format!("{operation}.Tags"), wrong);
    let reserved = keys().filter(|key| key.to_ascii_lowercase().starts_with("aws:"));
    wrong.extend(reserved.map(|key| format!("{operation}.Tags has {key}, which is AWS's")));
}

/// "A name must not contain: white space, brackets, wildcard characters, special characters, control characters"; "the string
/// that contains the JSON input data".
fn execution(request: &Value, wrong: &mut Vec<String>) {
    let is_bad =
        |sign: char| sign.is_whitespace() || sign.is_control() || "<>{}[]?*\"#%\\^|~`$&,;:/".contains(sign);
    if request["name"].as_str().is_some_and(|name| name.contains(is_bad)) {
        wrong.push(format!("StartExecution.name is {}", request["name"]));
    }
    if request["input"].as_str().is_some_and(|input| serde_json::from_str::<Value>(input).is_err()) {
        wrong.push("StartExecution.input is no JSON".to_owned());
    }
}

/// "using up to two different groups"; "the start date is inclusive, but the end date is exclusive".
fn bill(request: &Value, wrong: &mut Vec<String>) {
    let groups = elements(&request["GroupBy"]).count();
    if groups > 2 {
        wrong.push(format!("GetCostAndUsage.GroupBy has {groups}, the limit is 2"));
    }
    let period = &request["TimePeriod"];
    if period["Start"].as_str() >= period["End"].as_str() {
        wrong.push(format!("GetCostAndUsage.TimePeriod ends {}, before it starts", period["End"]));
    }
}

/// "No two actions can target the same item"; and of the four actions one for each element, as
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html> has them.
fn transaction(request: &Value, wrong: &mut Vec<String>) {
    let mut targets = Vec::new();
    for (index, element) in elements(&request["TransactItems"]).enumerate() {
        let actions: Vec<&Value> = element
            .as_object()
            .into_iter()
            .flatten()
            .map(|(_, action)| action)
            .filter(|one| !one.is_null())
            .collect();
        let [action] = actions[..] else {
            wrong.push(format!(
                "TransactWriteItems.TransactItems[{index}] has {} actions, not one",
                actions.len()
            ));
            continue;
        };
        // Keys as infra/portal.yml has them. What has none of them is of a table of nobody's.
        let of = if action["Key"].is_object() { &action["Key"] } else { &action["Item"] };
        let key = if of["pk"].is_object() {
            format!("{} {}", of["pk"], of["sk"])
        } else {
            of["requestId"].to_string()
        };
        if key != "null" {
            targets.push(format!("{} {key}", action["TableName"]));
        }
    }
    twice(targets.into_iter(), "TransactWriteItems", wrong);
}
