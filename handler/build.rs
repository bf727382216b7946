//! Gives the functions their build id (see `build_id.rs`) as `env!("BUILD_ID")`.

#[path = "build_id.rs"]
mod build_id;

use std::path::Path;

fn main() -> std::io::Result<()> {
    // Who builds can ask for an id: where it is another one, cargo took the sources
    // of another checkout, whose build folder is the same, for these.
    println!("cargo:rerun-if-env-changed=EXPECTED_BUILD_ID");
    for input in ["build.rs", "build_id.rs", "Cargo.toml", "src"] {
        println!("cargo:rerun-if-changed={input}");
    }
    let id = build_id::build_id(Path::new("."))?;
    println!("cargo:rustc-env=BUILD_ID={id}");
    Ok(())
}
