//! Approving with changes: a shorter lease or extension, or a smaller value where the product allows that. Never more than
//! was asked for, and of a change never less than what exists.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::{About, AboutKind, Irreducible, Reduction, RequestedReduction};
use crate::domain::catalog::Product;
use crate::domain::cost::{Estimate, PriceList, dollars, estimate};
use crate::domain::form::{Field, Form, Input};
use crate::domain::ids::PersonId;
use crate::domain::period::Period;
use crate::domain::refusal::Refusal;
use crate::domain::request::{ProductSnapshot, Request};
use cloudformation::text::parse_number;
use cloudformation::value::value_problem;

/// Longest list of options of which an approver may choose a smaller one, as many as a Slack select holds. In a longer
/// list nobody could tell which is smaller.
pub const MOST_OPTIONS: usize = 100;

/// The checked changes to what an approval asks for, as of the moment they were checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovedChanges {
    /// What the approval is about.
    kind: AboutKind,
    lease: Option<Period>,
    parameters: Vec<ApprovedParameter>,
    estimate: Option<Estimate>,
    /// Number of reductions at that moment. If another approver has reduced the request since, this one is stale.
    after: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct ApprovedParameter {
    key: String,
    to: String,
    label: Option<String>,
}

impl From<Irreducible> for Refusal {
    fn from(why: Irreducible) -> Self {
        Self::CannotReduce { why }
    }
}

/// Returns the leases that can be approved instead of this one, in ascending order.
pub fn shorter_leases(ttl: Period) -> Vec<Period> {
    let mut shorter = vec![Period::days(1), Period::days(7), ttl.half()];
    shorter.retain(|period| *period < ttl && !period.is_zero());
    shorter.sort_unstable();
    shorter.dedup();
    shorter
}

/// What an approval asks for, as far as it can be reduced.
struct Reducible<'a> {
    kind: AboutKind,
    /// The product, version and rules.
    product: &'a ProductSnapshot,
    /// The parameters that were asked for.
    parameters: &'a [(String, String)],
    /// The parameters of what exists, which a change is not reduced below.
    existing: Option<&'a [(String, String)]>,
    estimate: Option<&'a Estimate>,
    /// The lease or extension that was asked for; `None` if the approval is not about one.
    period: Option<Period>,
}

impl<'a> Reducible<'a> {
    fn of(request: &'a Request) -> Self {
        let about = &request.approval().about;
        let kind = about.kind();
        let (product, estimate) = (&request.product, request.estimate.as_ref());
        match about {
            About::Create => {
                let (parameters, period) = (request.parameters.as_slice(), Some(product.lease.ttl));
                Self { kind, product, parameters, existing: None, estimate, period }
            }
            About::Renew(renewal) => {
                let period = Some(renewal.period);
                Self { kind, product, parameters: &[], existing: None, estimate, period }
            }
            About::Change(order) => Self {
                kind,
                product: &order.product,
                parameters: &order.parameters,
                existing: Some(&request.parameters),
                estimate: order.estimate.as_ref(),
                period: None,
            },
        }
    }

    fn value(&self, key: &str) -> Option<&'a str> {
        value_of(self.parameters, key)
    }

    /// The value of what exists, below which a change is not reduced.
    fn existing(&self, key: &str) -> Option<&'a str> {
        value_of(self.existing?, key)
    }
}

fn value_of<'a>(parameters: &'a [(String, String)], key: &str) -> Option<&'a str> {
    parameters.iter().find(|(own, _)| own == key).map(|(_, value)| value.as_str())
}

/// Returns the lease or extension that the current approval asks for, and what can be approved instead; `None` if it is
/// not about one.
pub fn period_asked(request: &Request) -> Option<(Period, Vec<Period>)> {
    Reducible::of(request).period.map(|period| (period, shorter_leases(period)))
}

/// Whether an approver can reduce anything.
pub fn can_be_reduced(request: &Request) -> bool {
    let reducible = Reducible::of(request);
    let is_shorter = reducible.period.is_some_and(|period| !shorter_leases(period).is_empty());
    let may_reduce = &reducible.product.approval.may_reduce;
    let is_smaller = may_reduce.iter().any(|key| {
        let Some(value) = reducible.value(key) else { return false };
        let is_change = reducible.existing.is_some();
        match reducible.existing(key) {
            // Of a change, only what it makes larger. Which option is larger, only the product's form knows.
            Some(existing) => match parse_number(value).zip(parse_number(existing)) {
                Some((value, existing)) => value > existing,
                None => value != existing,
            },
            None => !is_change,
        }
    });
    is_shorter || is_smaller
}

/// Returns the current product if its template is the one that was requested; `None` if nothing is made of it.
///
/// # Errors
/// [`Irreducible::ProductChanged`].
pub fn unchanged<'p>(
    request: &Request,
    product: Option<&'p Product>,
) -> Result<Option<&'p Product>, Irreducible> {
    let reducible = Reducible::of(request);
    if reducible.kind == AboutKind::Renew {
        return Ok(None);
    }
    let hash = &reducible.product.template_hash;
    let product = product.filter(|product| product.template_hash == *hash);
    product.map(Some).ok_or(Irreducible::ProductChanged)
}

/// Returns the fields that can be reduced, each offering the current value and everything below it, but of a change
/// nothing below what exists.
pub fn reducible_fields(request: &Request, product: &Product) -> Vec<Field> {
    let reducible = Reducible::of(request);
    let Ok(form) = Form::from_template(&product.offered(), &product.preset()) else { return Vec::new() };
    let hidden = product.hidden(&values(reducible.parameters));
    let named = reducible.product.approval.may_reduce.iter().filter(|key| !hidden.contains(*key));
    named
        .filter_map(|key| {
            let field = form.field(key)?;
            let least = match reducible.existing {
                None => Least::Any,
                Some(_) => Least::Value(reducible.existing(key)?),
            };
            narrowed(field, reducible.value(key)?, least)
        })
        .collect()
}

/// Below which value nothing is offered.
#[derive(Clone, Copy)]
enum Least<'a> {
    /// Whatever the template allows.
    Any,
    /// The value of what exists.
    Value(&'a str),
}

fn narrowed(field: &Field, current: &str, least: Least<'_>) -> Option<Field> {
    let input = match &field.input {
        Input::Select { options } => {
            // Options are listed from small to large, so those up to the requested one are no larger.
            let first = match least {
                Least::Any => 0,
                Least::Value(value) => field.position(value)?,
            };
            let options = options.get(first..=field.position(current)?)?.to_vec();
            (options.len() > 1).then_some(Input::Select { options })?
        }
        Input::Number { decimal, min, .. } => {
            let max = parse_number(current)?;
            let min = match least {
                Least::Any => *min,
                Least::Value(value) => Some(parse_number(value)?),
            };
            let is_least = min.is_some_and(|min| min >= max);
            (!is_least).then_some(Input::Number { decimal: *decimal, min, max: Some(max) })?
        }
        // There is no order that would say which value is smaller.
        Input::TypeAhead { .. } | Input::Existing { .. } | Input::Text { .. } => return None,
    };
    let mut narrowed = Field { input, ..field.clone() };
    narrowed.canonical.keep(current);
    Some(narrowed)
}

fn values(parameters: &[(String, String)]) -> BTreeMap<String, String> {
    parameters.iter().cloned().collect()
}

/// Checks the changes that an approver asks for; `product` is the catalog's current one, if it still exists.
///
/// # Errors
/// See [`Irreducible`].
pub fn approved_changes(
    request: &Request,
    product: Option<&Product>,
    prices: &PriceList,
    wanted: &RequestedReduction,
) -> Result<ApprovedChanges, Irreducible> {
    let product = unchanged(request, product)?;
    let reducible = Reducible::of(request);
    let lease = shorter(reducible.period, wanted.lease)?;
    let is_new = |(key, to): &(&String, &String)| reducible.value(key) != Some(to.as_str());
    let changed: Vec<_> = wanted.parameters.iter().filter(is_new).collect();
    let mut approved = ApprovedChanges {
        kind: reducible.kind,
        lease,
        parameters: Vec::new(),
        estimate: reducible.estimate.cloned(),
        after: request.approval().reductions.len(),
    };
    // A shorter lease alone affects neither the template nor the price.
    let Some((first, _)) = changed.first() else { return Ok(approved) };
    let not_offered = || Irreducible::NotOffered { name: (*first).clone() };
    let product = product.ok_or_else(not_offered)?;
    let fields = reducible_fields(request, product);
    for (key, to) in changed {
        let not_offered = || Irreducible::NotOffered { name: key.clone() };
        let field = fields.iter().find(|field| field.key == *key).ok_or_else(not_offered)?;
        let from = reducible.value(key).ok_or_else(not_offered)?;
        is_less(product, field, from, to)?;
        let label = product.label(key, to).map(str::to_owned);
        approved.parameters.push(ApprovedParameter { key: key.clone(), to: to.clone(), label });
    }
    if let Some(order) = request.approval().change()
        && order.reduced(&approved.values()).differences.is_empty()
    {
        return Err(Irreducible::NothingLeft);
    }
    approved.estimate = allowed(&reducible, product, prices, &approved.parameters)?;
    Ok(approved)
}

fn shorter(current: Option<Period>, wanted: Option<Period>) -> Result<Option<Period>, Irreducible> {
    let Some(wanted) = wanted.filter(|wanted| Some(*wanted) != current) else { return Ok(None) };
    let name = || "Lease".to_owned();
    let Some(current) = current else { return Err(Irreducible::NotOffered { name: name() }) };
    if shorter_leases(current).contains(&wanted) {
        return Ok(Some(wanted));
    }
    Err(Irreducible::NotLess { name: name(), from: current.to_string(), to: wanted.to_string() })
}

fn is_less(product: &Product, field: &Field, from: &str, to: &str) -> Result<(), Irreducible> {
    let parameter = product.template.parameter(&field.key);
    let problem = parameter.and_then(|parameter| value_problem(parameter, to));
    let (is_typed, is_less) = match &field.input {
        Input::Select { .. } => (false, field.position(to).is_some()),
        Input::TypeAhead { .. } | Input::Existing { .. } | Input::Text { .. } | Input::Number { .. } => {
            // Slack's own check of the least value runs in the client, so it proves nothing.
            let least = if let Input::Number { min, .. } = &field.input { *min } else { None };
            let numbers = parse_number(to).zip(parse_number(from));
            let is_less = |(to, from)| to < from && least.is_none_or(|least| to >= least);
            (true, numbers.is_some_and(is_less))
        }
    };
    match problem {
        // A typed text that is no valid value gets the message about that, not that it is too large.
        Some(message) if is_typed || is_less => Err(Irreducible::NotAllowed { message: sentence(&message) }),
        _ if !is_less => {
            let (from, to) = (from.to_owned(), to.to_owned());
            Err(Irreducible::NotLess { name: field.key.clone(), from, to })
        }
        _ => Ok(()),
    }
}

/// Returns the new estimate, if the template allows all values together and the cost is not higher.
fn allowed(
    reducible: &Reducible<'_>,
    product: &Product,
    prices: &PriceList,
    reduced: &[ApprovedParameter],
) -> Result<Option<Estimate>, Irreducible> {
    let new = replaced(reducible.parameters, reduced);
    // A field that became visible would need a value that the requester never gave.
    if product.hidden(&values(&new)) != product.hidden(&values(reducible.parameters)) {
        return Err(Irreducible::AsksOtherwise);
    }
    if let Some(broken) = product.template.failed_rules(&new).into_iter().next() {
        return Err(Irreducible::NotAllowed { message: sentence(&broken.message) });
    }
    let Some(before) = reducible.estimate else { return Ok(None) };
    let after = estimate(&product.cost, &|key| value_of(&new, key), prices);
    let after = after.filter(|after| after.monthly <= before.monthly);
    let costs_more = || Irreducible::CostsMore { now: dollars(before.monthly) };
    after.map(Some).ok_or_else(costs_more)
}

/// Strips the final period, since another sentence follows.
fn sentence(message: &str) -> String {
    message.trim_end_matches('.').to_owned()
}

fn replaced(parameters: &[(String, String)], reduced: &[ApprovedParameter]) -> Vec<(String, String)> {
    let new = |key: &str| {
        reduced.iter().find(|parameter| parameter.key == key).map(|parameter| parameter.to.clone())
    };
    parameters.iter().map(|(key, old)| (key.clone(), new(key).unwrap_or_else(|| old.clone()))).collect()
}

impl ApprovedChanges {
    fn values(&self) -> Vec<(&str, &str)> {
        self.parameters.iter().map(|parameter| (parameter.key.as_str(), parameter.to.as_str())).collect()
    }

    /// Applies the changes to what the approval asks for and returns the reductions and the saving in US dollars a month.
    /// Refused if something else is asked now, or somebody else has reduced it since the check.
    pub(in crate::domain) fn apply(
        &self,
        request: &mut Request,
        by: &PersonId,
    ) -> Result<(Vec<Reduction>, Decimal), Refusal> {
        let approval = request.approval();
        if approval.about.kind() != self.kind || approval.reductions.len() != self.after {
            return Err(Refusal::stale(request));
        }
        let reduction = |parameter: Option<&str>, from: &str, to: &str| Reduction {
            parameter: parameter.map(str::to_owned),
            from: from.to_owned(),
            to: to.to_owned(),
            by: by.clone(),
        };
        let reducible = Reducible::of(request);
        let mut reductions = Vec::new();
        if let (Some(lease), Some(period)) = (self.lease, reducible.period) {
            reductions.push(reduction(None, &period.to_string(), &lease.to_string()));
        }
        for parameter in &self.parameters {
            if let Some(from) = reducible.value(&parameter.key) {
                reductions.push(reduction(Some(&parameter.key), from, &parameter.to));
            }
        }
        let before = request.held_monthly();
        // Compared before and after, since a change saves only what it would have added.
        self.replace(request);
        request.approval_mut().reductions.extend(reductions.iter().cloned());
        Ok((reductions, before.saturating_sub(request.held_monthly())))
    }

    fn replace(&self, request: &mut Request) {
        let labels = |labels: &mut BTreeMap<String, String>| {
            for ApprovedParameter { key, label, .. } in &self.parameters {
                // The label of the old value must not stand beside the new one.
                labels.remove(key);
                labels.extend(label.clone().map(|label| (key.clone(), label)));
            }
        };
        match &mut request.approval_mut().about {
            About::Renew(renewal) => renewal.period = self.lease.unwrap_or(renewal.period),
            About::Change(order) => {
                **order = order.reduced(&self.values());
                labels(&mut order.labels);
                order.estimate.clone_from(&self.estimate);
            }
            About::Create => {
                request.product.lease.ttl = self.lease.unwrap_or(request.product.lease.ttl);
                request.parameters = replaced(&request.parameters, &self.parameters);
                labels(&mut request.labels);
                request.estimate.clone_from(&self.estimate);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shorter_leases_are_a_day_a_week_and_half_of_what_stands() {
        let offered = |ttl: &str| {
            let shorter = shorter_leases(ttl.parse().unwrap());
            shorter.iter().map(Period::to_string).collect::<Vec<_>>().join(" ")
        };
        let ttls = ["30d", "14d", "7d", "1d", "5m", "1s"];
        let lines = ttls.map(|ttl| format!("{ttl}: {}", offered(ttl)));
        insta::assert_snapshot!(lines.join("\n"), @"
        30d: 1d 7d 15d
        14d: 1d 7d
        7d: 1d 84h
        1d: 12h
        5m: 150s
        1s:
        ");
    }
}
