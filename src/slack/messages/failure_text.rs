//! Explains to the owner why provisioning or a teardown failed. For display only: no decision depends on these texts.

use super::text::QUOTED;
use crate::slack::mrkdwn::quote;

/// Substrings of the provisioner's message, in lower case, and the explanation.
type KnownFailure = (&'static [&'static str], &'static str);

/// Explanations of failed provisioning, with a remedy. The first match counts.
const PROVISIONING: [KnownFailure; 7] = [
    (
        &["changed by its owner"],
        "The product has changed since you asked for it. Try again to see what is new.",
    ),
    (
        &["already exists", "already owned", "alreadyexists"],
        "Something with that name already exists. Try again with another name.",
    ),
    (
        &["access denied", "accessdenied", "not authorized", "unauthorizedoperation"],
        "The portal is not allowed to create part of it. Ask your platform team to check the product's launch role.",
    ),
    (
        &["limit exceeded", "limitexceeded", "quota", "toomany", "maximum number"],
        "The AWS account has reached a limit. Ask your platform team to raise it, then try again.",
    ),
    (&["throttl", "rate exceeded"], "AWS was too busy. Try again in a few minutes."),
    (
        &["timed out", "timeout", "did not stabilize"],
        "It took too long and was stopped. Try again; if it fails again, ask your platform team.",
    ),
    (
        &["insufficient", "capacity", "not supported in your requested availability zone"],
        "AWS has no room for this size right now. Try again later or choose another size.",
    ),
];

/// Explanations of a failed teardown, with a remedy. The first match counts.
const TEARDOWN: [KnownFailure; 6] = [
    (
        &["not empty", "bucketnotempty", "contains images", "still contains"],
        "It is not empty, and AWS deletes it only when it is. Empty it first, then press Try again.",
    ),
    (
        &["deletion protection", "deletionprotection", "termination protection", "terminationprotection"],
        "It is protected against deletion. Switch the deletion protection off, then press Try again.",
    ),
    (
        &[
            "dependency",
            "dependent object",
            "has dependencies",
            "in use",
            "is being used",
            "cannot be deleted while",
        ],
        "Something else still uses part of it. Remove or detach that first, then press Try again.",
    ),
    (
        &["access denied", "accessdenied", "not authorized", "unauthorizedoperation"],
        "The portal is not allowed to delete part of it. Ask your platform team to check the product's launch role, then press Try again.",
    ),
    (&["throttl", "rate exceeded"], "AWS was too busy. Press Try again in a few minutes."),
    (
        &["timed out", "timeout", "did not stabilize"],
        "It took too long and was stopped. Press Try again; if it fails again, ask your platform team.",
    ),
];

/// Explains why provisioning failed, followed by the provisioner's message.
pub(super) fn of_provisioning(why: &str) -> String {
    in_plain_words(why, &PROVISIONING, "One of its resources could not be created.")
}

/// Explains why a teardown failed, followed by the provisioner's message.
pub(super) fn of_teardown(why: &str) -> String {
    let otherwise = "One of its resources could not be deleted. Press Try again; if it fails again, ask your platform team.";
    in_plain_words(why, &TEARDOWN, otherwise)
}

fn in_plain_words(why: &str, failures: &[KnownFailure], otherwise: &str) -> String {
    let lower = why.to_lowercase();
    let failure = failures.iter().find(|(signs, _)| signs.iter().any(|sign| lower.contains(sign)));
    let plain = failure.map_or(otherwise, |(_, words)| words);
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
            of_provisioning("Bucket: logs already exists in stack <x>"),
            "Something with that name already exists. Try again with another name.\n> Bucket: logs already exists in stack &lt;x&gt;"
        );
        assert!(
            of_provisioning("Odd thing").starts_with("One of its resources could not be created.\n> Odd")
        );
        assert_eq!(of_provisioning(""), "One of its resources could not be created.");
    }

    #[test]
    fn a_failed_teardown_says_what_stands_in_its_way() {
        let causes = [
            "The bucket you tried to delete is not empty (Service: S3, Status Code: 409)",
            "Cannot delete protected DB Instance, please disable deletion protection and try again.",
            "resource sg-1 has a dependent object (Service: Ec2)",
            "DependencyViolation: The vpc has dependencies and cannot be deleted",
            "User: arn:aws:sts::1:assumed-role/launch is not authorized to perform: s3:DeleteBucket",
            "Rate exceeded",
            "Exceeded attempts to wait: resource did not stabilize",
            "Something new",
        ];
        let lines: Vec<String> =
            causes.iter().map(|why| of_teardown(why).lines().next().unwrap().to_owned()).collect();
        insta::assert_snapshot!(lines.join("\n"), @"
        It is not empty, and AWS deletes it only when it is. Empty it first, then press Try again.
        It is protected against deletion. Switch the deletion protection off, then press Try again.
        Something else still uses part of it. Remove or detach that first, then press Try again.
        Something else still uses part of it. Remove or detach that first, then press Try again.
        The portal is not allowed to delete part of it. Ask your platform team to check the product's launch role, then press Try again.
        AWS was too busy. Press Try again in a few minutes.
        It took too long and was stopped. Press Try again; if it fails again, ask your platform team.
        One of its resources could not be deleted. Press Try again; if it fails again, ask your platform team.
        ");
    }
}
