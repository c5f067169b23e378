import threading
import urllib.request
from email.message import Message
from urllib.error import HTTPError, URLError

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
        (URLError("name not known"), "name not known"),
        (URLError(OSError("Tunnel failed: 403")), "Tunnel failed: 403"),
        (ConnectionResetError(104, "reset by peer"), "[Errno 104] reset by peer"),
        (HTTPError("", 404, "Not Found", Message(), None), "HTTP Error 404: Not Found"),
        (TimeoutError(), "TimeoutError"),
    ],
)
def test_the_reason_is_told(monkeypatch, error, reason):
    def urlopen(request, timeout):
        raise error

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    assert _network.why_unreachable("https://data.example/file") == reason


def test_a_silent_name_server_does_not_hold_up_the_answer(monkeypatch):
    at_last = threading.Event()

    def urlopen(request, timeout):
        at_last.wait(60)
        return Response()

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    answer = _network.why_unreachable("https://data.example/file", timeout=0.05)
    assert answer == "no answer within 0.05 s"  # while the name server is silent still
    at_last.set()
