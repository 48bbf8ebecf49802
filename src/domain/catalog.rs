//! The catalog: products and the rules of each. The module `catalog` reads these from files; [`approval`](super::approval) and
//! [`cost`](super::cost) apply them to a request.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use super::approval::{
    ApprovalConfirm, ApprovalMode, ApprovalRule, Approvers, Condition, RuleFor, Stage,
};
use super::cost::{CostLine, PriceList};
use super::form::{self, ShowWhen};
use super::ids::{PersonId, ProductKey, RequestId, TeamName};
use super::period::Period;
use super::principal::Principal;
use super::ticket::TicketRule;
use cloudformation::Template;

/// Everything that can be requested, and its prices.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    /// All products, by key.
    pub products: BTreeMap<ProductKey, Arc<Product>>,
    /// The price list of the region where products are created.
    pub prices: PriceList,
}

impl Catalog {
    /// Returns the product with this key.
    pub fn product(&self, key: &ProductKey) -> Option<&Arc<Product>> {
        self.products.get(key)
    }
}

/// One product: a CloudFormation template and the rules around it.
#[derive(Clone, Debug)]
pub struct Product {
    /// The name of its folder.
    pub key: ProductKey,
    /// The display name; also its name in Service Catalog.
    pub name: String,
    /// One sentence for the catalog browser.
    pub description: String,
    /// Who maintains it.
    pub owner: String,
    /// The name of the provisioning artifact, such as `v1.0`.
    pub version: String,
    /// Parameters that the portal fills in and never shows.
    pub bind: BTreeMap<String, Binding>,
    /// The choices that the form offers for a parameter instead of everything that the template allows, as pairs of
    /// value and label. A single choice is filled in and not shown.
    pub choices: BTreeMap<String, Vec<(String, String)>>,
    /// When a parameter is visible in the form; parameters without an entry always are.
    pub show_when: BTreeMap<String, ShowWhen>,
    /// Parameters that may be changed later; all others keep their values.
    pub change: Vec<String>,
    /// Who has to approve.
    pub approval: ApprovalRule,
    /// How many a team may hold at once.
    pub quota: QuotaRule,
    /// The lease's periods.
    pub lease: LeaseTerms,
    /// How a teardown has to be confirmed.
    pub teardown: TeardownConfirm,
    /// Who may request it.
    pub requesters: Requesters,
    /// The ticket that a request may or must name; `None` if the form does not ask for one.
    pub ticket: Option<TicketRule>,
    /// The lines of its monthly estimate.
    pub cost: Vec<CostLine>,
    /// Names of the outputs that people may see, in this order.
    pub outputs: Vec<String>,
    /// The parsed template.
    pub template: Arc<Template>,
    /// SHA-256 of the template's bytes, lower-case hex.
    pub template_hash: String,
}

impl Product {
    /// Returns the teams it names: in `requesters` and in the conditions of its approval rules.
    pub fn teams(&self) -> impl Iterator<Item = &TeamName> {
        let asked = if let Requesters::Teams(teams) = &self.requesters { teams.as_slice() } else { &[] };
        asked.iter().chain(self.approval.conditions().flat_map(Condition::teams))
    }

    /// Like [`teams`](Self::teams), mutable, so that they can be renamed.
    pub fn teams_mut(&mut self) -> impl Iterator<Item = &mut TeamName> {
        let rules = self.approval.rules.iter_mut().flat_map(|rule| &mut rule.when);
        let conditions = self.approval.auto_when.iter_mut().chain(rules);
        let asked =
            if let Requesters::Teams(teams) = &mut self.requesters { teams.as_mut_slice() } else { &mut [] };
        asked.iter_mut().chain(conditions.flat_map(Condition::teams_mut))
    }

    /// Returns the parameters that the form never shows: fixed in `product.yml` or bound.
    pub fn preset(&self) -> BTreeSet<String> {
        let fixed = self.fixed().map(|(key, _)| key.to_owned());
        self.bind.keys().cloned().chain(fixed).collect()
    }

    /// Returns the parameters with a single choice, and their values.
    pub fn fixed(&self) -> impl Iterator<Item = (&str, &str)> {
        self.choices.iter().filter_map(|(key, offered)| match offered.as_slice() {
            [(value, _)] => Some((key.as_str(), value.as_str())),
            _ => None,
        })
    }

    /// Returns the label of a parameter's value, if it says more than the value.
    pub fn label(&self, key: &str, value: &str) -> Option<&str> {
        let label = match self.choices.get(key) {
            Some(offered) => offered.iter().find(|(own, _)| own == value).map(|(_, label)| label),
            None => self.template.parameter(key)?.value_labels.get(value),
        };
        // A label that only differs in case says no more than the value.
        label.map(String::as_str).filter(|label| !label.eq_ignore_ascii_case(value))
    }

    /// Returns the labels of these parameters, by key, where there are any.
    pub fn labels(&self, parameters: &[(String, String)]) -> BTreeMap<String, String> {
        let labels = parameters.iter();
        labels.filter_map(|(key, value)| Some((key.clone(), self.label(key, value)?.to_owned()))).collect()
    }

    /// Returns the parameters that are hidden in the form with these values; see [`form::hidden`].
    pub fn hidden(&self, values: &BTreeMap<String, String>) -> BTreeSet<String> {
        if self.show_when.is_empty() {
            return BTreeSet::new();
        }
        form::hidden(&self.show_when, &self.offered(), values)
    }

    /// Returns the parameters that affect the price or the approval; the form has to be updated when one changes.
    pub fn deciding_parameters(&self) -> BTreeSet<String> {
        let conditions = self.approval.conditions().filter_map(Condition::parameter);
        conditions.chain(self.cost.iter().flat_map(CostLine::parameters)).cloned().collect()
    }

    /// Returns the parameters that the form's fields, warnings, price or approval depend on.
    pub fn watched(&self) -> BTreeSet<String> {
        let showing = self.show_when.values().map(|condition| condition.parameter.clone());
        self.deciding_parameters().into_iter().chain(showing).chain(self.template.rule_parameters()).collect()
    }

    /// Returns the template as the form offers it: narrowed to the product's choices.
    pub fn offered(&self) -> Cow<'_, Template> {
        offered(&self.template, &self.choices)
    }
}

/// Narrows the template to these choices.
pub(crate) fn offered<'t>(
    template: &'t Template,
    choices: &BTreeMap<String, Vec<(String, String)>>,
) -> Cow<'t, Template> {
    if choices.is_empty() {
        return Cow::Borrowed(template);
    }
    let mut template = template.clone();
    for parameter in &mut template.parameters {
        let Some(offered) = choices.get(&parameter.key) else { continue };
        parameter.allowed_values = offered.iter().map(|(value, _)| value.clone()).collect();
        parameter.value_labels = offered.iter().cloned().collect();
        // A template default outside of the choices would be an option that the form does not offer.
        // A single choice is not shown, so it has to be the default.
        let only = (offered.len() == 1).then(|| parameter.allowed_values[0].clone());
        let default = parameter.default.take().filter(|default| parameter.allowed_values.contains(default));
        parameter.default = only.or(default);
    }
    Cow::Owned(template)
}

/// Returns the description of a version in Service Catalog, which identifies the template it was made from.
pub fn version_description(template_hash: &str) -> String {
    format!("sha256:{template_hash}")
}

/// What the portal fills into a bound parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// The team's name.
    Team,
    /// The requester's Slack id.
    Requester,
    /// The request's id.
    RequestId,
}

impl Binding {
    /// Returns the value to fill in; `None` if it is the request's id and that is not known yet.
    pub fn value(self, team: &TeamName, requester: &PersonId, id: Option<RequestId>) -> Option<String> {
        match self {
            Self::Team => Some(team.to_string()),
            Self::Requester => Some(requester.to_string()),
            Self::RequestId => id.map(|id| id.to_string()),
        }
    }
}

/// How many of a product one team may hold, from submission until a final status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuotaRule {
    /// Number of slots per team.
    pub per_team: u32,
    /// What happens to a request that exceeds its team's `monthly_budget`.
    pub over_budget: OverBudget,
    /// What happens to a request that exceeds either limit and that nobody may approve.
    pub exceptions: Exceptions,
}

impl QuotaRule {
    /// Whether these admins can be asked for an exception.
    pub fn may_except(&self, admins: &[Principal]) -> bool {
        self.exceptions == Exceptions::Ask && !admins.is_empty()
    }
}

/// What happens to a request that has no free slot, or exceeds the budget where approvers may not allow it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Exceptions {
    /// Admins are asked for an exception, after the product's usual approvers.
    #[default]
    Ask,
    /// It cannot be submitted.
    Refuse,
}

/// What happens to a request that would exceed its team's monthly budget.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum OverBudget {
    /// It needs an exception, if the product allows exceptions.
    #[default]
    Refuse,
    /// Approvers are asked, even if the product would be auto-approved.
    Ask,
}

/// How long a provisioned product lives, and when its owner is warned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseTerms {
    /// Time from activation to the first warning.
    pub ttl: Period,
    /// Time from the first warning to the teardown.
    pub grace: Period,
    /// Further warnings, each counted back from the teardown.
    pub reminders: Vec<Period>,
    /// The periods that a renewal may extend by.
    pub renew: Vec<Period>,
    /// Number of renewals before one needs an approval.
    pub max_renewals: u32,
}

impl LeaseTerms {
    /// Returns the longest time until the first warning that activation or a single renewal can give.
    pub fn longest(&self) -> Period {
        self.renew.iter().copied().fold(self.ttl, Period::max)
    }
}

/// What a person does to confirm a teardown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TeardownConfirm {
    /// Click the button of a confirmation dialog.
    Click,
    /// Type the name of the resource.
    TypeTheName,
}

/// Who may request a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Requesters {
    /// Every member of a team.
    Everyone,
    /// Members of these teams only.
    Teams(Vec<TeamName>),
}

impl Requesters {
    /// Whether a member of this team may request the product.
    pub fn include(&self, team: &TeamName) -> bool {
        match self {
            Self::Everyone => true,
            Self::Teams(teams) => teams.contains(team),
        }
    }
}
