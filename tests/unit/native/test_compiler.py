import sys
import types

import numpy as np
import pytest

from eikona.native import compiler
from eikona.native.interface import Interface


def module_with(monkeypatch, **functions):
    module = types.ModuleType("kernels_of_a_test")
    vars(module).update(functions)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return module.__name__


def test_refuses_what_would_need_python(monkeypatch):
    def allocates(numbers_at, count):
        numbers_at[0] = np.zeros(count).sum() + np.ones(count).max()

    name = module_with(monkeypatch, allocates=allocates)
    monkeypatch.setattr(compiler, "KERNELS", {"allocates": Interface(name, ("float64*", "size"))})
    with pytest.raises(compiler.NotSelfContainedError):
        compiler.compile_kernels()
