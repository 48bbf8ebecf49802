//! The priority of a piece of work. The dispatcher marks jobs as background work; an implementation that can only do
//! one thing at a time serves interactive work first.

tokio::task_local! {
    static BACKGROUND: ();
}

/// Runs work that no user waits for, and marks it as such.
pub async fn in_background<T>(work: impl Future<Output = T>) -> T {
    BACKGROUND.scope((), work).await
}

/// Returns whether a user may be waiting for the current work. The mark is a task-local: a spawned task does not
/// inherit it and has to be marked again.
pub fn is_interactive() -> bool {
    BACKGROUND.try_with(|()| ()).is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn background_work_is_marked_as_long_as_it_lasts() {
        assert!(is_interactive());
        assert!(!in_background(async { is_interactive() }).await);
        assert!(is_interactive());
    }
}
