//! One line that says what is going on: on a terminal only.

use std::io::{IsTerminal, Write};

/// The line; it is wiped out when dropped.
#[derive(Debug)]
pub struct Progress {
    shown: bool,
    on: bool,
}

impl Progress {
    /// A line on standard error, if that is a terminal.
    pub fn new() -> Self {
        Self {
            shown: false,
            on: std::io::stderr().is_terminal(),
        }
    }

    /// Shows a text instead of the one before.
    pub fn show(&mut self, text: &str) {
        if self.on {
            self.shown = true;
            let text: String = text.chars().take(78).collect();
            // A terminal that is gone needs no progress.
            let _ = write!(std::io::stderr(), "\r\x1b[2K  {text}");
        }
    }

    /// Wipes the line out.
    pub fn clear(&mut self) {
        if std::mem::take(&mut self.shown) {
            let _ = write!(std::io::stderr(), "\r\x1b[2K");
        }
    }
}

impl Default for Progress {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}
