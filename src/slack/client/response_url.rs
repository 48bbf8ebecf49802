//! Checks response URLs before they are called. They come in payloads, so without this check a forged one could make
//! the bot send requests into its own network.

use url::Url;

/// Slack's hosts for answers: the usual one, and that of `GovSlack` (as in caronc/apprise#1463, looked up on
/// 2026-11-28).
const HOOKS: [&str; 2] = ["hooks.slack.com", "hooks.slack-gov.com"];

/// Returns the URL if it is Slack's or has the origin of the configured API.
pub(super) fn followable(url: &str, api: &Url) -> Option<Url> {
    let url = Url::parse(url).ok()?;
    // Slack's URLs have no credentials.
    if !url.username().is_empty() || url.password().is_some() {
        return None;
    }
    let is_slack = url.scheme() == "https"
        && url.host_str().is_some_and(|host| HOOKS.contains(&host))
        && url.port().is_none();
    let is_api = matches!(url.scheme(), "http" | "https") && url.origin() == api.origin();
    if is_slack || is_api { Some(url) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_slack_and_the_configured_api_are_answered() {
        let api = Url::parse("http://127.0.0.1:4000/api/").unwrap();
        for good in [
            "https://hooks.slack.com/commands/1/2",
            "https://hooks.slack-gov.com/actions/1/2",
            "http://127.0.0.1:4000/respond/7",
        ] {
            assert!(followable(good, &api).is_some(), "{good}");
        }
        for bad in [
            "http://hooks.slack.com/x",
            "https://hooks.slack.com:8443/x",
            "https://hooks.slack.com.example.com/x",
            "https://example.com/?hooks.slack.com",
            "https://hooks.slack.com@example.com/",
            "https://me:you@hooks.slack.com/",
            "http://127.0.0.1:4001/respond/7",
            "https://127.0.0.1:4000/respond/7",
            "http://169.254.169.254/latest/meta-data",
            "file:///etc/passwd",
            "hooks.slack.com/x",
            "",
        ] {
            assert!(followable(bad, &api).is_none(), "{bad}");
        }
    }
}
