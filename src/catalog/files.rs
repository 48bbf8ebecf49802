//! Reads the files of a catalog, from a folder on disk or the one built into the binary. Their content is
//! interpreted elsewhere.

use std::io::ErrorKind;
use std::path::Path;
use std::{fs, io};

use include_dir::{Dir, include_dir};

use super::problem::FileProblem;

static BUILT_IN: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/catalog");

/// The files of one catalog, ordered by path.
#[derive(Debug, Default)]
pub(super) struct CatalogFiles {
    /// The name of the catalog's folder in messages.
    pub(super) root: String,
    /// One entry per product.
    pub(super) products: Vec<ProductFolder>,
    /// One entry per region.
    pub(super) prices: Vec<PriceFile>,
}

/// The two files of a product; `None` if one is missing or unreadable.
#[derive(Debug)]
pub(super) struct ProductFolder {
    pub(super) name: String,
    pub(super) product: Option<String>,
    pub(super) template: Option<String>,
}

/// A price list that is not parsed yet.
#[derive(Debug)]
pub(super) struct PriceFile {
    pub(super) region: String,
    pub(super) text: String,
}

impl ProductFolder {
    pub(super) fn product_file(&self, root: &str) -> String {
        format!("{root}/{}/product.yml", self.name)
    }

    pub(super) fn template_file(&self, root: &str) -> String {
        format!("{root}/{}/template.yml", self.name)
    }
}

impl PriceFile {
    pub(super) fn file(&self, root: &str) -> String {
        format!("{root}/prices/{}.yml", self.region)
    }
}

/// Reads a folder. Other files are ignored, so that a README may lie beside a product.
pub(super) fn on_disk(dir: &Path, problems: &mut Vec<FileProblem>) -> CatalogFiles {
    let folder = dir.display().to_string();
    // Paths in messages must not contain `//`.
    let root = match folder.trim_end_matches('/') {
        "" => folder.clone(),
        trimmed => trimmed.to_owned(),
    };
    let mut files = CatalogFiles { root, ..CatalogFiles::default() };
    match names(dir) {
        Ok(names) => {
            // Hidden folders, such as that of a version control system, hold no products.
            for name in names.into_iter().filter(|name| !name.starts_with('.') && dir.join(name).is_dir()) {
                if name == "prices" {
                    files.prices = prices_on_disk(&dir.join(&name), &files.root, problems);
                } else {
                    files.products.push(product_on_disk(dir, name, &files.root, problems));
                }
            }
        }
        Err(error) => problems.push(FileProblem::of_file(
            &files.root,
            format!("the catalog's folder cannot be read ({error})"),
            "name the folder that holds the products, for example `catalog`",
        )),
    }
    files
}

fn names(dir: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(dir)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    // The order of a folder differs between machines; that of reports should not.
    names.sort();
    Ok(names)
}

fn product_on_disk(dir: &Path, name: String, root: &str, problems: &mut Vec<FileProblem>) -> ProductFolder {
    let mut folder = ProductFolder { name, product: None, template: None };
    let path = dir.join(&folder.name);
    folder.product = text_of(&path.join("product.yml"), &folder.product_file(root), PRODUCT_REMEDY, problems);
    folder.template =
        text_of(&path.join("template.yml"), &folder.template_file(root), TEMPLATE_REMEDY, problems);
    folder
}

const PRODUCT_REMEDY: &str = "add one with at least `name: …`";
const TEMPLATE_REMEDY: &str = "add the CloudFormation template of the product";

fn prices_on_disk(dir: &Path, root: &str, problems: &mut Vec<FileProblem>) -> Vec<PriceFile> {
    let names = names(dir).unwrap_or_else(|error| {
        let problem = format!("the price lists cannot be read ({error})");
        problems.push(FileProblem::of_file(&format!("{root}/prices"), problem, "make the folder readable"));
        Vec::new()
    });
    let mut prices = Vec::new();
    for name in names {
        let Some(region) = name.strip_suffix(".yml").filter(|region| !region.is_empty()) else { continue };
        let mut file = PriceFile { region: region.to_owned(), text: String::new() };
        if let Some(text) = text_of(&dir.join(&name), &file.file(root), "make it readable", problems) {
            file.text = text;
            prices.push(file);
        }
    }
    prices
}

fn text_of(path: &Path, file: &str, remedy: &str, problems: &mut Vec<FileProblem>) -> Option<String> {
    let problem = match fs::read_to_string(path) {
        Ok(text) => return Some(text),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            FileProblem::of_file(file, "there is no such file", remedy)
        }
        Err(error) if error.kind() == ErrorKind::InvalidData => {
            FileProblem::of_file(file, "it is not text in UTF-8", "save it as UTF-8")
        }
        Err(error) => FileProblem::of_file(file, format!("it cannot be read ({error})"), "make it readable"),
    };
    problems.push(problem);
    None
}

/// Returns the catalog of this repository, as of when the binary was built.
pub(super) fn built_in() -> CatalogFiles {
    let mut files = CatalogFiles { root: "catalog".to_owned(), ..CatalogFiles::default() };
    for folder in BUILT_IN.dirs() {
        let name = folder.path().to_string_lossy().into_owned();
        if name == "prices" {
            files.prices = folder.files().filter_map(built_in_prices).collect();
        } else {
            let product = built_in_text(folder, "product.yml");
            files.products.push(ProductFolder {
                product,
                template: built_in_text(folder, "template.yml"),
                name,
            });
        }
    }
    files
}

fn built_in_text(folder: &Dir<'_>, name: &str) -> Option<String> {
    let file = BUILT_IN.get_file(folder.path().join(name))?;
    file.contents_utf8().map(str::to_owned)
}

fn built_in_prices(file: &include_dir::File<'_>) -> Option<PriceFile> {
    let region = file.path().file_name()?.to_str()?.strip_suffix(".yml")?.to_owned();
    Some(PriceFile { region, text: file.contents_utf8()?.to_owned() })
}
