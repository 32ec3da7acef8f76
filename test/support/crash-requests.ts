/** Requests of every writing kind, drawn at random over a small set of paths, so that many are refused. */
import { utf8 } from "../../src/base/bytes.ts";
import type { Prng } from "../../src/base/prng.ts";
import { type Codec, record } from "../../src/jute/codec.ts";
import * as client from "../../src/records/client.ts";
import { CreateMode } from "../../src/records/constants.ts";
import { type Acl, OPEN_ACL } from "../../src/records/data.ts";
import { type MultiOp, writeMultiOps } from "../../src/records/multi.ts";
import { OpCode } from "../../src/records/op-codes.ts";
import type { WorldClient } from "./machine-world.ts";

const ACLS: readonly (readonly Acl[])[] = [
  OPEN_ACL,
  [{ perms: 31, scheme: "ip", id: "10.0.0.0/8" }],
  [
    { perms: 15, scheme: "world", id: "anyone" },
    { perms: 31, scheme: "ip", id: "10.0.0.1" },
  ],
];
const MODES = [0, 0, CreateMode.ephemeral, CreateMode.ephemeral, 2, 3];

const Nothing = record({});
const Multi: Codec<readonly MultiOp[]> = {
  bytesMin: 9,
  read: () => [],
  write: writeMultiOps,
};

const anyPath = (prng: Prng): string =>
  `/n${prng.below(5)}${prng.chance(0.6) ? `/c${prng.below(4)}` : ""}`;
const anyData = (prng: Prng): Uint8Array =>
  utf8(String.fromCharCode(97 + prng.below(26)).repeat(prng.pick([0, 3, 40, 700])));
const anyVersion = (prng: Prng): number => prng.pick([-1, -1, -1, 0, 1]);
const creation = (prng: Prng, flags: number) => ({
  path: anyPath(prng),
  data: anyData(prng),
  acl: prng.pick(ACLS),
  flags,
});

/** Sends one request. `isClose`: it ends the session. */
export function askRandomly(to: WorldClient, prng: Prng): { xid: number; isClose: boolean } {
  if (prng.chance(0.02)) {
    return { xid: to.ask(OpCode.closeSession, Nothing, {}), isClose: true };
  }
  return { xid: writeRandomly(to, prng), isClose: false };
}

function writeRandomly(to: WorldClient, prng: Prng): number {
  const path = anyPath(prng);
  switch (prng.below(9)) {
    case 0:
    case 1:
    case 2:
      return to.ask(OpCode.create, client.CreateRequest, creation(prng, prng.pick(MODES)));
    case 3:
      return to.ask(OpCode.delete, client.DeleteRequest, { path, version: anyVersion(prng) });
    case 4:
      return to.ask(OpCode.setACL, client.SetACLRequest, {
        path,
        acl: prng.pick(ACLS),
        version: anyVersion(prng),
      });
    case 5:
      if (prng.chance(0.5)) {
        return to.ask(OpCode.createContainer, client.CreateRequest, creation(prng, 4));
      }
      return to.ask(OpCode.createTTL, client.CreateTTLRequest, {
        ...creation(prng, 5),
        ttl: 1_000_000n,
      });
    case 6:
    case 7:
      return to.ask(OpCode.multi, Multi, anyMulti(prng));
    default:
      return to.ask(OpCode.setData, client.SetDataRequest, {
        path,
        data: anyData(prng),
        version: anyVersion(prng),
      });
  }
}

function anyMulti(prng: Prng): readonly MultiOp[] {
  return Array.from({ length: 1 + prng.below(3) }, (): MultiOp => {
    const path = anyPath(prng);
    switch (prng.below(4)) {
      case 0:
        return { kind: "create", request: creation(prng, prng.pick(MODES)) };
      case 1:
        return { kind: "delete", request: { path, version: -1 } };
      case 2:
        return { kind: "check", request: { path, version: anyVersion(prng) } };
      default:
        return { kind: "setData", request: { path, data: anyData(prng), version: -1 } };
    }
  });
}
