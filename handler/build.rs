//! Gives the functions their build id, as the checker computes it, too, as `env!("BUILD_ID")`.

#[path = "../checker/src/build_id.rs"]
mod build_id;

use std::path::Path;

fn main() -> std::io::Result<()> {
    // Who builds can ask for an id: where it is another one, cargo took the sources
    // of another checkout, whose build folder is the same, for these.
    println!("cargo:rerun-if-env-changed=EXPECTED_BUILD_ID");
    let inputs = [
        "build.rs",
        "../checker/src/build_id.rs",
        "Cargo.toml",
        "src",
    ];
    for input in inputs {
        println!("cargo:rerun-if-changed={input}");
    }
    let id = build_id::build_id(Path::new("."))?;
    println!("cargo:rustc-env=BUILD_ID={id}");
    Ok(())
}
