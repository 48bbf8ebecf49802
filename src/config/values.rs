//! Values that several sections of `quartermaster.toml` hold: people, channels, products, and secrets that may not stand
//! there.

use crate::domain::ids::{ChannelId, ProductKey};
use crate::domain::principal::Principal;
use cloudformation::document::Reader;

/// Refuses secrets in the file without repeating them.
pub(super) fn refuse_secrets(section: &Reader<'_>, secrets: &[(&str, &str)]) {
    for (key, variable) in secrets.iter().filter(|(key, _)| section.has(key)) {
        section.refuse(
            key,
            format!("`{}` is a secret, and secrets belong in the environment", section.path_of(key)),
            format!("set `{variable}` there, remove this line, and replace the secret if others could read the file"),
        );
    }
}

pub(super) fn product_keys(reader: &Reader<'_>, key: &str) -> Vec<ProductKey> {
    let read = |text: &String| {
        let product = ProductKey::parse(text);
        if product.is_none() {
            reader.report(
                key,
                format!("`{text}` is not a product key"),
                "write names of folders in the catalog, such as `s3-bucket`",
            );
        }
        product
    };
    reader.list_of_texts(key).unwrap_or_default().iter().filter_map(read).collect()
}

pub(super) fn principals(reader: &Reader<'_>, key: &str) -> Vec<Principal> {
    let texts = reader.list_of_texts(key).unwrap_or_default();
    let read = |text: &String| {
        let principal = Principal::parse(text);
        if principal.is_none() {
            reader.report(
                key,
                format!("`{text}` in `{}` is not a person or group", reader.path_of(key)),
                Principal::remedy(text).unwrap_or(
                    "write a Slack user id (`U0ALICE`), a user group id (`S0LEADS`) or an e-mail address",
                ),
            );
        }
        principal
    };
    texts.iter().filter_map(read).collect()
}

pub(super) fn channel(reader: &Reader<'_>, key: &str) -> Option<ChannelId> {
    let text = reader.text(key).filter(|text| !text.is_empty())?;
    check_channel(reader, key, &text);
    Some(ChannelId::new(text))
}

pub(super) fn check_channel(reader: &Reader<'_>, key: &str, text: &str) {
    if !is_id(text, &['C', 'G']) {
        reader.report(
            key,
            format!("`{text}` is not a channel id"),
            "open the channel in Slack, choose About, and copy the id at the bottom, such as `C0APPROVALS`",
        );
    }
}

/// Whether the text has the form of a Slack id that begins with one of these letters.
pub(super) fn is_id(text: &str, kinds: &[char]) -> bool {
    text.len() >= 3
        && text.starts_with(kinds)
        && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}
