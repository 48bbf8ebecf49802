//! The submit button of a form: shows the next page, or the page to correct, or stores the request. `submit` stores it.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::domain::catalog::Product;
use crate::domain::form::{Field, Form};
use crate::domain::ids::RequestId;
use crate::domain::parameters::check_parameters;
use crate::domain::refusal::Refusal;
use crate::portal::people::filled::{Correction, Filled};
use crate::portal::people::form::{PageTurn, choose_team, find_product, form_of, refresh};
use crate::portal::people::session::{Filling, FormSession, session};
use crate::portal::people::submit::{SubmitError, Submitted, submit};
use crate::portal::{Error, Portal};

/// The result of pressing the button.
#[derive(Debug)]
pub enum Pressed {
    /// A request was stored.
    Stored(RequestId),
    /// The form is shown again like this.
    Shows(Box<FormSession>),
    /// Nothing was stored, because the form exceeded limits without saying so.
    BeyondLimits {
        /// The exceeded limits, in words.
        why: String,
        /// The current form, which says that an exception is needed, or that there is room again.
        session: Box<FormSession>,
    },
}

/// Stores a form whose pages were all seen, or returns what to show next.
///
/// # Errors
/// See [`submit`]; fields that need correction are on the submitted page.
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
                let why =
                    exception.describe(session.preview.estimate.as_ref().map(|estimate| estimate.monthly));
                Ok(Pressed::BeyondLimits { why, session: Box::new(session) })
            }
        },
        // For `NextStep::Store`, `submit` checks the template.
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
    /// Store the request: all pages were seen.
    Store,
    /// Show a page, with a note if it is not simply the next one.
    Show { page: usize, note: Option<&'static str> },
    /// Require these corrections first.
    Correct(Vec<Correction>),
}

fn way(product: &Product, form: &Form, unasked: &BTreeSet<String>, filled: &Filled) -> NextStep {
    let here = |key: &str| form.page_of(key) == Some(filled.page);
    // A condition may hold without our knowing: Slack reports a typed field only on Enter.
    let is_new = |key: &&String| here(key) && !unasked.contains(*key) && !filled.sent.contains(*key);
    let is_lacking = |field: &Field| {
        let is_empty = !field.optional() && filled.given.get(&field.key) == Some(&None);
        is_empty && here(&field.key) && !unasked.contains(&field.key)
    };
    // An empty required field may decide which other fields are visible.
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

/// Shows the first page with a mistake; an error if that is the submitted page.
async fn back_to(
    portal: &Portal,
    product: &Arc<Product>,
    form: Form,
    filled: &Filled,
    corrections: Vec<Correction>,
) -> Result<Pressed, SubmitError> {
    // Other problems are on the last page, and are reported once the parameters are right.
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
