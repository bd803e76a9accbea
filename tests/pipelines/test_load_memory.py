"""The command keeps the memory that it began with."""

from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest

# Buffers of 6 MB, two of three freed: what stays resident, in MB, beside what is held.
PROGRAM = """
import ctypes, sys
if sys.argv[1] == "flat":
    from pgmason.pipelines.memory import keep_memory_flat
    keep_memory_flat()
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]
size = 6 << 20
libc.free(libc.malloc(size))  # the first one freed raises the threshold, where none is set
taken = [libc.malloc(size) for _ in range(30)]
for place in taken:
    ctypes.memset(place, 1, size)
for number, place in enumerate(taken):
    if number % 3 != 2:
        libc.free(place)
fields = open("/proc/self/statm").read().split()
print(int(fields[1]) * 4096 // (1 << 20) - 10 * 6)
"""


def test_freed_buffers_go_back_to_the_system_at_once() -> None:
    if not hasattr(ctypes.CDLL(None), "gnu_get_libc_version"):
        pytest.skip("this C library is not glibc")

    def resident_mb(how: str) -> int:
        done = subprocess.run([sys.executable, "-c", PROGRAM, how], check=True, capture_output=True, text=True)
        return int(done.stdout)

    assert resident_mb("as it is") - resident_mb("flat") > 60  # of the 120 MB that were freed
