"""Mutants: what each task's solution is changed to, one place at a time.

A mutant has an id that does not depend on where in its file it is:
`<task> <file> <kind> <what changes>`, and a number where that comes more than once.
"""

import difflib
import hashlib
import json
import re
from typing import Dict, List, NamedTuple, Tuple

import definition
import rust
import source
import stack
import yml

TASKS = ("1", "2", "3a", "3b", "4", "5")

# How many mutants of a task come at first, and then each time.
AT_FIRST, AT_ONCE = 3, 8

SRC = "handler/src/"
WORKFLOW = "handler/workflow/"
ASL, IAM, MACHINE = WORKFLOW + "workflow.asl.yml", WORKFLOW + "workflow.iam.yml", WORKFLOW + "workflow.yml"
SERVICE = "serverless.yml"

# What a task is about: the files that its page links, and what stands beside them. Of files
# after "own" only the lines count that the task adds.
SCOPES = {
    "1": {
        "all": ["scan_file/mod.rs", "scan_file/execution_name.rs", "scan_file/object_key.rs", "scan_file/function.yml",
                ASL, MACHINE, SERVICE],
    },
    "2": {
        "all": ["copy_file/mod.rs", "copy_file/function.yml", "extract_text/mod.rs", "extract_text/function.yml",
                "copy_source.rs", "input.rs", ASL, IAM],
        # Of the start, what no task before needs.
        "about": {SERVICE: ["s3:GetObject", "s3:PutObject", "inputBucket}/*", "Resource: arn:aws:s3:::${self:custom.extracted",
                            "copy-file:", "extract-text:"]},
    },
    "3a": {
        "all": ["check_it_experience/mod.rs", "check_it_experience/function.yml", "check_cloud_experience/mod.rs",
                "check_cloud_experience/function.yml", "experience.rs", "extracted.rs"],
        "own": [ASL, IAM],
        "about": {SERVICE: ["- arn:aws:s3:::${self:custom.extracted"]},
    },
    "3b": {
        "all": ["check_node_experience/mod.rs", "check_node_experience/function.yml", "check_exclude_list/mod.rs",
                "check_exclude_list/function.yml"],
        "own": ["main.rs", ASL, IAM, SERVICE],
    },
    "4": {
        "all": ["calculate_score/mod.rs", "calculate_score/function.yml"],
        "own": [ASL],
    },
    "5": {
        "all": ["copy_source.rs", "calculate_score/function.yml"],
        "own": ["calculate_score/mod.rs", ASL, SERVICE],
        "about": {IAM: ["s3:PutObject", "matchedFilesBucket", "rejectedFilesBucket"]},
    },
}


class Mutant(NamedTuple):
    """One changed place."""

    id: str
    task: str
    file: str
    kind: str
    # (start, end, new text) in the solution's text, in order.
    edits: Tuple[Tuple[int, int, str], ...]

    def apply(self, text):
        """The mutant's text, of the solution's."""
        for start, end, new in reversed(self.edits):
            text = text[:start] + new + text[end:]
        return text

    def line(self, text):
        """The number of the first changed line."""
        return text.count("\n", 0, self.edits[0][0]) + 1

    def diff(self, text):
        """The changed lines, without what surrounds them."""
        lines = difflib.unified_diff(text.splitlines(), self.apply(text).splitlines(), n=0, lineterm="")
        return "\n".join(line for line in list(lines)[2:] if not line.startswith("@@"))


def path_of(name):
    """A file of SCOPES, from the root."""
    return name if name in (ASL, IAM, MACHINE, SERVICE) else SRC + name


def short_name(path):
    """A path as ids have it."""
    return path.replace(SRC, "").replace(WORKFLOW, "")


def lines_in_scope(task, start, solution):
    """By path: the lines that the task is about."""
    scope, found = SCOPES[task], {}
    for name in scope["all"]:
        path = path_of(name)
        found[path] = set(range(solution[path].count("\n") + 1))
    for name in scope.get("own", []):
        path = path_of(name)
        own = source.own_lines if path.endswith(".rs") else yml.own_lines
        found[path] = own(start.get(path, ""), solution[path])
    for path, words in scope.get("about", {}).items():
        lines = enumerate(solution[path].splitlines())
        found[path] = {number for number, line in lines if any(word in line for word in words)}
    return found


def mutants_of(task, start, solution) -> List[Mutant]:
    """All mutants of a task's solution. `start` and `solution` are its trees: text by path."""
    found, seen = [], {}
    for path, lines in lines_in_scope(task, start, solution).items():
        text = solution[path]
        for kind, short, edits in candidates(path, text, start, solution):
            edits = tuple(sorted(edits))
            if text.count("\n", 0, edits[0][0]) not in lines:
                continue
            name = f"{task} {short_name(path)} {kind} {shortened(short)}"
            # What two kinds of change come to is one mutant.
            key = (path, edits)
            if key in seen.values():
                continue
            number = 1 + sum(1 for it in seen if it[0] == name)
            seen[name, number] = key
            identity = name if number == 1 else f"{name} {number}"
            mutant = Mutant(identity, task, path, kind, edits)
            if mutant.apply(text) != text:
                found.append(mutant)
    return found


def candidates(path, text, start, solution):
    """(kind, what changes, edits) for each place of a file."""
    if path.endswith(".rs"):
        return rust.candidates(text)
    if path == ASL:
        return definition.candidates(text, start.get(path, ""), solution[SERVICE])
    return stack.candidates(path, text, solution[SERVICE], start.get(SERVICE, ""))


def shortened(text):
    """On one line, and not too long for an id."""
    text = re.sub(r"\s+", " ", text).strip()
    return text if len(text) <= 100 else f"{text[:48]} ... {text[-47:]}"


def read_equivalents(text) -> Dict[str, str]:
    """Id and reason, of lines `"<id>" = "<reason>"`. The tomllib of Python 3.11 is not needed."""
    found = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        match = re.fullmatch(r'("(?:\\.|[^"\\])*") = ("(?:\\.|[^"\\])+")', line.strip())
        if not match:
            raise ValueError(f'equivalent.toml:{number}: this is not "<id>" = "<reason>": {line}')
        identity, reason = (json.loads(it) for it in match.groups())
        if identity in found:
            raise ValueError(f"equivalent.toml:{number}: {identity} is there twice")
        found[identity] = reason
    return found


def unknown(equivalents, mutants):
    """Ids that no mutant has."""
    known = {it.id for it in mutants}
    return [identity for identity in equivalents if identity not in known]


def in_turns(mutants, day, count=None) -> List[List[Mutant]]:
    """Rounds: some mutants of each task, then more of each, so that a run that ends early has
    tried all tasks. To go to another task's tree costs a build: there are several of one task
    at a time, and first of them what changes no Rust code, which needs no build.

    With `count`, about so many: every n-th, beginning with another one each day, so that after
    n days all have had their turn. Each time round another one comes first.
    """
    stride = max(1, -(-len(mutants) // count)) if count else 1
    rounds: List[List[Mutant]] = []
    for task in TASKS:
        own = sorted((it for it in mutants if it.task == task), key=mixed)[day % stride::stride]
        first = day // stride * AT_ONCE % max(1, len(own))
        own = own[first:] + own[:first]
        begins = [0, *range(AT_FIRST, len(own), AT_ONCE)]
        for number, (begin, end) in enumerate(zip(begins, [*begins[1:], len(own)])):
            rounds.extend([] for _ in range(number + 1 - len(rounds)))
            rounds[number].extend(sorted(own[begin:end], key=lambda it: it.file.endswith(".rs")))
    return rounds


def mixed(mutant):
    """An order that is the same on every machine, with neighbours of all kinds."""
    return hashlib.sha256(mutant.id.encode()).digest()
