"""Mutants are what they say: well-formed, found by ids that stay, fairly taken in turns."""

import pathlib
import unittest

import definition
import mutate
import rust
import source
import stack
import yml

ROOT = pathlib.Path(__file__).resolve().parents[3]

CALL = """\
pub async fn handle(aws: &SdkConfig, bucket: &str) -> Result<(), Error> {
    info!("Starting");
    let started = sfn
        .start_execution()
        .input(json!({ "key": key }).to_string())
        .send()
        .await?;
    info!(name, arn = started.execution_arn, "Started");
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn nothing_here_is_changed() {
        assert!(1 + 1 == 2 && true);
    }
}
"""

ASL = """\
Comment: One
StartAt: first
States:
  first:
    Type: Choice
    Choices:
      - Variable: $.score
        NumericGreaterThan: 100
        Next: second
    Default: third
  second:
    Type: Task
    Resource: !GetAtt [copy-file, Arn]
    Next: third
  third:
    Type: Task
    Resource: arn:aws:states:::aws-sdk:s3:copyObject
    # It goes on from here.
    Parameters:
      Key.$: $.key
    End: true
"""

SERVICE = """\
custom:
  inputBucket: in
  extractedFilesBucket: out
provider:
  iam:
    role:
      statements:
        - Effect: Allow
          Action: s3:GetObject
          Resource:
            - arn:aws:s3:::${self:custom.inputBucket}/*
            - arn:aws:s3:::${self:custom.extractedFilesBucket}/*
functions:
  copy-file: ${file(handler/src/copy_file/function.yml)}
  scan-file: ${file(handler/src/scan_file/function.yml)}
"""


def applied(text, found, kind):
    """What changes, and the text then, of each candidate of a kind."""
    chosen = {short: tuple(sorted(edits)) for it, short, edits in found if it == kind}
    return {short: mutate.Mutant("", "", "", kind, edits).apply(text) for short, edits in chosen.items()}


class Rust(unittest.TestCase):
    def test_a_call_that_nobody_waits_for(self):
        found = applied(CALL, rust.candidates(CALL), "await")
        self.assertEqual([it.rpartition(" ")[2] for it in found], ["awaited", "spawned", "swallowed"])
        for text in found.values():
            # What the call gave is not used any more.
            self.assertIn('info!(name, "Started");', text)
            self.assertNotIn(".await?", text)
        self.assertIn("    drop(tokio::spawn(sfn\n", next(text for it, text in found.items() if "spawned" in it))

    def test_order(self):
        (text,) = applied(CALL, rust.candidates(CALL), "order").values()
        self.assertLess(text.index(".await?;"), text.index('info!("Starting");'))

    def test_neither_tests_nor_declarations_nor_errors_change(self):
        code = '#[derive(Debug)]\nuse crate::key;\nfn f() {\n    a.ok_or("none")?;\n    // 1 + 1\n}\n'
        self.assertEqual(list(rust.candidates(code)), [])
        end = CALL.index("#[cfg(test)]")
        for _, short, edits in rust.candidates(CALL):
            self.assertTrue(all(stop <= end for _, stop, _ in edits), short)

    def test_words(self):
        text = 'const WORDS: [&str; 2] = ["aws", "google cloud"];\n'
        found = applied(text, rust.candidates(text), "word")
        self.assertEqual(found["google cloud left out"], 'const WORDS: [&str; 1] = ["aws"];\n')
        self.assertEqual(found["aws left out"], 'const WORDS: [&str; 1] = ["google cloud"];\n')
        self.assertIn("google dloud", found["google cloud -> google dloud"])

    def test_all_sources_stay_well_formed(self):
        count = 0
        for path in sorted((ROOT / "handler" / "src").rglob("*.rs")):
            text = path.read_text()
            for kind, short, edits in rust.candidates(text):
                count += 1
                changed = mutate.Mutant("", "", "", kind, tuple(sorted(edits))).apply(text)
                self.assertTrue(changed != text, short)
                bare = source.TOKEN.sub("", changed)
                for pair in ("()", "[]", "{}"):
                    self.assertEqual(bare.count(pair[0]), bare.count(pair[1]), f"{path}: {kind} {short}")
        self.assertGreater(count, 200)


class Yaml(unittest.TestCase):
    def test_paths_and_blocks(self):
        lines = {it.name: it for it in yml.read(ASL)}
        self.assertEqual(lines["first.Variable"].path, ("States", "first", "Choices", "0", "Variable"))
        self.assertEqual(ASL[lines["third.Key.$"].start:lines["third.Key.$"].end], "      Key.$: $.key\n")

    def test_what_is_left_out(self):
        found = applied(ASL, definition.candidates(ASL, "", SERVICE), "left-out")
        # The next key takes the dash.
        self.assertIn("    Choices:\n      - NumericGreaterThan: 100\n        Next", found["first.Variable: $.score"])
        self.assertNotIn("Key.$", found["third"])
        self.assertNotIn("first.Type: Choice", found)

    def test_ways_onwards_first(self):
        found = applied(ASL, definition.candidates(ASL, "", SERVICE), "way")
        self.assertIn("    Default: second\n", found["first.Default: third -> second"])
        self.assertIn("    End: true\n  third:", found["second.Next: third -> End: true"])

    def test_a_state_by_another_name_everywhere(self):
        found = applied(ASL, definition.candidates(ASL, ASL.replace("second", "other"), SERVICE), "renamed")
        self.assertEqual(list(found), ["second"])
        self.assertEqual(found["second"].count("second2"), ASL.count("second"))

    def test_roles(self):
        found = list(stack.candidates("serverless.yml", SERVICE, SERVICE, SERVICE))
        self.assertIn("Effect: Deny", applied(SERVICE, found, "value")["statements.Effect: Allow -> Deny"])
        entries = applied(SERVICE, found, "entry-left-out")
        self.assertEqual(len(entries), 3)
        self.assertTrue(all("functions:\n" in text for text in entries.values()))

    def test_own_lines(self):
        self.assertEqual(yml.own_lines(ASL.replace("    Next: third\n", "    End: true\n"), ASL), {13})


class Mutants(unittest.TestCase):
    def test_ids_do_not_depend_on_places(self):
        def ids(text):
            return [mutate.shortened(f"{kind} {short}") for kind, short, _ in rust.candidates(text)]

        self.assertEqual(ids(CALL), ids("// A comment, and a line more.\n\n" + CALL))

    def test_equivalents(self):
        text = '# why\n\n"1 a.rs text \\"b\\"" = "no reason"\n'
        self.assertEqual(mutate.read_equivalents(text), {'1 a.rs text "b"': "no reason"})
        for wrong in ("id = 1", '"id" = ""', text + text):
            with self.assertRaises(ValueError, msg=wrong):
                mutate.read_equivalents(wrong)
        mutant = mutate.Mutant("1 a", "1", "a.rs", "text", ((0, 1, ""),))
        self.assertEqual(mutate.unknown({"1 a": "", "1 b": ""}, [mutant]), ["1 b"])

    def test_each_task_has_a_turn_first_and_all_mutants_within_days(self):
        mutants = [mutate.Mutant(f"{task} {at}", task, "a.rs", "text", ((0, 1, ""),))
                   for task in mutate.TASKS for at in range(10 + 20 * len(task))]
        whole = mutate.in_turns(mutants, 7)
        self.assertEqual(sorted(it.id for turn in whole for it in turn), sorted(it.id for it in mutants))
        self.assertEqual([it.task for it in whole[0]], [task for task in mutate.TASKS for _ in range(mutate.AT_FIRST)])
        seen = [it.id for day in range(5) for turn in mutate.in_turns(mutants, day, len(mutants) // 5) for it in turn]
        self.assertEqual(sorted(seen), sorted(it.id for it in mutants))


if __name__ == "__main__":
    unittest.main()
