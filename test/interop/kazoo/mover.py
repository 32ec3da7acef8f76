"""A session that moves: it owns an ephemeral, waits for the lock and watches two nodes. Commands
on its standard input, and answers, are those of movers.ts."""

import sys
import threading

from common import client, end

RETRY = {"max_tries": -1, "delay": 0.01, "max_delay": 0.1}


def tell(*words):
    sys.stdout.write(" ".join(words) + "\n")
    sys.stdout.flush()


zk = client(timeout=10.0, connection_retry=RETRY, command_retry=RETRY)
zk.create("/own/kazoo", b"", ephemeral=True)
born = zk.exists("/own/kazoo").czxid
session = zk.client_id[0]
lock = zk.Lock("/lock", "kazoo")
threading.Thread(target=lock.acquire, daemon=True).start()


def watch(path):
    """The watches of its connections are lost with them: its recipe sets them again."""
    first = []

    @zk.DataWatch(path)
    def changed(data, stat):
        if first:
            tell("told", path)
        first.append(stat)


def ephemeral():
    found = zk.retry(zk.exists, "/own/kazoo")
    if found is None:
        return "no-ephemeral"
    kept = found.czxid == born and found.ephemeralOwner == session
    return "same-ephemeral" if kept else "other-ephemeral"


def look():
    own = ephemeral()
    same = zk.client_id[0] == session
    return (
        "same-session" if same else "other-session",
        own,
        "holds" if lock.is_acquired else "waits",
    )


watch("/away")
watch("/later")
tell("done", "%x" % session)
for line in sys.stdin:
    command = line.strip()
    if command == "look":
        tell("done", *look())
    elif command == "release":
        lock.release()
        tell("done")
    elif command == "arm":
        tell("done")  # its recipe has done it
    else:
        end(zk)
        tell("done")
        break
