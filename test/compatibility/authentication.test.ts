/** Specification 2.5: who a connection is, and how it comes to be more. */
import { deepEqual, equal, notEqual } from "node:assert/strict";
import { createHash } from "node:crypto";
import { bytesOfHex, hexOf, utf8 } from "../../src/base/bytes.ts";
import { WhoAmIResponse } from "../../src/records/client.ts";
import { OpCode } from "../../src/records/op-codes.ts";
import { digest } from "../../src/requests/auth-scheme.ts";
import { aclOf, auth, bare, bodyOf, create, exists } from "../support/asking.ts";
import { MachineWorld, type WorldClient } from "../support/machine-world.ts";
import { statement } from "../support/statement.ts";

const sha1 = (bytes: Uint8Array): string => createHash("sha1").update(bytes).digest("base64");
const identities = (at: WorldClient) =>
  bodyOf(at, bare(at, OpCode.whoAmI), WhoAmIResponse).clientInfo.map(
    ({ authScheme, user }) => `${authScheme} ${user}`,
  );
/** The digest identity that `credential` gives, as an ACL made of scheme auth tells it. */
function identityOf(credential: string): string | null | undefined {
  const a = new MachineWorld().open();
  auth(a, credential);
  create(a, "/a", { acl: [{ perms: 31, scheme: "auth", id: "" }] });
  return aclOf(a, "/a")[0]?.id;
}

statement("2.5", "On connect the connection gets the id (ip, address)", () => {
  const a = new MachineWorld().connect("10.9.8.7");
  a.shakeHands({});
  deepEqual(identities(a), ["ip 10.9.8.7"]);
});

statement("2.5", "Each successful auth adds ids; an id is not added twice", () => {
  const a = new MachineWorld().open();
  for (const text of ["bob:pw", "bob:pw", "eve:x"]) equal(a.err(auth(a, text)), 0);
  deepEqual(identities(a), ["ip 10.0.0.1", "digest bob", "digest eve"]);
});

/** type 0, scheme digest, auth "bob:pw" */
const BOB = "00000000 00000006 646967657374 00000006 626f623a7077";

statement("2.5", "Auth packet: xid -4, type 100; success is ReplyHeader(xid, 0, 0)", () => {
  const a = new MachineWorld().open();
  a.send(bytesOfHex(`00000020 fffffffc 00000064 ${BOB}`));
  equal(hexOf(a.frames.at(-1)!), "fffffffc000000000000000000000000");
  deepEqual(identities(a), ["ip 10.0.0.1", "digest bob"]);
});

statement("2.5", "An auth packet with another xid is answered with that xid", () => {
  const a = new MachineWorld().open();
  a.send(a.framed(7, OpCode.auth, bytesOfHex(BOB)));
  equal(hexOf(a.frames.at(-1)!), "00000007000000000000000000000000");
});

statement("2.5", "Unknown scheme: ReplyHeader(xid, 0, -115), then close", () => {
  const a = new MachineWorld().open();
  const xid = auth(a, "x", "nonsense");
  deepEqual(a.reply(xid).header, { xid, zxid: 0n, err: -115 });
  equal(a.reply(xid).body.length, 0);
  notEqual(a.closed, undefined);
});

statement("2.5", "Authentication that fails: ReplyHeader(xid, 0, -115), then close", () => {
  const a = new MachineWorld().open();
  const xid = auth(a, "anyone", "world");
  deepEqual(a.reply(xid).header, { xid, zxid: 0n, err: -115 });
  notEqual(a.closed, undefined);
});

statement("2.5", "An auth packet does not go through the ensemble: no zxid, no waiting", () => {
  const world = new MachineWorld();
  const a = world.open();
  const before = world.loaded.tree.lastProcessed;
  world.diskIsQuick = false;
  create(a, "/a");
  const xid = auth(a, "bob:pw");
  deepEqual(a.story, [`reply ${xid}`]);
  world.sync();
  equal(world.loaded.tree.lastProcessed, before + 1n);
});

statement("2.5", "digest: identity is user:BASE64(SHA1(user:password)), as for bob:pw", () => {
  equal(identityOf("bob:pw"), "bob:ikIaKsbtGweaHnb/jKn7OHqbunM=");
});

statement(
  "2.5",
  "digest: alice:wonder is alice:8y0lhh/7xkdEiwhX7vo9i+/Nmzc=, as 3.8.0 has it",
  () => {
    equal(identityOf("alice:wonder"), "alice:8y0lhh/7xkdEiwhX7vo9i+/Nmzc=");
  },
);

statement("2.5", "digest: the user is the text before the first colon", () => {
  equal(identityOf("a:b:c"), "a:cLzgnoJ6mP5qz3w+mwvPE2vDgu0=");
});

statement("2.5", "digest: without a colon the user is the whole text", () => {
  const a = new MachineWorld().open();
  equal(a.err(auth(a, "bob")), 0);
  deepEqual(identities(a), ["ip 10.0.0.1", "digest bob"]);
});

statement("2.5", "digest: the superDigest's owner gets (super, ) before the digest id", () => {
  const own = `root:${sha1(utf8("root:pw"))}`;
  deepEqual(digest(sha1, own).authenticate(utf8("root:pw"), ""), [
    { scheme: "super", id: "" },
    { scheme: "digest", id: own },
  ]);
  const world = new MachineWorld({}, "bob:ikIaKsbtGweaHnb/jKn7OHqbunM=");
  const a = world.open();
  auth(a, "bob:pw");
  deepEqual(identities(a), ["ip 10.0.0.1", "super ", "digest bob"]);
});

statement("2.5", "ip: accepted, and nothing is added", () => {
  const a = new MachineWorld().open();
  equal(a.err(auth(a, "1.2.3.4", "ip")), 0);
  deepEqual(identities(a), ["ip 10.0.0.1"]);
});

statement("2.5", "sasl: without SASL configured the answer is err 0 with a null token", () => {
  const a = new MachineWorld().open();
  a.send(a.framed(9, OpCode.sasl, bytesOfHex("00000001 78")));
  equal(a.err(9), 0);
  equal(hexOf(a.reply(9).body), "ffffffff");
  equal(a.err(exists(a, "/")), 0);
});

statement("2.5", "digest: a byte order mark before the user belongs to it, as 3.8.0 has it", () => {
  equal(identityOf("\ufeffbob:pw"), "\ufeffbob:IiDBMBQhJXbOJzv+/WUe4g3XQrg=");
});

const CERTIFIED = [{ scheme: "x509", id: "CN=alice,O=Example" }];

statement("2.5", "On TLS connections the certificate's subject adds (x509, dn)", () => {
  const a = new MachineWorld().connect("10.0.0.1", CERTIFIED);
  a.shakeHands({});
  deepEqual(identities(a), ["ip 10.0.0.1", "x509 CN=alice,O=Example"]);
});

statement("2.5", "digest: a null credential fails, -115, as in 3.8.0", () => {
  const a = new MachineWorld().open();
  a.send(a.framed(-4, OpCode.auth, bytesOfHex("00000000 00000006 646967657374 ffffffff")));
  equal(a.err(-4), -115);
  notEqual(a.closed, undefined);
});

/** Specification 2.5, as 3.8.0 answers: also what ends a session. */
const ENFORCED = [OpCode.exists, OpCode.create, OpCode.ping, OpCode.closeSession, OpCode.whoAmI];

statement("2.5", "enforce.auth: without one of the schemes (xid, 0, -124), then close", () => {
  for (const code of ENFORCED) {
    const a = new MachineWorld({ enforcedSchemes: ["digest"] }).open();
    a.send(a.framed(9, code, new Uint8Array(0)));
    deepEqual(a.reply(9).header, { xid: 9, zxid: 0n, err: -124 });
    notEqual(a.closed, undefined);
  }
});

statement("2.5", "enforce.auth: who has proved one of the schemes is served", () => {
  const a = new MachineWorld({ enforcedSchemes: ["sasl", "digest"] }).open();
  equal(a.err(auth(a, "bob:pw")), 0);
  equal(a.err(exists(a, "/")), 0);
  equal(a.closed, undefined);
});
