//! Whether somebody waits for a piece of work. Who runs jobs says that nobody does; an implementation that can only do
//! one thing after the other does what somebody waits for first.

tokio::task_local! {
    static NOBODY_WAITS: ();
}

/// Runs work that nobody waits for.
pub async fn without_haste<T>(work: impl Future<Output = T>) -> T {
    NOBODY_WAITS.scope((), work).await
}

/// Whether somebody may be waiting for what is being done now. Work that goes on in a task of its own has to say anew
/// that nobody does.
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
