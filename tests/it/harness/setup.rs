//! What a company starts with: its settings, its catalog, and where its store is.

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use playground::{Person as Colleague, Settings as SlackSettings};
use quartermaster::aws::dynamodb::Tables;
use quartermaster::catalog;
use quartermaster::config::{Settings, StoreChoice};
use quartermaster::domain::catalog::Catalog;
use quartermaster::ports::limits::Limits;
use tempfile::TempDir;

use super::line::all_over_sockets;
use super::place::copy;

/// Journeys have no pauses, so nobody is limited. Two teams, an approver, a group of leads and a platform admin; the people are the playground's.
const SETTINGS: &str = r#"
[slack]
approvals_channel = "C0APPROVALS"
burst = 0
admins = ["U0ADMIN"]

[simulated]
step = "0s"

[[teams]]
name = "payments"
members = ["U0ALICE"]
approvers = ["U0MORGAN"]
channel = "C0PAYMENTS"

[[teams]]
name = "search"
members = ["U0BOB"]
approvers = ["S0LEADS"]
channel = "C0SEARCH"
"#;

/// Read once for all journeys.
static SHIPPED: LazyLock<Arc<Catalog>> = LazyLock::new(|| Arc::new(catalog::built_in().unwrap()));

/// As many as any journey wants.
static CROWD: LazyLock<Vec<String>> = LazyLock::new(|| (0..200).map(|n| format!("U0CROWD{n:03}")).collect());

fn crowd(count: usize) -> impl Iterator<Item = &'static str> {
    assert!(count <= CROWD.len(), "so many people do not exist");
    CROWD[..count].iter().map(String::as_str)
}

/// How a company differs from the usual one.
#[derive(Debug)]
pub(crate) struct Setup {
    settings: String,
    catalog: Option<TempDir>,
    /// The folder of the store; without one it lives in memory and no restart survives.
    folder: Option<TempDir>,
    /// Where the store is on DynamoDB, and all else is embedded.
    tables: Option<Tables>,
    stop: Option<usize>,
    crowd: usize,
    over_sockets: bool,
    is_for_enterprise: bool,
    limits: Limits,
}

impl Setup {
    /// The usual company: the shipped catalog, everything provisioned at once, a store in memory.
    pub(crate) fn new() -> Self {
        Self {
            settings: SETTINGS.to_owned(),
            catalog: None,
            folder: None,
            tables: None,
            stop: None,
            crowd: 0,
            over_sockets: all_over_sockets(),
            is_for_enterprise: false,
            limits: Limits::NONE,
        }
    }

    /// Keeps the store in a file, so that the bot can be stopped and started again.
    pub(crate) fn in_a_file(mut self) -> Self {
        self.folder = Some(tempfile::tempdir().unwrap());
        self
    }

    /// Keeps the store in a file that an earlier program has left: SQL that makes it.
    pub(crate) fn in_a_file_of(self, sql: &str) -> Self {
        let setup = self.in_a_file();
        rusqlite::Connection::open(setup.file().unwrap()).unwrap().execute_batch(sql).unwrap();
        setup
    }

    /// Keeps the store in these tables of the emulator; all else is embedded.
    pub(crate) fn in_tables(mut self, tables: Tables) -> Self {
        self.tables = Some(tables);
        self
    }

    pub(super) fn tables(&self) -> Option<&Tables> {
        self.tables.as_ref()
    }

    /// The file of the store, where it is in one.
    pub(super) fn file(&self) -> Option<PathBuf> {
        self.folder.as_ref().map(|folder| folder.path().join("quartermaster.db"))
    }

    /// The first bot stops after so many calls that change something; whenever somebody waits for it afterwards it is
    /// started again.
    pub(crate) fn stopping_after(mut self, calls: usize) -> Self {
        self.stop = Some(calls);
        self
    }

    pub(super) fn stop(&self) -> Option<usize> {
        self.stop
    }

    /// So many more members of team payments.
    pub(crate) fn with_members(self, count: usize) -> Self {
        self.with_a_crowd("members = [\"U0ALICE\"", count)
    }

    /// So many more approvers of team payments.
    pub(crate) fn with_approvers(self, count: usize) -> Self {
        self.with_a_crowd("approvers = [\"U0MORGAN\"", count)
    }

    fn with_a_crowd(mut self, beside: &str, count: usize) -> Self {
        self.crowd = count;
        let ids: Vec<String> = crowd(count).map(|id| format!(", \"{id}\"")).collect();
        self.with_settings(beside, &format!("{beside}{}", ids.concat()))
    }

    pub(super) fn crowd(&self) -> impl Iterator<Item = &'static str> + use<> {
        crowd(self.crowd)
    }

    /// The people of the playground and the crowd, who are in the channel of team payments, and where they work.
    pub(super) fn people(&self, slack: &mut SlackSettings) {
        slack.identity.enterprise = self.is_for_enterprise.then(|| "E0GRID".to_owned());
        for id in self.crowd() {
            let name = id.to_lowercase();
            let email = format!("{name}@playground.example");
            let real_name = name.clone();
            slack.people.push(Colleague {
                id: id.to_owned(),
                name,
                real_name,
                email,
                ..Colleague::default()
            });
        }
        let payments = slack.channels.iter_mut().find(|channel| channel.id == "C0PAYMENTS").unwrap();
        payments.members.extend(self.crowd().map(str::to_owned));
    }

    /// Installs the app for a whole enterprise in place of one workspace.
    pub(crate) fn for_an_enterprise(mut self) -> Self {
        self.is_for_enterprise = true;
        self
    }

    pub(super) fn hold_to(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// The usual company gives everything all the time it takes.
    pub(super) fn limits(&self) -> Limits {
        self.limits
    }

    /// Has the bot connect to Slack instead of being called.
    pub(crate) fn over_sockets(mut self) -> Self {
        self.over_sockets = true;
        self
    }

    pub(super) fn goes_over_sockets(&self) -> bool {
        self.over_sockets
    }

    /// Replaces a piece of the settings file.
    pub(crate) fn with_settings(mut self, from: &str, to: &str) -> Self {
        self.change_settings(from, to);
        self
    }

    pub(super) fn change_settings(&mut self, from: &str, to: &str) {
        assert!(self.settings.contains(from), "the settings do not contain {from}");
        self.settings = self.settings.replace(from, to);
    }

    /// Lets each resource of a template take this long to be made.
    pub(crate) fn with_step(self, step: &str) -> Self {
        self.with_settings("step = \"0s\"", &format!("step = \"{step}\""))
    }

    /// Adds a key to the settings of team payments.
    pub(crate) fn with_payments(self, line: &str) -> Self {
        let channel = "channel = \"C0PAYMENTS\"\n";
        self.with_settings(channel, &format!("{channel}{line}\n"))
    }

    /// Replaces a piece of a file of the catalog.
    pub(crate) fn with_catalog(mut self, file: &str, from: &str, to: &str) -> Self {
        self.change_catalog(file, from, to);
        self
    }

    pub(super) fn change_catalog(&mut self, file: &str, from: &str, to: &str) {
        let path = self.catalog_folder().join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} does not contain {from}");
        std::fs::write(path, text.replace(from, to)).unwrap();
    }

    /// Removes a product.
    pub(super) fn lose_product(&mut self, key: &str) {
        std::fs::remove_dir_all(self.catalog_folder().join(key)).unwrap();
    }

    /// Adds a product.
    pub(crate) fn with_product(mut self, key: &str, product: &str, template: &str) -> Self {
        let folder = self.catalog_folder().join(key);
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("product.yml"), product).unwrap();
        std::fs::write(folder.join("template.yml"), template).unwrap();
        self
    }

    fn catalog_folder(&mut self) -> &Path {
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("catalog");
        self.catalog
            .get_or_insert_with(|| {
                let folder = tempfile::tempdir().unwrap();
                copy(&shipped, folder.path());
                folder
            })
            .path()
    }

    pub(super) fn settings(&self) -> Settings {
        let mut settings = Settings::parse("test settings", &self.settings).unwrap();
        let file = self.file().map(|file| file.display().to_string());
        settings.backend.store = StoreChoice::Sqlite(file.unwrap_or_else(|| ":memory:".to_owned()));
        settings
    }

    /// Settings and catalog as the operator has left them, or a line for each problem.
    pub(super) fn read_again(&self) -> Result<(Settings, Catalog), Vec<String>> {
        let settings = Settings::parse("test settings", &self.settings);
        let settings =
            settings.map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>())?;
        let catalog = match &self.catalog {
            Some(folder) => catalog::load(folder.path(), None),
            None => catalog::built_in(),
        };
        let steady = |problem: &dyn std::fmt::Display| {
            let folder = self.catalog.as_ref().map(|folder| folder.path().display().to_string());
            problem.to_string().replace(&folder.unwrap_or_default(), "catalog")
        };
        let catalog =
            catalog.map_err(|problems| problems.iter().map(|one| steady(one)).collect::<Vec<_>>())?;
        Ok((settings, catalog))
    }

    pub(super) fn catalog(&self) -> Arc<Catalog> {
        Arc::new(match &self.catalog {
            Some(folder) => catalog::load(folder.path(), None).unwrap(),
            None => return Arc::clone(&SHIPPED),
        })
    }
}
