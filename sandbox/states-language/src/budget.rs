//! What the expressions of one state may cost. A definition of a megabyte can ask for
//! the input tens of thousands of times over; what is asked for ends here.

use std::cell::Cell;
use std::time::{Duration, Instant};

use serde_json::Value;

/// What is left to spend. AWS publishes no such bounds, only those of what a state may
/// pass on; these leave room for far more than that.
#[derive(Debug)]
pub(crate) struct Budget {
    units: Cell<usize>,
    time: Cell<Duration>,
}

/// One unit is a value looked at or copied, or a piece of text.
const UNITS: usize = 2_000_000;
/// How many bytes of text cost a unit.
const TEXT_PER_UNIT: usize = 64;
/// How long JSONata may work.
const TIME: Duration = Duration::from_secs(5);

/// Nothing is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spent;

impl Default for Budget {
    fn default() -> Self {
        Self {
            units: Cell::new(UNITS),
            time: Cell::new(TIME),
        }
    }
}

impl Budget {
    /// Spends units.
    ///
    /// # Errors
    /// So many are not left; none are from then on.
    pub fn take(&self, units: usize) -> Result<(), Spent> {
        match self.units.get().checked_sub(units) {
            Some(left) if left > 0 => {
                self.units.set(left);
                Ok(())
            }
            _ => {
                self.units.set(0);
                Err(Spent)
            }
        }
    }

    /// Spends what a text costs.
    ///
    /// # Errors
    /// As [`Budget::take`].
    pub fn take_text(&self, text: &str) -> Result<(), Spent> {
        self.take(1 + text.len() / TEXT_PER_UNIT)
    }

    /// Spends what it costs to copy a value or to compare it with another.
    ///
    /// # Errors
    /// As [`Budget::take`].
    pub fn take_value(&self, value: &Value) -> Result<(), Spent> {
        match value {
            Value::String(text) => self.take_text(text),
            Value::Array(items) => {
                self.take(1)?;
                items.iter().try_for_each(|item| self.take_value(item))
            }
            Value::Object(members) => {
                self.take(1)?;
                members.iter().try_for_each(|(name, member)| {
                    self.take_text(name)?;
                    self.take_value(member)
                })
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => self.take(1),
        }
    }

    /// True once more was asked for than was left.
    pub fn is_spent(&self) -> bool {
        self.units.get() == 0
    }

    /// Runs work that is told how long it may take.
    pub fn timed<T>(&self, work: impl FnOnce(Duration) -> T) -> T {
        let begun = Instant::now();
        let done = work(self.time.get());
        self.time
            .set(self.time.get().saturating_sub(begun.elapsed()));
        done
    }
}
