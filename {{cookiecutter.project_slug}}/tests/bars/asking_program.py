"""Somebody who asks for one address twenty times a second, in a process of their own.

Usage: ``python -m tests.bars.asking_program PORT PATH``; after SIGTERM it prints what each answer
took, in seconds, as a JSON list. In the process of a crowd the time would be that of the crowd.
"""

import http.client
import json
import signal
import sys
import threading
import time

PAUSE_SECONDS = 0.05
PATIENCE_SECONDS = 30.0


def main() -> None:
    """Asks until the signal."""
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    took: list[float] = []
    client = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=PATIENCE_SECONDS)
    print("asking", flush=True)
    while not over.wait(PAUSE_SECONDS):
        began = time.perf_counter()
        client.request("GET", sys.argv[2])
        answer = client.getresponse()
        answer.read()
        took.append(time.perf_counter() - began)
        if answer.status != 200:
            raise SystemExit(f"answered with {answer.status}")
    print(json.dumps(took), flush=True)


if __name__ == "__main__":
    main()
