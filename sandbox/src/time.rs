//! Points in time, in the forms that AWS's APIs use.

use time::{OffsetDateTime, macros::format_description};

/// Milliseconds since 1970.
pub fn now_millis() -> i64 {
    millis(OffsetDateTime::now_utc())
}

/// Milliseconds since 1970.
pub fn millis(time: OffsetDateTime) -> i64 {
    // A year beyond 292 million would be needed to overflow.
    i64::try_from(time.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}

/// Seconds since 1970 with milliseconds after the point, as JSON services write time.
pub fn epoch_seconds(millis: i64) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "milliseconds fit 53 bits until the year 287396"
    )]
    let millis = millis as f64;
    millis / 1000.0
}

/// Such as `2026-01-31T23:59:59.000Z`.
pub fn iso(millis: i64) -> String {
    let format =
        format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000)
        .ok()
        .and_then(|time| time.format(&format).ok())
        .unwrap_or_default()
}
