"""What each engine has: of all algorithms in a table, and of one with all its parameters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

from backends.algorithms import ALGORITHMS
from backends.discovery import BUILT_IN, find
from backends.protocol import Backend, Fate, Offer, Treatment


@dataclass(frozen=True, slots=True)
class Offered:
    """What one backend says of one algorithm."""

    spec: str
    title: str
    device: str
    offer: Offer
    fates: tuple[Fate, ...]

    @property
    def runs_on_cpu(self) -> bool:
        """Whether it needs no special hardware."""
        return self.device.startswith("cpu")

    @property
    def short(self) -> str:
        """The offer in a word or two."""
        if self.offer.reason:
            return "no"
        return self.offer.note or "yes"


def offered(algorithm: str, *, parameters: bool) -> list[Offered]:
    """Return every backend's answer, the devices of one apart where they differ."""
    answers = []
    for found in find().values():
        if found.backend is None:
            answers.append(Offered(found.name, found.origin, "", Offer(reason=f"does not load: {found.error}"), ()))
            continue
        of_this: list[Offered] = []
        for device in found.backend.devices:
            answer = _ask(found.backend, device, algorithm, parameters=parameters)
            if parameters and found.origin == BUILT_IN and answer.offer.estimator:
                answer = _with_passed(answer, algorithm)
            if all((answer.offer, answer.fates) != (before.offer, before.fates) for before in of_this):
                of_this.append(answer)
        answers += of_this
    return answers


def _ask(cls: type[Backend], device: str, algorithm: str, *, parameters: bool) -> Offered:
    """Ask one backend; a third party's that raises offers nothing."""
    spec = cls.name if device == cls.devices[0] else f"{cls.name}:{device}"
    try:
        backend = cls(device)
        offer: object = backend.offer(algorithm)
        if not isinstance(offer, Offer):
            raise TypeError(f"its offer is no Offer but {offer!r}")
        fates = tuple(backend.fates(algorithm)) if parameters and not offer.reason else ()
    except Exception as error:  # noqa: BLE001 - a third party's code
        reason = f"it does not say: {type(error).__name__}: {error}".partition("\n")[0]
        return Offered(spec, cls.title, device, Offer(reason=reason), ())
    return Offered(spec, cls.title, device, offer, fates)


def _with_passed(answer: Offered, algorithm: str) -> Offered:
    """Add scikit-learn's parameters of which a built-in backend says nothing: they are passed on as they are."""
    told = {fate.parameter for fate in answer.fates}
    names = getattr(import_module(ALGORITHMS[algorithm].module), algorithm)._get_param_names()
    passed = (Fate(name, Treatment.PASSED) for name in names if name not in told)
    return replace(answer, fates=(*passed, *answer.fates))


def algorithms_table() -> tuple[list[str], list[dict[str, Any]]]:
    """Return the header and one entry an algorithm: which engines have it, and why the others have not."""
    entries = []
    for algorithm, entry in ALGORITHMS.items():
        answers = [answer for answer in offered(algorithm, parameters=False) if ":" not in answer.spec]
        words = {answer.spec: answer.short for answer in answers}
        entries.append(
            {
                "algorithm": algorithm,
                "task": entry.task,
                **words,
                "reasons": {answer.spec: answer.offer.reason for answer in answers if answer.offer.reason},
            }
        )
    return ["algorithm", "task", *words], entries


def one_algorithm(algorithm: str) -> list[dict[str, Any]]:
    """Return what each engine does with an algorithm and its parameters, as plain data."""
    return [
        {
            "backend": answer.spec,
            "title": answer.title,
            "estimator": answer.offer.estimator,
            "note": answer.offer.note,
            "reason": answer.offer.reason,
            "parameters": [
                {"name": fate.parameter, "treatment": fate.treatment.value, "detail": fate.detail}
                for fate in answer.fates
            ],
        }
        for answer in offered(algorithm, parameters=True)
    ]


def one_algorithm_text(entries: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the same as lines: parameters that are passed as they are in one, the others in one each."""
    for entry in entries:
        note = f" ({entry['note']})" if entry["note"] else ""
        yield f"{entry['backend']}: {entry['estimator'] or 'none, ' + entry['reason']}{note}"
        passed = [row["name"] for row in entry["parameters"] if row["treatment"] == "passed"]
        if passed:
            yield f"    passed: {' '.join(passed)}"
        for row in entry["parameters"]:
            if row["treatment"] != "passed":
                yield f"    {row['name']}: {row['treatment']}, {row['detail']}"
