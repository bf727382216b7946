"""Mutants of the workflow's definition."""

import yml

# Comments tell people something, and nobody promises what.
SKIPPED = ("Comment", "States", "Type")

VALUES = {
    "ResultPath": ("$", "null", "$.other", "$.key"),
    "StringEquals": ("pdf", "TXT", "tx", ".txt"),
    "NumericGreaterThan": ("101", "105", "99", "95", "0"),
    "Key.$": ("$.copySource", "$.calculatedScore", "$.keys"),
    "CopySource.$": ("$.key", "$.copySources"),
    "Name.$": ("$.extension", "$.keys"),
    "Variable": ("$.key", "$.extensions", "$.score"),
}

COMPARISONS = {
    "StringEquals": ("StringGreaterThan", "StringGreaterThanEquals", "StringLessThanEquals", "StringEqualsPath"),
    "NumericGreaterThan": ("NumericGreaterThanEquals", "NumericLessThan", "NumericEquals", "StringGreaterThan"),
}

ACTIONS = {
    "aws-sdk:textract:analyzeDocument": ("aws-sdk:textract:detectDocumentText",),
    "aws-sdk:s3:copyObject": ("aws-sdk:s3:getObject", "aws-sdk:s3:deleteObject", "aws-sdk:s3:headObject"),
}


def candidates(text, start, service):
    """(kind, what changes, edits) for each place. `start` is what the task begins from."""
    lines = yml.read(text)
    functions = yml.functions(service)
    yield from yml.left_out(lines, text, SKIPPED)
    for line in lines:
        yield from ways(line, lines)
        yield from types(line, lines)
        yield from calls(line, functions)
        yield from values(line, service)
    yield from branches(lines, text)
    yield from renamed(lines, text, start)


def siblings(line, lines):
    """The states beside the one that a line is in, in their order; of StartAt, those it leads to."""
    states = [it for it in lines if len(it.path) >= 2 and it.path[-2] == "States"]
    if line.key == "StartAt":
        return [it.key for it in states if it.path[:-2] == line.path[:-1]]
    inside = [it for it in states if it.path == line.path[:len(it.path)]]
    level = inside[-1].path[:-1] if inside else ()
    return [it.key for it in states if it.path[:-1] == level]


def state_of(line):
    """The state that a line is in."""
    at = [number for number, key in enumerate(line.path) if key == "States"]
    return line.path[at[-1] + 1] if at and at[-1] + 1 < len(line.path) else ""


def ways(line, lines):
    """Where a state leads to. Ways onwards come first: ways back go round in circles, which
    takes a while."""
    if line.key in ("Next", "Default", "StartAt"):
        own = state_of(line) if line.key != "StartAt" else ""
        names = siblings(line, lines)
        after = names[names.index(own) + 1:] if own in names else names
        targets = [it for it in after if it != line.value] or [it for it in names if it not in (own, line.value)]
        for name in targets[:2]:
            yield yml.value(line, name, "way")
    if line.key == "Next" and "Choices" not in line.path:
        yield "way", f"{line.name}: {line.value} -> End: true", [(line.start + line.indent, line.at[1], "End: true")]
    if line.key == "End":
        yield yml.value(line, "false", "way")
        others = [it for it in siblings(line, lines) if it != state_of(line)]
        for name in others[-1:]:
            yield "way", f"{line.name} -> Next: {name}", [(line.start + line.indent, line.at[1], f"Next: {name}")]


def types(line, lines):
    if line.key != "Type":
        return
    inside = [it for it in lines if it.path[:len(line.path) - 1] == line.path[:-1]]
    if line.value == "Task":
        # What only a Task has goes with it.
        gone = [(it.start, it.end, "") for it in inside if it.key == "Resource" and len(it.path) == len(line.path)]
        yield "type", f"{line.name}: Task -> Pass", [(*line.at, "Pass"), *gone]
    else:
        yield yml.value(line, "Parallel" if line.value == "Choice" else "Choice", "type")


def calls(line, functions):
    if line.key != "Resource":
        return
    for name in functions:
        if line.value == f"!GetAtt [{name}, Arn]":
            for new in yml.other(functions, name, 2):
                yield yml.value(line, f"!GetAtt [{new}, Arn]", "call")
    for action, others in ACTIONS.items():
        if action in line.value:
            for new in others:
                yield yml.value(line, line.value.replace(action, new), "call")
            for new in functions[-1:]:
                yield yml.value(line, f"!GetAtt [{new}, Arn]", "call")


def values(line, service):
    for new in VALUES.get(line.key, ()):
        if new != line.value:
            yield yml.value(line, new)
    begin = line.start + line.indent + 2 * line.has_dash
    for new in COMPARISONS.get(line.key, ()):
        yield "comparison", f"{line.name} -> {new}: {line.value}", [(begin, begin + len(line.key), new)]
    if line.key.endswith(".$"):
        yield "path-as-text", f"{line.name}: {line.value}", [(begin + len(line.key) - 2, begin + len(line.key), "")]
    yield from yml.buckets(line, service)


def branches(lines, text):
    """A branch changes places with the next one."""
    entries = [it for it in lines if it.has_dash and it.key == "StartAt"]
    for one, then in zip(entries, entries[1:]):
        middle, end = then.start, yml.entry_end(then, lines)
        yield "order", f"{one.value} after {then.value}", [(one.start, end, text[middle:end] + text[one.start:middle])]


def renamed(lines, text, start):
    """A state of the task's own by another name, wherever it is named."""
    known = {it.key for it in yml.read(start)}
    for line in lines:
        if len(line.path) < 2 or line.path[-2] != "States" or line.key in known:
            continue
        named = [it for it in lines if it.key in ("Next", "Default", "StartAt") and it.value == line.key]
        begin = line.start + line.indent
        edits = [(begin, begin + len(line.key), f"{line.key}2")]
        yield "renamed", line.key, edits + [(*it.at, f"{line.key}2") for it in named]
