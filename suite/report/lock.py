"""The environment lock: the versions that a run recorded, as requirements for pip, a list for each environment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import groupby

from suite.records.schema import BackendLine, RunInfo
from suite.report.page import Listing
from suite.report.text import NAME_LIMIT, visible

#: Stands in every list: a run records what it uses, not all that lies beside it.
SCOPE = "# What the run recorded: the packages it used, not all that were installed."

#: This package, which is not to be had by its version.
OURS = "evenhand"
#: How the version of such a build ends, and its index.
PYTORCH_BUILD = re.compile(r"\+((?:cpu|cu|rocm|xpu)[\d.]*)\Z")


def environment_lock(info: RunInfo, backends: Mapping[str, BackendLine]) -> list[Listing]:
    """Return the lists: that of the environment that measured, then those of other interpreters."""
    foreign = info.plan.settings.interpreters
    own = dict(info.versions)
    for name, line in backends.items():
        if name not in foreign:
            own |= line.versions
    listings = [_listing(f"{info.python}, the environment that measured", _source(info), own, "requirements.txt")]
    others = sorted((foreign[name], name) for name in foreign if name in backends)
    for number, (_, group) in enumerate(groupby(others, key=lambda one: one[0]), 1):
        names = [name for _, name in group]
        versions = {package: version for name in names for package, version in backends[name].versions.items()}
        python = f"Python {backends[names[0]].interpreter or 'of unknown version'}"
        heading = f"{python}, the environment of {', '.join(names)}"
        listings.append(_listing(heading, [], versions, f"requirements-{number}.txt"))
    return [listing for listing in listings if listing.code]


def _source(info: RunInfo) -> list[str]:
    """Say how what measured is installed, which lies in no package index: a pin of it would stop pip."""
    if info.git:
        changed = ", with changes that were not committed" if info.git.dirty else ""
        which = f"# {OURS} is the source at commit {visible(info.git.commit, NAME_LIMIT)}{changed}"
        return [which, "# (in no package index: check that commit out and run pip install -e . there)"]
    if OURS in info.versions:
        which = f"# {OURS} is the source of version {visible(info.versions[OURS], NAME_LIMIT)}"
        return [which, "# (in no package index: check that version out and run pip install -e . there)"]
    return []


def _index(versions: Mapping[str, str]) -> list[str]:
    """Return where builds of PyTorch for one platform lie, which the package index does not have."""
    found = PYTORCH_BUILD.search(versions.get("torch", ""))
    return [f"--extra-index-url https://download.pytorch.org/whl/{found[1]}"] if found else []


def _listing(heading: str, source: list[str], versions: Mapping[str, str], file: str) -> Listing:
    if not versions:
        return Listing(heading, "", file)
    pins = [visible(f"{name}=={version}", 2 * NAME_LIMIT) for name, version in sorted(versions.items()) if name != OURS]
    lines = [f"# {visible(heading)}", SCOPE, *source, *_index(versions), *pins]
    return Listing(visible(f"Environment lock: {heading}"), "\n".join(lines), file)
