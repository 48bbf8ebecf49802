//! Parses `product.yml` into the rules of a product: which keys exist and what their defaults are. All
//! references into the template and the price list are checked here, where line numbers are still known.

mod approval;
mod choices;
mod conditions;
mod context;
mod cost;
mod references;
mod show_when;
mod terms;
mod ticket;

pub(super) use context::Context;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use self::context::{Choices, did_you_mean};
use crate::domain::catalog::{
    ApprovalRule, Binding, LeaseTerms, Product, QuotaRule, Requesters, TeardownConfirm, offered,
};
use crate::domain::cost::CostLine;
use crate::domain::form::{Form, ShowWhen};
use crate::domain::ids::ProductKey;
use crate::domain::ticket::TicketRule;
use cloudformation::Template;
use cloudformation::document::{Problem, Problems, Reader, parse_yaml};

/// A parsed product file, without its template.
pub(super) struct ProductFile {
    name: String,
    description: String,
    owner: String,
    version: String,
    bind: BTreeMap<String, Binding>,
    choices: Choices,
    show_when: BTreeMap<String, ShowWhen>,
    change: Vec<String>,
    approval: ApprovalRule,
    quota: QuotaRule,
    lease: LeaseTerms,
    teardown: TeardownConfirm,
    requesters: Requesters,
    ticket: Option<TicketRule>,
    cost: Vec<CostLine>,
    outputs: Vec<String>,
}

/// Parses a product file. Returns what could be read along with the problems, so that it can be checked
/// further.
pub(super) fn read(text: &str, context: &Context<'_>) -> (Option<ProductFile>, Vec<Problem>) {
    let node = match parse_yaml(text) {
        Ok(node) => node,
        Err(problem) => return (None, vec![Problem::from(problem)]),
    };
    let problems = Problems::new();
    let file = product_file(Reader::new(&node, &problems), context);
    (Some(file), problems.into_sorted())
}

/// Returns a warning for each key of a product file that is called differently now.
pub(super) fn renamed_keys(text: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    // A file that cannot be parsed is reported by `read`.
    if let Ok(node) = parse_yaml(text)
        && let Some(section) = node.get("approval")
    {
        approval::renamed_keys(section, &mut problems);
    }
    problems
}

fn product_file(reader: Reader<'_>, context: &Context<'_>) -> ProductFile {
    // Read first, because the parameter for the team is checked with these names.
    let requesters = terms::requesters(&reader);
    let bind = references::bind(reader.section("bind"), &requesters, context);
    let choices = choices::choices(reader.section("choices"), &reader.section("bind"), context);
    let never_shown = never_shown(&bind, &choices);
    let beside = show_when::FormContext { choices: &choices, never_shown: &never_shown };
    let approval = approval::approval(reader.section("approval"), reader.has("cost"), &never_shown, context);
    let file = ProductFile {
        name: name(&reader),
        description: description(&reader),
        owner: reader.text_or("owner", "Platform Team"),
        version: version(&reader),
        show_when: show_when::show_when(reader.section("show_when"), &beside, context),
        bind,
        choices,
        change: references::change(&reader, context),
        approval,
        quota: terms::quota(reader.section("quota")),
        lease: terms::lease(reader.section("lease")),
        teardown: terms::teardown(reader.section("teardown")),
        requesters,
        // A missing section reads like an empty one, and an empty one asks for a ticket.
        ticket: if reader.has("ticket") { Some(ticket::ticket(reader.section("ticket"))) } else { None },
        cost: cost::lines(&reader, context),
        outputs: outputs(&reader, context),
    };
    // Reports the keys that nothing above has read.
    reader.finish();
    file
}

/// Returns the parameters that no form shows: those that the portal fills in, and those with a single choice.
fn never_shown(bind: &BTreeMap<String, Binding>, choices: &Choices) -> BTreeSet<String> {
    let fixed = choices.iter().filter(|(_, offered)| offered.len() == 1).map(|(key, _)| key);
    bind.keys().chain(fixed).cloned().collect()
}

fn name(reader: &Reader<'_>) -> String {
    let name = reader.required_text("name");
    let trimmed = name.trim();
    // The name is an option in the catalog browser and the header of the request's card; Slack limits an
    // option to 75 characters.
    if trimmed.chars().count() > 75 {
        let problem = format!("`name` has {} characters, Slack shows 75 at most", trimmed.chars().count());
        reader.report("name", problem, "shorten it, best to 24 characters so that it fits a form's title");
    }
    trimmed.to_owned()
}

fn description(reader: &Reader<'_>) -> String {
    let description = reader.text_or("description", "");
    let length = description.chars().count();
    if length > 2_000 {
        let problem = format!("`description` has {length} characters, Slack shows 2,000 at most");
        reader.report("description", problem, "shorten it to a sentence");
    }
    description.trim().to_owned()
}

fn version(reader: &Reader<'_>) -> String {
    let version = reader.text_or("version", "v1.0");
    if version.trim().is_empty() {
        reader.report("version", "`version` is blank", "write for example `version: v1.0`");
    }
    version.trim().to_owned()
}

fn outputs(reader: &Reader<'_>, context: &Context<'_>) -> Vec<String> {
    let outputs = reader.list_of_texts("outputs").unwrap_or_default();
    let mut seen = BTreeSet::new();
    for output in &outputs {
        if !seen.insert(output) {
            reader.report("outputs", format!("`outputs` names `{output}` twice"), "name it once");
        }
        let Some(template) = context.template else { continue };
        if !template.may_give(output) {
            let names: Vec<&str> = template.outputs.iter().map(|output| output.name.as_str()).collect();
            let remedy = did_you_mean(output, &names, "the outputs are");
            reader.report("outputs", format!("the template has no output `{output}`"), remedy);
        }
    }
    outputs
}

impl ProductFile {
    /// Returns the problems that prevent a form from the template's parameters.
    pub(super) fn form_problems(&self, template: &Template) -> Vec<Problem> {
        let never_shown = never_shown(&self.bind, &self.choices);
        Form::from_template(&offered(template, &self.choices), &never_shown).err().unwrap_or_default()
    }

    pub(super) fn into_product(
        self,
        key: ProductKey,
        template: Arc<Template>,
        template_hash: String,
    ) -> Product {
        Product {
            key,
            name: self.name,
            description: self.description,
            owner: self.owner,
            version: self.version,
            bind: self.bind,
            choices: self.choices,
            show_when: self.show_when,
            change: self.change,
            approval: self.approval,
            quota: self.quota,
            lease: self.lease,
            teardown: self.teardown,
            requesters: self.requesters,
            ticket: self.ticket,
            cost: self.cost,
            outputs: self.outputs,
            template,
            template_hash,
        }
    }
}

impl Product {
    /// Returns the request form with every parameter that the portal does not fill in, or why there cannot be
    /// one.
    pub fn form(&self) -> Result<Form, Vec<Problem>> {
        Form::from_template(&self.offered(), &self.preset())
    }
}
