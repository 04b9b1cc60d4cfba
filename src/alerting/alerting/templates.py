"""Query templates of alerts: what stands in for their placeholders, and what they must be."""

from __future__ import annotations

import re

from .names import Target

_PLACEHOLDER = re.compile(r"\$\{([^}]*\}?)")
_KNOWN = ("catalog}", "gold_schema}")
# Strings, quoted names and comments, in which a semicolon ends nothing.
_QUOTED = re.compile(
    r"""'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.)*"|`(?:[^`]|``)*`|--[^\n]*|/\*.*?\*/""",
    re.DOTALL,
)


def template_problems(template: str) -> list[str]:
    """What is wrong with a template: a placeholder that there is not, or anything else than one query."""
    problems = [
        f"unknown placeholder ${{{name}; there are ${{catalog}} and ${{gold_schema}}"
        for name in dict.fromkeys(_PLACEHOLDER.findall(template))
        if name not in _KNOWN
    ]
    code = _QUOTED.sub(lambda found: " " if found[0].startswith(("--", "/*")) else "''", template).strip()
    if not re.match(r"\(*\s*(SELECT|WITH)\b", code, re.IGNORECASE):
        problems.append("the query must begin with SELECT or WITH")
    if ";" in code.rstrip().removesuffix(";"):
        problems.append("the query must be a single statement")
    return problems


def render(template: str, target: Target) -> str:
    """The query that a template stands for.

    :raises ValueError: as :func:`template_problems` says
    """
    problems = template_problems(template)
    if problems:
        raise ValueError("; ".join(problems))
    values = {"catalog}": f"`{target.catalog}`", "gold_schema}": f"`{target.gold_schema}`"}
    query = _PLACEHOLDER.sub(lambda found: values[found[1]], template)
    return query.strip().removesuffix(";").rstrip()
