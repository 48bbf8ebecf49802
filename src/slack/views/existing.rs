//! Fields that offer existing resources of the account: the options that match what a user types.

use super::field::{MAX_OPTION, fits};
use crate::domain::form::{Form, Input};
use crate::ports::inventory::InventoryItem;
use crate::slack::ids::parameter_of;
use crate::slack::reply::MAX_OPTIONS;
use cloudformation::shapes::looks_like;
use cloudformation::text::cut;

/// Returns the parameter type of a field that offers existing resources; `None` for other fields.
pub fn existing_type<'a>(form: &'a Form, block_id: &str) -> Option<&'a str> {
    match &parameter_of(block_id).and_then(|key| form.field(key))?.input {
        Input::Existing { parameter_type, .. } => Some(parameter_type),
        Input::Select { .. } | Input::TypeAhead { .. } | Input::Text { .. } | Input::Number { .. } => None,
    }
}

/// Returns the options whose name or id contains the typed text, as pairs of label and value, at most [`MAX_OPTIONS`].
/// Also offers the text itself if it looks like an id, so that users are not stuck if something cannot be listed.
pub fn existing_suggestions(
    parameter_type: &str,
    items: &[InventoryItem],
    typed: &str,
) -> Vec<(String, String)> {
    let typed = typed.trim();
    let wanted = typed.to_lowercase();
    let contains = |text: &str| text.to_lowercase().contains(&wanted);
    // Slack refuses an option whose value is too long.
    let matching = items.iter().filter(|item| fits(&item.id) && (contains(&item.name) || contains(&item.id)));
    let mut options: Vec<(String, String)> =
        matching.take(MAX_OPTIONS).map(|item| (label(item), item.id.clone())).collect();
    let is_new = options.iter().all(|(_, id)| id != typed);
    if is_new && options.len() < MAX_OPTIONS && fits(typed) && looks_like(parameter_type, typed) {
        options.push((typed.to_owned(), typed.to_owned()));
    }
    options
}

/// Formats `name (id)`, cutting the name if it is too long.
fn label(item: &InventoryItem) -> String {
    let room = MAX_OPTION.saturating_sub(item.id.chars().count() + 3);
    // The id comes first, because it is what the template gets. A name cut to one character is an ellipsis.
    if item.name.trim().is_empty() || room < 2 {
        return cut(&item.id, MAX_OPTION);
    }
    format!("{} ({})", cut(&item.name, room), item.id)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const VPC: &str = "AWS::EC2::VPC::Id";

    fn item(id: &str, name: &str) -> InventoryItem {
        InventoryItem { id: id.to_owned(), name: name.to_owned() }
    }

    fn offered(items: &[InventoryItem], typed: &str) -> String {
        let lines =
            existing_suggestions(VPC, items, typed).into_iter().map(|(text, id)| format!("{text} = {id}"));
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn what_is_typed_is_looked_for_in_names_and_ids() {
        let items = [
            item("vpc-0abc1234", "shared"),
            item("vpc-0def5678", ""),
            item("vpc-0fff0000", &"long ".repeat(30)),
        ];
        insta::assert_snapshot!(offered(&items, ""), @"
        shared (vpc-0abc1234) = vpc-0abc1234
        vpc-0def5678 = vpc-0def5678
        long long long long long long long long long long long long… (vpc-0fff0000) = vpc-0fff0000
        ");
        insta::assert_snapshot!(offered(&items, "SHA"), @"shared (vpc-0abc1234) = vpc-0abc1234");
        insta::assert_snapshot!(offered(&items, "def5"), @"vpc-0def5678 = vpc-0def5678");
        assert_eq!(offered(&items, "nothing"), "");
    }

    #[test]
    fn an_id_that_is_not_listed_can_be_typed_and_nothing_else() {
        assert_eq!(offered(&[], " vpc-0123456789abcdef0 "), "vpc-0123456789abcdef0 = vpc-0123456789abcdef0");
        assert_eq!(
            offered(&[item("vpc-0abc1234", "shared")], "vpc-0abc1234"),
            "shared (vpc-0abc1234) = vpc-0abc1234"
        );
        for wrong in ["vpc-", "subnet-0123456789abcdef0", "vpc-0123 or so", &"vpc-".repeat(40)] {
            assert_eq!(offered(&[], wrong), "");
        }
    }

    proptest! {
        /// The options stay within Slack's limits, whatever exists and whatever is typed.
        #[test]
        fn options_keep_slacks_limits(names in prop::collection::vec(".{0,120}", 0..150), typed in ".{0,20}") {
            let items: Vec<InventoryItem> =
                names.iter().enumerate().map(|(n, name)| item(&format!("vpc-{n:08x}"), name)).collect();
            let found = existing_suggestions(VPC, &items, &typed);
            prop_assert!(found.len() <= MAX_OPTIONS);
            for (text, id) in found {
                prop_assert!((1..=MAX_OPTION).contains(&text.chars().count()) && fits(&id), "{text}");
            }
        }
    }
}
