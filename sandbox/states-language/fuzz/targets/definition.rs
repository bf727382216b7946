//! Any text as a definition: it is judged, and run where it is accepted.

#![no_main]

mod execute;

use libfuzzer_sys::fuzz_target;
use states_language::{Kind, StateMachine};

fuzz_target!(|definition: &str| {
    for finding in StateMachine::validate(definition, Kind::Express) {
        let _ = finding.to_string();
    }
    execute::execute(definition, r#"{"key": "cv.pdf", "items": [1, 2.5, null, {"a": "b"}]}"#);
});
