/** The way of a write: the zxids that it gives, up to where they end. */
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { SETTINGS } from "../../test/support/machine-world.ts";
import { makeZxid, toSessionId, type Zxid } from "../base/ids.ts";
import { ErrorCode } from "../records/error-codes.ts";
import { Access } from "../requests/access.ts";
import { world } from "../requests/auth-scheme.ts";
import { setData } from "../requests/set-data.ts";
import { DataTree } from "../tree/data-tree.ts";
import { LogWriter } from "../txnlog/log-writer.ts";
import { Replica } from "./replica.ts";
import { WritePath } from "./write-path.ts";
import { UNTIL_TOLD } from "./writes.ts";

const author = { session: toSessionId(7n), cxid: 1, ids: [] };
const request = { path: "/", data: null, version: -1 };

function writesBehind(lastZxid: Zxid, isOpen?: () => boolean) {
  const log = new LogWriter({
    ...{ forceSync: true, preAllocBytes: 0, fileBytesMax: 0, batchRecordsMax: 10 },
    snapshots: { records: 1000, bytes: 0 },
    chance: 0,
    lastZxid,
  });
  const tree = new DataTree({ hashSeed: 1, extendedTypes: true });
  tree.finishLoad(lastZxid);
  const replica = new Replica({ tree, sessions: new Map() }, log);
  const writes = new WritePath({
    ...{ replica, access: new Access([world], false), settings: SETTINGS },
    quotaExceeded: () => {},
    ...(isOpen === undefined ? {} : { isOpen }),
  });
  const write = (): Zxid => writes.request(author, 0, setData, { request });
  return { writes, write, replica };
}

test("behind the end of an epoch's counter comes the next epoch: a server without others", () => {
  const { write } = writesBehind(makeZxid(3, 0xffff_fffd));
  const expected = [makeZxid(3, 0xffff_fffe), makeZxid(4, 1), makeZxid(4, 2)];
  deepEqual([write(), write(), write()], expected);
});

test("1277: nothing gets a number once a leader has ended its epoch", () => {
  let isOpen = true;
  const { writes, write, replica } = writesBehind(makeZxid(3, 7), () => isOpen);
  equal(write(), makeZxid(3, 8));
  isOpen = false;
  equal(write(), UNTIL_TOLD);
  equal(writes.refuse(author, 0, ErrorCode.SessionExpired), UNTIL_TOLD);
  writes.createSession(author, 0, 4000);
  equal(replica.lastAppended, makeZxid(3, 8));
  equal(writes.lastProposed, makeZxid(3, 8));
});
