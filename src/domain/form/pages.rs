//! Distributes the fields to pages when one Slack modal cannot hold them all. A field keeps its page, whatever else
//! is visible; pages without a visible field are skipped.

use std::collections::BTreeSet;

use super::{Field, Form, FormGroup, Input, field_bytes};

/// Most blocks of a modal in Slack.
const MAX_BLOCKS: usize = 100;

/// Blocks that the portal itself needs: team, estimate, quota, reason, ticket, owner, page, buttons, and at least two
/// warnings.
const OWN_BLOCKS: usize = 15;

/// Blocks of a page that are left for headings and fields.
pub(super) const PAGE_BLOCKS: usize = MAX_BLOCKS - OWN_BLOCKS;

/// Most bytes of the fields' blocks. Slack limits a view to 250 kB; the rest is left for the portal's own blocks.
pub(super) const MAX_VIEW_BYTES: usize = 230_000;

impl Form {
    /// Returns the page of a field, from 0.
    pub fn page_of(&self, key: &str) -> Option<usize> {
        let group = self.groups.iter().find(|group| group.fields.iter().any(|field| field.key == key));
        group.map(|group| group.page)
    }

    /// Returns the pages with visible fields, in order; page 0 if there are none.
    pub fn pages(&self, hidden: &BTreeSet<String>) -> Vec<usize> {
        let mut pages: Vec<usize> =
            self.groups.iter().filter(|group| group.has_visible(hidden)).map(|group| group.page).collect();
        // Groups are in page order, so equal pages are adjacent.
        pages.dedup();
        if pages.is_empty() { vec![0] } else { pages }
    }

    /// Returns the visible fields of a page, with their headings.
    pub fn on_page<'f>(
        &'f self,
        page: usize,
        hidden: &'f BTreeSet<String>,
    ) -> impl Iterator<Item = (Option<&'f str>, impl Iterator<Item = &'f Field>)> {
        let groups = self.groups.iter().filter(move |group| group.page == page && group.has_visible(hidden));
        groups.map(move |group| {
            let visible = group.fields.iter().filter(move |field| !hidden.contains(&field.key));
            (group.title.as_deref(), visible)
        })
    }
}

impl FormGroup {
    fn has_visible(&self, hidden: &BTreeSet<String>) -> bool {
        self.fields.iter().any(|field| !hidden.contains(&field.key))
    }
}

/// How much of the current page is used.
#[derive(Default)]
struct Fill {
    page: usize,
    blocks: usize,
    bytes: usize,
}

impl Fill {
    fn holds(&self, blocks: usize, bytes: usize) -> bool {
        self.blocks + blocks <= PAGE_BLOCKS && self.bytes + bytes <= MAX_VIEW_BYTES
    }

    fn take(&mut self, blocks: usize, bytes: usize) {
        self.blocks += blocks;
        self.bytes += bytes;
    }

    fn turn(&mut self) {
        // A group that fits on no page must not leave an empty one behind.
        if self.blocks > 0 {
            *self = Self { page: self.page + 1, ..Self::default() };
        }
    }
}

/// Assigns each group to a page. A group moves to the next page rather than being split, unless it fits on no page.
pub(super) fn paged(groups: Vec<FormGroup>) -> Vec<FormGroup> {
    let mut fill = Fill::default();
    let mut placed = Vec::new();
    for group in groups {
        let heading = usize::from(group.title.is_some());
        // Without options: if these make the page too large, the longest lists are looked up instead.
        let bytes: usize = group.fields.iter().map(bare_bytes).sum();
        if !fill.holds(heading + group.fields.len(), bytes) {
            fill.turn();
        }
        split(group, heading, &mut fill, &mut placed);
    }
    // Last, when it is known which fields share a page.
    for page in 0..=fill.page {
        look_up_long_lists(&mut placed, page);
    }
    placed
}

fn split(group: FormGroup, heading: usize, fill: &mut Fill, placed: &mut Vec<FormGroup>) {
    let mut part = Vec::new();
    fill.take(heading, 0);
    for field in group.fields {
        let bytes = bare_bytes(&field);
        if !fill.holds(1, bytes) {
            let fields = std::mem::take(&mut part);
            // The heading is repeated on the next page.
            placed.push(FormGroup { title: group.title.clone(), page: fill.page, fields });
            fill.turn();
            fill.take(heading, 0);
        }
        fill.take(1, bytes);
        part.push(field);
    }
    placed.push(FormGroup { title: group.title, page: fill.page, fields: part });
}

/// Returns the minimum size of a field: without its options, which can be looked up.
fn bare_bytes(field: &Field) -> usize {
    field_bytes(&Field { input: Input::TypeAhead { options: Vec::new() }, ..field.clone() })
}

/// Turns the longest selects into type-ahead inputs until the page fits, because options that are looked up take no
/// space in the view.
fn look_up_long_lists(groups: &mut [FormGroup], page: usize) {
    let bytes = |groups: &[FormGroup]| -> usize {
        let on_page = groups.iter().filter(|group| group.page == page);
        on_page.flat_map(|group| &group.fields).map(field_bytes).sum()
    };
    while bytes(groups) > MAX_VIEW_BYTES {
        let fields = groups.iter_mut().filter(|group| group.page == page).flat_map(|group| &mut group.fields);
        let selects = fields.filter(|field| matches!(field.input, Input::Select { .. }));
        // The longest first, so that as few selects as possible change.
        let Some(longest) = selects.max_by_key(|field| field_bytes(field)) else {
            return;
        };
        longest.input = Input::TypeAhead { options: longest.options().to_vec() };
    }
}
