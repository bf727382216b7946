//! What becomes of asynchronous invocations: how often and how long a failed one is tried
//! again, and who is told in the end ("Configuring error handling settings for asynchronous
//! invocations" in the Lambda Developer Guide).

use std::time::Duration;

use crate::error::ServiceError;

/// How long Lambda waits before it tries a failed invocation again.
const WAITS: [Duration; 2] = [Duration::from_secs(60), Duration::from_secs(120)];

/// The settings of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventInvoke {
    /// How long an event may be tried, in seconds, 60 to 21,600.
    pub maximum_age_s: u32,
    /// How often a failed one is tried again, at most twice.
    pub maximum_retries: u32,
    /// The topic or function that is told of what was done.
    pub on_success: Option<String>,
    /// The topic or function that is told of what was given up.
    pub on_failure: Option<String>,
}

impl Default for EventInvoke {
    fn default() -> Self {
        Self {
            maximum_age_s: 21_600,
            maximum_retries: 2,
            on_success: None,
            on_failure: None,
        }
    }
}

/// Why an event is given up, as a destination is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GivenUp {
    /// It failed as often as it may.
    RetriesExhausted,
    /// It would be too old for the next try.
    EventAgeExceeded,
    /// The function may not run at all.
    ZeroReservedConcurrency,
}

impl GivenUp {
    /// As Lambda writes it.
    pub fn condition(self) -> &'static str {
        match self {
            Self::RetriesExhausted => "RetriesExhausted",
            Self::EventAgeExceeded => "EventAgeExceeded",
            Self::ZeroReservedConcurrency => "ZeroReservedConcurrency",
        }
    }
}

impl EventInvoke {
    /// Checks the limits.
    ///
    /// # Errors
    ///
    /// `ValidationException`, as PutFunctionEventInvokeConfig answers.
    pub fn validate(&self) -> Result<(), ServiceError> {
        let invalid = |field: &str, value: u32, least: u32, most: u32| {
            ServiceError::bad_request(
                "ValidationException",
                format!(
                    "1 validation error detected: Value '{value}' at '{field}' failed to satisfy \
                     constraint: Member must have value between {least} and {most}"
                ),
            )
        };
        let (age, retries) = (self.maximum_age_s, self.maximum_retries);
        if !(60..=21_600).contains(&age) {
            return Err(invalid("maximumEventAgeInSeconds", age, 60, 21_600));
        }
        if retries > 2 {
            return Err(invalid("maximumRetryAttempts", retries, 0, 2));
        }
        Ok(())
    }

    /// How long to wait before the next try of an event that is `age` old and has failed
    /// `tries` times.
    ///
    /// # Errors
    ///
    /// Why there is none.
    pub fn next_wait(&self, tries: usize, age: Duration) -> Result<Duration, GivenUp> {
        let allowed = usize::try_from(self.maximum_retries).unwrap_or(usize::MAX);
        let wait = WAITS.get(tries.saturating_sub(1));
        let wait = wait.filter(|_| tries <= allowed);
        let wait = *wait.ok_or(GivenUp::RetriesExhausted)?;
        match age + wait > Duration::from_secs(self.maximum_age_s.into()) {
            true => Err(GivenUp::EventAgeExceeded),
            false => Ok(wait),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits() {
        let seconds = Duration::from_secs;
        let by_default = EventInvoke::default();
        assert_eq!(by_default.next_wait(1, seconds(1)), Ok(seconds(60)));
        assert_eq!(by_default.next_wait(2, seconds(62)), Ok(seconds(120)));
        let given_up = Err(GivenUp::RetriesExhausted);
        assert_eq!(by_default.next_wait(3, seconds(200)), given_up);
        let never = EventInvoke {
            maximum_retries: 0,
            ..EventInvoke::default()
        };
        assert_eq!(never.next_wait(1, seconds(0)), given_up);
        let short = EventInvoke {
            maximum_age_s: 100,
            ..EventInvoke::default()
        };
        assert_eq!(short.next_wait(1, seconds(1)), Ok(seconds(60)));
        let too_old = Err(GivenUp::EventAgeExceeded);
        assert_eq!(short.next_wait(2, seconds(61)), too_old);
    }

    #[test]
    fn limits() {
        let code = |maximum_age_s, maximum_retries| {
            let settings = EventInvoke {
                maximum_age_s,
                maximum_retries,
                ..EventInvoke::default()
            };
            settings.validate().is_ok()
        };
        assert!(code(60, 0) && code(21_600, 2));
        assert!(!code(59, 0) && !code(21_601, 0) && !code(60, 3));
    }
}
