"""Is it worth trying to download? Answered within seconds."""

import queue
import threading
import urllib.error
import urllib.request


def why_unreachable(url: str, timeout: float = 3.0) -> str | None:
    """Asks a server for the headers of a file.

    The question goes through whatever proxy the environment sets, as the download
    would. It is asked from a thread of its own, because a name server that stays
    silent obeys no socket timeout.

    Args:
        url: Address of the file.
        timeout: Seconds to wait.

    Returns:
        None if the file can be had, else the reason in a few words.
    """
    answers: queue.Queue[str | None] = queue.Queue()

    def ask():
        try:
            request = urllib.request.Request(url, method="HEAD")
            urllib.request.urlopen(request, timeout=timeout).close()
        except urllib.error.HTTPError as error:
            answers.put(str(error))
        except OSError as error:
            reason = getattr(error, "reason", error)  # a URLError wraps another error
            answers.put(str(reason) or type(reason).__name__)
        else:
            answers.put(None)

    threading.Thread(target=ask, daemon=True).start()
    try:
        return answers.get(timeout=timeout)
    except queue.Empty:
        return f"no answer within {timeout:g} s"
