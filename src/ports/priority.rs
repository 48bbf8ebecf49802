//! The priority of a piece of work. The dispatcher marks jobs as background work; an implementation that can only do
//! one thing at a time serves interactive work first.

tokio::task_local! {
    static BACKGROUND: ();
}

/// How urgent a piece of work is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    /// A person may be waiting for it.
    Interactive,
    /// Nobody waits for it.
    Background,
}

impl Priority {
    /// Returns the priority of the current task. A task that is spawned by background work is interactive until it is
    /// marked as well, since the mark is a task-local.
    pub fn current() -> Self {
        match BACKGROUND.try_with(|()| ()) {
            Ok(()) => Self::Background,
            // Work without the mark may be what somebody waits for, so it is never put last by mistake.
            Err(_) => Self::Interactive,
        }
    }
}

/// Runs work as [`Priority::Background`].
pub async fn in_background<T>(work: impl Future<Output = T>) -> T {
    BACKGROUND.scope((), work).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_is_in_the_background_as_long_as_it_is_marked() {
        assert_eq!(Priority::current(), Priority::Interactive);
        assert_eq!(in_background(async { Priority::current() }).await, Priority::Background);
        assert_eq!(Priority::current(), Priority::Interactive);
    }
}
