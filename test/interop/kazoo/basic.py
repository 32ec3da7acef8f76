"""Every operation of kazoo's basic interface."""

from kazoo.security import make_acl, make_digest_acl

from common import Seen, attempt, client, end, say, until

zk = client()
other = client()

# create, in every form
attempt("create", zk.create, "/k", b"hello")
attempt("create again", zk.create, "/k", b"hello")
attempt("create without parent", zk.create, "/none/child", b"")
attempt("create with makepath", zk.create, "/made/on/the/way", b"", makepath=True)
attempt("ensure_path", zk.ensure_path, "/ensured/path")
attempt("create include_data", zk.create, "/k/two", b"2", include_data=True)
attempt("create empty", zk.create, "/k/empty", b"")
attempt("create ephemeral", zk.create, "/k/e", b"", ephemeral=True)
attempt("create below ephemeral", zk.create, "/k/e/child", b"")
for number in range(3):
    attempt("create sequence", zk.create, "/k/s-", b"", sequence=True)
attempt("create ephemeral sequence", zk.create, "/k/es-", b"", ephemeral=True, sequence=True)
attempt("create slash sequence", zk.create, "/k/", b"", sequence=True)
attempt("create unicode", zk.create, "/k/\u00fcn\u00efc\u00f6d\u00e9\u4e2d", b"", include_data=True)
attempt("create big", zk.create, "/k/big", b"x" * 900000)
attempt("create async", zk.create_async("/k/async", b"a").get, timeout=10)

# reading
attempt("get", zk.get, "/k")
attempt("get empty", zk.get, "/k/empty")
attempt("get big", zk.get, "/k/big")
attempt("get missing", zk.get, "/none")
attempt("exists", zk.exists, "/k")
attempt("exists missing", zk.exists, "/none")
attempt("get_children", lambda: sorted(zk.get_children("/k")))
attempt("get_children missing", zk.get_children, "/none")
attempt(
    "get_children include_data",
    lambda: [sorted(part) if index == 0 else part
             for index, part in enumerate(zk.get_children("/k", include_data=True))],
)
attempt("get_children none", zk.get_children, "/k/empty")
attempt("sync", zk.sync, "/k")

# writing
attempt("set", zk.set, "/k", b"1")
attempt("set with version", zk.set, "/k", b"2", version=1)
attempt("set with wrong version", zk.set, "/k", b"3", version=1)
attempt("set missing", zk.set, "/none", b"3")
attempt("set empty", zk.set, "/k", b"")
attempt("set unicode", zk.set, "/k", "\u4e2d".encode("utf-8"))
attempt("delete with wrong version", zk.delete, "/k/two", version=7)
attempt("delete", zk.delete, "/k/two", version=0)
attempt("delete missing", zk.delete, "/k/two")
attempt("delete with children", zk.delete, "/k")
attempt("delete recursive", zk.delete, "/made", recursive=True)
attempt("exists after", zk.exists, "/made")

# transactions: done, and failing at each place


def transaction(fails_at):
    """Four operations, of which the one at `fails_at` fails."""
    t = zk.transaction()
    t.create("/none/x" if fails_at == 0 else "/k/t", b"1")
    t.check("/k", version=99 if fails_at == 1 else zk.get("/k")[1].version)
    t.set_data("/none/x" if fails_at == 2 else "/k/t", b"2")
    t.delete("/k/t", version=7 if fails_at == 3 else -1)
    return t.commit()


for place in (0, 1, 2, 3, None):
    attempt("transaction failing at %s" % place, transaction, place)
    attempt("what it left", zk.exists, "/k/t")


def kinds():
    t = zk.transaction()
    t.create("/k/tx", b"x")
    t.create("/k/tx/e", b"", ephemeral=True)
    t.create("/k/tx/s-", b"", sequence=True)
    t.create("/k/tx/s-", b"", sequence=True)
    t.set_data("/k/tx", b"y", version=0)
    return t.commit()


attempt("transaction of kinds", kinds)
attempt("transaction of nothing", zk.transaction().commit)
attempt("children after", lambda: sorted(zk.get_children("/k/tx")))

# access control
acl = [make_digest_acl("bob", "pw", all=True), make_acl("world", "anyone", read=True)]
attempt("create with acl", zk.create, "/k/acl", b"", acl=acl)
attempt("get_acls", zk.get_acls, "/k/acl")
attempt("set without right", zk.set, "/k/acl", b"no")
attempt("set_acls without right", zk.set_acls, "/k/acl", acl)
attempt("create without right", zk.create, "/k/acl/child", b"")
attempt("add_auth", zk.add_auth, "digest", "bob:pw")
attempt("get_acls as bob", zk.get_acls, "/k/acl")
attempt("set as bob", zk.set, "/k/acl", b"yes")
attempt("set_acls as bob", zk.set_acls, "/k/acl", acl[:1], version=0)
attempt("set_acls with wrong version", zk.set_acls, "/k/acl", acl, version=0)
attempt("get as another", other.get, "/k/acl")
attempt("get_acls as another", other.get_acls, "/k/acl")
attempt("get_children as another", other.get_children, "/k/acl")
attempt("set_acls invalid", zk.set_acls, "/k/acl", [make_acl("digest", "nocolon", all=True)])
attempt("set_acls empty", zk.set_acls, "/k/acl", [])
attempt("create for auth", zk.create, "/k/auth", b"", acl=[make_acl("auth", "", all=True)])
attempt("get_acls of auth", zk.get_acls, "/k/auth")

# watches fire once
seen = Seen()
attempt("watch get", zk.get, "/k", watch=seen)
attempt("watch exists", zk.exists, "/k/later", watch=seen)
attempt("watch children", lambda: len(zk.get_children("/k", watch=seen)))
attempt("other sets", other.set, "/k", b"w1")
attempt("other sets again", other.set, "/k", b"w2")
attempt("other creates", other.create, "/k/later", b"")
attempt("other creates more", other.create, "/k/later2", b"")
until("three events", lambda: len(seen) == 3)
zk.sync("/")
say("events", seen.items)
deleted = Seen()
attempt("watch both", lambda: (zk.get("/k/later", watch=deleted)[0],
                               zk.get_children("/k/later", watch=deleted)))
attempt("other deletes", other.delete, "/k/later")
until("told", lambda: len(deleted) >= 1)
zk.sync("/")
say("deleted", deleted.items)

# pipelining: many at once, answers in order
handles = [zk.create_async("/k/p-", b"", sequence=True) for _ in range(200)]
say("pipelined", [handle.get(timeout=20) for handle in handles][-1])
attempt("count", lambda: len(zk.get_children("/k")))
attempt("server_version", lambda: len(zk.server_version()) >= 3)

# the ephemerals go with the session
end(zk)
attempt("ephemeral after close", other.exists, "/k/e")
attempt("children after close", lambda: sorted(other.get_children("/k/tx")))
end(other)
