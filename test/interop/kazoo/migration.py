"""Holds the lock in turn, as the others do, and tells each time by which token and from when to
when. At "stop": whether the session and its ephemeral are the same."""

import sys
import threading
import time

from kazoo.client import KazooState
from kazoo.exceptions import BadVersionError, KazooException

from common import client, end, say

HELD_S = 0.003
RETRY = {"max_tries": -1, "delay": 0.01, "max_delay": 0.1}

zk = client(timeout=15.0, connection_retry=RETRY, command_retry=RETRY)
zk.create("/ephemerals/kazoo", b"", ephemeral=True)
session = zk.client_id[0]
born = zk.exists("/ephemerals/kazoo").czxid
unsure = threading.Event()
stopping = threading.Event()


@zk.add_listener
def changed(state):
    if state != KazooState.CONNECTED:
        unsure.set()


def enter(token):
    try:
        data, stat = zk.get("/register")
        if int(data) >= token:
            say("fault", "token %d after %d" % (token, int(data)))
        if not unsure.is_set():
            zk.set("/register", b"%d" % token, version=stat.version)
    except BadVersionError:
        # A lost reply is asked for again, and refused the second time.
        if not unsure.is_set():
            say("fault", "another held the lock under %d" % token)


def hold():
    lock = zk.Lock("/lock", "kazoo")
    while not stopping.is_set():
        unsure.clear()
        try:
            with lock:
                began = time.time() * 1000
                token = zk.exists("/lock/" + lock.node).czxid
                enter(token)
                time.sleep(HELD_S)
                # Out of touch, it cannot tell how long the lock was its own.
                if not unsure.is_set():
                    say("held", [str(token), began, time.time() * 1000])
        except (KazooException, zk.handler.timeout_exception):
            time.sleep(0.01)


thread = threading.Thread(target=hold, daemon=True)
thread.start()
say("began")
sys.stdin.readline()
stopping.set()
thread.join(60)
if zk.client_id[0] != session:
    say("fault", "its session is another one")
found = zk.exists("/ephemerals/kazoo")
if found is None or found.czxid != born or found.ephemeralOwner != session:
    say("fault", "its ephemeral is not what it was")
say("ended")
end(zk)
