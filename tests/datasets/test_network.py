import time
import urllib.request
from urllib.error import URLError

import pytest

from keras_nonnormal.datasets import _network


class Response:
    def close(self):
        pass


def test_a_server_that_answers_is_reachable(monkeypatch):
    asked = []

    def urlopen(request, timeout):
        asked.append((request.get_method(), request.full_url, timeout))
        return Response()

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    assert _network.why_unreachable("https://data.example/file") is None
    assert asked == [("HEAD", "https://data.example/file", 3.0)]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (URLError("Name or service not known"), "Name or service not known"),
        (ConnectionRefusedError(111, "Connection refused"), "Connection refused"),
        (TimeoutError(), "TimeoutError"),
    ],
)
def test_the_reason_is_told(monkeypatch, error, reason):
    def urlopen(request, timeout):
        raise error

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    assert reason in _network.why_unreachable("https://data.example/file")


def test_a_silent_name_server_does_not_hold_up_the_answer(monkeypatch):
    monkeypatch.setattr(urllib.request, "urlopen", lambda *a, **k: time.sleep(5))
    start = time.perf_counter()
    answer = _network.why_unreachable("https://data.example/file", timeout=0.05)
    assert answer == "no answer within 0.05 s"
    assert time.perf_counter() - start < 2
