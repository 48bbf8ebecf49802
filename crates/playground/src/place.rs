//! Where an interactive element is.

/// The location of an interactive element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// On an element of a message.
    Message {
        /// The channel's id, `C…` or `D…`.
        channel: String,
        /// The message's `ts`.
        ts: String,
    },
    /// In an open modal.
    View {
        /// The view's id, `V…`.
        view_id: String,
    },
    /// On the user's home tab.
    Home,
}

impl Place {
    /// Returns the place of the message `ts` in `channel`.
    pub fn message(channel: impl Into<String>, ts: impl Into<String>) -> Self {
        Self::Message { channel: channel.into(), ts: ts.into() }
    }

    /// Returns the place of the modal `view_id`.
    pub fn view(view_id: impl Into<String>) -> Self {
        Self::View { view_id: view_id.into() }
    }
}
