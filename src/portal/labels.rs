//! Values of metric labels. Each label has a closed set of values, so that all series can be created before their first
//! event.

use std::fmt;

use prometheus_client::encoding::{EncodeLabelValue, LabelValueEncoder};

/// A label with a closed set of values.
pub(super) trait Label: Copy + 'static {
    /// All values, so that each series can start at zero.
    const ALL: &'static [Self];
}

/// Declares an enum as a label, and generates the list of its values so that none is missing.
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
            /// Returns the label value in the Prometheus format.
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
    /// How a request was decided.
    pub(super) enum Decision {
        /// By approvers.
        Approved = "approved",
        /// By its product's rules, without approvers.
        Auto = "auto",
        /// By an approver.
        Denied = "denied",
        /// By its requester.
        Cancelled = "cancelled",
        /// Not in time.
        TimedOut = "timed_out",
    }
}

label! {
    /// The result of provisioning.
    pub(super) enum ProvisionResult {
        /// It succeeded.
        Succeeded = "succeeded",
        /// It failed.
        Failed = "failed",
    }
}

label! {
    /// What happened to a resource.
    pub(super) enum LeaseEvent {
        /// Its owner was warned or reminded.
        Warned = "warned",
        /// Its lease was extended.
        Renewed = "renewed",
        /// Its teardown started because its lease ended.
        Expired = "expired",
        /// It was removed.
        TornDown = "torn_down",
        /// It could not be removed.
        TeardownFailed = "teardown_failed",
        /// It was kept although its request ended.
        Retained = "retained",
    }
}

label! {
    /// Where audit entries are copied to.
    pub(super) enum CopyTarget {
        /// The audit channel.
        Channel = "channel",
        /// The subscriber to events.
        Events = "events",
    }
}

label! {
    /// The result of a copy.
    pub(super) enum CopyOutcome {
        /// It succeeded.
        Copied = "copied",
        /// It failed and is retried.
        Failed = "failed",
    }
}

label! {
    /// The result of a job's run.
    pub(super) enum JobOutcome {
        /// It is finished.
        Done = "done",
        /// It succeeded and runs again later.
        Again = "again",
        /// It failed and is retried.
        PutOff = "put_off",
        /// It failed and was parked.
        Parked = "parked",
    }
}

label! {
    /// The kinds of requests from Slack, as metrics tell them apart.
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
        /// Anything that no user waits for.
        Other = "other",
    }
}
