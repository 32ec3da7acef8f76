"""kazoo's recipes, with several clients contending."""

import threading
import time

from kazoo.recipe.barrier import DoubleBarrier

from common import Seen, attempt, client, end, say, together, until

CLIENTS = 4
clients = [client() for _ in range(CLIENTS)]
zk = clients[0]
zk.ensure_path("/recipes")

# Lock: never two inside
inside = Seen()
turns = Seen()


def locker(mine, name):
    for _ in range(5):
        with mine.Lock("/recipes/lock", name):
            inside(name)
            if len(set(inside.items)) != 1:
                turns("two inside")
            turns(name)
            inside.items.clear()


say("lock done", together([lambda c=c, n=n: locker(c, "l%d" % n) for n, c in enumerate(clients)]))
say("lock turns", sorted(turns.items))
lock = zk.Lock("/recipes/lock2", "first")
attempt("acquire", lock.acquire)
attempt("contenders", lock.contenders)
attempt("acquire without waiting", clients[1].Lock("/recipes/lock2", "second").acquire, blocking=False)
attempt("acquire with a limit", clients[1].Lock("/recipes/lock2", "second").acquire, timeout=0.3)
attempt("release", lock.release)
reads = [each.ReadLock("/recipes/rw", "r") for each in clients[:2]]
write = clients[2].WriteLock("/recipes/rw", "w")
attempt("read locks", lambda: [each.acquire(timeout=10) for each in reads])
attempt("write lock refused", write.acquire, blocking=False)
attempt("read locks released", lambda: [each.release() for each in reads])
attempt("write lock", write.acquire, timeout=10)
attempt("write lock released", write.release)

# Semaphore: at most two inside
now_inside = Seen()
most = Seen()


def holder(mine, name):
    with mine.Semaphore("/recipes/semaphore", name, max_leases=2):
        now_inside(name)
        most(len(now_inside))
        time.sleep(0.05)
        now_inside.items.remove(name)


say("semaphore done", together([lambda c=c, n=n: holder(c, "h%d" % n) for n, c in enumerate(clients)]))
say("semaphore bound", max(most.items) <= 2)

# Election: everybody leads once, one at a time
leaders = Seen()
say(
    "election done",
    together([
        lambda c=c, n=n: c.Election("/recipes/election", "e%d" % n).run(lambda: leaders("e%d" % n))
        for n, c in enumerate(clients)
    ]),
)
say("leaders", sorted(leaders.items))

# Party
parties = [each.Party("/recipes/party", "p%d" % n) for n, each in enumerate(clients)]
attempt("join", lambda: [party.join() for party in parties])
attempt("members", lambda: sorted(parties[0]))
attempt("leave", parties[1].leave)
attempt("members after", lambda: sorted(parties[0]))
shallow = clients[1].ShallowParty("/recipes/shallow", "s")
attempt("shallow", lambda: (shallow.join(), len(shallow), list(shallow)))

# Queue and LockingQueue: each entry once
queue = zk.Queue("/recipes/queue")
attempt("put", lambda: [queue.put(b"%d" % n, priority=100 - n) for n in range(20)])
attempt("length", lambda: len(queue))
taken = Seen()


def taker(mine):
    mine_queue = mine.Queue("/recipes/queue")
    while True:
        entry = mine_queue.get()
        if entry is None:
            return
        taken(entry)


attempt("first by priority", queue.get)
say("taken", together([lambda c=c: taker(c) for c in clients]))
say("entries", sorted(taken.items, key=int))
locking = zk.LockingQueue("/recipes/locking")
attempt("put_all", locking.put_all, [b"a", b"b", b"c"])


def consumer(mine, into):
    mine_queue = mine.LockingQueue("/recipes/locking")
    while True:
        entry = mine_queue.get(timeout=1)
        if entry is None:
            return
        into(entry)
        mine_queue.consume()


consumed = Seen()
say("consumed", together([lambda c=c: consumer(c, consumed) for c in clients[:2]]))
say("locking entries", sorted(consumed.items))

# Counter
zk.Counter("/recipes/counter").value


def counter(mine):
    mine_counter = mine.Counter("/recipes/counter")
    for _ in range(10):
        mine_counter += 1


say("counted", together([lambda c=c: counter(c) for c in clients]))
attempt("count", lambda: zk.Counter("/recipes/counter").value)

# Barrier and DoubleBarrier
barrier = zk.Barrier("/recipes/barrier")
attempt("barrier", barrier.create)
passed = Seen()
waiters = [
    threading.Thread(target=lambda c=c: passed(c.Barrier("/recipes/barrier").wait(10)), daemon=True)
    for c in clients[1:]
]
for waiter in waiters:
    waiter.start()
attempt("nobody passed", lambda: len(passed))
attempt("open", barrier.remove)
for waiter in waiters:
    waiter.join(20)
say("passed", passed.items)
double = Seen()


def both(mine, name):
    pair = DoubleBarrier(mine, "/recipes/double", CLIENTS, identifier=name)
    pair.enter()
    double("in")
    pair.leave()
    double("out")


say("double done", together([lambda c=c, n=n: both(c, "d%d" % n) for n, c in enumerate(clients)]))
say("double order", [double.items[:1], sorted(double.items)])

# DataWatch and ChildrenWatch
data_seen = Seen()
children_seen = Seen()
zk.create("/recipes/watched", b"0")
zk.DataWatch("/recipes/watched", lambda data, stat: data_seen([data, stat.version if stat else None]))
zk.ChildrenWatch("/recipes/watched", lambda children: children_seen(sorted(children)))
for number in range(1, 4):
    clients[1].set("/recipes/watched", b"%d" % number)
    until("data %d" % number, lambda: data_seen.items[-1][0] == b"%d" % number)
    clients[1].create("/recipes/watched/c%d" % number, b"")
    until("child %d" % number, lambda: len(children_seen.items[-1]) == number)
clients[1].delete("/recipes/watched", recursive=True)
until("deleted", lambda: data_seen.items[-1] == [None, None])
say("data seen", data_seen.items)

for each in clients:
    end(each)
