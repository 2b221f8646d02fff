"""What scikit-learn-intelex really ran, from what it logs and from which of oneDAL's functions were entered.

It writes to the logger `sklearnex` (and, where oneDAL gives up in the middle, to the root logger) whether it takes the
accelerated path. That alone is no proof: with `solver="liblinear"` it logs "running accelerated" and runs stock code,
with `solver="saga"` it logs "running accelerated" and then a fallback. So a call counts as accelerated only if no
message tells of a fallback AND one of oneDAL's functions was entered: newer estimators log "Dispatching function
'svm.classification.train' with policy ..." at DEBUG, the older ones call functions of `daal4py`, wrapped here.

Messages are appended to a list by methods set on the logger objects, which is as cheap as a disabled logger; they are
read after the timed region, and everything is put back at the end.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from backends.protocol import EngineReport, Observation, UnsupportedError

_FALLBACK = "fallback to original Scikit-learn"
_ACCELERATED = "running accelerated"
_CAUSE = re.compile(r"patching failed with cause - (.*)", re.DOTALL)
_DISPATCH = re.compile(r"Dispatching function '([^']+)' with policy <\S*?(host_policy|data_parallel_policy)")
_HOST = "host_policy"
#: Says "CPU" of the host and of a CPU through SYCL alike: only the policy tells these two apart.
_DEVICE = re.compile(r"running accelerated version on (\w+)")
_SUBSTITUTED = re.compile(r"oneDAL does not support .*", re.DOTALL)
#: What `KMeans` calls before its training, for its tolerance: no proof that it trained.
_HELPERS = ("basic_statistics.compute",)

#: What the estimators that log no dispatch enter instead: (module, function). Classes that they use in `isinstance`
#: must not be wrapped, so for logistic regression it is the function that makes oneDAL's objective.
_LOGISTIC = "daal4py.sklearn.linear_model.logistic_path"
_DAAL4PY = (
    (_LOGISTIC, "_daal4py_logistic_loss_extra_args"),
    (_LOGISTIC, "_daal4py_cross_entropy_loss_extra_args"),
    ("daal4py", "logistic_regression_prediction"),
    ("daal4py", "lasso_regression_training"),
    ("daal4py", "lasso_regression_prediction"),
    ("daal4py", "elastic_net_training"),
    ("daal4py", "elastic_net_prediction"),
    ("daal4py", "daal_tsne_gradient_descent"),
    ("daal4py", "daal_train_test_split"),
)
#: Stock code that is entered although "running accelerated" is logged: (module, function, the cause).
_STOCK = (("sklearn.linear_model._logistic", "_fit_liblinear", "solver 'liblinear' is scikit-learn's own code"),)


class OneDalObservation(Observation):
    """The messages since the last report.

    `note` is said of every call that ran on oneDAL. `offloaded_to` is the kind of SYCL device where calls must have
    run, "CPU" or "GPU": what oneDAL then runs on the host has fallen back. `cause` is why no call can be oneDAL's.
    """

    def __init__(self, engine: str, note: str = "", offloaded_to: str = "", cause: str = "") -> None:
        self.engine = engine
        self.note = note
        self.offloaded_to = offloaded_to
        self.cause = cause
        self.messages: list[str] = []

    def report(self) -> EngineReport:
        """Judge the messages and forget them."""
        messages, self.messages[:] = list(self.messages), []
        dispatched = [match for text in messages if (match := _DISPATCH.search(text))]
        entered = _unique(match[1] for match in dispatched)
        policies = _unique(match[2] for match in dispatched)
        notes = _unique(match[0] for text in messages if (match := _SUBSTITUTED.search(text)))
        evidence = "; ".join([*(f"entered {name}" for name in entered), *policies, *notes])
        if self.cause:
            return EngineReport("scikit-learn", False, self.cause, evidence)
        if any(_FALLBACK in text for text in messages):
            return EngineReport("scikit-learn", False, _cause(messages), evidence)
        if all(name in _HELPERS for name in entered):
            return EngineReport("scikit-learn", False, _no_proof(messages), evidence)
        if self.offloaded_to and (elsewhere := _elsewhere(messages, self.offloaded_to)):
            return EngineReport("oneDAL on the host", False, elsewhere, evidence)
        return EngineReport(self.engine, True, "", "; ".join(filter(None, [evidence, self.note])))


@contextmanager
def watch(
    engine: str, *, strict: bool, note: str = "", offloaded_to: str = "", cause: str = ""
) -> Iterator[OneDalObservation]:
    """Collect what scikit-learn-intelex says and enters; with `strict` stop a fallback before the stock call."""
    observation = OneDalObservation(engine, note, offloaded_to, cause)
    if strict and cause:
        raise UnsupportedError(cause)
    messages = observation.messages
    listen = _strict_listener(messages, offloaded_to) if strict else _listener(messages)
    undo: list[Callable[[], None]] = []
    try:
        for logger in (logging.getLogger("sklearnex"), logging.getLogger()):
            undo += [_set(logger, level, listen) for level in ("debug", "info")]
        for module, name in _DAAL4PY:
            undo += _wrap(module, name, listen, f"Dispatching function '{module}.{name}' with policy <host_policy>")
        for module, name, why in _STOCK:
            undo += _wrap(module, name, listen, f"patching failed with cause - {why}", f"{name}: {_FALLBACK}")
        yield observation
    finally:
        for restore in reversed(undo):
            restore()


def _listener(messages: list[str]) -> Callable[..., None]:
    append = messages.append

    def listen(message: str, *_: object, **__: object) -> None:
        append(message)

    return listen


def _strict_listener(messages: list[str], offloaded_to: str) -> Callable[..., None]:
    def listen(message: str, *_: object, **__: object) -> None:
        messages.append(message)
        if _FALLBACK in message:
            raise UnsupportedError("oneDAL would fall back to scikit-learn: " + _cause(messages))
        if offloaded_to and (elsewhere := _elsewhere([message], offloaded_to)):
            raise UnsupportedError(elsewhere)

    return listen


def _set(target: object, name: str, value: object) -> Callable[[], None]:
    """Set an attribute of the object itself and return what undoes it."""
    own = vars(target)
    if name in own:
        before = own[name]
        setattr(target, name, value)
        return lambda: setattr(target, name, before)
    setattr(target, name, value)
    return lambda: delattr(target, name)


def _wrap(module_name: str, name: str, listen: Callable[..., None], *texts: str) -> list[Callable[[], None]]:
    """Make a function tell that it is entered, if its module is loaded and has it."""
    module = sys.modules.get(module_name)
    function: Callable[..., Any] | None = getattr(module, name, None)
    if function is None:
        return []

    def entered(*args: Any, **kwargs: Any) -> Any:
        for text in texts:
            listen(text)
        return function(*args, **kwargs)

    return [_set(module, name, entered)]


def _cause(messages: list[str]) -> str:
    """Return the causes that were logged, else the words in which the fallback was told."""
    causes = _unique(match[1].strip() for text in messages if (match := _CAUSE.search(text)))
    return " ".join(causes or _unique(text for text in messages if _FALLBACK in text))


def _elsewhere(messages: list[str], device: str) -> str:
    """Say what oneDAL ran elsewhere than on a SYCL device of this kind: its policy, and the device that it names."""
    for text in messages:
        if (match := _DISPATCH.search(text)) and match[2] == _HOST:
            return f"oneDAL runs {match[1]} on the host, not on the {device} through SYCL"
        if (match := _DEVICE.search(text)) and match[1] != device:
            return f"oneDAL says that it runs on {match[1]}, not on the {device}"
    return ""


def _no_proof(messages: list[str]) -> str:
    if any(_ACCELERATED in text for text in messages):
        return "it says that it runs accelerated, but none of oneDAL's functions was entered"
    return "the call is not oneDAL's: nothing was logged"


def _unique(texts: Iterator[str]) -> list[str]:
    return list(dict.fromkeys(texts))
