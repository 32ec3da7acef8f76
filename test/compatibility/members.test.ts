/**
 * Specification 4.2 and 4.4 to 4.8 where files, states and clients take part: three members in a
 * simulated world, and a snapshot that the reference's leader sent.
 */
import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { bytesOfHex, hexOf } from "../../src/base/bytes.ts";
import {
  counterOf,
  epochOf,
  makeZxid,
  type SessionId,
  toZxid,
  type Zxid,
} from "../../src/base/ids.ts";
import { JuteReader } from "../../src/jute/reader.ts";
import { JuteWriter } from "../../src/jute/writer.ts";
import { Forwarding } from "../../src/peer/forwarding.ts";
import { Loading } from "../../src/peer/loading.ts";
import { SnapshotStream } from "../../src/peer/snapshot-stream.ts";
import { snapshotSource } from "../../src/peer/snapshots.ts";
import { ErrorCode } from "../../src/records/error-codes.ts";
import { OpCode } from "../../src/records/op-codes.ts";
import { operationOf } from "../../src/requests/table.ts";
import type { Answer } from "../../src/sim/client.ts";
import { SimDisk } from "../../src/sim/disk.ts";
import type { Process } from "../../src/sim/process.ts";
import { readEpochs } from "../../src/txnlog/epoch-files.ts";
import { snapshotsAmong } from "../../src/txnlog/file-names.ts";
import { encodeBody } from "../../src/txnlog/snapshot-writer.ts";
import type { Forwarded } from "../../src/zab/io.ts";
import { readStream } from "../support/golden.ts";
import { statement } from "../support/statement.ts";
import { Three } from "../support/three-members.ts";

const create = (path: string, bytes = 1, mode = 0) =>
  ({ kind: "create", path, data: new Uint8Array(bytes), mode }) as const;
const read = (path: string) => ({ kind: "getData", path, watch: false }) as const;
const lastOf = (of: Process): Zxid => of.born!.state().tree.lastProcessed;
const epochsOf = (of: Process) => readEpochs(of.disk, toZxid(0n)).epochs;
const rest = (world: Three): void => world.until(() => world.isWhole() && world.isEven());

statement("4.2", "acceptedEpoch and currentEpoch on each disk are those of the epoch", () => {
  const world = new Three();
  for (const process of world.processes) deepEqual(epochsOf(process), { accepted: 1, current: 1 });
  for (const process of world.processes) process.crash("lose");
  for (const process of world.processes) process.start();
  world.until(() => world.isWhole());
  for (const process of world.processes) deepEqual(epochsOf(process), { accepted: 2, current: 2 });
});

statement(
  "4.2",
  "A crash at any moment of synchronisation: it starts (divergences: epoch-behind-log)",
  () => {
    const world = new Three();
    let behind = 0;
    for (let ops = 1; ops < 24; ops++) {
      const victim = world.followers()[0]!;
      for (const process of world.processes) process.crash("lose");
      // Sometimes all that it has is gone, and SNAP brings it back; else it is DIFF.
      if (ops % 4 === 0) victim.disk = new SimDisk(true);
      for (const process of world.processes) if (process !== victim) process.start();
      world.until(() => world.leader() !== undefined);
      const epoch = Number(epochsOf(world.leader()!).current);
      const writer = world.client(world.leader()!);
      equal(world.ask(writer, create(`/n${ops}`)).err, ErrorCode.Ok);
      victim.start();
      victim.crashAtOp(ops);
      world.until(() => victim.isDown || victim.born?.isServing() === true);
      victim.crash("keep");
      const log = `log.${makeZxid(epoch, 1).toString(16)}`;
      if (victim.disk.list("log").includes(log) && epochsOf(victim).current < epoch) behind++;
      victim.start();
      equal(victim.refusal, undefined);
      rest(world);
      deepEqual(epochsOf(victim), epochsOf(world.leader()!));
    }
    ok(behind > 0, "some crashes left a log that is ahead of currentEpoch");
  },
);

const [captured] = readStream("learner/a-3-snap-revalidate-ping").frames.filter(({ note }) =>
  note.startsWith("SNAPSHOT-STREAM"),
);
const OPTIONS = { hashSeed: 1, extendedTypes: true };
function loadStream(bytes: Uint8Array): Loading {
  const loading = new Loading(OPTIONS);
  loading.reset();
  const rest = new SnapshotStream(loading).push(bytes);
  equal(rest?.length, 0);
  loading.snapshotLoaded(makeZxid(1, 1), undefined);
  return loading;
}

statement(
  "4.4",
  "The stream is a snapshot's body without header and seals, then BenWasHere",
  () => {
    const { loaded } = loadStream(captured!.bytes);
    ok(loaded.tree.nodeCount > 3);
    const stream = new JuteWriter();
    const { source } = snapshotSource(loaded, makeZxid(1, 1));
    for (const _ of encodeBody(stream, source, 1 << 10));
    stream.ustring("BenWasHere");
    equal(stream.at, captured!.bytes.length);
    equal(loadStream(stream.taken()).loaded.tree.digest, loaded.tree.digest);
    ok(hexOf(captured!.bytes).endsWith("0000000a42656e57617348657265"));
  },
);

statement("4.4", "A wrong signature behind the stream is an error", () => {
  const bytes = captured!.bytes.slice();
  bytes[bytes.length - 1]! ^= 1;
  throws(() => loadStream(bytes), { name: "ProtocolError" });
});

statement("4.4", "SNAP replaces the whole database, sessions and digest included", () => {
  const world = new Three();
  const victim = world.followers()[0]!;
  const client = world.client(world.leader()!);
  equal(world.ask(client, create("/a")).err, ErrorCode.Ok);
  equal(world.ask(client, create("/e", 1, 1)).err, ErrorCode.Ok);
  victim.crash("kill");
  victim.disk = new SimDisk(true);
  victim.start();
  rest(world);
  ok(world.probes.reached.has("a learner took over another state"));
  const [mine, theirs] = [victim, world.leader()!].map(({ born }) => born!.state());
  deepEqual([...mine!.sessions], [...theirs!.sessions]);
});

statement("4.4", "A stream that breaks off changes nothing (divergences: install-last)", () => {
  const world = new Three();
  const [victim, other] = world.followers();
  const leader = world.leader()!;
  const client = world.client(other!);
  for (let at = 0; at < 8; at++) world.ask(client, create(`/n${at}`, 100_000));
  victim!.crash("kill");
  victim!.disk = new SimDisk(true);
  world.slow(leader, victim!, 100);
  victim!.start();
  world.until(() => victim!.born !== undefined);
  const empty = victim!.born!.state().tree;
  world.pass(3000);
  equal(victim!.born!.state().tree, empty);
  equal(empty.nodeCount < 8, true);
  leader.crash("kill");
  world.until(() => world.leader() !== undefined && victim!.born?.isServing() === true);
  equal(victim!.born!.state().tree.digest, world.leader()!.born!.state().tree.digest);
});

statement(
  "4.5",
  "Clients are served when all that was committed before UPTODATE is applied",
  () => {
    const world = new Three();
    const victim = world.followers()[0]!;
    victim.crash("kill");
    const client = world.client(world.leader()!);
    for (let at = 0; at < 20; at++) world.ask(client, create(`/n${at}`));
    const before = lastOf(world.leader()!);
    victim.mood.syncMs = 200;
    victim.start();
    while (victim.born?.isServing() !== true) world.pass(1);
    ok(lastOf(victim) >= before);
  },
);

statement(
  "4.6",
  "A follower applies what is committed and on its own disk (divergences: apply-durable)",
  () => {
    const world = new Three();
    const slow = world.followers()[0]!;
    const client = world.client(world.leader()!);
    rest(world);
    slow.mood.stalledUntil = world.scheduler.now + 2000;
    equal(world.ask(client, create("/a")).err, ErrorCode.Ok);
    const told = lastOf(world.leader()!);
    world.pass(500);
    ok(lastOf(slow) < told);
    world.pass(3000);
    equal(lastOf(slow), told);
  },
);

statement("4.7", "A learner forwards createSession, writes, multi, check and closeSession", () => {
  const world = new Three();
  const client = world.client(world.followers()[0]!);
  const asks = [
    create("/a"),
    { kind: "setData", path: "/a", data: new Uint8Array(2), version: 0 },
    { kind: "setACL", path: "/a", version: -1 },
    { kind: "check", path: "/a", version: 1 },
    { kind: "multi", steps: [create("/b"), { kind: "delete", path: "/a", version: 1 }] },
    { kind: "delete", path: "/b", version: -1 },
  ] as const;
  for (const ask of asks) equal(world.ask(client, ask).err, ErrorCode.Ok, ask.kind);
  rest(world);
  for (const { born } of world.processes) equal(born!.state().sessions.size, 1);
  client.close();
  world.until(() => world.processes.every(({ born }) => born!.state().sessions.size === 0));
});

statement("4.7", "Errors come back as error transactions, which every server counts", () => {
  const world = new Three();
  const client = world.client(world.followers()[0]!);
  equal(world.ask(client, create("/a")).err, ErrorCode.Ok);
  rest(world);
  const before = lastOf(world.leader()!);
  equal(world.ask(client, create("/a")).err, ErrorCode.NodeExists);
  rest(world);
  for (const process of world.processes) equal(lastOf(process), before + 1n);
});

statement("4.7", "A learner makes the session id: its own number is the top byte", () => {
  const world = new Three();
  for (const process of world.processes) world.client(process);
  rest(world);
  const ids = [...world.leader()!.born!.state().sessions.keys()];
  deepEqual(ids.map((id) => BigInt.asUintN(64, id) >> 56n).sort(), [1n, 2n, 3n]);
});

statement("4.7", "A session that comes to another server lives on there", () => {
  const world = new Three();
  const [first, second] = world.followers();
  const client = world.stranger([first!, second!]);
  world.until(() => client.isLive);
  equal(world.ask(client, create("/e", 1, 1)).err, ErrorCode.Ok);
  const ids = [...world.leader()!.born!.state().sessions.keys()];
  // It is on one of the two.
  for (const process of [first!, second!]) {
    process.crash("kill");
    world.pass(1000);
    world.until(() => client.isLive);
    process.start();
    rest(world);
  }
  equal(world.ask(client, read("/e")).err, ErrorCode.Ok);
  deepEqual([...world.leader()!.born!.state().sessions.keys()], ids);
});

statement("4.7", "After sync a learner shows what was acknowledged before, however slow", () => {
  const world = new Three();
  const slow = world.followers()[0]!;
  const [writer, reader] = [world.client(world.leader()!), world.client(slow)];
  rest(world);
  slow.mood.stalledUntil = world.scheduler.now + 1500;
  equal(world.ask(writer, create("/a")).err, ErrorCode.Ok);
  equal(world.ask(reader, read("/a")).err, ErrorCode.NoNode);
  equal(world.ask(reader, { kind: "sync", path: "/" }).err, ErrorCode.Ok);
  equal(world.ask(reader, read("/a")).err, ErrorCode.Ok);
});

statement("4.7", "On loss of the leader the connections of waiting requests are closed", () => {
  const world = new Three();
  const cut = world.followers()[0]!;
  const client = world.client(cut);
  for (const other of world.processes) if (other !== cut) world.cut(cut, other);
  let answer: Answer | undefined;
  client.ask(create("/a"), (came) => {
    answer = came;
  });
  world.until(() => answer !== undefined);
  deepEqual([answer!.err, answer!.sent], [undefined, true]);
  equal(client.isLive, false);
});

const body = (hex: string) => bytesOfHex(hex);
statement("4.7", "A REQUEST has the body as it came, and identities that are never null", () => {
  const sent: Forwarded[] = [];
  const forwarding = new Forwarding((request) => void sent.push(request));
  const author = { session: 5n as SessionId, cxid: 3, ids: [] };
  const operation = operationOf(OpCode.delete)!;
  ok(operation.access === "write");
  // Bytes behind the request's fields go along too.
  const chunk = body("ff 00000002 2f61 ffffffff 0102");
  const asked = { request: undefined, bytes: chunk, start: 1, end: chunk.length };
  forwarding.request(author, 0, operation, asked);
  const { body: bytes, ...head } = sent[0]!;
  deepEqual(head, { session: 5n, cxid: 3, opcode: OpCode.delete, ids: [] });
  equal(hexOf(bytes), hexOf(chunk.subarray(1)));
});

statement("4.7", "createSession has the timeout as its body, and null identities", () => {
  const sent: Forwarded[] = [];
  const forwarding = new Forwarding((request) => void sent.push(request));
  forwarding.createSession({ session: 5n as SessionId, cxid: 0, ids: [] }, 0, 4000);
  const { body: bytes, ids, opcode } = sent[0]!;
  deepEqual([new JuteReader(bytes).int(), bytes.length, ids], [4000, 4, null]);
  equal(opcode, OpCode.createSession);
});

statement(
  "4.8",
  "Without its leader a server closes to clients and looks, with its database",
  () => {
    const world = new Three();
    const [follower, other] = world.followers();
    const client = world.client(follower!);
    const { tree } = follower!.born!.state();
    world.leader()!.crash("kill");
    other!.crash("kill");
    world.until(() => !client.isLive);
    equal(follower!.born!.describe().startsWith("looking"), true);
    equal(follower!.born!.state().tree, tree);
  },
);

/** A leader that the others have left, with a proposal that nobody else has. */
function deposed(): { readonly world: Three; readonly old: Process; readonly committed: Zxid } {
  const world = new Three({ snapshotRecords: 2 });
  const old = world.leader()!;
  const client = world.client(old);
  for (const path of ["/a", "/b", "/c", "/d", "/e"]) world.ask(client, create(path));
  rest(world);
  const committed = lastOf(old);
  for (const other of world.processes) if (other !== old) world.cut(old, other);
  client.ask(create("/lost"), () => {});
  client.ask(create("/lost2"), () => {});
  world.until(() => old.born?.isServing() === false);
  world.until(() => world.processes.some((other) => other !== old && other.born?.isLeading()));
  return { world, old, committed };
}

statement("4.8", "Before voting, the database is what the log ends with", () => {
  const { old, committed } = deposed();
  equal(old.born!.describe().startsWith("looking"), true);
  equal(lastOf(old), committed + 2n);
});

statement("4.8", "Logged and never committed: learners are told to TRUNC, or get SNAP", () => {
  const { world, old } = deposed();
  world.heal();
  rest(world);
  equal(world.ask(world.client(old), read("/lost")).err, ErrorCode.NoNode);
  ok(world.probes.reached.has("a learner took over another state"));
});

statement(
  "4.8",
  "No snapshot shows what is not committed (divergences: snapshots-past-cut)",
  () => {
    const { world, old, committed } = deposed();
    world.pass(1000);
    const names = snapshotsAmong(old.disk.list("snap"));
    ok(names.length > 0);
    for (const { zxid } of names) ok(zxid <= committed, `${epochOf(zxid)}.${counterOf(zxid)}`);
  },
);

/** Every member's node of the configuration, as its clients read it. */
function configs(world: Three) {
  return world.processes.map(({ born }) => {
    const { tree } = born!.state();
    const node = tree.findText("/zookeeper/config");
    const { version, mzxid } = tree.statOf(node);
    return { version, mzxid, text: new TextDecoder().decode(tree.dataOf(node)!).split("\n") };
  });
}

statement("2.7", "/zookeeper/config has version -1; its mzxid is the configuration's", () => {
  for (const { version, mzxid, text } of configs(new Three())) {
    deepEqual([version, mzxid, text.length, text.at(-1)], [-1, 0n, 4, "version=0"]);
  }
});

statement("4.4", "After SNAP /zookeeper/config is that of the own configuration (2819)", () => {
  const { world } = deposed();
  const before = configs(world);
  world.heal();
  rest(world);
  deepEqual(configs(world), before);
});
