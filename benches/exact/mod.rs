//! What must come out exactly, whoever comes at once and whenever the program dies: B6 quotas, B9 decisions.

pub(crate) mod decision;
pub(crate) mod quota;
