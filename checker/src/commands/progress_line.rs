//! One line on standard error that says what is going on: on a terminal only.

use std::io::{IsTerminal as _, Write as _};
use std::sync::{Arc, Mutex, PoisonError};

use crate::session::Listener;
use crate::session::event::What;
use crate::target::cargo::Terminal;

/// The line; it is wiped out when dropped.
#[derive(Debug)]
pub struct ProgressLine {
    shown: bool,
    on: bool,
}

/// What standard error is.
pub fn terminal() -> Terminal {
    let choice = anstream::AutoStream::choice(&std::io::stderr());
    Terminal {
        is_one: std::io::stderr().is_terminal(),
        has_colours: choice != anstream::ColorChoice::Never,
    }
}

/// Shows what happens in a session, and what cargo says.
pub fn listener() -> Listener {
    let line = Mutex::new(ProgressLine::new());
    Arc::new(move |event| {
        let mut line = line.lock().unwrap_or_else(PoisonError::into_inner);
        match event.what {
            What::Cargo(text) => write(&text),
            What::Uploading { .. } => line.show("uploading test CVs"),
            What::Waiting { what, waited, .. } => {
                line.show(&format!("waiting for {what} ({} s)", waited.as_secs()));
            }
            What::LookingForLate { .. } => line.show("looking for what came late"),
            What::CleaningUp => {
                line.show("removing what the probes caused (Ctrl-C leaves it)");
            }
            What::CleanedUp => line.clear(),
            What::Built(_)
            | What::Deployed { .. }
            | What::Arrived { .. }
            | What::Decided { .. }
            | What::Judged(_) => {}
        }
    })
}

/// Writes to standard error. Where nobody sees it, the exit code has to do.
pub fn write(text: &[u8]) {
    let _ = std::io::stderr().write_all(text);
}

impl ProgressLine {
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
            write(format!("\r\x1b[2K  {text}").as_bytes());
        }
    }

    /// Wipes the line out.
    pub fn clear(&mut self) {
        if std::mem::take(&mut self.shown) {
            write(b"\r\x1b[2K");
        }
    }
}

impl Default for ProgressLine {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        self.clear();
    }
}
