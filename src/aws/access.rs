//! Whether AWS can be called at all: without a region and credentials no service answers, and each would say so at length.

use anyhow::Chain;
use aws_config::SdkConfig;
use aws_sdk_sfn::config::ProvideCredentials as _;

use super::SetupProblem;

/// The region that calls go to.
pub fn region(configuration: &SdkConfig) -> &str {
    configuration.region().map_or("no region", |region| region.as_ref())
}

/// What keeps every call from being made. Whether the credentials are good is for the services to say.
pub async fn problems(configuration: &SdkConfig) -> Vec<SetupProblem> {
    let mut problems = Vec::new();
    if configuration.region().is_none() {
        problems.push(SetupProblem::new(
            "no region is chosen",
            "set `AWS_REGION`, such as `us-east-1`, or `region` in the profile",
        ));
    }
    let why = match configuration.credentials_provider() {
        Some(provider) => provider.provide_credentials().await.err().map(|error| {
            let chain: Vec<String> = Chain::new(&error).map(ToString::to_string).collect();
            let chain = chain.join(": ");
            // What was tried follows on lines of its own.
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
