"""Checks requirements against the engine's environment, which is locked."""

from __future__ import annotations

import email
import shlex
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Sequence
from importlib import metadata
from pathlib import Path

_FLAGS = frozenset(
    {"-U", "--upgrade", "-q", "--quiet", "-qq", "--no-input", "--disable-pip-version-check", "--force-reinstall"}
)


class UnsatisfiedRequirement(Exception):
    """A requirement that the locked environment does not meet."""


def check(requirements: Iterable[str]) -> list[str]:
    """
    The installed package for each requirement, such as ``databricks-sdk 0.156.0``.

    :raises UnsatisfiedRequirement: for the first unmet requirement
    """
    from packaging.requirements import InvalidRequirement, Requirement

    met = []
    for text in requirements:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            raise UnsatisfiedRequirement(
                f"{text!r} is not installed in the local workspace, which knows packages by name and version only"
            ) from None
        if requirement.url is not None:
            raise UnsatisfiedRequirement(
                f"{text!r} is not installed in the local workspace, which installs nothing from a URL"
            )
        if requirement.marker is not None and not requirement.marker.evaluate():
            continue
        try:
            version = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            raise UnsatisfiedRequirement(
                f"{text!r} is not met: the local workspace does not have {requirement.name}; "
                "%pip list shows what it has"
            ) from None
        if not requirement.specifier.contains(version, prereleases=True):
            raise UnsatisfiedRequirement(f"{text!r} is not met: the local workspace has {requirement.name} {version}")
        met.append(f"{requirement.name} {version}")
    return met


def install(wheels: Sequence[str], folder: Path) -> None:
    """
    Installs wheels without their dependencies into a folder of the run, and adds it to the module path.

    :raises UnsatisfiedRequirement: if a wheel does not fit this Python, or a dependency is missing
    """
    options = ["--no-index", "--no-deps", "--no-input", "--no-cache-dir", "--no-compile", "--quiet"]
    command = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", *options]
    done = subprocess.run([*command, "--target", str(folder), *wheels], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR: ")] or ["ERROR: pip failed"]
        raise UnsatisfiedRequirement(lines[0].removeprefix("ERROR: "))
    sys.path.insert(1, str(folder))
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            (name,) = (each for each in archive.namelist() if each.endswith(".dist-info/METADATA"))
            about = email.message_from_bytes(archive.read(name))
        check(
            each for each in about.get_all("Requires-Dist", []) if "extra ==" not in each.replace("extra==", "extra ==")
        )


def pip(arguments: str) -> None:
    """
    Runs ``%pip`` if it requires no change of the environment, and prints the result.

    :raises UnsatisfiedRequirement: if it needs a missing package or a change
    """
    command, *words = [*shlex.split(arguments, comments=True), ""]
    words = [word for word in words if word]
    if command in ("freeze", "list"):
        print("\n".join(f"{name}=={version}" for name, version in _installed()))
        return
    if command != "install":
        raise UnsatisfiedRequirement(
            f"%pip {command} is not available in the local workspace, whose packages are locked; "
            "%pip install, freeze and list are"
        )
    for requirement in check(_asked_for(words)):
        print(f"Requirement already satisfied: {requirement} (the packages of the local workspace are locked)")


def _asked_for(words: list[str]) -> list[str]:
    found: list[str] = []
    rest = iter(words)
    for word in rest:
        if word in ("-r", "--requirement"):
            found += _read(next(rest, ""))
        elif word in _FLAGS:
            continue
        elif word.startswith("-"):
            raise UnsatisfiedRequirement(
                f"%pip install {word} is not available in the local workspace, whose packages are locked"
            )
        else:
            found.append(word)
    return found


def _read(file: str) -> list[str]:
    # As on Databricks, paths start with /Workspace, which here is a folder of the run.
    lines = Path(file).read_text(encoding="utf-8").splitlines()
    return [line for line in (each.split(" #")[0].strip() for each in lines) if line and not line.startswith("#")]


def _installed() -> list[tuple[str, str]]:
    return sorted(
        {(each.metadata["Name"], each.version) for each in metadata.distributions()}, key=lambda pair: pair[0].lower()
    )
