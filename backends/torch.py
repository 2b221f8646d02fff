"""scikit-learn on PyTorch tensors: CPUs, NVIDIA and AMD (`cuda`), Intel (`xpu`) and Apple (`mps`) GPUs."""

from __future__ import annotations

import ast
import os
import re
import sys
import warnings
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from backends._array_api.base import ArrayApi, intel_gpus, judge_cuda, judge_rocm
from backends._array_api.watch import Place
from backends._installed import version
from backends.protocol import Array, Diagnosis, Estimator, Problem, State, UnsupportedError

_CURE = "install the build of torch for {}: https://pytorch.org/get-started/locally"
_ASSIGNED = re.compile(r"^(\w+)(?:\s*:[^=]+)?\s*=\s*(.+)$", re.MULTILINE)
#: What takes data off the device: these everywhere, and these where there is one.
_CONVERSIONS = ("numpy", "tolist", "__dlpack__")
_COPIES = ("cpu", "to")


class Torch(ArrayApi):
    """scikit-learn on tensors."""

    name = "torch"
    title = "PyTorch (array API)"
    packages = ("torch", "scikit-learn", "numpy", "scipy")
    devices = ("cpu", "cuda", "xpu", "mps")
    module = "torch"
    trial = "import sys, torch; a = torch.ones(2, 2, device=sys.argv[1]); assert (a @ a).sum().item() == 8"

    def __init__(self, device: str = "") -> None:
        super().__init__(device)
        # The drivers' own threads and contexts are not to be forked: a GPU's process is kept instead.
        self.fork_safe = sys.platform == "linux" and self.device == "cpu"

    def _diagnose_library(self) -> Diagnosis:
        spec = find_spec("torch")
        if spec is None or spec.origin is None:
            return Diagnosis(State.NOT_INSTALLED, "no module named torch", "pip install torch")
        build = read_build(Path(spec.origin).with_name("version.py"))
        have = build.get("__version__") or version("torch")
        match self.device:
            case "cuda" if hip := build.get("hip"):
                return judge_rocm(hip, have)
            case "cuda" if cuda := build.get("cuda"):
                return judge_cuda(cuda, have)
            case "cuda":
                return _lacks("CUDA or ROCm", have)
            case "xpu":
                return _judge_xpu(build, have)
            case "mps":
                return _judge_mps(have)
        return Diagnosis(State.READY, version=have, device="CPU")

    def environment(self, threads: int) -> Mapping[str, str]:
        """Let nothing that Apple's GPU lacks run on the CPU instead."""
        return {**super().environment(threads), "PYTORCH_ENABLE_MPS_FALLBACK": "0"}

    def start(self, threads: int) -> None:
        """Limit PyTorch's own threads too."""
        import torch

        super().start(threads)
        torch.set_num_threads(threads)

    def estimator(self, problem: Problem) -> Estimator:
        """Return scikit-learn's estimator; PyTorch gets the threads with which the algorithm is fastest, as BLAS does.

        Measured on two cores, logistic regression of 400 × 30, 4,000 × 40 and 100,000 × 100 is 18, 6 and 1.35 times
        faster with one.
        """
        import torch

        self._pools.fit_to(problem)
        torch.set_num_threads(self._pools.blas_threads)
        return super().estimator(problem)

    def to_device(self, array: Array) -> Array:
        """Copy to the device; on the CPU the tensor shares the array's memory, which must not be written."""
        import numpy as np
        import torch

        if any(stride < 0 for stride in array.strides):
            array = np.ascontiguousarray(array)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
            try:
                tensor = torch.from_numpy(array)
            except TypeError as error:
                raise UnsupportedError(f"PyTorch has no tensors of {array.dtype}") from error
        return tensor if self.device == "cpu" else tensor.to(self.device)

    def _to_numpy(self, array: Array) -> Array:
        return array.detach().cpu().numpy()

    def synchronize(self) -> None:
        """Wait for the device's queue."""
        import torch

        match self.device:
            case "cuda":
                torch.cuda.synchronize()
            case "xpu":
                torch.xpu.synchronize()
            case "mps":
                torch.mps.synchronize()

    def peak_device_bytes(self) -> int | None:
        """Return the most that tensors took since the last call (PyTorch does not count it for Apple's GPU)."""
        import torch

        if self.device not in ("cuda", "xpu"):
            return None
        module = torch.cuda if self.device == "cuda" else torch.xpu
        if not module.is_initialized():
            return None
        peak = int(module.max_memory_allocated())
        module.reset_peak_memory_stats()
        return peak

    def _has_float64(self) -> bool:
        import torch

        if self.device == "xpu":
            return bool(torch.xpu.get_device_properties().has_fp64)
        return self.device != "mps"

    def _place(self) -> Place:
        import torch

        kind = self.device
        engine = f"torch {'rocm' if kind == 'cuda' and torch.version.hip else kind}"
        exits = _CONVERSIONS if kind == "cpu" else _CONVERSIONS + _COPIES
        return Place(engine, torch.Tensor, lambda tensor: bool(tensor.device.type == kind), exits, kind == "cpu")


def read_build(file: Path) -> dict[str, str]:
    """Return the texts that torch/version.py assigns, without importing it: __version__, cuda, hip, xpu if not None."""
    build: dict[str, str] = {}
    try:
        text = file.read_text(encoding="utf-8")
    except OSError:
        return build
    for name, value in _ASSIGNED.findall(text):
        try:
            literal = ast.literal_eval(value)
        except (ValueError, SyntaxError):
            continue
        if isinstance(literal, str):
            build[name] = literal
    return build


def _lacks(what: str, have: str) -> Diagnosis:
    return Diagnosis(State.LOAD_FAILURE, f"torch {have} is built without {what}", _CURE.format(what), have)


def _judge_xpu(build: Mapping[str, str], have: str) -> Diagnosis:
    if not build.get("xpu"):
        return _lacks("XPU", have)
    if intel_gpus() == 0:
        return Diagnosis(State.NO_DEVICE, "the kernel lists no Intel GPU", "see /sys/class/drm", have)
    return Diagnosis(State.READY, version=have, device="Intel GPU")


def _judge_mps(have: str) -> Diagnosis:
    machine = os.uname().machine if hasattr(os, "uname") else ""
    if (sys.platform, machine) != ("darwin", "arm64"):
        return Diagnosis(State.WRONG_ARCHITECTURE, f"MPS needs macOS on arm64; this is {sys.platform} on {machine}")
    return Diagnosis(State.READY, "float32 only", version=have, device="Apple GPU")
