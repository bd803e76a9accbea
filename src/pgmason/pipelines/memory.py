"""How does a long load keep the memory it began with?

Batches are prepared in buffers of some megabytes, by several threads. glibc raises the size from which it gives memory
back to the system with each such buffer that is freed, up to 32 MB, and from then on cuts them out of heaps that
scatter: a load of 50 million rows then ends with a quarter more than one of a million. A size that is set stays.
(mallopt(3), M_MMAP_THRESHOLD.) It is set for the whole process, so only a process of our own does it.
"""

from __future__ import annotations

from contextlib import suppress

__all__ = ["keep_memory_flat"]

_M_MMAP_THRESHOLD = -3  # malloc.h of glibc
_BYTES = 1 << 20


def keep_memory_flat() -> None:
    """Have buffers of a megabyte and more go back to the system when they are freed. Without glibc, nothing."""
    import ctypes

    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).gnu_get_libc_version  # noqa: B018  raises where it is another C library
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _BYTES)
