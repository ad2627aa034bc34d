"""As much of C++ as the house rules need: include lines, and where functions begin and end."""

import re

_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:<([^>\n]+)>|"([^"\n]+)")', re.MULTILINE)

# What may hold a brace that is none: comments, raw strings, strings, characters, preprocessor
# lines. A quote after a digit separates digits (1'000), and is no character.
_NOT_CODE = re.compile(
    r"""//[^\n]*
      | /\*.*?\*/
      | R"(?P<mark>[^(\s]*)\(.*?\)(?P=mark)"
      | "(?:\\.|[^"\\\n])*"
      | (?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'
      | ^[ \t]*\#(?:\\\n|[^\n])*
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE)

_CONTAINER = re.compile(r"(?:inline |export )*(?:namespace|class|struct|union|enum|extern)\b[^()]*")


def includes(text):
    """(line, name, whether in quotes) of each include."""
    for match in _INCLUDE.finditer(text):
        quoted = match.group(2) is not None
        yield text.count("\n", 0, match.start()) + 1, match.group(2) if quoted else match.group(1), quoted


def functions(text):
    """(first line, last line, how it begins) of each function that is defined outside of another."""
    code = _blank(text)
    start = 0  # Of the declaration at hand.
    depth = 0  # Of the braces within it.
    brace = None  # Where the last of its outermost braces opened: in the end, that of the body.
    for match in re.finditer(r"[{};]", code):
        at, sign = match.start(), match.group()
        if sign == "{":
            if depth == 0:
                if brace is None and _opens_container(code[start:at]):
                    start = at + 1
                    continue
                brace = at
            depth += 1
            continue
        if sign == "}" and depth > 0:
            depth -= 1
            # Members and default arguments have braces too: then the declaration goes on.
            if depth > 0 or re.match(r"\s*[,;({.)]", code[at + 1:at + 200]):
                continue
        if depth == 0:
            if brace is not None:
                yield from _measured(code, start, brace, at)
            start, brace = at + 1, None


def _measured(code, start, brace, end):
    head = code[start:brace]
    if ")" not in head or head.rstrip().endswith("="):
        return
    begin = start + len(head) - len(head.lstrip())
    name = " ".join(head.split())
    yield code.count("\n", 0, begin) + 1, code.count("\n", 0, end) + 1, name[:60]


def _opens_container(head):
    head = re.sub(r"\[\[.*?\]\]|alignas\([^)]*\)|\b(?:public|private|protected)\s*:", " ", head)
    return _CONTAINER.fullmatch(" ".join(_without_template(head).split())) is not None


def _without_template(head):
    """`head` from after `template <...>`, whose parameters may be called class."""
    match = re.match(r"\s*template\s*<", head)
    if not match:
        return head
    depth = 1
    for at in range(match.end(), len(head)):
        depth += {"<": 1, ">": -1}.get(head[at], 0)
        if depth == 0:
            return _without_template(head[at + 1:])
    return head


def _blank(text):
    """`text` with all that is not code replaced by blanks, its lines where they were."""
    return _NOT_CODE.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)
