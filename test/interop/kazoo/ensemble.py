"""Load on an ensemble, and a look at what is left of it. Reads commands, answers each with a line:

progress        waits until writes are acknowledged again
meet HOST       connects to a member
lose            asks it for writes that nobody will acknowledge
stop            ends the load; every member must have what was acknowledged, and all the same
"""

import sys
import threading
import time

from kazoo.exceptions import KazooException

from common import HOSTS, client, end, say

WRITERS = 3
LIMIT_S = 60

acknowledged = []
met = []
stopping = threading.Event()
zk = client(timeout=10.0)
zk.create("/load", b"")
zk.create("/owner", b"", ephemeral=True)
session = zk.client_id[0]


def load(writer):
    mine = client(timeout=10.0)
    count = 0
    while not stopping.is_set():
        count += 1
        path = "/load/%d-%d" % (writer, count)
        try:
            mine.create(path, path.encode())
            acknowledged.append(path)
        except (KazooException, mine.handler.timeout_exception):
            time.sleep(0.01)
    end(mine)


def progress():
    before = len(acknowledged)
    until = time.time() + LIMIT_S
    while len(acknowledged) < before + 30:
        if time.time() > until:
            raise AssertionError("no writes are acknowledged")
        time.sleep(0.01)


def meet(host):
    met.append(client(hosts=host, timeout=10.0))


def lose():
    other = met.pop()
    for number in range(3):
        other.create_async("/lost-%d" % number, b"")
    time.sleep(0.3)
    # Nobody may ask for them again.
    other._stopped.set()


def tree(host):
    look = client(hosts=host, timeout=10.0)
    look.sync("/")
    nodes = {}
    for parent in ("/", "/load"):
        for child in look.get_children(parent):
            path = parent.rstrip("/") + "/" + child
            if path != "/zookeeper":
                nodes[path] = look.get(path)
    end(look)
    return nodes


def stop():
    stopping.set()
    for thread in threads:
        thread.join()
    trees = [tree(host) for host in HOSTS.split(",")]
    say("acknowledged and missing", [path for path in acknowledged if path not in trees[0]])
    say("members that differ", sum(1 for other in trees if other != trees[0]))
    say("lost writes that came back", sorted(path for path in trees[0] if "lost" in path))
    say("same session", zk.client_id[0] == session)
    say("its ephemeral is there", "/owner" in trees[0])


threads = [threading.Thread(target=load, args=(writer,)) for writer in range(WRITERS)]
for thread in threads:
    thread.daemon = True
    thread.start()
progress()
say("loading", True)
for line in sys.stdin:
    command, *words = line.split()
    {"progress": progress, "meet": meet, "lose": lose, "stop": stop}[command](*words)
    say("done", command)
    if command == "stop":
        break
end(zk)
