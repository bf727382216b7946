//! What another endpoint may lack.

use serde::Deserialize;

/// Something that AWS and the sandbox have, and not every endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ability {
    /// It reads PDFs.
    Textract,
    /// It enforces policies.
    Iam,
    /// It records the events of what runs in branches.
    BranchEvents,
}

impl Ability {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Textract, Self::Iam, Self::BranchEvents];

    /// As manifests and the command line name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Textract => "textract",
            Self::Iam => "iam",
            Self::BranchEvents => "branch-events",
        }
    }

    /// What an endpoint without it is like.
    pub fn lack(self) -> &'static str {
        match self {
            Self::Textract => "the endpoint has no Textract",
            Self::Iam => "the endpoint does not enforce policies",
            Self::BranchEvents => "the endpoint records no events of branches",
        }
    }
}
