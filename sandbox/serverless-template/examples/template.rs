//! Prints the CloudFormation templates of a project, as `npx sls package` writes them:
//!
//! ```sh
//! STUDENT_NAME=alice cargo run --package serverless-template --example template -- .
//! ```

use std::collections::BTreeMap;
use std::process::ExitCode;

use serde_json::json;
use serverless_template::{Options, compile};

fn main() -> ExitCode {
    let options = Options {
        root: std::env::args_os()
            .nth(1)
            .unwrap_or_else(|| ".".into())
            .into(),
        env: std::env::vars().collect(),
        opts: BTreeMap::new(),
    };
    match compile(&options) {
        Ok(service) => {
            let both = json!({ "create": service.create_template, "update": service.template });
            println!("{both:#}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
