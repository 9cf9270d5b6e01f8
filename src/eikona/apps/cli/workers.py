"""The options of every command that decodes what it is given, and the workers they describe."""

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from typing import TypeVar

from eikona.adapters.worker_pool import Done, Failed, run_in_workers
from eikona.apps.cli import options
from eikona.apps.cli.option_group import with_options_of
from eikona.domain.limits import DEFAULT_LIMITS, Limits

Item = TypeVar("Item")
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Workers:
    """How inputs are decoded and how far; each field is an option, by the same name."""

    jobs: options.JobsOption = None
    max_bytes: options.MaxBytesOption = DEFAULT_LIMITS.max_bytes
    max_pixels: options.MaxPixelsOption = DEFAULT_LIMITS.max_pixels
    max_frames: options.MaxFramesOption = DEFAULT_LIMITS.max_frames
    max_animation_pixels: options.MaxAnimationPixelsOption = DEFAULT_LIMITS.max_animation_pixels
    timeout: options.TimeoutOption = 60.0
    max_memory_mb: options.MaxMemoryOption = 4096
    start_method: options.StartMethodOption = None

    @property
    def limits(self) -> Limits:
        """What a picture may ask for."""
        return Limits(
            max_bytes=self.max_bytes,
            max_pixels=self.max_pixels,
            max_frames=self.max_frames,
            max_animation_pixels=self.max_animation_pixels,
        )

    def run(
        self,
        function: Callable[[Item], Value],
        items: Iterable[Item | Done[Item, Value] | Failed[Item]],
    ) -> Generator[Done[Item, Value] | Failed[Item], None, None]:
        """Yield what ``function`` makes of each item; see ``run_in_workers``."""
        return run_in_workers(
            function,
            items,
            jobs=self.jobs,
            timeout_s=self.timeout,
            max_memory_bytes=self.max_memory_mb << 20,
            start_method=self.start_method and str(self.start_method),
        )


with_workers = with_options_of("workers", Workers)
