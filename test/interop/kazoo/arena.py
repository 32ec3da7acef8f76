"""kazoo's contestant. Arguments: the judge's port, then for each contest its name, a server's port
and how many rounds, in threes. A round that ends in an error of the connection is done again."""

import socket
import sys

from kazoo.client import KazooClient
from kazoo.recipe.lock import Lock

MEMBERS = 3
RETRY = {"max_tries": -1, "delay": 0.005, "max_delay": 0.05}


class CuratorLock(Lock):
    """kazoo's lock with names that Curator puts in order, too."""

    _NODE_NAME = "-lock-"
    _EXCLUDE_NAMES = ["-lock-"]


judge = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
judge.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
answers = judge.makefile()


def tell(line):
    judge.sendall((line + "\n").encode())
    if answers.readline() != "ok\n":
        sys.exit("the judge is gone after " + line)


def inside(zk, place, path):
    """The token is the czxid of the first in line, which is us."""
    first = min(zk.retry(zk.get_children, path), key=lambda name: name[-10:])
    stat = zk.retry(zk.exists, path + "/" + first)
    tell("in %s %d" % (place, stat.czxid))
    tell("out " + place)


def lock(zk, rounds):
    held = CuratorLock(zk, "/lock")
    for _ in range(rounds):
        with held:
            inside(zk, "lock", "/lock")


def election(zk, rounds):
    candidate = zk.Election("/election", "python")
    candidate.lock = CuratorLock(zk, "/election", "python")
    for _ in range(rounds):
        candidate.run(inside, zk, "election", "/election")


def barrier(zk, rounds):
    for number in range(rounds):
        door = zk.DoubleBarrier("/barrier", MEMBERS)
        tell("came %d" % number)
        door.enter()
        tell("began %d" % number)
        tell("go")
        tell("leaving %d" % number)
        door.leave()
        tell("ended %d" % number)
        tell("go")


def counting(path):
    def count(zk, rounds):
        counter = zk.Counter(path, support_curator=True)
        for _ in range(rounds):
            counter += 1
            tell("counted")

    return count


CONTESTS = {
    "lock": lock,
    "election": election,
    "barrier": barrier,
    "exact": counting("/exact"),
    "counter": counting("/counter"),
}
contests = sys.argv[2:]
for name, port, rounds in zip(contests[::3], contests[1::3], contests[2::3]):
    zk = KazooClient("127.0.0.1:" + port, command_retry=RETRY, connection_retry=RETRY)
    zk.start()
    tell("go")
    CONTESTS[name](zk, int(rounds))
    tell("go")
    zk.stop()
