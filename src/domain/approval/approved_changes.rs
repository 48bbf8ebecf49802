//! Approving with changes: a shorter lease, or a smaller value where the product allows that. Never more than was
//! requested.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::{Irreducible, Reduction, RequestedReduction};
use crate::domain::catalog::Product;
use crate::domain::cost::{Estimate, PriceList, dollars, estimate};
use crate::domain::form::{Field, Form, Input};
use crate::domain::ids::PersonId;
use crate::domain::period::Period;
use crate::domain::refusal::Refusal;
use crate::domain::request::Request;
use cloudformation::text::parse_number;
use cloudformation::value::value_problem;

/// Longest list of options of which an approver may choose a smaller one, as many as a Slack select holds. In a longer
/// list nobody could tell which is smaller.
pub const MOST_OPTIONS: usize = 100;

/// The checked changes to a request, as of the moment they were checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovedChanges {
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

/// Whether an approver can reduce anything.
pub fn can_be_reduced(request: &Request) -> bool {
    let rule = &request.product.approval;
    request.waiting().is_none()
        && !(shorter_leases(request.product.lease.ttl).is_empty() && rule.may_reduce.is_empty())
}

/// Returns the current product if its template is the one that was requested.
///
/// # Errors
/// [`Irreducible::ProductChanged`].
pub fn unchanged<'p>(request: &Request, product: Option<&'p Product>) -> Result<&'p Product, Irreducible> {
    let same = |product: &&Product| product.template_hash == request.product.template_hash;
    product.filter(same).ok_or(Irreducible::ProductChanged)
}

/// Returns the fields that can be reduced, each offering the current value and everything below it.
pub fn reducible_fields(request: &Request, product: &Product) -> Vec<Field> {
    let Ok(form) = Form::from_template(&product.offered(), &product.preset()) else { return Vec::new() };
    let unasked = product.hidden(&values(&request.parameters));
    let named = request.product.approval.may_reduce.iter().filter(|key| !unasked.contains(*key));
    named.filter_map(|key| narrowed(form.field(key)?, request.parameter(key)?)).collect()
}

fn narrowed(field: &Field, current: &str) -> Option<Field> {
    let input = match &field.input {
        Input::Select { options } => {
            // Options are listed from small to large, so those up to the current one are no larger.
            let options = options.get(..=field.position(current)?)?.to_vec();
            (options.len() > 1).then_some(Input::Select { options })?
        }
        Input::Number { decimal, min, .. } => {
            let max = parse_number(current)?;
            let is_least = min.is_some_and(|min| min >= max);
            (!is_least).then_some(Input::Number { decimal: *decimal, min: *min, max: Some(max) })?
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
    let lease = shorter(request.product.lease.ttl, wanted.lease)?;
    let is_new = |(key, to): &(&String, &String)| request.parameter(key) != Some(to.as_str());
    let changed: Vec<_> = wanted.parameters.iter().filter(is_new).collect();
    let mut lowered = ApprovedChanges {
        lease,
        parameters: Vec::new(),
        estimate: request.estimate.clone(),
        after: request.creation.reductions.len(),
    };
    // A shorter lease alone affects neither the template nor the price.
    if changed.is_empty() {
        return Ok(lowered);
    }
    let fields = reducible_fields(request, product);
    for (key, to) in changed {
        let not_offered = || Irreducible::NotOffered { what: key.clone() };
        let field = fields.iter().find(|field| field.key == *key).ok_or_else(not_offered)?;
        let from = request.parameter(key).ok_or_else(not_offered)?;
        is_less(product, field, from, to)?;
        let label = product.label(key, to).map(str::to_owned);
        lowered.parameters.push(ApprovedParameter { key: key.clone(), to: to.clone(), label });
    }
    lowered.estimate = allowed(request, product, prices, &lowered.parameters)?;
    Ok(lowered)
}

fn shorter(ttl: Period, wanted: Option<Period>) -> Result<Option<Period>, Irreducible> {
    let Some(wanted) = wanted.filter(|wanted| *wanted != ttl) else { return Ok(None) };
    if shorter_leases(ttl).contains(&wanted) {
        return Ok(Some(wanted));
    }
    let (from, to) = (ttl.to_string(), wanted.to_string());
    Err(Irreducible::NotLess { what: "Lease".to_owned(), from, to })
}

fn is_less(product: &Product, field: &Field, from: &str, to: &str) -> Result<(), Irreducible> {
    let parameter = product.template.parameter(&field.key);
    let problem = parameter.and_then(|parameter| value_problem(parameter, to));
    let (is_typed, is_less) = match &field.input {
        Input::Select { .. } => (false, field.position(to).is_some()),
        Input::TypeAhead { .. } | Input::Existing { .. } | Input::Text { .. } | Input::Number { .. } => {
            (true, parse_number(to).zip(parse_number(from)).is_some_and(|(to, from)| to < from))
        }
    };
    match problem {
        // A typed text that is no valid value gets the message about that, not that it is too large.
        Some(message) if is_typed || is_less => Err(Irreducible::NotAllowed { message: sentence(&message) }),
        _ if !is_less => {
            let (from, to) = (from.to_owned(), to.to_owned());
            Err(Irreducible::NotLess { what: field.key.clone(), from, to })
        }
        _ => Ok(()),
    }
}

/// Returns the new estimate, if the template allows all values together and the cost is not higher.
fn allowed(
    request: &Request,
    product: &Product,
    prices: &PriceList,
    lowered: &[ApprovedParameter],
) -> Result<Option<Estimate>, Irreducible> {
    let new = replaced(&request.parameters, lowered);
    // A field that became visible would need a value that the requester never gave.
    if product.hidden(&values(&new)) != product.hidden(&values(&request.parameters)) {
        return Err(Irreducible::AsksOtherwise);
    }
    if let Some(broken) = product.template.failed_rules(&new).into_iter().next() {
        return Err(Irreducible::NotAllowed { message: sentence(&broken.message) });
    }
    let Some(before) = &request.estimate else { return Ok(None) };
    let value = |key: &str| new.iter().find(|(own, _)| own == key).map(|(_, value)| value.as_str());
    let after = estimate(&product.cost, &value, prices).filter(|after| after.monthly <= before.monthly);
    let costs_more = || Irreducible::CostsMore { now: dollars(before.monthly) };
    after.map(Some).ok_or_else(costs_more)
}

/// Strips the final period, since another sentence follows.
fn sentence(message: &str) -> String {
    message.trim_end_matches('.').to_owned()
}

fn replaced(parameters: &[(String, String)], lowered: &[ApprovedParameter]) -> Vec<(String, String)> {
    let new = |key: &str| lowered.iter().find(|one| one.key == key).map(|one| one.to.clone());
    parameters.iter().map(|(key, old)| (key.clone(), new(key).unwrap_or_else(|| old.clone()))).collect()
}

impl ApprovedChanges {
    /// Applies the changes to the request and returns the reductions and the saving in US dollars a month. Refused if
    /// somebody else has reduced the request since the check.
    pub(in crate::domain) fn apply(
        &self,
        request: &mut Request,
        by: &PersonId,
    ) -> Result<(Vec<Reduction>, Decimal), Refusal> {
        if request.creation.reductions.len() != self.after {
            return Err(Refusal::stale(request));
        }
        let reduction = |parameter, from, to: String| Reduction { parameter, from, to, by: by.clone() };
        let mut made = Vec::new();
        if let Some(lease) = self.lease {
            let ttl = std::mem::replace(&mut request.product.lease.ttl, lease);
            made.push(reduction(None, ttl.to_string(), lease.to_string()));
        }
        for ApprovedParameter { key, to, label } in &self.parameters {
            let Some((_, value)) = request.parameters.iter_mut().find(|(own, _)| own == key) else {
                continue;
            };
            let from = std::mem::replace(value, to.clone());
            made.push(reduction(Some(key.clone()), from, to.clone()));
            request.labels.remove(key);
            request.labels.extend(label.clone().map(|label| (key.clone(), label)));
        }
        let before = request.monthly();
        request.estimate.clone_from(&self.estimate);
        request.creation.reductions.extend(made.iter().cloned());
        Ok((made, before.saturating_sub(request.monthly())))
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
