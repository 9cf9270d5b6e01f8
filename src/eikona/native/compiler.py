"""Compiles the kernels: numba writes the intermediate code, LLVM the object code."""

import importlib

import llvmlite.binding as llvm
import numba
from numba import types

from eikona.native.interface import KERNELS, SYMBOL_PREFIX, Interface, target_machine

_TYPES = {
    "uint8*": types.CPointer(types.uint8),
    "int32*": types.CPointer(types.int32),
    "uint32*": types.CPointer(types.uint32),
    "int64*": types.CPointer(types.int64),
    "uint64*": types.CPointer(types.uint64),
    "float32*": types.CPointer(types.float32),
    "float64*": types.CPointer(types.float64),
    "size": types.intp,
}


class NotSelfContainedError(Exception):
    """A kernel would call into Python, which is not there where its code is loaded."""


def compile_kernels() -> bytes:
    """Return all kernels as one object file for this processor.

    Raises:
        NotSelfContainedError: a kernel needs more than memory and arithmetic.
    """
    whole = llvm.parse_assembly("")
    for name, interface in KERNELS.items():
        whole.link_in(_intermediate_code(name, interface))
    _keep_kernels_alone(whole)
    machine = target_machine()
    tuning = llvm.create_pipeline_tuning_options(speed_level=3)
    tuning.loop_vectorization = tuning.slp_vectorization = True
    builder = llvm.create_pass_builder(machine, tuning)
    builder.getModulePassManager().run(whole, builder)
    outside = [
        f.name for f in whole.functions if f.is_declaration and not f.name.startswith("llvm.")
    ]
    if outside:
        raise NotSelfContainedError(", ".join(outside))
    code: bytes = machine.emit_object(whole)
    return code


def _intermediate_code(name: str, interface: Interface) -> llvm.ModuleRef:
    function = getattr(importlib.import_module(interface.module), name)
    signature = types.void(*(_TYPES[one] for one in interface.arguments))
    compiled = numba.cfunc(signature, error_model="numpy")(function)
    module = llvm.parse_assembly(compiled.inspect_llvm())
    module.get_function(compiled.native_name).name = SYMBOL_PREFIX + name
    return module


def _keep_kernels_alone(module: llvm.ModuleRef) -> None:
    """Let the optimiser drop what numba adds for calls from Python."""
    for function in module.functions:
        if not function.is_declaration and not function.name.startswith(SYMBOL_PREFIX):
            function.linkage = "internal"
