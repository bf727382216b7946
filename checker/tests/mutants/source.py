"""Rust code by its parts: what runs, what is in texts, and where statements begin and end."""

import difflib
import re

TOKEN = re.compile(r"""(?P<comment>//[^\n]*)|(?P<text>"(?:\\.|[^"\\])*")|(?P<char>b?'(?:\\.|[^'\\])')""", re.S)
# Not code that runs: attributes, imports, modules.
DECLARED = re.compile(r"#!?\[(?:[^\[\]]|\[[^\]]*\])*\]|^(?:pub )?(?:use|mod) [^;]*;|^pub mod [^;]*;", re.M)


class Code:
    """A file's text, and the same without what is in comments and texts."""

    def __init__(self, text):
        tests = re.search(r"^#\[cfg\(test\)\]\nmod \w+ \{", text, re.M)
        self.text = text
        self.end = tests.start() if tests else len(text)
        self.texts, self.chars = [], []
        bare = TOKEN.sub(self._token, text[:self.end])
        self.bare = DECLARED.sub(lambda match: blank(match.group()), bare)
        declared = [match.span() for match in DECLARED.finditer(bare)]
        self.texts = [span for span in self.texts if not inside(span, declared)]
        self.logs = self._calls(r"\b(?:info|warn)!\(")
        # What is said of errors is no part of any task.
        self.errors = self._calls(r"\b(?:ok_or|ok_or_else|Err)\(")

    def _calls(self, begin):
        return [(match.start(), self.close(match.end() - 1)) for match in re.finditer(begin, self.bare)]

    def _token(self, match):
        if match.lastgroup == "comment":
            return blank(match.group())
        (self.texts if match.lastgroup == "text" else self.chars).append(match.span())
        quote = match.group()[-1]
        return quote + blank(match.group()[1:-1], "_") + quote

    def close(self, at):
        """Behind the bracket that closes the one at `at`."""
        depth = 0
        for place in range(at, len(self.bare)):
            depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(self.bare[place], 0)
            if depth == 0:
                return place + 1
        raise ValueError("a bracket is not closed")

    def statement_begin(self, at):
        """Where the statement begins that `at` is in."""
        depth = 0
        for place in range(at - 1, -1, -1):
            depth += {")": 1, "}": 1, "(": -1, "{": -1}.get(self.bare[place], 0)
            # An open brace that nothing closed before `at`, or the end of another statement.
            if depth < 0 or (depth == 0 and self.bare[place] == ";") or (depth == 1 and self.bare[place] == "}"
                                                                         and self.bare[place + 1] == "\n"):
                return place + 1 + len(self.bare[place + 1:]) - len(self.bare[place + 1:].lstrip())
        return 0

    def statement_end(self, at):
        """Behind the semicolon of the statement that begins at `at`."""
        while self.bare[at] != ";":
            at = self.close(at) if self.bare[at] in "([{" else at + 1
        return at + 1

    def in_log(self, span):
        return inside(span, self.logs)


def blank(text, fill=" "):
    return re.sub(r"[^\n]", fill, text)


def inside(span, spans):
    return any(low <= span[0] and span[1] <= high for low, high in spans)


def own_lines(before, after):
    """The numbers of the lines, from 0, that `after` has and `before` has not."""
    matcher = difflib.SequenceMatcher(None, before.splitlines(), after.splitlines(), autojunk=False)
    changed = [(low, high) for tag, _, _, low, high in matcher.get_opcodes() if tag != "equal"]
    return {number for low, high in changed for number in range(low, high)}
