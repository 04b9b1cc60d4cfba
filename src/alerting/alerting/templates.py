"""Query templates of alerts: what stands in for their placeholders, and what they must be."""

from __future__ import annotations

import re

from .names import Target

_PLACEHOLDER = re.compile(r"\$\{([^}]*\}?)")
_KNOWN = ("catalog}", "gold_schema}")
# Strings, quoted names and comments, in which nothing is code. A comment within a comment stays, so that it is found:
# engines do not agree on where the outer one ends.
_QUOTED = re.compile(
    r"""(?<!\w)r(?:'[^']*'|"[^"]*")|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`[^`]*`|--[^\n]*|/\*(?:(?!/\*).)*?\*/""",
    re.DOTALL | re.IGNORECASE,
)
_GROUP = "\0"
"""Stands for everything between two parentheses."""
_NAMED_QUERY = rf"\w+\s*(?:{_GROUP}\s*)?(?:MAX\s+RECURSION\s+LEVEL\s+\d+\s*)?(?:AS\s*)?{_GROUP}"
# What follows WITH may also insert or delete.
_QUERY = re.compile(
    rf"(?:WITH\s+(?:RECURSIVE\s+)?{_NAMED_QUERY}(?:\s*,\s*{_NAMED_QUERY})*\s*)?(?:SELECT\b|{_GROUP})", re.IGNORECASE
)


def template_problems(template: str) -> list[str]:
    """What is wrong with a template: a placeholder that there is not, or anything else than one query."""
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
    """The query that a template stands for.

    :raises ValueError: as :func:`template_problems` says
    """
    problems = template_problems(template)
    if problems:
        raise ValueError("; ".join(problems))
    values = {"catalog}": f"`{target.catalog}`", "gold_schema}": f"`{target.gold_schema}`"}
    return _bare(_PLACEHOLDER.sub(lambda found: values[found[1]], template))


def _bare(template: str) -> str:
    return template.strip().removesuffix(";").rstrip()


def _outermost(code: str) -> str:
    """Code with :data:`_GROUP` in the place of whatever is in parentheses."""
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
