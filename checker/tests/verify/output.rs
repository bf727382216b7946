//! What `checker verify` prints for people, word for word.

use crate::project::Project;

#[test]
fn all_passed() {
    let project = Project::solution();
    let output = project.verify("alice");
    assert_eq!(
        steady(&output.stdout),
        "\
Task 1  Start the workflow   alice, sandbox
  built the handler in N s, deployed 10 resources in N ms

  an ordinary CV
    passed   object-uploaded      OBJECT
    passed   function-invoked     scan-file, requests REQUEST and REQUEST
    passed   function-succeeded   N ms
    passed   execution-started    NAMES
    passed   execution-input      INPUT
    passed   log-entry            \"Starting SF execution\" and the execution's name
    passed   execution-succeeded  SUCCEEDED

  a Word document, which is refused, alone and in an event with others
    passed   object-uploaded     OBJECT
    passed   function-invoked    scan-file, requests REQUEST and REQUEST
    passed   function-succeeded  N ms
    passed   no-execution        none was started
    passed   refusal-logged      refused, and logged with the key

  an old Word document in capitals
    passed   object-uploaded     OBJECT
    passed   function-invoked    scan-file, request REQUEST
    passed   function-succeeded  N ms
    passed   no-execution        none was started
    passed   refusal-logged      refused, and logged with the key

  spaces, unicode and more in its name
    passed   object-uploaded      OBJECT
    passed   function-invoked     scan-file, request REQUEST
    passed   function-succeeded   N ms
    passed   execution-started    NAMES
    passed   execution-input      INPUT
    passed   log-entry            \"Starting SF execution\" and the execution's name
    passed   execution-succeeded  SUCCEEDED

  a name as long as S3 takes, by other kinds of upload and in an event with others
    passed   object-uploaded      OBJECT, twice
    passed   function-invoked     scan-file, requests REQUEST, REQUEST and REQUEST
    passed   function-succeeded   N ms
    passed   execution-started    NAMES
    passed   execution-input      INPUT
    passed   log-entry            \"Starting SF execution\" and the execution's name
    passed   execution-succeeded  SUCCEEDED

  no ending, after the others
    passed   object-uploaded      OBJECT
    passed   function-invoked     scan-file, request REQUEST
    passed   function-succeeded   N ms
    passed   execution-started    NAMES
    passed   execution-input      INPUT
    passed   log-entry            \"Starting SF execution\" and the execution's name
    passed   execution-succeeded  SUCCEEDED

  a name for which Step Functions refuses the execution
    passed   error-returned  service error: InvalidExecutionInput: Invalid State Machine Execution Input: 'The input is larger than 262144 bytes': InvalidExecutionInput: Invalid State Machine Execution Input: 'The input is larger than 262144 bytes'

  All 7 probes passed.

1 of 1 tasks passed: N s, N processes of functions
"
    );
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn the_start_of_task_1() {
    let project = Project::start();
    let output = project.verify("alice");
    assert_eq!(
        steady(&output.stdout),
        "\
Task 1  Start the workflow   alice, sandbox
  built the handler in N s, deployed 10 resources in N ms

  an ordinary CV
    passed   object-uploaded      OBJECT
    passed   function-invoked     scan-file, requests REQUEST and REQUEST
    passed   function-succeeded   N ms
    failed   execution-started    scan-file ran (requests REQUEST and REQUEST) without an error, but no execution of scan-cv-alice-ScanCvWorkflow carries the key
             look  handler/src/scan_file/mod.rs:50   // TODO: Start the workflow here
    skipped  execution-input      needs execution-started
    skipped  log-entry            needs execution-started
    skipped  execution-succeeded  needs execution-started

  a Word document, which is refused, alone and in an event with others
    passed   object-uploaded     OBJECT
    passed   function-invoked    scan-file, requests REQUEST and REQUEST
    passed   function-succeeded  N ms
    passed   no-execution        none was started
    passed   refusal-logged      refused, and logged with the key

  an old Word document in capitals
    passed   object-uploaded     OBJECT
    passed   function-invoked    scan-file, request REQUEST
    passed   function-succeeded  N ms
    passed   no-execution        none was started
    passed   refusal-logged      refused, and logged with the key

  spaces, unicode and more in its name
    passed   object-uploaded      OBJECT
    passed   function-invoked     scan-file, request REQUEST
    passed   function-succeeded   N ms
    failed   execution-started    scan-file ran (request REQUEST) without an error, but no execution of scan-cv-alice-ScanCvWorkflow carries the key
             look  handler/src/scan_file/mod.rs:50   // TODO: Start the workflow here
    skipped  execution-input      needs execution-started
    skipped  log-entry            needs execution-started
    skipped  execution-succeeded  needs execution-started

  a name as long as S3 takes, by other kinds of upload and in an event with others
    passed   object-uploaded      OBJECT, twice
    passed   function-invoked     scan-file, requests REQUEST, REQUEST and REQUEST
    passed   function-succeeded   N ms
    failed   execution-started    scan-file ran (requests REQUEST, REQUEST and REQUEST) without an error, but no execution of scan-cv-alice-ScanCvWorkflow carries the key
             look  handler/src/scan_file/mod.rs:50   // TODO: Start the workflow here
    skipped  execution-input      needs execution-started
    skipped  log-entry            needs execution-started
    skipped  execution-succeeded  needs execution-started

  no ending, after the others
    passed   object-uploaded      OBJECT
    passed   function-invoked     scan-file, request REQUEST
    passed   function-succeeded   N ms
    failed   execution-started    scan-file ran (request REQUEST) without an error, but no execution of scan-cv-alice-ScanCvWorkflow carries the key
             look  handler/src/scan_file/mod.rs:50   // TODO: Start the workflow here
    skipped  execution-input      needs execution-started
    skipped  log-entry            needs execution-started
    skipped  execution-succeeded  needs execution-started

  a name for which Step Functions refuses the execution
    failed   error-returned  scan-file was given a key for which Step Functions refuses the execution (its input would be over 262,144 bytes), and ended without an error: hand the error of the call on with ?, or Lambda does not try again, and nobody learns of it
             look  handler/src/scan_file/mod.rs:50   // TODO: Start the workflow here

  5 of 7 probes failed. Doc: tasks/1-start-the-workflow/README.md, step 4. A hint: cargo checker hint 1

0 of 1 tasks passed: N s, N processes of functions
"
    );
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

/// What is drawn for each run, by the check that tells it: keys, and what is made of them.
const DRAWN: [(&str, &str); 3] = [
    ("object-uploaded", "OBJECT"),
    ("execution-started", "NAMES"),
    ("execution-input", "INPUT"),
];

/// The text with words in place of what differs from run to run: what is drawn, times, and the
/// begin of a request id.
fn steady(bytes: &[u8]) -> String {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let lines = text.split_inclusive('\n').map(steady_line);
    let text: String = lines.collect();
    let words: Vec<&str> = text.split_inclusive([' ', ',', '\n', ')']).collect();
    let next = words.iter().skip(1).copied().chain([""]);
    words
        .iter()
        .zip(next)
        .map(|(word, next)| steady_word(word, next.trim_end()))
        .collect()
}

fn steady_line(line: &str) -> String {
    let found = DRAWN.iter().find_map(|(check, word)| {
        let (begin, detail) = line.split_once(&format!("    passed   {check}"))?;
        Some((begin, check, detail, word))
    });
    let Some((begin, check, detail, word)) = found else {
        return line.to_owned();
    };
    let spaces = &detail[..detail.len() - detail.trim_start().len()];
    let times = detail.find(", twice").map_or("", |_| ", twice");
    format!("{begin}    passed   {check}{spaces}{word}{times}\n")
}

fn steady_word(word: &str, next: &str) -> String {
    let is_hex = |text: &str| text.bytes().all(|it| it.is_ascii_hexdigit());
    let bare = word.trim_end_matches([' ', ',', '\n', ')']);
    if matches!(next, "ms" | "s," | "processes") && bare.parse::<f64>().is_ok() {
        return word.replace(bare, "N");
    }
    if bare.len() == 8 && is_hex(bare) {
        return word.replace(bare, "REQUEST");
    }
    word.to_owned()
}
