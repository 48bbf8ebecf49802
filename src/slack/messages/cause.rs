//! Why provisioning failed, in words for the requester. For display only: nothing is decided by these texts.

use super::facts::QUOTED;
use crate::slack::mrkdwn::quote;

/// What the provisioner's words usually mean, and what to do. The first match counts.
const KNOWN: [(&[&str], &str); 7] = [
    (
        &["changed by its owner"],
        "The product is not the one you asked for any more. Try again to see what is new.",
    ),
    (
        &["already exists", "already owned", "alreadyexists"],
        "Something with that name exists already. Try again with another name.",
    ),
    (
        &["access denied", "accessdenied", "not authorized", "unauthorizedoperation"],
        "The portal is not allowed to make a part of it. Ask your platform team to check the product's launch role.",
    ),
    (
        &["limit exceeded", "limitexceeded", "quota", "toomany", "maximum number"],
        "The AWS account has reached a limit. Ask your platform team to raise it, then try again.",
    ),
    (&["throttl", "rate exceeded"], "AWS was too busy. Try again in a few minutes."),
    (
        &["timed out", "timeout", "did not stabilize"],
        "It took too long and was given up. Try again; if it fails again, ask your platform team.",
    ),
    (
        &["insufficient", "capacity", "not supported in your requested availability zone"],
        "AWS has no room for this size right now. Try again later or choose another size.",
    ),
];

/// A plain sentence, then the provisioner's own words.
pub(super) fn in_plain_words(why: &str) -> String {
    let lower = why.to_lowercase();
    let known = KNOWN.iter().find(|(signs, _)| signs.iter().any(|sign| lower.contains(sign)));
    let plain = known.map_or("One of its parts could not be made.", |(_, words)| words);
    if why.trim().is_empty() {
        return plain.to_owned();
    }
    format!("{plain}\n{}", quote(why, QUOTED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_causes_say_what_to_do_and_every_cause_keeps_its_own_words() {
        assert_eq!(
            in_plain_words("Bucket: logs already exists in stack <x>"),
            "Something with that name exists already. Try again with another name.\n> Bucket: logs already exists in stack &lt;x&gt;"
        );
        assert!(in_plain_words("Odd thing").starts_with("One of its parts could not be made.\n> Odd"));
        assert_eq!(in_plain_words(""), "One of its parts could not be made.");
    }
}
