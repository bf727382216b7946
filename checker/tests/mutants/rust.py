"""Mutants of Rust code, found by patterns: the sources are as rustfmt leaves them."""

import re

from source import Code, inside

OPERATORS = {"==": "!=", "!=": "==", "&&": "||", "||": "&&", "<": ">=", ">": "<=", "<=": ">", ">=": "<",
             "+": "-", "-": "+", "*": "+"}

# What is mistaken for what.
SIBLINGS = [
    ("input_bucket", "extracted_bucket"),
    ("state_machine_arn", "scan_failed_topic_arn"),
    ("it", "cloud"), ("cloud", "node"), ("node", "it"),
    ("check_node_experience", "check_exclude_list"),
]

# Code and what it becomes.
SWAPS = [
    (r"\.to_lowercase\(\)", ".to_uppercase()"),
    (r"\.to_lowercase\(\)", ".to_owned()"),
    (r"\.to_lowercase\(\)", ".to_ascii_lowercase()"),
    (r"(?<=[a-z])\.contains\(", ".starts_with("),
    (r"(?<=[a-z])\.contains\(", ".ends_with("),
    (r"\.rsplit_once\(", ".split_once("),
    (r"Some\(\(_, (\w+)\)\)", r"Some((\1, _))"),
    (r"\.rsplit\(", ".split("),
    (r"\.next\(\)", ".last()"),
    (r"\.first\(\)", ".last()"),
    (r"\.all\(", ".any("),
    (r"\.any\(", ".all("),
    (r"\.count\(\)", ".take(1).count()"),
    (r"\.sum\(\)", ".max().unwrap_or_default()"),
    (r"\.trim(?:_start|_end)?\(\)", ""),
    (r"(\w+)\.matches\((\w+)\)", r"\1.split_whitespace().filter(|it| it == \2)"),
    (r"(\w+)\.matches\((\w+)\)", r"\1.lines().filter(|line| line.contains(*\2))"),
    (r"\.is_ascii_alphanumeric\(\)", ".is_alphanumeric()"),
    (r"\.is_ascii_alphanumeric\(\)", ".is_ascii_alphabetic()"),
    (r"Uuid::new_v4\(\)", "Uuid::nil()"),
    (r"(\w+)\.replace\([^()]*\)", r"\1.to_owned()"),
    (r"percent_decode_str\(&(\w+)\)\.decode_utf8\(\)",
     r"Ok::<std::borrow::Cow<'_, str>, std::str::Utf8Error>(\1.as_str().into())"),
    (r"percent_decode_str\(&(\w+)\)\.decode_utf8\(\)",
     r"percent_decode_str(&percent_decode_str(&\1).decode_utf8_lossy()).decode_utf8()"),
    (r"utf8_percent_encode\((\w+), (\w+)\)", r"\1"),
    (r"utf8_percent_encode\((\w+), (\w+)\)", r"utf8_percent_encode(&utf8_percent_encode(\1, \2).to_string(), \2)"),
    (r"(?<=\")copy_source\((\w+), (\w+)\)", r"\2"),
    (r"(?<= )copy_source\((\w+), (\w+)\)", r'format!("{\1}/{\2}")'),
    (r"\bexecution_name\(&(\w+)\);", r"\1.clone();"),
    (r"\bexecution_name\(&(\w+)\);", r"execution_name(&\1).to_lowercase();"),
    (r"\bis_excluded\(&(\w+)\);", r"\1.lines().any(is_excluded);"),
    (r"(\w+)\.into\(\)\);", r"\1.to_string().into());"),
    (r"(\w+)\.into\(\)\);", r"Value::Null);"),
    (r"\b([a-z_]+)\(([a-z_]+), ([a-z_]+)\)", r"\1(\3, \2)"),
    (r"\b([a-z_]+)\(([a-z_]+), ([a-z_]+), ([a-z_]+)\)", r"\1(\2, \4, \3)"),
]

# Calls in a chain, each on a line of its own, that can be left out.
LEFT_OUT = ("bucket", "key", "body", "content_type", "copy_source", "name", "input", "state_machine_arn", "topic_arn",
            "message", "remove")

STATEMENT = re.compile(r"^ +(?P<short>continue;|input\.insert\(|(?:info|warn)!\(|"
                       r"(?:let \w+ = )?(?:sns|sfn|aws_sdk_s3::Client::new\(aws\))\n? *\.)", re.M)
SENT = re.compile(r"\.send\(\)\s*\.await\?;")
# What comes before the name of a JSON field; or a colon comes behind it.
FIELD = re.compile(r"(?:\.insert\(|\.get\(|\.remove\(|\w\[|\(branches, )$")


def candidates(text):
    """(kind, what changes, edits) for each place."""
    code = Code(text)
    for find in (operators, numbers, words, strings, chars, calls, swaps, conditions, statements, names, json_fields):
        yield from find(code)


def change(code, kind, start, end, new):
    """One edit, told as what was and what is."""
    old = code.text[start:end]
    return kind, f"{old} -> {new}" if new.strip() else f"{old} left out", [(start, end, new)]


def operators(code):
    for match in re.finditer(r"(?<= )(==|!=|<=|>=|<|>|&&|\|\||\+|-|\*)(?= )", code.bare):
        if not code.in_log(match.span()):
            line = around(code, match)
            yield "operator", f"{line}: {match.group()} -> {OPERATORS[match.group()]}", [
                (*match.span(), OPERATORS[match.group()])]
    for match in re.finditer(r"(?<![\w!])!(?=[a-z(])", code.bare):
        yield "not", f"{around(code, match)}: ! left out", [(*match.span(), "")]
    for pattern in (r"\b\w+ \+ ", r"(?<=\w) \+ \w+\b(?! \+)"):
        for match in re.finditer(pattern, code.bare):
            yield change(code, "operand", *match.span(), "")
    for match in re.finditer(r"\b(true|false)\b", code.bare):
        yield change(code, "boolean", *match.span(), "false" if match.group() == "true" else "true")


def around(code, match):
    """The code beside a match, in whole words, for its id."""
    end = match.end() + re.match(r"[^\n]{0,20}\w*", code.text[match.end():]).end()
    return (around_text(code, match.start()) + code.text[match.start():end]).strip()


def around_text(code, start):
    """The code before a place, in whole words."""
    return re.search(r"\w*[^\n]{0,16}$", code.text[:start]).group().lstrip()


def numbers(code):
    # Not the lengths of arrays.
    for match in re.finditer(r"(?<![\w.])(?<!; )\d+\b", code.bare):
        value = int(match.group())
        for new in (value + 1, 0) if value else (1,):
            kind, _, edits = change(code, "number", *match.span(), str(new))
            yield kind, f"{around(code, match)}: {value} -> {new}", edits
    for start, end in code.texts:
        for match in re.finditer(r"(?<=:\.)\d+(?=\})", code.text[start:end]):
            for new in (int(match.group()) + 1, int(match.group()) - 1, 0):
                yield change(code, "number", start + match.start(), start + match.end(), str(new))


def words(code):
    """The entries of lists of words."""
    for array in re.finditer(r"const (\w+): \[&str; (\d+)\] = \[", code.bare):
        begin, end = array.end(), code.close(array.end() - 1) - 1
        count = int(array.group(2))
        entries = [span for span in code.texts if begin <= span[0] < end]
        for at, (start, stop) in enumerate(entries):
            word = code.text[start + 1:stop - 1]
            if at + 1 < len(entries):
                cut = (start, entries[at + 1][0], "")
            else:
                cut = (entries[at - 1][1], stop, "")
            yield "word", f"{word} left out", [(*array.span(2), str(count - 1)), cut]
            letter = next(it for it in range(len(word) // 2, len(word)) if word[it].isalpha())
            other = "a" if word[letter] == "z" else chr(ord(word[letter]) + 1)
            for new in (word[:letter] + other + word[letter + 1:], word[:-1], word[1:]):
                yield "word", f"{word} -> {new}", [(start + 1, stop - 1, new)]


def strings(code):
    for start, end in code.texts:
        old = code.text[start + 1:end - 1]
        before = code.bare[code.bare.rfind("\n", 0, start) + 1:start]
        if inside((start, end), code.errors) or re.search(r"const \w+: \[&str; \d+\] = \[[^;]*$", code.bare[:start]):
            continue
        if code.in_log((start, end)):
            yield "log", f"{old} -> Done", [(start + 1, end - 1, "Done")]
        elif code.bare[end] == ":" or FIELD.search(before):
            yield "field", f"{around_text(code, start)}{old} -> {old}s", [(start + 1, end - 1, old + "s")]
        elif "{" in old:
            new = re.sub(r"\}[^{}]+\{", "}{", old)
            if new != old:
                yield "text", f"{old} -> {new}", [(start + 1, end - 1, new)]
        elif re.fullmatch(r"[\w/-]{3,}.*", old):
            new = old[:-1] if old[-1].isalnum() else old + "x"
            yield "text", f"{old} -> {new}", [(start + 1, end - 1, new)]
        else:
            for new in ("", "."):
                yield "text", f'{around_text(code, start)}"{old}" -> "{new}"', [(start + 1, end - 1, new)]


def chars(code):
    for start, end in code.chars:
        if not re.search(r"\.remove\($", code.bare[:start]):
            old = code.text[start:end]
            new = old.replace(old[-2], "x")
            yield "char", f"{around_text(code, start)}{old} -> {new}", [(start, end, new)]


def calls(code):
    for match in re.finditer(r"\n +\.(\w+)\(", code.bare):
        end = code.close(match.end() - 1)
        if match.group(1) in LEFT_OUT:
            yield change(code, "call", match.start(), end, "")
    for match in re.finditer(r"\s*\.filter\(", code.bare):
        yield change(code, "call", match.start(), code.close(match.end() - 1), "")
    for match in re.finditer(r"\bjson!\(", code.bare):
        end = code.close(match.end() - 1)
        if code.bare[end:end + 12] == ".to_string()":
            yield "call", f"{code.text[match.start():end]} as a text in a text", [
                (match.start(), match.start(), "json!("), (end, end, ".to_string())")]


def swaps(code):
    for pattern, new in SWAPS:
        for match in re.finditer(pattern, code.bare):
            if code.in_log(match.span()) or re.search(r"\bfn $", code.bare[:match.start()]):
                continue
            kind, short, edits = change(code, "swap", *match.span(), match.expand(new))
            if new == "" or match.group().startswith("."):
                short = f"{around(code, match)}: {short}"
            yield kind, short, edits


def conditions(code):
    for match in re.finditer(r"\bif (?!let )([^{}\n]+) \{", code.bare):
        old = code.text[slice(*match.span(1))]
        for new in ("true", "false", f"!({old})"):
            yield "condition", f"{old} -> {new}", [(*match.span(1), new)]


def statements(code):
    for match in STATEMENT.finditer(code.bare):
        begin = match.start("short")
        end = code.statement_end(begin)
        first = code.text[begin:end]
        if first.startswith(("info", "warn")):
            yield "log", f"{first} left out", [(begin, end, "")]
            for field in re.finditer(r"(?<=[(\s])(?:key|name),\s", code.bare[begin:end]):
                yield "log", f"{first} without {field.group()[:-2]}", [(begin + field.start(), begin + field.end(), "")]
        elif not first.startswith("let"):
            yield "statement", f"{first} left out", [(begin, end, "")]
    yield from sent(code)
    yield from line_pairs(code)


def sent(code):
    """Calls to AWS that nobody waits for, or whose error nobody sees."""
    for match in SENT.finditer(code.bare):
        begin = code.statement_begin(match.start())
        call = code.text[begin:match.start()]
        also = []
        bound = re.match(r"let (\w+) = ", call)
        if bound:
            used = re.search(rf"\w+ = {bound.group(1)}\.\w+, ", code.bare[match.end():])
            if not used:
                continue
            also = [(match.end() + used.start(), match.end() + used.end(), "")]
            begin, call = begin + bound.end(), call[bound.end():]
            whole = begin - bound.end()
        else:
            whole = begin
        name = re.sub(r"\s+", "", call)[:40]
        for short, new in (
            ("not awaited", f"let _ = {call}.send();"),
            ("spawned", f"drop(tokio::spawn({call}.send()));"),
            ("its error swallowed", f"let _ = {call}.send().await;"),
        ):
            yield "await", f"{name} {short}", [(whole, match.end(), new), *also]
        yield "statement", f"{name} left out", [(whole, match.end(), ""), *also]


def line_pairs(code):
    """A log line that says what begins, and the call behind it."""
    for begin, end in code.logs:
        call = SENT.search(code.bare, end)
        # A blank line would part them, or the next block.
        if not call or code.text[begin:end].count("\n") or re.search(r"\n\n|\n *\}", code.text[end:call.end()]):
            continue
        first, then = code.text[begin:end + 1], code.text[end + 1:call.end()].lstrip()
        indent = code.text[code.text.rfind("\n", 0, begin):begin]
        yield "order", f"{first} after the call", [(begin, call.end(), f"{then}{indent}{first}")]


def names(code):
    for pair in SIBLINGS:
        for old, new in (pair, pair[::-1]):
            if len(set(pair) & {"it", "cloud", "node"}) == 2 and old != pair[0]:
                continue
            if not all(re.search(rf"\b{it}\b", code.bare) for it in pair):
                continue
            for match in re.finditer(rf"(?<!let )(?<!: )\b{old}\b(?!: |\()", code.bare):
                line = code.bare[code.bare.rfind("\n", 0, match.start()) + 1:match.end()]
                if code.in_log(match.span()) or line.lstrip().startswith("pub"):
                    continue
                yield "name", f"{around(code, match)}: {old} -> {new}", [(*match.span(), new)]


def json_fields(code):
    for match in re.finditer(r'"_+": (\w+(?:\([^()]*\))?)(,\s*)?', code.bare):
        before, old = around_text(code, match.start()), code.text[slice(*match.span(1))]
        yield "field", f"{before}{code.text[slice(*match.span())]} left out", [(*match.span(), "")]
        for new in ("null", f"[{old}]"):
            yield "value", f"{before}{code.text[match.start():match.start(1)]}{old} -> {new}", [(*match.span(1), new)]
