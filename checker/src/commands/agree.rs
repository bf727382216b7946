//! Asks before something is done that cannot be taken for granted.

use std::io::IsTerminal as _;

use crate::commands::print::print;
use crate::error::Error;

/// Asks a question on the terminal; only a yes is one.
///
/// # Errors
///
/// Where nobody can be asked.
pub fn agreed(question: &str) -> Result<bool, Error> {
    if !std::io::stdin().is_terminal() {
        return Err(Error::Input(
            "nobody can be asked here. Add --yes to go on, or --dry-run to look only.".to_owned(),
        ));
    }
    print(&format!("{question} [y/N] "))?;
    let mut answer = String::new();
    std::io::stdin()
        .read_line(&mut answer)
        .map_err(|error| Error::Unclear(format!("cannot read the answer: {error}")))?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
