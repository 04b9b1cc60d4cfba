"""Validates and renders query templates of alerts."""

from __future__ import annotations

import re

from .names import Target

_PLACEHOLDER = re.compile(r"\$\{([^}]*\}?)")
_KNOWN = ("catalog}", "gold_schema}")
# Strings, quoted names and comments, which contain no code. A nested comment is kept and thereby detected: engines
# disagree on where the outer comment ends.
_QUOTED = re.compile(
    r"""(?<!\w)r(?:'[^']*'|"[^"]*")|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`[^`]*`|--[^\n]*|/\*(?:(?!/\*).)*?\*/""",
    re.DOTALL | re.IGNORECASE,
)
_GROUP = "\0"
"""Placeholder for the contents of parentheses."""
_NAMED_QUERY = rf"\w+\s*(?:{_GROUP}\s*)?(?:MAX\s+RECURSION\s+LEVEL\s+\d+\s*)?(?:AS\s*)?{_GROUP}"
# WITH may also precede INSERT or DELETE.
_QUERY = re.compile(
    rf"(?:WITH\s+(?:RECURSIVE\s+)?{_NAMED_QUERY}(?:\s*,\s*{_NAMED_QUERY})*\s*)?(?:SELECT\b|{_GROUP})", re.IGNORECASE
)


def template_problems(template: str) -> list[str]:
    """Problems of a template: unknown placeholders, or anything but a single query."""
    problems = [
        f"unknown placeholder ${{{name}; there are ${{catalog}} and ${{gold_schema}}"
        for name in dict.fromkeys(_PLACEHOLDER.findall(template))
        if name not in _KNOWN
    ]
    code = _QUOTED.sub(lambda found: " " if found[0].startswith(("--", "/*")) else " _ ", _bare(template)).strip()
    if re.search(r"['\"`]|/\*|\*/", code):
        problems.append("a quote or a comment of the query does not end, or there is a comment within a comment")
    elif not re.match(r"[(\s]*(?:SELECT|WITH)\b", code, re.IGNORECASE):
        problems.append("the query must begin with SELECT or WITH")
    elif ";" in code:
        problems.append("the query must be a single statement, with nothing behind its semicolon")
    elif _QUERY.match(_outermost(code)) is None:
        problems.append("the query must be a SELECT; what WITH names must be followed by one")
    return problems


def render(template: str, target: Target) -> str:
    """Renders a template to a query.

    :raises ValueError: with the problems of :func:`template_problems`
    """
    problems = template_problems(template)
    if problems:
        raise ValueError("; ".join(problems))
    values = {"catalog}": f"`{target.catalog}`", "gold_schema}": f"`{target.gold_schema}`"}
    return _bare(_PLACEHOLDER.sub(lambda found: values[found[1]], template))


def _bare(template: str) -> str:
    return template.strip().removesuffix(";").rstrip()


def _outermost(code: str) -> str:
    """Replaces the contents of parentheses with :data:`_GROUP`."""
    kept: list[str] = []
    depth = 0
    for character in code:
        if character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
            if depth == 0:
                kept.append(_GROUP)
        elif depth == 0:
            kept.append(character)
    return "".join(kept)
