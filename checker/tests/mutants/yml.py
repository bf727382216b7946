"""The lines of a YAML file as this project writes them: a key and a value on a line, blocks by
their indentation, short lists in brackets."""

import re
from typing import NamedTuple, Tuple

LINE = re.compile(r"^(?P<indent> *)(?P<dash>- )?(?:(?P<key>[\w.$-]+):(?: +|$))?(?P<value>[^\n]*)$", re.M)


# Keys of which ids do not speak.
UNTOLD = ("States", "Choices", "Parameters", "Properties", "PolicyDocument", "Resources")


class Line(NamedTuple):
    """One line that is neither empty nor a comment."""

    start: int
    # Behind its line end.
    end: int
    # Behind it and all that is below it.
    block_end: int
    indent: int
    has_dash: bool
    key: str
    value: str
    # (start, end) of the value.
    at: Tuple[int, int]
    # The keys that lead to it, and numbers of list entries.
    path: Tuple[str, ...]

    @property
    def name(self):
        """Its last keys, for an id; of the workflow's, first that of the state."""
        told = [it for it in self.path if not it.isdigit() and it not in UNTOLD]
        return ".".join(told[-2:])


def read(text):
    """All lines."""
    raw = [match for match in LINE.finditer(text) if match.group().strip() and match.group().strip()[0] != "#"]
    lines, above, counts = [], [], {}
    for number, match in enumerate(raw):
        indent, has_dash = len(match.group("indent")), bool(match.group("dash"))
        while above and above[-1][0] >= indent:
            above.pop()
        if has_dash:
            parent = tuple(it for _, it in above)
            counts[parent] = counts.get(parent, -1) + 1
            above.append((indent, str(counts[parent])))
        column = indent + 2 * has_dash
        key = match.group("key") or ""
        if key:
            above.append((column, key))
        last = match
        for it in raw[number + 1:]:
            if len(it.group("indent")) <= column:
                break
            last = it
        lines.append(Line(match.start(), match.end() + 1, last.end() + 1, indent, has_dash, key, match.group("value"),
                          match.span("value"), tuple(it for _, it in above)))
    return lines


def entry_end(line, lines):
    """Behind the whole list entry that begins with this line."""
    end = line.block_end
    for it in lines:
        if it.start > line.start:
            if it.indent <= line.indent:
                break
            end = it.block_end
    return end


def own_lines(before, after):
    """The numbers of the lines, from 0, whose keys or values `before` has not."""
    known = {(it.path, it.value) for it in read(before)}
    return {after.count("\n", 0, it.start) for it in read(after) if (it.path, it.value) not in known}


def without(line, text):
    """The edit that leaves out a key with all below it. The next key of a list entry takes the
    dash."""
    if not line.has_dash:
        return (line.start, line.block_end, "")
    column = line.indent + 2
    if text[line.block_end:].startswith(" " * column):
        return (line.start, line.block_end + column, " " * line.indent + "- ")
    return (line.start, line.block_end, "")


def left_out(lines, text, skip=()):
    """(kind, what, edits): each key left out, and each list entry."""
    for line in lines:
        if line.key and line.key not in skip:
            yield "left-out", f"{line.name}: {line.value}".rstrip(": "), [without(line, text)]
        if line.has_dash:
            end = entry_end(line, lines)
            if end != line.block_end or not line.key:
                what = " ".join(text[line.start:end].split())
                yield "entry-left-out", f"{line.name}: {what}", [(line.start, end, "")]
        if line.value.startswith("[") and ", " in line.value:
            inner = line.value[1:-1].split(", ")
            for at in range(len(inner)):
                rest = inner[:at] + inner[at + 1:]
                yield "entry-left-out", f"{line.name}: {inner[at]}", [(*line.at, f"[{', '.join(rest)}]")]
            yield "order", f"{line.name}: {line.value}", [(*line.at, f"[{', '.join(inner[::-1])}]")]


def value(line, new, kind="value"):
    """Another value of a key."""
    return kind, f"{line.name}: {line.value} -> {new}", [(*line.at, new)]


def other(names, name, count=1):
    """Those that follow a name, in a circle."""
    if name not in names:
        return list(names[:count])
    at = names.index(name)
    circle = names[at + 1:] + names[:at]
    return circle[:count]


def functions(service):
    """The functions' keys in a serverless.yml."""
    return re.findall(r"^  ([\w-]+): \$\{file\(handler/src/", service, re.M)


BUCKET = re.compile(r"\$\{self:custom\.(\w+Bucket)\}")


def buckets(line, service):
    """Another bucket in the place of one that a value names."""
    match = BUCKET.search(line.value)
    if match:
        custom = service[service.index("custom:"):service.index("provider:")]
        known = re.findall(r"^  (\w+Bucket):", custom, re.M)
        for name in other(known, match.group(1)):
            yield value(line, line.value.replace(match.group(1), name), "bucket")
