//! Logical ids, and the patterns of those that a loop over unknown items makes.

/// Stands for an unknown item; the body of its loop is read once with it.
pub(crate) const ANY: &str = "*";

/// Whether CloudFormation accepts it as a logical id.
pub(crate) fn is_logical_id(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Whether `written` is this name, or the pattern of a loop over unknown items that matches it: `Arn*` for
/// `ArnOrders`.
pub fn is_or_becomes(written: &str, name: &str) -> bool {
    written == name || (written.contains(ANY) && is_one_of(written, name))
}

/// Whether a loop may produce this name: `Arn*` matches `ArnOrders`.
pub(crate) fn is_one_of(open: &str, name: &str) -> bool {
    let mut parts = open.split(ANY);
    let first = parts.next().unwrap_or_default();
    // The items that complete a name are letters and digits, so the name is, too.
    let Some(mut rest) = name.strip_prefix(first).filter(|_| is_logical_id(name)) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        // The first occurrence leaves the most for the parts that follow, so no match is missed.
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}
