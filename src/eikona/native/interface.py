"""What kernels there are and how they are called: the common ground of compiler and loader."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import llvmlite.binding as llvm

SYMBOL_PREFIX = "eikona_"


@dataclass(frozen=True, slots=True)
class Interface:
    """Where a kernel's source is and what it takes.

    Attributes:
        module: holds a function of the kernel's name.
        arguments: ``size``, or an element type and a star for the address of such elements.
    """

    module: str
    arguments: tuple[str, ...]


KERNELS: Mapping[str, Interface] = MappingProxyType(
    {
        "luma": Interface("eikona.native.pixels_kernel", ("uint32*", "uint8*", "float32*", "size")),
        "plane": Interface(
            "eikona.native.plane_kernel", ("uint8*", "uint8*", "int32*", "size", "size")
        ),
        "plane_hashes": Interface(
            "eikona.native.hashes_kernel", ("uint8*", "float64*", "int32*", "float64*", "uint8*")
        ),
        "pdq_quality": Interface("eikona.native.pdq_kernel", ("float32*", "int32*")),
        "pdq_codes": Interface(
            "eikona.native.pdq_kernel", ("int32*", "int32*", "int32*", "uint8*", "uint8*")
        ),
        "nmf": Interface(
            "eikona.native.nmf_kernel",
            (
                *("uint8*", "uint8*", "float64*", "float64*"),
                *("float64*", "int32*", "float64*", "uint8*"),
            ),
        ),
        "scan_within": Interface(
            "eikona.native.scan_kernel",
            ("uint64*", "uint64*", "int64*", "uint64*", "int64*", "int64*"),
        ),
        "scan_nearest": Interface(
            "eikona.native.scan_kernel",
            ("uint64*", "uint64*", "int64*", "int64*", "uint64*", "int64*", "int64*"),
        ),
        "build_band": Interface(
            "eikona.native.bands_kernel", ("uint64*", "uint32*", "uint32*", "int64*")
        ),
        "search_bands": Interface(
            "eikona.native.rings_kernel",
            (
                *("uint64*", "uint32*", "uint32*", "uint64*", "uint64*"),
                *("int64*", "uint32*", "int64*", "int64*"),
            ),
        ),
        "fit": Interface(
            "eikona.native.scale_space_kernel",
            (
                *("uint8*", "float32*", "float32*"),
                *("int32*", "float32*", "size", "int32*", "float32*", "size"),
                *("size", "size", "size", "size"),
            ),
        ),
        "first_octave": Interface(
            "eikona.native.scale_space_kernel",
            ("float32*", "float32*", "float32*", "float32*", "size", "size"),
        ),
        "next_octave": Interface(
            "eikona.native.scale_space_kernel",
            ("float32*", "float32*", "float32*", "float32*", "size", "size"),
        ),
        "extrema": Interface(
            "eikona.native.extrema_kernel",
            (
                *("float32*", "float64*", "float32*", "uint8*", "int32*", "float64*", "int64*"),
                *("size", "size", "size"),
            ),
        ),
        "orientations": Interface(
            "eikona.native.descriptor_kernel",
            (
                *("float32*", "int64*", "float64*", "float32*", "float32*", "float32*"),
                *("float64*", "float32*", "size", "size", "size", "size"),
            ),
        ),
        "descriptors": Interface(
            "eikona.native.descriptor_kernel",
            (
                *("float32*", "int64*", "float64*", "float32*", "int64*", "float32*"),
                *("float32*", "float32*", "float32*", "int32*", "uint8*", "uint8*"),
                *("size", "size", "size", "size"),
            ),
        ),
        "shared_motion": Interface(
            "eikona.native.alignment_kernel",
            (
                *("uint64*", "uint64*", "float64*", "float64*", "float64*", "int32*"),
                *("int32*", "float64*", "float64*", "int32*", "int32*", "size", "size"),
            ),
        ),
        "told_apart": Interface(
            "eikona.native.alignment_kernel",
            ("uint64*", "uint64*", "uint64*", "uint8*", "size", "size"),
        ),
        "one_a_place": Interface(
            "eikona.native.alignment_kernel", ("float64*", "uint8*", "float64*", "size")
        ),
        "find_hits": Interface(
            "eikona.native.probing_kernel",
            (
                *("uint32*", "uint64*", "uint8*", "int64*"),
                *("uint32*", "uint32*", "uint64*", "uint32*", "uint8*"),
                *("int64*", "int64*", "int64*", "uint8*", "int64*", "int64*"),
            ),
        ),
        "elect": Interface(
            "eikona.native.voting_kernel",
            (
                *("int64*", "int64*", "int64*", "int64*", "int64*", "int64*"),
                *("int32*", "int64*", "int64*", "int64*"),
            ),
        ),
        "agree": Interface(
            "eikona.native.voting_kernel",
            ("float32*", "int32*", "int64*", "float32*", "uint8*", "size", "size", "size"),
        ),
    }
)


def target_machine() -> llvm.TargetMachine:
    """Return this processor, with all that it can."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        opt=3,
        reloc="pic",
        codemodel="default",
        jit=True,
    )
