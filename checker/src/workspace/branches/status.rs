//! How branches stand beside what a build would make.

use super::chain::{Chain, build_in_history};
use crate::error::Error;
use crate::workspace::git::Git;

/// How one branch stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// There is none.
    Missing,
    /// It is what a build makes.
    InSync,
    /// It is an older build: by how many commits of `main`.
    Behind(u32),
    /// It has commits of its own on top of today's build.
    Ahead(u32),
    /// It has commits of its own, on top of an older build or of none.
    Diverged {
        /// Commits of its own; of any branch that holds no build, all of them.
        own: u32,
        /// How many commits of `main` its build is behind, if it holds one.
        behind: Option<u32>,
    },
}

impl std::fmt::Display for Standing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Missing => f.write_str("missing"),
            Self::InSync => f.write_str("in sync"),
            Self::Behind(count) => write!(f, "behind {count}"),
            Self::Ahead(own) => write!(f, "ahead {own}"),
            Self::Diverged { own, behind } => {
                write!(f, "diverged, {own} of its own")?;
                match behind {
                    Some(behind) => write!(f, ", behind {behind}"),
                    None => f.write_str(", no build"),
                }
            }
        }
    }
}

/// How a tip of a task's branch stands.
///
/// # Errors
///
/// Where git fails.
pub fn standing(
    git: &Git,
    chain: &Chain,
    task: &str,
    tip: Option<&str>,
) -> Result<Standing, Error> {
    let Some(tip) = tip else {
        return Ok(Standing::Missing);
    };
    if chain.commit_of(task) == Some(tip) {
        return Ok(Standing::InSync);
    }
    let count = |from: &str, to: &str| -> Result<u32, Error> {
        let text = git.line(["rev-list", "--count", &format!("{from}..{to}")])?;
        Ok(text.parse().unwrap_or_default())
    };
    let Some(base) = build_in_history(git, tip) else {
        let own = count(&chain.source, tip)?;
        return Ok(Standing::Diverged { own, behind: None });
    };
    let own = count(&base.build, tip)?;
    if chain.commit_of(task) == Some(base.build.as_str()) {
        return Ok(Standing::Ahead(own));
    }
    if !base.is_of(git, task)? {
        let own = count(&chain.source, tip)?;
        return Ok(Standing::Diverged { own, behind: None });
    }
    let behind = count(&base.source, &chain.source)?;
    Ok(match own {
        0 => Standing::Behind(behind),
        own => Standing::Diverged {
            own,
            behind: Some(behind),
        },
    })
}
