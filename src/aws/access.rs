//! Checks whether AWS can be called at all. Without a region and credentials every service would fail with
//! its own long message, so this is checked first.

use anyhow::Chain;
use aws_config::SdkConfig;
use aws_sdk_sfn::config::ProvideCredentials as _;

use super::SetupProblem;

/// Returns the region that calls go to, for display.
pub fn region(configuration: &SdkConfig) -> &str {
    configuration.region().map_or("no region", |region| region.as_ref())
}

/// Returns the problems that prevent every call. Whether the credentials are valid is left to the services.
pub async fn problems(configuration: &SdkConfig) -> Vec<SetupProblem> {
    let mut problems = Vec::new();
    if configuration.region().is_none() {
        problems.push(SetupProblem::new(
            "no region is chosen",
            "set `AWS_REGION`, such as `us-east-1`, or `region` in the profile",
        ));
    }
    // The default chain is always there, so whether it leads to credentials shows only when it is asked.
    let why = match configuration.credentials_provider() {
        Some(provider) => provider.provide_credentials().await.err().map(|error| {
            let chain: Vec<String> = Chain::new(&error).map(ToString::to_string).collect();
            let chain = chain.join(": ");
            // The list of attempted providers follows on further lines; the first line is enough.
            chain.lines().next().unwrap_or_default().trim_end_matches(". Attempted:").to_owned()
        }),
        None => Some("nothing provides any".to_owned()),
    };
    problems.extend(why.map(|why| {
        SetupProblem::new(
            format!("there are no credentials: {why}"),
            "give the machine a role, or set `AWS_PROFILE`, or `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`",
        )
    }));
    problems
}
