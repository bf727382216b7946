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
        let expected: Vec<_> = probes.iter().map(|it| (*it, check.to_owned())).collect();
        for word in words {
            assert_eq!(self.failed_probes(word), expected, "{self:#?}");
        }
    }

    /// The probes that failed, each at one check alone with this word in what is
    /// said of it: the probe's number, and the check.
    pub fn failed_probes(&self, word: &str) -> Vec<(usize, String)> {
        assert_eq!(self.code, Some(1));
        let mut found = Vec::new();
        for (at, probe) in self.probes.iter().enumerate() {
            // Whether an error is handed on is a question of its own, which the catalogue and
            // the check of every task's start ask.
            let failed: Vec<&Value> = checks(probe)
                .filter(|it| it["verdict"] == "failed" && it["check"] != "error-returned")
                .collect();
            let Some(first) = failed.first() else {
                continue;
            };
            assert_eq!(failed.len(), 1, "probe {at}: {probe:#}");
            let detail = first["detail"].as_str().unwrap();
            assert!(detail.contains(word), "{word:?} is not in: {detail}");
            found.push((at, first["check"].as_str().unwrap().to_owned()));
        }
        found
    }

    /// The first check that failed, and what is said of it, probe by probe.
    pub fn first_failure(&self) -> Option<(String, String)> {
        let part = |check: &Value, name: &str| check[name].as_str().unwrap().to_owned();
        let failed: Vec<(String, String)> = self
            .probes
            .iter()
            .flat_map(checks)
            .filter(|it| it["verdict"] == "failed")
            .map(|it| (part(it, "check"), part(it, "detail")))
            .collect();
        let (first, _) = failed.first()?.clone();
        let said = failed.into_iter().filter(|(check, _)| *check == first);
        let said: Vec<String> = said.map(|(_, detail)| detail).collect();
        Some((first, said.join("\n")))
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
