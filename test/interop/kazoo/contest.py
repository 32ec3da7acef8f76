"""A Python program that contends with others through kazoo's recipes.

Arguments: server, recipe (lock, kazoo-lock, election, barrier), rounds. Ends with an error when
somebody else is inside at the same time.
"""

import sys

from kazoo.client import KazooClient
from kazoo.recipe.lock import Lock


class CuratorLock(Lock):
    """kazoo's lock with names that Curator puts in order, too."""

    _NODE_NAME = "-lock-"
    _EXCLUDE_NAMES = ["-lock-"]


def inside():
    """Counts up, alone: the counter's version is ignored."""
    zk.create("/inside", b"", ephemeral=True)
    count = int(zk.get("/counter")[0])
    zk.set("/counter", str(count + 1).encode())
    zk.delete("/inside")


def contend(lock, rounds):
    for _ in range(rounds):
        with lock:
            inside()


def elect(rounds):
    election = zk.Election("/election", "python")
    election.lock = CuratorLock(zk, "/election", "python")
    for _ in range(rounds):
        election.run(inside)


def meet(rounds):
    for number in range(rounds):
        barrier = zk.DoubleBarrier("/barrier/%d" % number, 3)
        zk.create("/came/%d/python" % number, b"", makepath=True)
        barrier.enter()
        came = zk.get_children("/came/%d" % number)
        assert len(came) == 3, "began with %s" % came
        zk.create("/went/%d/python" % number, b"", makepath=True)
        barrier.leave()
        went = zk.get_children("/went/%d" % number)
        assert len(went) == 3, "ended with %s" % went


server, recipe, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
zk = KazooClient(server)
zk.start()
if recipe == "lock":
    contend(CuratorLock(zk, "/lock"), count)
elif recipe == "kazoo-lock":
    contend(zk.Lock("/kazoo-lock"), count)
elif recipe == "election":
    elect(count)
elif recipe == "barrier":
    meet(count)
else:
    sys.exit("no such recipe: " + recipe)
zk.stop()
