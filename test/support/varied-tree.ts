/**
 * Writes a tree that has something of everything: node kinds, data from null to large, ACLs,
 * quotas, multis done and failed, deletes, ephemerals of sessions that stay and of one that ends.
 * The same seed writes the same with the same zxids, on every server.
 */
import { bytesOfHex, utf8 } from "../../src/base/bytes.ts";
import { Prng } from "../../src/base/prng.ts";
import { CreateResponse } from "../../src/records/client.ts";
import { CreateMode, TTL_MS_MAX } from "../../src/records/constants.ts";
import type { Acl } from "../../src/records/data.ts";
import { OPEN_ACL } from "../../src/records/data.ts";
import { create, createTtl, granted, multi, remove, setAcl, setData } from "./operations.ts";
import { decoded, RawSession } from "./raw-session.ts";
import { SUPER_AUTH } from "./subjects.ts";

/** Sessions do not expire while the servers change. */
const TIMEOUT_MS = 40_000;
const RANDOM_OPERATIONS = 250;
const CHILDREN_MAX = 40;

const ACLS: readonly (readonly Acl[])[] = [
  OPEN_ACL,
  [{ perms: 31, scheme: "digest", id: "bob:ikIaKsbtGweaHnb/jKn7OHqbunM=" }],
  [
    { perms: 1, scheme: "world", id: "anyone" },
    { perms: 22, scheme: "ip", id: "127.0.0.0/8" },
  ],
  [{ perms: 255, scheme: "auth", id: "" }],
];
const DATA: readonly (Uint8Array | null)[] = [
  null,
  new Uint8Array(0),
  utf8("plain"),
  bytesOfHex("00ff80c3280a0d"),
  new Uint8Array(5_000).fill(0x61),
];

/**
 * One part of the history below `/tree<number>`; the sessions returned stay open and own
 * ephemerals.
 */
export async function writeVariedTree(
  port: number,
  number: number,
): Promise<readonly RawSession[]> {
  const session = await RawSession.open(port, { timeoutMs: TIMEOUT_MS });
  await granted("auth", session.auth("digest", SUPER_AUTH));
  const passing = await RawSession.open(port, { timeoutMs: TIMEOUT_MS });
  const staying = await RawSession.open(port, { timeoutMs: TIMEOUT_MS });
  const root = `/tree${number}`;
  await granted(root, create(session, root, utf8("root")));
  await writeKinds(session, root);
  await create(passing, `${root}/passing`, null, CreateMode.ephemeral);
  await create(staying, `${root}/staying`, utf8("s"), CreateMode.ephemeral);
  await create(staying, `${root}/staying-`, null, CreateMode.ephemeralSequential);
  await writeMultis(session, root);
  if (number === 1) await writeQuota(session, root);
  await writeRandomly(session, `${root}/random`, new Prng(number));
  await passing.close();
  return [session, staying];
}

async function writeKinds(session: RawSession, root: string): Promise<void> {
  for (const [at, data] of DATA.entries()) await create(session, `${root}/data${at}`, data);
  for (const [at, acl] of ACLS.entries()) await create(session, `${root}/acl${at}`, null, 0, acl);
  await create(session, `${root}/container`, utf8("c"), CreateMode.container);
  await session.request(19, containerBody(`${root}/container19`));
  await create(session, `${root}/container19/child`, null);
  await createTtl(session, `${root}/ttl`, CreateMode.persistentWithTtl, BigInt(TTL_MS_MAX));
  await createTtl(session, `${root}/ttl-`, CreateMode.persistentSequentialWithTtl, 86_400_000n);
  await create(session, `${root}/größe-中文`, utf8("é"));
  await setAcl(session, `${root}/acl0`, ACLS[2]!, 0);
  await setAcl(session, `${root}/acl0`, ACLS[1]!, 1);
  await setAcl(session, `${root}/acl0`, ACLS[1]!, 7);
  await create(session, `${root}/data0`, null);
  await create(session, `${root}/none/none`, null);
}

function containerBody(path: string): Uint8Array {
  const text = utf8(path);
  const head = new DataView(new ArrayBuffer(4));
  head.setInt32(0, text.length);
  const tail = "ffffffff 00000001 0000001f 00000005 776f726c64 00000006 616e796f6e65 00000004";
  return new Uint8Array([...new Uint8Array(head.buffer), ...text, ...bytesOfHex(tail)]);
}

async function writeMultis(session: RawSession, root: string): Promise<void> {
  const made = (path: string, flags = 0) =>
    ({ kind: "create", request: { path, data: utf8("m"), acl: OPEN_ACL, flags } }) as const;
  const path = `${root}/multi`;
  await multi(session, [
    made(path),
    made(`${path}/s-`, CreateMode.persistentSequential),
    made(`${path}/e`, CreateMode.ephemeral),
    { kind: "check", request: { path, version: 0 } },
    { kind: "setData", request: { path, data: utf8("set"), version: 0 } },
    made(`${path}/gone`),
    { kind: "delete", request: { path: `${path}/gone`, version: 0 } },
  ]);
  // Fails at the last element: nothing of it stays, but its zxid is used.
  await multi(session, [
    made(`${path}/s-`, CreateMode.persistentSequential),
    { kind: "setData", request: { path, data: null, version: -1 } },
    { kind: "delete", request: { path, version: -1 } },
  ]);
  await multi(session, [made(`${path}/s-`, CreateMode.persistentSequential)]);
}

async function writeQuota(session: RawSession, root: string): Promise<void> {
  const at = `/zookeeper/quota${root}`;
  await create(session, at, new Uint8Array(0));
  await create(session, `${at}/zookeeper_limits`, utf8("count=100000,bytes=-1"));
  await create(session, `${at}/zookeeper_stats`, utf8("count=0,bytes=0"));
}

async function writeRandomly(session: RawSession, root: string, prng: Prng): Promise<void> {
  await granted(root, create(session, root, null));
  const alive: string[] = [];
  for (let step = 0; step < RANDOM_OPERATIONS; step++) {
    const act = prng.below(10);
    if (alive.length === 0 || (act < 5 && alive.length < CHILDREN_MAX)) {
      const reply = await create(session, `${root}/n-`, prng.pick(DATA), 2, prng.pick(ACLS));
      alive.push(decoded(CreateResponse, reply.body).path);
    } else if (act < 8) {
      await setData(session, prng.pick(alive), utf8(`step ${step}`), prng.below(3) - 1);
    } else {
      const [path] = alive.splice(prng.below(alive.length), 1);
      await granted(`delete ${path}`, remove(session, path!));
    }
  }
}
