//! What may be asked for: products, the rules that come with each, and the price list.
//! Reading these from files is `catalog/`'s work; judging a request by them is `policy`'s and `cost`'s.

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
use super::template::Template;
use super::ticket::TicketRule;

/// Everything that can be requested, and what it costs.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    /// Products by key.
    pub products: BTreeMap<ProductKey, Arc<Product>>,
    /// The price list of the region that products are made in.
    pub prices: PriceList,
}

impl Catalog {
    /// The product with this key, if there is one.
    pub fn product(&self, key: &ProductKey) -> Option<&Arc<Product>> {
        self.products.get(key)
    }
}

/// One entry of the catalog: a CloudFormation template and the rules around it.
#[derive(Clone, Debug)]
pub struct Product {
    /// The folder's name.
    pub key: ProductKey,
    /// What people call it; also its name in Service Catalog.
    pub name: String,
    /// One sentence for the catalog browser.
    pub description: String,
    /// Who looks after it.
    pub owner: String,
    /// The provisioning artifact's name, such as `v1.0`.
    pub version: String,
    /// Parameters the portal fills by itself and never shows.
    pub bind: BTreeMap<String, Binding>,
    /// What the form offers for a parameter in place of all that the template takes: values with what people read. Of
    /// one value it is filled in and not shown.
    pub choices: BTreeMap<String, Vec<(String, String)>>,
    /// When a parameter is asked for; those that are not here always are.
    pub show_when: BTreeMap<String, ShowWhen>,
    /// Parameters that may be changed once it is there; the others stay as they were asked for.
    pub change: Vec<String>,
    /// Who has to agree.
    pub approval: ApprovalRule,
    /// How many a team may hold at once.
    pub quota: QuotaRule,
    /// How long it lives.
    pub lease: LeaseTerms,
    /// How a teardown is confirmed.
    pub teardown: TeardownConfirm,
    /// Who may ask for it.
    pub requesters: Requesters,
    /// The ticket that a request may or has to name; none is asked for where there is no rule.
    pub ticket: Option<TicketRule>,
    /// The lines of its monthly estimate.
    pub cost: Vec<CostLine>,
    /// The outputs that people may see, in this order.
    pub outputs: Vec<String>,
    /// The parsed template.
    pub template: Arc<Template>,
    /// SHA-256 of the template's bytes, lower-case hex.
    pub template_hash: String,
}

impl Product {
    /// The teams that it names: who may ask for it, and for whom a rule of its approval holds.
    pub fn teams(&self) -> impl Iterator<Item = &TeamName> {
        let ruled =
            self.approval.auto_when.iter().chain(self.approval.rules.iter().flat_map(|rule| &rule.when));
        let asked = if let Requesters::Teams(teams) = &self.requesters { teams.as_slice() } else { &[] };
        asked.iter().chain(ruled.flat_map(Condition::teams))
    }

    /// The same, to be renamed.
    pub fn teams_mut(&mut self) -> impl Iterator<Item = &mut TeamName> {
        let rules = self.approval.rules.iter_mut().flat_map(|rule| &mut rule.when);
        let conditions = self.approval.auto_when.iter_mut().chain(rules);
        let asked =
            if let Requesters::Teams(teams) = &mut self.requesters { teams.as_mut_slice() } else { &mut [] };
        asked.iter_mut().chain(conditions.flat_map(Condition::teams_mut))
    }

    /// The parameters that no form asks for: their values are fixed in `product.yml` or bound to something.
    pub fn preset(&self) -> BTreeSet<String> {
        let fixed = self.fixed().map(|(key, _)| key.to_owned());
        self.bind.keys().cloned().chain(fixed).collect()
    }

    /// Parameters of which there is nothing to choose, with their values.
    pub fn fixed(&self) -> impl Iterator<Item = (&str, &str)> {
        self.choices.iter().filter_map(|(key, offered)| match offered.as_slice() {
            [(value, _)] => Some((key.as_str(), value.as_str())),
            _ => None,
        })
    }

    /// What people read in the place of a parameter's value, where that says more than the value.
    pub fn label(&self, key: &str, value: &str) -> Option<&str> {
        let label = match self.choices.get(key) {
            Some(offered) => offered.iter().find(|(own, _)| own == value).map(|(_, label)| label),
            None => self.template.parameter(key)?.value_labels.get(value),
        };
        label.map(String::as_str).filter(|label| !label.eq_ignore_ascii_case(value))
    }

    /// The labels of these parameters, by key, where there are any.
    pub fn labels(&self, parameters: &[(String, String)]) -> BTreeMap<String, String> {
        let labels = parameters.iter();
        labels.filter_map(|(key, value)| Some((key.clone(), self.label(key, value)?.to_owned()))).collect()
    }

    /// The template as the form offers it: narrowed to the product's choices.
    pub fn offered(&self) -> Cow<'_, Template> {
        offered(&self.template, &self.choices)
    }
}

/// The template narrowed to these choices.
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
        let only = (offered.len() == 1).then(|| parameter.allowed_values[0].clone());
        let default = parameter.default.take().filter(|default| parameter.allowed_values.contains(default));
        parameter.default = only.or(default);
    }
    Cow::Owned(template)
}

/// What the description of a version says in Service Catalog, for telling which template it was made from.
pub fn version_description(template_hash: &str) -> String {
    format!("sha256:{template_hash}")
}

/// What the portal puts into a bound parameter.
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
    /// What it puts there; `None` for an id that is not known yet.
    pub fn value(self, team: &TeamName, requester: &PersonId, id: Option<RequestId>) -> Option<String> {
        match self {
            Self::Team => Some(team.to_string()),
            Self::Requester => Some(requester.to_string()),
            Self::RequestId => id.map(|id| id.to_string()),
        }
    }
}

/// Somebody named in the settings or in a product file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Principal {
    /// A person by Slack id.
    Person(PersonId),
    /// Everybody in a Slack user group.
    Group(GroupId),
    /// A person by the e-mail address of their Slack profile.
    Email(String),
}

/// As it is written in a file.
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
    /// Reads `U…`/`W…`, `S…` or an e-mail address; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let is_id = text.len() >= 3 && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        match text.as_bytes().first() {
            _ if is_address(text) => Some(Self::Email(text.to_ascii_lowercase())),
            Some(b'U' | b'W') if is_id => Some(Self::Person(PersonId::new(text))),
            Some(b'S') if is_id => Some(Self::Group(GroupId::new(text))),
            _ => None,
        }
    }

    /// What to write in the place of a text that is no principal, where its shape tells what was meant.
    pub fn remedy(text: &str) -> Option<&'static str> {
        match text.trim_start() {
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

/// Whether it is shaped like the address of a Slack profile: one name, one `@`, a domain with a dot.
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

/// How many of a product one team may hold, from submission until the request has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuotaRule {
    /// Slots of each team.
    pub per_team: u32,
    /// What becomes of a request that its team's `monthly_budget` does not cover.
    pub over_budget: OverBudget,
    /// What becomes of a request that goes beyond either and has nobody to let it.
    pub exceptions: Exceptions,
}

impl QuotaRule {
    /// Whether one of these admins can be asked to let a request go beyond a limit.
    pub fn may_except(&self, admins: &[Principal]) -> bool {
        self.exceptions == Exceptions::Ask && !admins.is_empty()
    }
}

/// What becomes of a request for which no slot is free, or for which the budget has no room that approvers may give.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Exceptions {
    /// The admins are asked for an exception, after whoever is asked about any request of the product.
    #[default]
    Ask,
    /// It cannot be submitted.
    Refuse,
}

/// What becomes of a request that would take its team over its monthly budget.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum OverBudget {
    /// It takes an exception, where the product has such.
    #[default]
    Refuse,
    /// Approvers are asked, even where the product would spare them.
    Ask,
}

/// How long a provisioned product lives and how its owner is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseTerms {
    /// From activation to the first warning.
    pub ttl: Period,
    /// From the first warning to the teardown.
    pub grace: Period,
    /// Further warnings, counted back from the teardown.
    pub reminders: Vec<Period>,
    /// The periods a person may renew by.
    pub renew: Vec<Period>,
    /// Renewals before an approval is needed.
    pub max_renewals: u32,
}

impl LeaseTerms {
    /// The longest time until the first warning that one step can give.
    pub fn longest(&self) -> Period {
        self.renew.iter().copied().fold(self.ttl, Period::max)
    }
}

/// What a person does to confirm a teardown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TeardownConfirm {
    /// Press the button of a confirm dialog.
    Click,
    /// Type the name of what is lost.
    TypeTheName,
}

/// Who may ask for a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Requesters {
    /// Every member of a team.
    Everyone,
    /// Members of these teams only.
    Teams(Vec<TeamName>),
}

impl Requesters {
    /// Whether a member of this team may ask.
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
        /// Key into the price list.
        price: Pick<String>,
        /// How many of the price's unit; hours are counted as running units.
        quantity: Quantity,
    },
    /// A plain amount in US dollars a month.
    Usd(Decimal),
}

/// A value that is fixed or chosen by a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pick<T> {
    /// Always this.
    Fixed(T),
    /// Looked up by the parameter's value.
    By {
        /// The parameter's key.
        parameter: String,
        /// What each of its values stands for.
        values: BTreeMap<String, T>,
    },
}

/// How much of a price applies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// A number, fixed or looked up by a parameter's value.
    Picked(Pick<Decimal>),
    /// The number that the person typed into this parameter.
    Parameter(String),
}

/// Dated public list prices of one region.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PriceList {
    /// AWS region name.
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
    /// Units in a month of one: 730 for hourly prices, 1 for monthly ones.
    pub per_month: Decimal,
    /// Where the figure stands in public.
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
