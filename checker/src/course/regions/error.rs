//! What can be wrong with the annotated source.

use std::path::PathBuf;

/// Why a source could not be rendered.
#[derive(Debug, thiserror::Error)]
pub enum RegionError {
    /// The task to render for does not exist.
    #[error("there is no task {task}: the tasks are {known}")]
    UnknownTask {
        /// The id that was asked for.
        task: String,
        /// The ids that exist.
        known: String,
    },
    /// A line of the source breaks the rules of regions.
    #[error("{}:{line}: {problem}", path.display())]
    Marker {
        /// The file.
        path: PathBuf,
        /// The line in it, counted from 1.
        line: usize,
        /// The rule that is broken.
        problem: Problem,
    },
}

/// A rule of regions that is broken. The texts write markers as Rust has them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// A comment looks like a marker and is none.
    #[error(
        "not a marker: write //@ task ID start, //@ task ID solution, //@ end or, \
         on the first line of a file, //@ file task ID start"
    )]
    NotAMarker,
    /// A marker names a task that does not exist.
    #[error("there is no task {task}: the tasks are {known}")]
    UnknownTask {
        /// The id in the marker.
        task: String,
        /// The ids that exist.
        known: String,
    },
    /// A stage is not later than the one above it.
    #[error(
        "this stage is not later than the one above it: \
         put the stages in the order of the tasks, or close the region above with //@ end"
    )]
    OutOfOrder,
    /// A region has no end.
    #[error("this region is never closed: add //@ end behind its last stage")]
    NotClosed,
    /// An end without a region.
    #[error("this //@ end closes no region: add its first //@ task ID start above")]
    EndOutside,
    /// A hidden line without a region.
    #[error("a hidden line (//~) outside of any region: add //@ task ID start above")]
    HiddenOutside,
    /// A hidden line in a last stage, which is what `main` compiles.
    #[error("a hidden line (//~) in the last stage of a region: write it as plain code")]
    HiddenAtLast,
    /// A plain line in a stage that is not the last.
    #[error(
        "a plain line in a stage that another follows: \
         hide it behind //~, or close the region below it with //@ end"
    )]
    PlainTooEarly,
    /// A file marker that is not on the first line.
    #[error("//@ file belongs on the first line of the file")]
    FileNotFirst,
}
