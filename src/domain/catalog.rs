//! The catalog: products, the rules of each, and the price list. The module `catalog` reads these from files;
//! [`policy`](super::policy) and [`cost`](super::cost) apply them to a request.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

pub use super::approval::{
    ApprovalConfirm, ApprovalMode, ApprovalRule, Approvers, Condition, RuleFor, Stage,
};
use super::form::ShowWhen;
use super::ids::{GroupId, PersonId, ProductKey, RequestId, TeamName};
use super::period::Period;
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
        let ruled =
            self.approval.auto_when.iter().chain(self.approval.rules.iter().flat_map(|rule| &rule.when));
        let asked = if let Requesters::Teams(teams) = &self.requesters { teams.as_slice() } else { &[] };
        asked.iter().chain(ruled.flat_map(Condition::teams))
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

/// A person or group named in the settings or in a product file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Principal {
    /// A person, by Slack id.
    Person(PersonId),
    /// All members of a Slack user group.
    Group(GroupId),
    /// A person, by the e-mail address of their Slack profile.
    Email(String),
}

/// The spelling in a file.
impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(id) => id.fmt(f),
            Self::Group(id) => id.fmt(f),
            Self::Email(address) => f.write_str(address),
        }
    }
}

impl Principal {
    /// Parses `U…`/`W…`, `S…` or an e-mail address; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        // Slack ids are upper-case letters and digits after the first letter.
        let is_id = text.len() >= 3 && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        match text.as_bytes().first() {
            // Lower-cased, so that an address has one spelling in comparisons.
            _ if is_address(text) => Some(Self::Email(text.to_ascii_lowercase())),
            Some(b'U' | b'W') if is_id => Some(Self::Person(PersonId::new(text))),
            Some(b'S') if is_id => Some(Self::Group(GroupId::new(text))),
            _ => None,
        }
    }

    /// Returns what to write instead of a text that is no principal, if its shape shows what was meant.
    pub fn remedy(text: &str) -> Option<&'static str> {
        match text.trim_start() {
            // Before addresses, which contain an `@` as well.
            handle if handle.starts_with('@') => Some(
                "write the id of the user group, `S…`, not its handle; of a person write the member id, `U…`, or the e-mail address",
            ),
            mention if mention.starts_with('<') => {
                Some("write the id alone, such as `U0ALICE` or `S0LEADS`, without `<`, `@`, `!` and `>`")
            }
            address if address.contains('@') => Some(
                "write the address alone, as it stands in the Slack profile, such as `ann@example.com`, or the member id, `U…`",
            ),
            _ => None,
        }
    }
}

/// Whether the text looks like the address of a Slack profile: one name, one `@`, a domain with a dot.
fn is_address(text: &str) -> bool {
    let Some((name, domain)) = text.split_once('@') else { return false };
    let in_name = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    let in_domain = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    !name.is_empty() && name.chars().all(in_name) && domain.contains('.') && domain.split('.').all(in_domain)
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

/// One line of a monthly estimate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CostLine {
    /// A list price times a quantity.
    Priced {
        /// The key in the price list.
        price: Pick<String>,
        /// The quantity in the price's unit; for hourly prices the number of running units.
        quantity: Quantity,
    },
    /// An amount in US dollars a month.
    Usd(Decimal),
}

/// A value that is fixed or depends on a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pick<T> {
    /// The same value for every request.
    Fixed(T),
    /// Looked up by a parameter's value.
    By {
        /// The parameter's key.
        parameter: String,
        /// The result for each value of the parameter.
        values: BTreeMap<String, T>,
    },
}

/// The quantity of a price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// A number, fixed or depending on a parameter.
    Picked(Pick<Decimal>),
    /// The number that the requester entered for this parameter.
    Parameter(String),
}

/// Public list prices of one region on one day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PriceList {
    /// AWS region name, such as `eu-central-1`.
    pub region: String,
    /// The day the prices were read, `YYYY-MM-DD`.
    pub date: String,
    /// Prices by key.
    pub prices: BTreeMap<String, Price>,
}

/// One list price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    /// US dollars per unit.
    pub usd: Decimal,
    /// The public unit, such as `GB-month` or `hour`.
    pub unit: String,
    /// How many units a month has: 730 for hourly prices, 1 for monthly ones.
    pub per_month: Decimal,
    /// Where the price is published.
    pub source: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_principal_is_a_person_a_group_or_an_e_mail_address() {
        assert_eq!(Principal::parse("U0ALICE"), Some(Principal::Person(PersonId::new("U0ALICE"))));
        assert_eq!(Principal::parse("W12AB"), Some(Principal::Person(PersonId::new("W12AB"))));
        assert_eq!(Principal::parse("S0LEADS"), Some(Principal::Group(GroupId::new("S0LEADS"))));
        assert_eq!(Principal::parse("Ann@Example.com"), Some(Principal::Email("ann@example.com".into())));
        for bad in ["", "alice", "C0GENERAL", "@alice smith", "U", "Ualice"] {
            assert_eq!(Principal::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_only_looks_like_an_address_is_nobody_and_says_what_to_write() {
        for good in ["ann.o'hara+aws@mail.example.co.uk", "jörg@example.com"] {
            assert!(matches!(Principal::parse(good), Some(Principal::Email(_))), "{good}");
        }
        let bad = [
            "@leads",
            "@here",
            "@b.example",
            " @leads",
            "<@U0ALICE>",
            "<!subteam^S0LEADS|@leads>",
            "a@",
            "a@b",
            "a@b.",
            "a@@b.example",
            "a b@example.com",
            "ann@example.com ",
            "mailto:ann@example.com",
            "Ann <ann@example.com>",
            "ann@example.com,bob@example.com",
            "a@-b.example",
            "a@b..example",
        ];
        for bad in bad {
            assert_eq!(Principal::parse(bad), None, "{bad}");
            assert!(Principal::remedy(bad).is_some(), "{bad}");
        }
        assert_eq!(Principal::remedy("alice"), None);
        insta::assert_snapshot!(
            ["@leads", "<@U0ALICE>", "mailto:ann@example.com"].map(|bad| Principal::remedy(bad).unwrap()).join("\n"),
            @"
        write the id of the user group, `S…`, not its handle; of a person write the member id, `U…`, or the e-mail address
        write the id alone, such as `U0ALICE` or `S0LEADS`, without `<`, `@`, `!` and `>`
        write the address alone, as it stands in the Slack profile, such as `ann@example.com`, or the member id, `U…`
        "
        );
    }
}
