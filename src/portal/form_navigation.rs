//! The button of a form was pressed: it goes on to the next page, back to what has to be corrected, or is stored. What
//! storing means is in `submit`.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::form::{PageTurn, choose_team, find_product, form_of, refresh};
use super::session::{Filling, FormSession, session};
use super::submit::{Correction, Filled, SubmitError, Submitted, submit};
use super::{Error, Portal};
use crate::domain::catalog::Product;
use crate::domain::form::{Field, Form};
use crate::domain::ids::RequestId;
use crate::domain::parameters::check_parameters;
use crate::domain::refusal::Refusal;

/// What came of pressing the button.
#[derive(Debug)]
pub enum Pressed {
    /// It is a request.
    Stored(RequestId),
    /// The form goes on like this.
    Shows(Box<FormSession>),
    /// Nothing was stored, because it went beyond limits without saying so.
    BeyondLimits {
        /// What it went beyond, in words.
        why: String,
        /// The form as it is now, which says that it takes an exception, or that there is room again.
        session: Box<FormSession>,
    },
}

/// Stores a form of which everything was seen, or says how it goes on.
///
/// # Errors
/// As [`submit`]; the fields that have to be corrected stand on the page that was sent.
pub async fn submit_page(portal: &Portal, filled: Filled) -> Result<Pressed, SubmitError> {
    let product = find_product(portal, &filled.product)?;
    let form = form_of(&product)?;
    let filled = filled.with_its_page(&product, &form);
    let unasked = product.hidden(&form.held(&filled.given));
    match way(&product, &form, &unasked, &filled) {
        NextStep::Store => match submit(portal, filled.clone()).await {
            Err(SubmitError::Fields(wrong)) => back_to(portal, &product, form, &filled, wrong).await,
            Err(other) => Err(other),
            Ok(Submitted::Stored(request)) => Ok(Pressed::Stored(request)),
            Ok(Submitted::BeyondLimits(exception)) => {
                let session = refresh(portal, &filled, PageTurn::Stay).await?;
                let why = exception.describe(session.preview.estimate.as_ref());
                Ok(Pressed::BeyondLimits { why, session: Box::new(session) })
            }
        },
        NextStep::Show { .. } | NextStep::Correct(_) if product.template_hash != filled.template_hash => {
            Err(Refusal::ProductChanged { product: product.name.clone() }.into())
        }
        NextStep::Correct(problems) => Err(SubmitError::Fields(problems)),
        NextStep::Show { page, note } => {
            let filling = Filling {
                page,
                notes: note.map(str::to_owned).into_iter().collect(),
                ..Filling::of(&product, &form, &filled)?
            };
            Ok(shown(portal, &product, form, &filled, filling).await?)
        }
    }
}

enum NextStep {
    /// Everything was seen.
    Store,
    /// A page, and why it is not the next one.
    Show { page: usize, note: Option<&'static str> },
    /// Not on before these are right.
    Correct(Vec<Correction>),
}

fn way(product: &Product, form: &Form, unasked: &BTreeSet<String>, filled: &Filled) -> NextStep {
    let here = |key: &str| form.page_of(key) == Some(filled.page);
    // A condition may have come to hold without our being told: a typed field tells only on Enter.
    let is_new = |key: &&String| here(key) && !unasked.contains(*key) && !filled.sent.contains(*key);
    let is_lacking = |field: &Field| {
        let is_empty = !field.optional() && filled.given.get(&field.key) == Some(&None);
        is_empty && here(&field.key) && !unasked.contains(&field.key)
    };
    // An empty required field may decide which other fields are shown.
    let is_whole = !filled.lacks_team && !form.fields().any(is_lacking);
    if is_whole && product.show_when.keys().any(|key| is_new(&key)) {
        let note = "What you filled in asks for more: see the fields that are new, then go on.";
        return NextStep::Show { page: filled.page, note: Some(note) };
    }
    let next = form.pages(unasked).into_iter().find(|page| *page > filled.page);
    if next.is_none() && filled.is_last {
        return NextStep::Store;
    }
    let given = filled.given.iter().filter(|(key, _)| here(key) && !unasked.contains(*key));
    let given = given.map(|(key, sent)| (key.clone(), sent.clone())).collect();
    let checked = check_parameters(&product.offered(), form, &product.preset(), &given);
    let wrong = checked.err().unwrap_or_default().into_iter().filter(|problem| here(&problem.key));
    let wrong: Vec<Correction> = wrong.map(Correction::from).chain(filled.team_correction()).collect();
    match next {
        Some(page) if wrong.is_empty() => NextStep::Show { page, note: None },
        None if is_whole => NextStep::Show { page: filled.page, note: None },
        _ => NextStep::Correct(wrong),
    }
}

/// The first page with a mistake, with what is wrong; an error where that is the page that was sent.
async fn back_to(
    portal: &Portal,
    product: &Arc<Product>,
    form: Form,
    filled: &Filled,
    corrections: Vec<Correction>,
) -> Result<Pressed, SubmitError> {
    // What belongs to no parameter stands on the last page, which is told once the others are right.
    let of_parameters: Vec<(String, String)> =
        corrections.iter().filter_map(Correction::of_parameter).collect();
    let pages = of_parameters.iter().filter_map(|(key, _)| form.page_of(key));
    let Some(page) = pages.min().filter(|page| *page != filled.page) else {
        return Err(SubmitError::Fields(corrections));
    };
    let wrong = of_parameters;
    let filling = Filling { page, wrong, ..Filling::of(product, &form, filled)? };
    Ok(shown(portal, product, form, filled, filling).await?)
}

async fn shown(
    portal: &Portal,
    product: &Arc<Product>,
    form: Form,
    filled: &Filled,
    filling: Filling,
) -> Result<Pressed, Error> {
    let choice = choose_team(portal, &filled.by, product, filled.team.as_deref()).await?;
    let session = session(portal, &filled.by, Arc::clone(product), form, choice, filling).await?;
    Ok(Pressed::Shows(Box::new(session)))
}
