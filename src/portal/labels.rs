//! Values of the metrics' labels. Each is one of a closed list, so that every series can be there before its first event.

use std::fmt;

use prometheus_client::encoding::{EncodeLabelValue, LabelValueEncoder};

/// A label whose values are all known.
pub(super) trait Label: Copy + 'static {
    /// All of them.
    const ALL: &'static [Self];
}

/// Writes an enum whose variants are the values of a label, so that none can be left out of the list of all.
macro_rules! label {
    ($(#[$about:meta])* $visible:vis enum $name:ident { $($(#[$meaning:meta])* $value:ident = $word:literal,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        $visible enum $name {
            $($(#[$meaning])* $value,)+
        }

        impl Label for $name {
            const ALL: &'static [Self] = &[$(Self::$value),+];
        }

        impl $name {
            /// As Prometheus reads it.
            $visible fn as_str(self) -> &'static str {
                match self {
                    $(Self::$value => $word,)+
                }
            }
        }

        impl EncodeLabelValue for $name {
            fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), fmt::Error> {
                self.as_str().encode(encoder)
            }
        }
    };
}

label! {
    /// What becomes of a request.
    pub(super) enum Decision {
        /// By approvers.
        Approved = "approved",
        /// By the rules of its product.
        Auto = "auto",
        /// By an approver.
        Denied = "denied",
        /// By its requester.
        Cancelled = "cancelled",
        /// Nobody decided.
        TimedOut = "timed_out",
    }
}

label! {
    /// How a provisioning ended.
    pub(super) enum ProvisionResult {
        /// It is there.
        Succeeded = "succeeded",
        /// It is not.
        Failed = "failed",
    }
}

label! {
    /// What happens to a resource.
    pub(super) enum LeaseEvent {
        /// Its owner was warned or reminded.
        Warned = "warned",
        /// It ends later.
        Renewed = "renewed",
        /// It begins to be removed because its lease is over.
        Expired = "expired",
        /// It is removed.
        TornDown = "torn_down",
        /// It could not be removed.
        TeardownFailed = "teardown_failed",
        /// It is left as it is.
        Retained = "retained",
    }
}

label! {
    /// Where the audit trail is copied to.
    pub(super) enum CopyTarget {
        /// The audit channel.
        Channel = "channel",
        /// Whoever subscribes to events.
        Events = "events",
    }
}

label! {
    /// How a copy went.
    pub(super) enum CopyOutcome {
        /// It is there.
        Copied = "copied",
        /// It is tried again.
        Failed = "failed",
    }
}

label! {
    /// How a run of a job ended.
    pub(super) enum JobOutcome {
        /// For good.
        Done = "done",
        /// Well, and it looks again later.
        Again = "again",
        /// It failed and is tried again.
        PutOff = "put_off",
        /// It failed and waits for a person.
        Parked = "parked",
    }
}

label! {
    /// What Slack sends.
    pub(crate) enum Received {
        /// A slash command.
        Command = "command",
        /// A click.
        Click = "click",
        /// A submitted form.
        Submission = "submission",
        /// A search in a long list.
        Suggestion = "suggestion",
        /// A shortcut.
        Shortcut = "shortcut",
        /// An event.
        Event = "event",
        /// What nobody waits for.
        Other = "other",
    }
}
