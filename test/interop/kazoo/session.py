"""Sessions: a cut connection, an expiry, listeners, and a client of the same id elsewhere."""

import socket

from kazoo.client import KazooState

from common import Seen, attempt, client, end, say, until

zk = client(timeout=10.0)
other = client()
states = Seen()
zk.add_listener(states)

attempt("create", zk.create, "/session", b"")
attempt("ephemeral", zk.create, "/session/e", b"mine", ephemeral=True)
events = Seen()
attempt("watch", lambda: zk.exists("/session/later", watch=events))
attempt("watch data", lambda: zk.get("/session", watch=events)[0])

# The connection is cut: the client comes back to the same session, with its watches.
session = zk.client_id[0]
zk._connection._socket.shutdown(socket.SHUT_RDWR)
until("suspended", lambda: KazooState.SUSPENDED in states.items)
until("connected again", lambda: zk.connected and states.items[-1] == KazooState.CONNECTED)
say("same session", zk.client_id[0] == session)
attempt("ephemeral is there", other.get, "/session/e")
attempt("other creates", other.create, "/session/later", b"")
attempt("other sets", other.set, "/session", b"new")
until("both events", lambda: len(events) == 2)
say("events", sorted(str(event) for event in events.items))
say("states", states.items)

# kazoo tells its watchers of the cut, and does not set them again.
missed = Seen()
attempt("watch again", lambda: zk.get("/session", watch=missed)[0])
zk._connection._socket.shutdown(socket.SHUT_RDWR)
attempt("other sets meanwhile", other.set, "/session", b"meanwhile")
until("told", lambda: len(missed) == 1)
say("missed", missed.items)
until("connected after that", lambda: states.items[-1] == KazooState.CONNECTED and zk.connected)



def abandon(made):
    """Ends the client without ending its session; returns what another one needs to go on with it."""
    credentials = made.client_id
    made._stopped.set()
    made._connection._socket.shutdown(socket.SHUT_RDWR)
    made.handler.stop()
    return credentials


# A session goes on in another client, and ends with it.
twin = client(client_id=abandon(zk))
say("twin has the session", twin.client_id[0] == session)
attempt("twin owns the ephemeral", lambda: twin.get("/session/e")[1].ephemeralOwner == session)
end(twin)
attempt("ephemeral is gone", other.exists, "/session/e")

# A session that nobody uses expires.
short = client(timeout=4.0)
attempt("short ephemeral", short.create, "/session/short", b"", ephemeral=True)
gone = Seen()
attempt("watch short", lambda: other.exists("/session/short", watch=gone) is not None)
lost = Seen()
short.add_listener(lost)
credentials = abandon(short)
until("expired", lambda: len(gone) == 1)
say("gone", gone.items)
attempt("gone indeed", other.exists, "/session/short")

# To come back to it gives a new session.
late = client(client_id=credentials)
say("another session", late.client_id[0] != credentials[0])
end(late)
end(other)
