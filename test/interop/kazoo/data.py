"""A Python program that shares counters, a queue and a party with others through kazoo's recipes.

Arguments: server, rounds. Prints what it took out of the queue and whom it met.
"""

import sys
import time

from kazoo.client import KazooClient
from kazoo.retry import RetryFailedError

server, rounds = sys.argv[1], int(sys.argv[2])
zk = KazooClient(server)
zk.start()


def add(counter):
    while True:
        try:
            counter += 1
            return
        except RetryFailedError:  # others were quicker: nothing was written
            pass


for _ in range(rounds):
    add(zk.Counter("/kazoo-count"))
    add(zk.Counter("/curator-int", support_curator=True))

queue = zk.LockingQueue("/queue")
queue.put_all([b"python-%d" % number for number in range(rounds)])
queue.put(b"python-urgent", priority=1)
while True:
    item = queue.get(timeout=3)
    if item is None:
        break
    assert queue.consume()
    print("took " + item.decode())

party = zk.Party("/party", "python")
party.join()
while len(party) < 2:
    time.sleep(0.02)
print("met " + " ".join(sorted(party)))
zk.create("/met-party")
while "ours" in list(party):
    time.sleep(0.02)
party.leave()
zk.stop()
