"""Access control by certificates, through kazoo: alice makes nodes that only she may read, bob may
not, the super user may. Usage: tls.py HOST:PORT CA SUBJECT ALICE BOB ROOT, where the last three are
files with a key and its certificate, and SUBJECT is alice's."""

import sys

from kazoo.security import ACL, Id, Permissions

from common import client, end, plain

CA, SUBJECT, ALICE, BOB, ROOT = sys.argv[2:7]


def tried(name, call, *arguments):
    try:
        print(name, plain(call(*arguments)))
    except Exception as error:  # what the server answered is the outcome
        print(name, type(error).__name__)


def tls_client(holder):
    return client(use_ssl=True, ca=CA, certfile=holder, keyfile=holder, verify_certs=True)


def only(name):
    return [ACL(Permissions.ALL, Id("x509", name))]


alice, bob, root = tls_client(ALICE), tls_client(BOB), tls_client(ROOT)
tried("create", alice.create, "/kazoo", b"data", only(SUBJECT))
tried("create with auth", alice.create, "/auth", b"", [ACL(Permissions.ALL, Id("auth", ""))])
tried("create with what is no name", alice.create, "/bad", b"", only("nobody"))
tried("create for bob", alice.create, "/for-bob", b"", only("CN=bob,O=Quoll,C=DE"))
print("acl", [(acl.perms, acl.id.scheme, acl.id.id) for acl in alice.get_acls("/auth")[0]])
for who, made in (("alice", alice), ("bob", bob), ("root", root)):
    for path in ("/kazoo", "/auth", "/for-bob"):
        tried("%s gets %s" % (who, path), lambda: made.get(path)[0])
for made in (alice, bob, root):
    end(made)
