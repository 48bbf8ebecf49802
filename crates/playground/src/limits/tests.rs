use serde_json::{Value, json};

use super::{check_message_blocks, check_options_answer, check_view};

fn plain(text: &str) -> Value {
    json!({"type": "plain_text", "text": text})
}

fn modal(blocks: &Value) -> Value {
    json!({"type": "modal", "title": plain("Title"), "submit": plain("Send"), "blocks": blocks})
}

fn input(element: &Value) -> Value {
    json!([{"type": "input", "block_id": "b", "label": plain("Label"), "element": element}])
}

fn option(text: &str, value: &str) -> Value {
    json!({"text": plain(text), "value": value})
}

/// Returns the only problem of a payload.
#[track_caller]
fn only(problems: &[String]) -> &str {
    assert_eq!(problems.len(), 1, "{problems:#?}");
    &problems[0]
}

#[test]
fn a_card_with_buttons_is_fine() {
    let blocks = json!([
        {"type": "header", "text": plain("Request")},
        {"type": "section", "fields": [{"type": "mrkdwn", "text": "*Who*"}]},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "id"}]},
        {"type": "actions", "block_id": "decide", "elements": [
            {"type": "button", "action_id": "yes", "text": plain("Approve"), "value": "1",
             "style": "primary"},
            {"type": "button", "action_id": "no", "text": plain("Deny"), "value": "1",
             "confirm": {"title": plain("Sure?"), "text": plain("No way back"),
                         "confirm": plain("Deny"), "deny": plain("Back"), "style": "danger"}}]}]);
    assert!(check_message_blocks(&blocks).is_empty());
}

#[test]
fn a_button_value_over_2000_characters_is_refused() {
    let value = "x".repeat(2_001);
    let blocks = json!([{"type": "actions", "elements": [
        {"type": "button", "text": plain("Go"), "action_id": "go", "value": value}]}]);
    insta::assert_snapshot!(only(&check_message_blocks(&blocks)),
        @"[ERROR] must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]");
}

#[test]
fn mrkdwn_takes_no_emoji_field() {
    let blocks = json!([{"type": "section",
        "text": {"type": "mrkdwn", "text": "hi", "emoji": true}}]);
    insta::assert_snapshot!(only(&check_message_blocks(&blocks)),
        @"[ERROR] invalid additional property: emoji [json-pointer:/blocks/0/text]");
}

#[test]
fn counts_are_limited_per_surface() {
    let dividers = |count: usize| Value::Array(vec![json!({"type": "divider"}); count]);
    assert!(check_message_blocks(&dividers(50)).is_empty());
    insta::assert_snapshot!(only(&check_message_blocks(&dividers(51))),
        @"[ERROR] no more than 50 items allowed [json-pointer:/blocks]");
    assert!(check_view(&json!({"type": "home", "blocks": dividers(100)})).is_empty());
    insta::assert_snapshot!(only(&check_view(&modal(&dividers(101)))),
        @"[ERROR] no more than 100 items allowed [json-pointer:/view/blocks]");
}

#[test]
fn ids_are_unique() {
    let twice = json!([{"type": "divider", "block_id": "a"}, {"type": "divider", "block_id": "a"}]);
    insta::assert_snapshot!(only(&check_message_blocks(&twice)),
        @r#"[ERROR] block_id "a" already exists [json-pointer:/blocks/1/block_id]"#);
    let button = json!({"type": "button", "text": plain("Go"), "action_id": "go"});
    let actions = json!([{"type": "actions", "elements": [button, button]}]);
    insta::assert_snapshot!(only(&check_message_blocks(&actions)),
        @r#"[ERROR] action_id "go" already exists [json-pointer:/blocks/0]"#);
}

#[test]
fn a_form_needs_a_submit_button_and_short_titles() {
    let mut view = modal(&input(&json!({"type": "plain_text_input", "action_id": "a"})));
    assert!(check_view(&view).is_empty());
    view["title"] = plain(&"t".repeat(25));
    insta::assert_snapshot!(only(&check_view(&view)),
        @"[ERROR] must be less than 25 characters [json-pointer:/view/title/text]");
    view["title"] = plain("Fine");
    view.as_object_mut().unwrap().remove("submit");
    insta::assert_snapshot!(only(&check_view(&view)),
        @"[ERROR] missing required field: submit, because there is an input block [json-pointer:/view]");
}

#[test]
fn select_options_are_few_short_and_different() {
    let select = |options: Value| {
        let element = json!({"type": "static_select", "action_id": "a", "options": options});
        check_view(&modal(&input(&element)))
    };
    assert!(select(json!([option("One", "1")])).is_empty());
    insta::assert_snapshot!(only(&select(json!([]))),
        @"[ERROR] no fewer than 1 items required [json-pointer:/view/blocks/0/element/options]");
    insta::assert_snapshot!(only(&select(json!([option("One", "1"), option("Two", "1")]))),
        @"[ERROR] duplicate option value [json-pointer:/view/blocks/0/element/options/1/value]");
    insta::assert_snapshot!(only(&select(json!([option(&"x".repeat(76), "1")]))),
        @"[ERROR] must be less than 76 characters [json-pointer:/view/blocks/0/element/options/0/text/text]");
    insta::assert_snapshot!(only(&select(json!([option("One", &"x".repeat(151))]))),
        @"[ERROR] must be less than 151 characters [json-pointer:/view/blocks/0/element/options/0/value]");
    let many: Vec<_> = (0..101).map(|n| option("Same", &n.to_string())).collect();
    insta::assert_snapshot!(only(&select(json!(many))),
        @"[ERROR] no more than 100 items allowed [json-pointer:/view/blocks/0/element/options]");
}

#[test]
fn an_initial_option_is_one_of_the_options() {
    let element = |initial: Value| {
        json!({"type": "static_select", "action_id": "a", "initial_option": initial,
            "options": [option("One", "1")]})
    };
    assert!(check_view(&modal(&input(&element(option("One", "1"))))).is_empty());
    let other = check_view(&modal(&input(&element(option("Uno", "1")))));
    insta::assert_snapshot!(only(&other),
        @"[ERROR] an initial option does not match any option [json-pointer:/view/blocks/0/element]");
}

#[test]
fn number_input_has_string_bounds_and_says_whether_decimals_are_allowed() {
    let view = |element: Value| check_view(&modal(&input(&element)));
    let fine = json!({"type": "number_input", "action_id": "a", "is_decimal_allowed": false,
        "min_value": "1"});
    assert!(view(fine.clone()).is_empty());
    let mut number = fine.clone();
    number["min_value"] = json!(1);
    insta::assert_snapshot!(only(&view(number)),
        @"[ERROR] must be a string that is a number [json-pointer:/view/blocks/0/element/min_value]");
    let mut silent = fine.clone();
    silent.as_object_mut().unwrap().remove("is_decimal_allowed");
    insta::assert_snapshot!(only(&view(silent)),
        @"[ERROR] missing required field: is_decimal_allowed [json-pointer:/view/blocks/0/element]");
    let home = json!({"type": "home", "blocks": input(&fine)});
    insta::assert_snapshot!(only(&check_view(&home)),
        @"[ERROR] number_input is allowed in modals only [json-pointer:/view/blocks/0/element/type]");
}

#[test]
fn elements_stand_only_where_slack_has_them() {
    let text = json!({"type": "plain_text_input", "action_id": "a"});
    let actions = json!([{"type": "actions", "elements": [text]}]);
    insta::assert_snapshot!(only(&check_message_blocks(&actions)),
        @r#"[ERROR] unsupported type here: "plain_text_input" [json-pointer:/blocks/0/elements/0/type]"#);
    let table = json!([{"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]]}]);
    assert!(check_message_blocks(&table).is_empty());
    insta::assert_snapshot!(only(&check_view(&modal(&table))),
        @"[ERROR] table is allowed in messages only [json-pointer:/view/blocks/0/type]");
}

fn cell(text: &str) -> Value {
    json!({"type": "raw_text", "text": text})
}

fn table(rows: &Value, columns: &Value) -> Value {
    json!([{"type": "table", "rows": rows, "column_settings": columns}])
}

#[test]
fn a_table_with_rich_cells_and_columns_set_or_left_is_fine() {
    let rich = json!({"type": "rich_text", "elements": [
        {"type": "rich_text_section", "elements": [{"type": "text", "text": "x"}]}]});
    let rows = json!([[cell("Product"), cell("Cost")], [rich, cell("$15")]]);
    let columns = json!([null, {"align": "right", "is_wrapped": true}]);
    assert_eq!(check_message_blocks(&table(&rows, &columns)), Vec::<String>::new());
}

#[test]
fn a_table_keeps_its_limits() {
    let fine = json!([[cell("x")]]);
    let rows = |count: usize| Value::Array(vec![json!([cell("x")]); count]);
    let row = |count: usize| json!([vec![cell("x"); count]]);
    assert!(check_message_blocks(&table(&rows(100), &json!([]))).is_empty());
    assert!(check_message_blocks(&table(&row(20), &json!(vec![json!({}); 20]))).is_empty());
    let hollow = json!({"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": []}]});
    let refused = [
        table(&json!([]), &json!([])),
        table(&rows(101), &json!([])),
        table(&row(21), &json!([])),
        table(&row(0), &json!([])),
        table(&fine, &json!(vec![json!({}); 21])),
        table(&json!([[cell("")]]), &json!([])),
        table(&json!([[hollow]]), &json!([])),
        table(&json!([[{"type": "mrkdwn", "text": "x"}]]), &json!([])),
        table(&json!(["x"]), &json!([])),
        table(&fine, &json!([{"align": "middle"}])),
        table(&fine, &json!([{"is_wrapped": "yes"}])),
        table(&fine, &json!([{"width": 3}])),
    ];
    let problems: Vec<_> =
        refused.iter().map(|blocks| only(&check_message_blocks(blocks)).to_owned()).collect();
    insta::assert_snapshot!(problems.join("\n"), @r"
    [ERROR] no fewer than 1 items required [json-pointer:/blocks/0/rows]
    [ERROR] no more than 100 items allowed [json-pointer:/blocks/0/rows]
    [ERROR] no more than 20 items allowed [json-pointer:/blocks/0/rows/0]
    [ERROR] no fewer than 1 items required [json-pointer:/blocks/0/rows/0]
    [ERROR] no more than 20 items allowed [json-pointer:/blocks/0/column_settings]
    [ERROR] a cell must not be empty [json-pointer:/blocks/0/rows/0/0]
    [ERROR] a cell must not be empty [json-pointer:/blocks/0/rows/0/0]
    [ERROR] must be raw_text or rich_text [json-pointer:/blocks/0/rows/0/0/type]
    [ERROR] must be an array [json-pointer:/blocks/0/rows/0]
    [ERROR] must be left, center or right [json-pointer:/blocks/0/column_settings/0/align]
    [ERROR] must be a boolean [json-pointer:/blocks/0/column_settings/0/is_wrapped]
    [ERROR] invalid additional property: width [json-pointer:/blocks/0/column_settings/0]
    ");
    let two = [table(&fine, &json!([])), table(&fine, &json!([]))].map(|blocks| blocks[0].clone());
    insta::assert_snapshot!(only(&check_message_blocks(&json!(two))),
        @"[ERROR] only_one_table_allowed [json-pointer:/blocks]");
    let home = json!({"type": "home", "blocks": table(&fine, &json!([]))});
    insta::assert_snapshot!(only(&check_view(&home)),
        @"[ERROR] table is allowed in messages only [json-pointer:/view/blocks/0/type]");
}

#[test]
fn an_answer_to_a_search_may_be_empty_but_not_nothing() {
    assert!(check_options_answer(&json!({"options": []})).is_empty());
    assert!(check_options_answer(&json!({"options": [option("One", "1")]})).is_empty());
    assert!(!check_options_answer(&json!({})).is_empty());
    assert!(!check_options_answer(&json!([])).is_empty());
}

#[test]
fn garbage_is_a_problem_and_no_panic() {
    for garbage in [json!(null), json!(7), json!("text"), json!([null, 1, "x", []])] {
        assert!(!check_message_blocks(&garbage).is_empty());
        assert!(!check_view(&garbage).is_empty());
        assert!(!check_view(&json!({"type": "modal", "blocks": garbage})).is_empty());
    }
}
