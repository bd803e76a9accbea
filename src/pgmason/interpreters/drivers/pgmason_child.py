"""What the Python drivers have in common: the job, the limits, the answer, failures told as data.

Runs in the product's own interpreter, from Python 3.8 on, with the standard library alone.
"""

import contextlib
import json
import os
import sys
import traceback


def read_job():
    """The job, with the limits that it sets in force, and the product's folder importable."""
    with open(sys.argv[1], encoding="utf-8") as file:
        job = json.load(file)
    _limit(job)
    sys.path[0] = os.getcwd()  # in place of the drivers' own folder
    sys.argv = [sys.argv[0]]
    return job


def _limit(job):
    import resource

    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_DATA, (job["memory_bytes"], job["memory_bytes"]))  # not what libraries map
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        import ctypes
        import signal

        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: we end with who asked
        if os.getppid() != job["parent"]:
            os._exit(1)


def write_answer(job, answer):
    """The answer, whole or not at all."""
    with open(job["result"] + ".part", "w", encoding="utf-8") as file:
        json.dump(answer, file)
    os.replace(job["result"] + ".part", job["result"])


def told(error, phase):
    """A failure as data: what it says, what the server said, and the product's own line where it happened."""
    original = getattr(error, "orig", None) or error
    place = _place(error)
    message = str(original).strip() or type(original).__name__
    primary = getattr(getattr(original, "diag", None), "message_primary", None) or getattr(original, "message", None)
    return {
        "phase": phase,
        "type": type(error).__name__,
        "message": message,
        "primary": primary if isinstance(primary, str) else None,
        "sqlstate": getattr(original, "sqlstate", None) or getattr(original, "pgcode", None),
        "statement": getattr(error, "statement", None),
        "file": place[0],
        "line": place[1],
        "code": place[2],
    }


def _place(error):
    """(file, line, text) of the innermost frame in the product's own files."""
    home = os.getcwd() + os.sep
    if isinstance(error, SyntaxError) and error.filename:
        return error.filename, error.lineno or 1, (error.text or "").strip()
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename.startswith(home) and "site-packages" not in frame.filename:
            return frame.filename, frame.lineno or 1, frame.line or ""
    return None, None, None


def imported_files():
    """Every file below the product's folder that was imported, sorted."""
    home = os.getcwd() + os.sep
    found = set()
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if file and os.path.abspath(file).startswith(home) and "site-packages" not in file:
            found.add(os.path.abspath(file))
    return sorted(found)
