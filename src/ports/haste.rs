//! The priority of a piece of work. The dispatcher marks jobs as background work; an implementation that can only do
//! one thing at a time serves interactive work first.

tokio::task_local! {
    static NOBODY_WAITS: ();
}

/// Runs background work.
pub async fn without_haste<T>(work: impl Future<Output = T>) -> T {
    NOBODY_WAITS.scope((), work).await
}

/// Returns whether a user may be waiting for the current work. The mark is a task-local: a spawned task does not
/// inherit it and has to be marked again.
pub fn somebody_waits() -> bool {
    NOBODY_WAITS.try_with(|()| ()).is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_without_haste_says_so_as_long_as_it_lasts() {
        assert!(somebody_waits());
        assert!(!without_haste(async { somebody_waits() }).await);
        assert!(somebody_waits());
    }
}
