//! An open form, of a new request or of a change: shows it again, turns its pages, shows the page to correct, or stores
//! what was filled in.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::domain::approval::Exception;
use crate::domain::audit::{By, Via};
use crate::domain::catalog::Product;
use crate::domain::form::{Field, Form};
use crate::domain::ids::PersonId;
use crate::domain::parameters::check_parameters;
use crate::domain::refusal::Refusal;
use crate::domain::request::Request;
use crate::portal::people::change;
use crate::portal::people::click::RequestAction;
use crate::portal::people::form::{choose_team, find_product, form_of};
use crate::portal::people::form_draft::{Correction, FormDraft};
use crate::portal::people::form_view::{FormView, fitting, new_request_view};
use crate::portal::people::submit::{SubmitError, Submitted, submit};
use crate::portal::{Error, Portal};

/// The result of pressing a form's submit button.
#[derive(Debug)]
pub enum FormOutcome {
    /// A new request was stored.
    Requested,
    /// A change of this request was stored.
    Changed(Box<Request>),
    /// The form is shown again like this.
    Shows(Box<FormView>),
    /// Nothing was stored, because the form exceeded limits without saying so.
    BeyondLimits {
        /// The exceeded limits, in words.
        why: String,
        /// The current form, which says that an exception is needed, or that there is room again.
        view: Box<FormView>,
    },
}

/// Which page of an open form to show next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageTurn {
    /// The same page.
    Stay,
    /// The previous page.
    Back,
}

/// Rebuilds the form after the user chose something, went back a page, or submitted it although the product has
/// changed.
///
/// # Errors
/// A refusal if the person may not use the product, the team or the request any more, or if what is filled in does not
/// fit the changed product; a failure if Slack or the store does not answer.
pub async fn refresh(
    portal: &Portal,
    person: &PersonId,
    draft: &FormDraft,
    turn: PageTurn,
) -> Result<FormView, Error> {
    if let Some(button) = &draft.button {
        return change::refresh(portal, person, button, draft).await;
    }
    let product = find_product(portal, draft.product.as_str())?;
    let form = form_of(&product)?;
    let mut draft = draft.clone();
    if turn == PageTurn::Back {
        let pages = form.pages(&product.hidden(&form.held(&draft.values)));
        // Skips pages whose fields are all hidden.
        draft.page = pages.into_iter().rfind(|page| *page < draft.page).unwrap_or_default();
    }
    show(portal, person, (product, form), draft, None, Vec::new()).await
}

/// Stores a form whose pages were all seen, or returns what to show next. A form that was built from another template
/// is shown again as it is now.
///
/// # Errors
/// See [`SubmitError`]; fields that need correction are on the submitted page. A refusal as a changed product means that
/// what is filled in does not fit it.
pub async fn submit_page(
    portal: &Portal,
    person: &PersonId,
    idempotency_key: &str,
    draft: &FormDraft,
) -> Result<FormOutcome, SubmitError> {
    let outcome = match &draft.button {
        Some(button) => {
            let by = By { person: person.clone(), via: Via::Form };
            let click = RequestAction::of_form(by, button.clone(), idempotency_key.to_owned());
            match Box::pin(change::submit(portal, &click, draft)).await {
                Ok(Submitted::Stored(request)) => Ok(FormOutcome::Changed(request)),
                Ok(Submitted::BeyondLimits(exception)) => {
                    beyond_limits(portal, person, draft, &exception).await
                }
                Err(error) => Err(error),
            }
        }
        None => submit_request_page(portal, person, idempotency_key, draft).await,
    };
    match outcome {
        Err(SubmitError::Other(Error::Refused(Refusal::ProductChanged { .. }))) => {
            Ok(FormOutcome::Shows(Box::new(refresh(portal, person, draft, PageTurn::Stay).await?)))
        }
        outcome => outcome,
    }
}

async fn submit_request_page(
    portal: &Portal,
    person: &PersonId,
    idempotency_key: &str,
    draft: &FormDraft,
) -> Result<FormOutcome, SubmitError> {
    let product = find_product(portal, draft.product.as_str())?;
    let form = form_of(&product)?;
    let draft = draft.clone().with_empty_fields(&product, &form);
    let hidden = product.hidden(&form.held(&draft.values));
    match next_step(&product, &form, &hidden, &draft) {
        NextStep::Store => match submit(portal, person, idempotency_key, &draft).await {
            Err(SubmitError::Fields(corrections)) => {
                show_first_mistake(portal, person, (product, form), draft, corrections).await
            }
            Err(other) => Err(other),
            Ok(Submitted::Stored(())) => Ok(FormOutcome::Requested),
            Ok(Submitted::BeyondLimits(exception)) => beyond_limits(portal, person, &draft, &exception).await,
        },
        // For `NextStep::Store`, `submit` checks the template.
        NextStep::Show { .. } | NextStep::Correct(_) if product.template_hash != draft.template_hash => {
            Err(Refusal::ProductChanged { product: product.name.clone() }.into())
        }
        NextStep::Correct(corrections) => Err(SubmitError::Fields(corrections)),
        NextStep::Show { page, note } => {
            let draft = FormDraft { page, ..draft };
            let view = show(portal, person, (product, form), draft, note, Vec::new()).await?;
            Ok(FormOutcome::Shows(Box::new(view)))
        }
    }
}

/// Shows the form again, which then asks for an exception.
async fn beyond_limits(
    portal: &Portal,
    person: &PersonId,
    draft: &FormDraft,
    exception: &Exception,
) -> Result<FormOutcome, SubmitError> {
    let view = refresh(portal, person, draft, PageTurn::Stay).await?;
    let why = exception.describe(view.adds());
    Ok(FormOutcome::BeyondLimits { why, view: Box::new(view) })
}

enum NextStep {
    /// Store the request: all pages were seen.
    Store,
    /// Show a page, with a note if it is not simply the next one.
    Show { page: usize, note: Option<&'static str> },
    /// Require these corrections first.
    Correct(Vec<Correction>),
}

fn next_step(product: &Product, form: &Form, hidden: &BTreeSet<String>, draft: &FormDraft) -> NextStep {
    let is_on_page = |key: &str| form.page_of(key) == Some(draft.page) && !hidden.contains(key);
    // A condition may hold without our knowing: Slack reports a typed field only on Enter.
    let is_new = |key: &String| is_on_page(key) && !draft.fields.contains(key);
    let is_lacking = |field: &Field| {
        !field.optional() && draft.values.get(&field.key) == Some(&None) && is_on_page(&field.key)
    };
    // An empty required field may decide which other fields are visible.
    let is_whole = !draft.lacks_team && !form.fields().any(is_lacking);
    if is_whole && product.show_when.keys().any(is_new) {
        let note = "What you filled in asks for more: see the fields that are new, then go on.";
        return NextStep::Show { page: draft.page, note: Some(note) };
    }
    let next = form.pages(hidden).into_iter().find(|page| *page > draft.page);
    if next.is_none() && draft.is_last == Some(true) {
        return NextStep::Store;
    }
    let inputs = draft.values.iter().filter(|(key, _)| is_on_page(key));
    let inputs = inputs.map(|(key, input)| (key.clone(), input.clone())).collect();
    let checked = check_parameters(&product.offered(), form, &product.preset(), &inputs);
    let problems = checked.err().unwrap_or_default().into_iter();
    let problems = problems.filter(|problem| form.page_of(&problem.key) == Some(draft.page));
    let corrections: Vec<Correction> =
        problems.map(Correction::from).chain(draft.team_correction()).collect();
    match next {
        Some(page) if corrections.is_empty() => NextStep::Show { page, note: None },
        None if is_whole => NextStep::Show { page: draft.page, note: None },
        _ => NextStep::Correct(corrections),
    }
}

/// Shows the first page with a mistake; an error if that is the submitted page.
async fn show_first_mistake(
    portal: &Portal,
    person: &PersonId,
    (product, form): (Arc<Product>, Form),
    draft: FormDraft,
    corrections: Vec<Correction>,
) -> Result<FormOutcome, SubmitError> {
    // Other problems are on the last page, and are reported once the parameters are right.
    let warnings: Vec<(String, String)> = corrections.iter().filter_map(Correction::of_parameter).collect();
    let pages = warnings.iter().filter_map(|(key, _)| form.page_of(key));
    let Some(page) = pages.min().filter(|page| *page != draft.page) else {
        return Err(SubmitError::Fields(corrections));
    };
    let view = show(portal, person, (product, form), FormDraft { page, ..draft }, None, warnings).await?;
    Ok(FormOutcome::Shows(Box::new(view)))
}

/// Shows the draft's page of a request form, with what was filled in.
async fn show(
    portal: &Portal,
    person: &PersonId,
    (product, form): (Arc<Product>, Form),
    draft: FormDraft,
    note: Option<&str>,
    warnings: Vec<(String, String)>,
) -> Result<FormView, Error> {
    let (teams, team) = choose_team(portal, person, &product, Some(draft.team.as_str())).await?;
    let (values, mut notes) = fitting(&product, &form, &draft)?;
    notes.extend(note.map(str::to_owned));
    let draft = FormDraft { team, ..draft };
    new_request_view(portal, person, (product, form), teams, draft, (values, notes), warnings).await
}
