//! The report of `checker verify --json`, as a test asks it.

use std::process::Output;

use serde_json::Value;

/// A report, with the exit code.
#[derive(Debug)]
pub struct Report {
    code: Option<i32>,
    probes: Vec<Value>,
}

impl Report {
    /// Reads what the checker printed.
    pub fn read(output: &Output) -> Self {
        let errors = String::from_utf8_lossy(&output.stderr);
        let report: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: no report, but {errors}"));
        Self {
            code: output.status.code(),
            probes: report["tasks"][0]["probes"].as_array().unwrap().clone(),
        }
    }

    /// All probes passed.
    pub fn passed(&self) {
        assert_eq!(self.failures(), [] as [String; 0]);
        assert_eq!(self.code, Some(0));
    }

    /// Exactly these probes failed, by their numbers; each at this check and no
    /// other, with all of these words in what is said of it.
    pub fn failed(&self, probes: &[usize], check: &str, words: &[&str]) {
        assert_eq!(self.failed_probes(check, words), probes, "{self:#?}");
        assert_eq!(self.code, Some(1));
    }

    /// As [`Report::failed`], but any one of the probes passed.
    pub fn failed_but_one(&self, probes: &[usize], check: &str, words: &[&str]) {
        let failed = self.failed_probes(check, words);
        assert!(failed.iter().all(|it| probes.contains(it)), "{self:#?}");
        assert_eq!(failed.len() + 1, probes.len(), "{self:#?}");
        assert_eq!(self.code, Some(1));
    }

    /// The probes that failed, each at this check alone with these words.
    fn failed_probes(&self, check: &str, words: &[&str]) -> Vec<usize> {
        let mut found = Vec::new();
        for (at, probe) in self.probes.iter().enumerate() {
            let failed: Vec<&Value> = checks(probe)
                .filter(|it| it["verdict"] == "failed")
                .collect();
            if failed.is_empty() {
                continue;
            }
            found.push(at);
            let names: Vec<&str> = failed
                .iter()
                .filter_map(|it| it["check"].as_str())
                .collect();
            assert_eq!(names, [check], "probe {at}: {probe:#}");
            let detail = failed[0]["detail"].as_str().unwrap();
            for word in words {
                assert!(detail.contains(word), "{word:?} is not in: {detail}");
            }
        }
        found
    }

    /// The place that is pointed at for the first failure: file, line and text.
    pub fn look(&self) -> String {
        let mut checks = self.probes.iter().flat_map(checks);
        let look = &checks.find(|it| it["verdict"] == "failed").unwrap()["look"];
        let part = |name: &str| look[name].as_str().unwrap_or_default();
        format!("{}:{} {}", part("file"), look["line"], part("text"))
    }

    fn failures(&self) -> Vec<String> {
        let checks = self.probes.iter().flat_map(checks);
        checks
            .filter(|it| it["verdict"] != "passed")
            .map(ToString::to_string)
            .collect()
    }
}

fn checks(probe: &Value) -> impl Iterator<Item = &Value> {
    probe["checks"].as_array().unwrap().iter()
}
