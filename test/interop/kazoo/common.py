"""What the kazoo scripts share: one line of JSON per thing seen, with keys in order and masks where
runs differ (session ids, clock times). Usage of every script: script.py HOST:PORT."""

import json
import logging
import sys
import threading
import time

from kazoo.client import KazooClient

logging.basicConfig(level=logging.CRITICAL)
HOSTS = sys.argv[1]
WAIT_SECONDS = 20


def client(**options):
    hosts = options.pop("hosts", HOSTS)
    made = KazooClient(hosts=hosts, timeout=options.pop("timeout", 10.0), **options)
    made.start(timeout=WAIT_SECONDS)
    return made


def end(made):
    made.stop()
    made.close()


def plain(value):
    """`value` as something that JSON has."""
    if isinstance(value, BaseException):
        return "error " + type(value).__name__
    if isinstance(value, bytes):
        return value.decode("utf-8") if len(value) < 200 else "%d bytes" % len(value)
    if hasattr(value, "czxid"):
        return {
            "czxid": value.czxid,
            "mzxid": value.mzxid,
            "pzxid": value.pzxid,
            "version": value.version,
            "cversion": value.cversion,
            "aversion": value.aversion,
            "owned": value.ephemeralOwner != 0,
            "dataLength": value.dataLength,
            "numChildren": value.numChildren,
            "times": value.ctime <= value.mtime,
        }
    if hasattr(value, "perms"):
        return [value.perms, value.id.scheme, value.id.id]
    if hasattr(value, "path") and hasattr(value, "state"):
        return [str(value.type), str(value.state), value.path]
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    return value


def say(what, value=None):
    print(json.dumps([what, plain(value)], sort_keys=True), flush=True)


def attempt(what, act, *args, **options):
    """Says what `act` answered, or which error it raised."""
    try:
        answer = act(*args, **options)
    except Exception as error:
        answer = error
    say(what, answer)
    return answer


def until(what, holds):
    """Waits until `holds()`; says whether it came true."""
    limit = time.monotonic() + WAIT_SECONDS
    while not holds() and time.monotonic() < limit:
        time.sleep(0.01)
    say(what, bool(holds()))


class Seen:
    """Collects what other threads see."""

    def __init__(self):
        self.items = []
        self.lock = threading.Lock()

    def __call__(self, item):
        with self.lock:
            self.items.append(item)

    def __bool__(self):
        return True  # kazoo takes a callback that is false for none

    def __len__(self):
        return len(self.items)


def together(acts):
    """Runs each of `acts` in a thread of its own and waits for all."""
    threads = [threading.Thread(target=act, daemon=True) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT_SECONDS)
    return all(not thread.is_alive() for thread in threads)
