//! IAM policies that grant more rights than intended.

use super::inspected::Inspected;
use cloudformation::document::{Node, Problem};

const POLICIES: [&str; 6] = [
    "AWS::IAM::Role",
    "AWS::IAM::Policy",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::RolePolicy",
    "AWS::IAM::UserPolicy",
    "AWS::IAM::GroupPolicy",
];

pub(super) fn wildcard_actions(inspected: &Inspected<'_>) -> Option<Problem> {
    if !inspected.is_one_of(&POLICIES) {
        return None;
    }
    let properties = inspected.resource.properties.as_ref()?;
    // Roles contain policies; the other types are one.
    let inline = one_or_many(properties.get("Policies"));
    let documents =
        inline.iter().chain(std::iter::once(properties)).filter_map(|policy| policy.get("PolicyDocument"));
    let mut statements = documents.flat_map(|document| one_or_many(document.get("Statement")));
    let action = statements.find_map(wildcard)?;
    let problem = format!("allows all actions (`{}`)", action.as_text().unwrap_or_default());
    let finding = inspected.finding("", &problem, "name the actions that are needed");
    Some(Problem { line: action.line, ..finding })
}

/// Returns the first action of an allowing statement that is a wildcard, for one AWS service or for all.
fn wildcard(statement: &Node) -> Option<&Node> {
    if statement.get("Effect")?.as_text()? != "Allow" {
        return None;
    }
    let is_wide = |node: &&Node| node.as_text().is_some_and(|text| text == "*" || text.ends_with(":*"));
    one_or_many(statement.get("Action")).iter().find(is_wide)
}

/// Returns the elements of a list; a single value counts as a list of one.
fn one_or_many(node: Option<&Node>) -> &[Node] {
    let Some(node) = node else { return &[] };
    node.as_list().unwrap_or(std::slice::from_ref(node))
}

pub(super) fn administrator(inspected: &Inspected<'_>) -> Option<Problem> {
    let property = "ManagedPolicyArns";
    if !inspected.is_one_of(&POLICIES) {
        return None;
    }
    let properties = inspected.resource.properties.as_ref()?;
    let arns = one_or_many(properties.get(property));
    let name = |arn: &Node| arn.as_text().or_else(|| arn.get("Fn::Sub")?.as_text()).map(str::to_owned);
    // Compared by its end, because a partition in front of it may be a placeholder of `Fn::Sub`.
    let is_admin = arns.iter().filter_map(name).any(|arn| arn.ends_with(":policy/AdministratorAccess"));
    if is_admin {
        Some(inspected.finding(property, "may do everything", "attach a policy with what is needed"))
    } else {
        None
    }
}
