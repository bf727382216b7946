//! What is verified: a stack in the sandbox, on AWS, or at another endpoint; and what it runs.

pub mod aws;
pub mod cargo;
pub mod handler_binary;
pub mod handler_sources;
pub mod local;
pub mod rush;
pub mod signed_call;

/// Where a stack runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// Inside the checker, offline.
    Sandbox,
    /// On AWS or at another endpoint, as it was deployed there.
    Aws,
}

/// Where AWS is, and who asks.
#[derive(Debug, Clone, Default)]
pub struct Endpoint {
    /// Another endpoint that speaks AWS's APIs, in the place of AWS.
    pub url: Option<String>,
    /// The profile of the AWS files to sign in with.
    pub profile: Option<String>,
    /// The region, in the place of that in `serverless.yml`.
    pub region: Option<String>,
}

impl Endpoint {
    /// Whether it is on this machine.
    pub fn is_here(&self) -> bool {
        self.url.as_deref().is_some_and(is_loopback)
    }
}

/// Whether a URL leads to this machine.
pub fn is_loopback(url: &str) -> bool {
    let uri: Option<http::Uri> = url.parse().ok();
    let host = uri.as_ref().and_then(http::Uri::host).unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    match address.parse::<std::net::IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    }
}
