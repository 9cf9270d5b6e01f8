"""Loads compiled kernels into this process."""

import ctypes
from collections.abc import Callable
from dataclasses import dataclass

import llvmlite.binding as llvm

from eikona.native.interface import KERNELS, SYMBOL_PREFIX, target_machine

Kernel = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Kernels:
    """Compiled functions, called with addresses and whole numbers; none holds Python's lock."""

    luma: Kernel
    plane: Kernel
    plane_hashes: Kernel
    pdq_quality: Kernel
    pdq_codes: Kernel
    nmf: Kernel
    scan_within: Kernel
    scan_nearest: Kernel
    build_band: Kernel
    search_bands: Kernel
    fit: Kernel
    first_octave: Kernel
    next_octave: Kernel
    extrema: Kernel
    orientations: Kernel
    descriptors: Kernel
    shared_motion: Kernel
    told_apart: Kernel
    one_a_place: Kernel
    find_hits: Kernel
    elect: Kernel
    agree: Kernel
    engine: llvm.ExecutionEngine  # owns their memory


def load_kernels(code: bytes) -> Kernels:
    """Return the functions of an object file that ``compile_kernels`` made on this processor."""
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), target_machine())
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    functions = {}
    for name, interface in KERNELS.items():
        arguments = [
            ctypes.c_ssize_t if one == "size" else ctypes.c_void_p for one in interface.arguments
        ]
        address = engine.get_function_address(SYMBOL_PREFIX + name)
        functions[name] = ctypes.CFUNCTYPE(None, *arguments)(address)
    return Kernels(engine=engine, **functions)
