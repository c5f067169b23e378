"""No test may fail because the machine is busy: none reads a clock."""

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
CLOCKS = {"monotonic", "perf_counter", "process_time", "time", "thread_time"}
CLOCKS |= {f"{name}_ns" for name in CLOCKS}
# Speed belongs to benchmarks/. A clock that is put in the place of another one is not
# read: `monkeypatch.setattr("time.perf_counter", ...)` is no call.
FILES = sorted(TESTS.rglob("*.py"))


def clocks_read(source):
    """Line numbers of calls such as `time.time()` or `perf_counter()`."""
    lines = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        if isinstance(called, ast.Attribute):
            of_time = isinstance(called.value, ast.Name) and called.value.id == "time"
            found = of_time and called.attr in CLOCKS
        else:
            found = isinstance(called, ast.Name) and called.id in CLOCKS - {"time"}
        if found:
            lines.append(node.lineno)
    return lines


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("start = time.perf_counter()", [1]),
        ("from time import monotonic\nassert monotonic() < 3", [2]),
        ("assert time.time_ns() - begun < 5", [1]),
        ("monkeypatch.setattr('time.perf_counter', clock)\ntime.sleep(0.1)", []),
        ("task.time(3)", []),
    ],
)
def test_reading_a_clock_is_recognised(source, found):
    assert clocks_read(source) == found


def test_no_test_reads_a_clock():
    reading = {
        file.relative_to(TESTS).as_posix(): lines
        for file in FILES
        if (lines := clocks_read(file.read_text(encoding="utf-8")))
    }
    assert reading == {}


def test_programs_in_strings_read_no_clock_either():
    words = ("perf_counter() -", "monotonic() -", "time.time() -")
    reading = [
        file.name
        for file in FILES
        if file != Path(__file__) and any(w in file.read_text() for w in words)
    ]
    assert reading == []
