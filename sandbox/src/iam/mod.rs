//! Identity and Access Management: who calls, and whether the call is allowed.
