/**
 * The edges of framing, handshake and single requests, on bare sockets. From: specification 2.1,
 * 2.2.
 *
 * Each case tells what came back: frames as hexadecimal text with session ids, passwords, clock
 * times masked, and "closed" when the server closed.
 */
import { bytesOfHex, hexOf, utf8 } from "../../../src/base/bytes.ts";
import { toSessionId, toZxid } from "../../../src/base/ids.ts";
import { ConnectRequest } from "../../../src/records/client.ts";
import { fourLetter } from "../../support/four-letter.ts";
import { encoded, frame, RawSession } from "../../support/raw-session.ts";
import type { Subject } from "../../support/subjects.ts";
import { Wire } from "../../support/wire.ts";
import type { Scenario, WantedDifference } from "../scenario.ts";

const PING = bytesOfHex("00000008 fffffffe 0000000b");
/** -6 in a reply as `maskReply` shows it. */
const UNIMPLEMENTED = " fffffffa";
const CLOSE_MS_MAX = 500;
const PONG = /^fffffffe[0-9a-f]{16}00000000$/;

type Handshake = {
  readonly timeoutMs?: number;
  readonly sessionId?: bigint;
  readonly password?: Uint8Array | null;
  readonly lastZxidSeen?: bigint;
  readonly readOnly?: boolean | undefined;
};

function handshake(options: Handshake = {}): Uint8Array {
  const { password = new Uint8Array(16), readOnly = false } = options;
  const asked = {
    protocolVersion: 0,
    lastZxidSeen: toZxid(options.lastZxidSeen ?? 0n),
    timeoutMs: options.timeoutMs ?? 10_000,
    sessionId: toSessionId(options.sessionId ?? 0n),
    password,
    readOnly: "readOnly" in options ? options.readOnly : readOnly,
  };
  return frame(encoded(ConnectRequest, asked));
}

/** A handshake answer with session id and password shown as zero or not. */
function maskAnswer(hex: string): string {
  if (hex === "closed") return hex;
  const shown = (part: string): string => (/^0*$/.test(part) ? part : "*");
  const [head, id, length] = [hex.slice(0, 16), hex.slice(16, 32), hex.slice(32, 40)];
  const password = hex.slice(40, 72);
  return `${head} ${shown(id)} ${length} ${shown(password)} ${hex.slice(72)}`;
}

/** A reply with its zxid shown as 0, -1 or other. */
function maskReply(hex: string): string {
  if (hex === "closed") return hex;
  const zxid = hex.slice(8, 24);
  const shown = /^(0{16}|f{16})$/.test(zxid) ? zxid : "zxid";
  return `${hex.slice(0, 8)} ${shown} ${hex.slice(24, 32)} ${hex.slice(32)}`.trim();
}

/** Frames until a ping is answered or the connection ends. */
async function until(wire: Wire): Promise<string> {
  const seen: string[] = [];
  for (;;) {
    const next = await wire.next();
    if (PONG.test(next)) {
      // The reference closes some time after the reply; a ping sent along may be answered before.
      const refused = seen.some((reply) => reply.includes(UNIMPLEMENTED));
      const closed = refused && (await wire.closesWithin(CLOSE_MS_MAX));
      return [...seen, closed ? "closed" : "open"].join(" | ");
    }
    seen.push(maskReply(next));
    if (next === "closed") return seen.join(" | ");
  }
}

type Case = readonly [why: string, run: (server: Subject) => Promise<string>];

/** What a first frame gets. */
const first = (why: string, bytes: Uint8Array): Case => [
  why,
  async (server) => {
    const wire = await Wire.open(server.port);
    wire.write(bytes);
    const answer = await wire.next();
    const after = maskAnswer(answer) === "closed" ? "" : await pinged(wire);
    wire.end();
    return `${maskAnswer(answer)} ${after}`.trim();
  },
];

async function pinged(wire: Wire): Promise<string> {
  wire.write(PING);
  return until(wire);
}

async function openWire(server: Subject): Promise<Wire> {
  const wire = await Wire.open(server.port);
  wire.write(handshake());
  await wire.next();
  return wire;
}

/** What bytes get in an established session, and whether it still answers a ping. */
const established = (why: string, ...bytes: readonly Uint8Array[]): Case => [
  why,
  async (server) => {
    const wire = await openWire(server);
    for (const part of bytes) wire.write(part);
    wire.write(PING);
    const seen = await until(wire);
    wire.end();
    return seen;
  },
];

const request = (xid: number, type: number, bodyHex: string): Uint8Array => {
  const header = new DataView(new ArrayBuffer(8));
  header.setInt32(0, xid);
  header.setInt32(4, type);
  return frame(new Uint8Array(header.buffer), bytesOfHex(bodyHex));
};
const text = (value: string): string => {
  const bytes = utf8(value);
  return bytes.length.toString(16).padStart(8, "0") + hexOf(bytes);
};
const OPEN = `00000001 0000001f ${text("world")} ${text("anyone")}`;
const NULL = "ffffffff";

const HANDSHAKES: readonly Case[] = [
  first("handshake with readOnly", handshake()),
  first("handshake with readOnly true", handshake({ readOnly: true })),
  first("handshake of an old client", handshake({ readOnly: undefined })),
  first("null password for a new session", handshake({ password: null })),
  first("short password for a new session", handshake({ password: new Uint8Array(3) })),
  first("timeout below the minimum", handshake({ timeoutMs: 1 })),
  first("timeout above the maximum", handshake({ timeoutMs: 10_000_000 })),
  first("negative timeout", handshake({ timeoutMs: -5 })),
  first("unknown session", handshake({ sessionId: 0x1234n })),
  first("unknown session, old client", handshake({ sessionId: 0x1234n, readOnly: undefined })),
  first("unknown session, null password", handshake({ sessionId: 0x1234n, password: null })),
  first("a client from the future", handshake({ lastZxidSeen: 0x7fff_0000_0000n })),
  first("bytes after the handshake record", frame(handshake().subarray(4), utf8("more"))),
  first("first frame empty", bytesOfHex("00000000")),
  first("first frame of negative length", bytesOfHex("ffffffff 00000000")),
  first("first frame too large", bytesOfHex("00100000 00000000")),
  first("first frame cut off", frame(handshake().subarray(4, 30))),
  first("garbage", utf8("GET / HTTP/1.1\r\nHost: x\r\n\r\n")),
];

const REQUESTS: readonly Case[] = [
  established("empty frame", bytesOfHex("00000000")),
  established("frame shorter than a header", frame(bytesOfHex("00000001"))),
  established("frame of negative length", bytesOfHex("80000000")),
  established("frame of 0x100000 bytes announced", bytesOfHex("00100000")),
  established("unknown opcode 99", request(1, 99, "")),
  established("opcode 0", request(1, 0, "")),
  established("opcode 10", request(1, 10, "")),
  established("opcode 108", request(1, 108, "")),
  established("negative opcode -2", request(1, -2, "")),
  established("opcode -1", request(1, -1, "")),
  established("ping with an xid of its own", request(77, 11, "")),
  established("negative xid", request(-77, 4, `${text("/")} 00`)),
  established(
    "auth with an ordinary xid",
    request(5, 100, `00000000 ${text("digest")} ${text("a:b")}`),
  ),
  established(
    "auth of an unknown scheme",
    request(-4, 100, `00000000 ${text("nobody")} ${text("a")}`),
  ),
  established("auth without a record", request(-4, 100, "")),
  established(
    "auth digest without a colon",
    request(-4, 100, `00000000 ${text("digest")} ${text("a")}`),
  ),
  established("auth ip", request(-4, 100, `00000000 ${text("ip")} ${text("")}`)),
  established("sasl without configuration", request(3, 102, text("token"))),
  established("getData of the root as empty path", request(1, 8, "00000000 00")),
  established("getData without the flag", request(1, 4, text("/"))),
  established("getData with an empty body", request(1, 4, "")),
  established("getData of a null path", request(1, 4, `${NULL} 00`)),
  established("path length out of range", request(1, 4, "7fffffff 2f00")),
  established("path length below -1", request(1, 4, "fffffff0 2f00")),
  established("bytes after the record", request(1, 3, `${text("/none")} 00 deadbeef`)),
  established("create with an empty body", request(1, 1, "")),
  established("create cut off in its ACL", request(1, 1, `${text("/cut")} ${NULL} 00000001`)),
  established("create with a null ACL", request(1, 1, `${text("/n")} ${NULL} ${NULL} 00000000`)),
  established("create with an empty ACL", request(1, 1, `${text("/n")} ${NULL} 00000000 00000000`)),
  established("create of a null path", request(1, 1, `${NULL} ${NULL} ${OPEN} 00000000`)),
  established("create without flags", request(1, 1, `${text("/f")} ${NULL} ${OPEN}`)),
  established("create with flags 7", request(1, 1, `${text("/f")} ${NULL} ${OPEN} 00000007`)),
  established("create with flags -1", request(1, 1, `${text("/f")} ${NULL} ${OPEN} ${NULL}`)),
  established("multi of nothing", request(1, 14, "ffffffff 01 ffffffff")),
  established("multi without an end", request(1, 14, "")),
  established(
    "multi with a read in it",
    request(1, 14, `00000004 00 ffffffff ${text("/")} 00 ffffffff 01 ffffffff`),
  ),
  established(
    "multi of an unknown type",
    request(1, 14, "00000063 00 ffffffff ffffffff 01 ffffffff"),
  ),
  established("multiRead of nothing", request(1, 22, "ffffffff 01 ffffffff")),
  established(
    "multiRead with a write in it",
    request(1, 22, `00000002 00 ffffffff ${text("/x")} ffffffff ffffffff 01 ffffffff`),
  ),
  established(
    "setWatches with null vectors",
    request(-8, 101, `0000000000000000 ${NULL} ${NULL} ${NULL}`),
  ),
  established(
    "setWatches of nothing",
    request(-8, 101, "0000000000000000 00000000 00000000 00000000"),
  ),
  established(
    "setWatches2 of nothing",
    request(-8, 105, `0000000000000000 ${"00000000".repeat(5)}`),
  ),
  established(
    "setWatches2 with null vectors",
    request(-8, 105, `0000000000000000 ${"00000000".repeat(3)} ${NULL} ${NULL}`),
  ),
  established(
    "setWatches2 of setWatches' length",
    request(-8, 105, `0000000000000000 ${"00000000".repeat(3)}`),
  ),
  established("addWatch", request(1, 106, `${text("/w")} 00000000`)),
  established("addWatch of an unknown mode", request(1, 106, `${text("/w")} 00000009`)),
  established("addWatch of a negative mode", request(1, 106, `${text("/w")} ${NULL}`)),
  established("addWatch of a null path", request(1, 106, `${NULL} 00000000`)),
  established("addWatch recursive of a null path", request(1, 106, `${NULL} 00000001`)),
  established("addWatch of a path without a slash", request(1, 106, `${text("w")} 00000000`)),
  established("addWatch of an empty path", request(1, 106, `${text("")} 00000001`)),
  established("addWatch without a mode", request(1, 106, text("/w"))),
  established("removeWatches of an unknown type", request(1, 18, `${text("/w")} 00000009`)),
  established("removeWatches of type 0", request(1, 18, `${text("/w")} 00000000`)),
  established("removeWatches where none is", request(1, 18, `${text("/w")} 00000003`)),
  established("removeWatches of a null path", request(1, 18, `${NULL} 00000003`)),
  established("checkWatches of an unknown type", request(1, 17, `${text("/w")} 00000006`)),
  established("checkWatches where none is", request(1, 17, `${text("/w")} 00000003`)),
  established("checkWatches of a null path", request(1, 17, `${NULL} 00000001`)),
  established("checkWatches without a body", request(1, 17, "")),
  established("getEphemerals of a null prefix", request(1, 103, NULL)),
  established("getEphemerals without a body", request(1, 103, "")),
  established("getAllChildrenNumber of a missing node", request(1, 104, text("/none"))),
  established("getAllChildrenNumber of a null path", request(1, 104, NULL)),
  established("getAllChildrenNumber without a body", request(1, 104, "")),
  established("getAllChildrenNumber of the root", request(1, 104, text("/"))),
  established("getAllChildrenNumber of an empty path", request(1, 104, text(""))),
  established("getAllChildrenNumber of /zookeeper", request(1, 104, text("/zookeeper"))),
  established("whoAmI", request(1, 107, "")),
  established("whoAmI with bytes behind", request(1, 107, "deadbeef")),
  established(
    "whoAmI of digest identities",
    request(-4, 100, `00000000 ${text("digest")} ${text("bob:pw")}`),
    request(-4, 100, `00000000 ${text("digest")} ${text(":x")}`),
    request(1, 107, ""),
  ),
  established(
    "reconfig on a standalone server",
    request(1, 16, `${NULL} ${NULL} ${NULL} ffffffffffffffff`),
  ),
  established("reconfig without a body", request(1, 16, "")),
  established(
    "close, and a request behind it",
    request(9, -11, ""),
    request(10, 4, `${text("/")} 00`),
  ),
  established("three requests in one packet", joined(request(1, 3, `${text("/none")} 00`), 3)),
  established("opcode 20, internal", request(1, 20, text("/none"))),
  established("opcode -10, internal", request(1, -10, "00002710")),
];

function joined(bytes: Uint8Array, times: number): Uint8Array {
  return bytesOfHex(hexOf(bytes).repeat(times));
}

const FLOWS: readonly Case[] = [
  [
    "wrong password for a living session",
    async (server) => {
      const session = await RawSession.open(server.port);
      const wire = await Wire.open(server.port);
      wire.write(handshake({ sessionId: session.sessionId, password: new Uint8Array(16) }));
      const seen = [maskAnswer(await wire.next()), await wire.next()];
      const still = await session.ping().then(
        () => "alive",
        (error: Error) => error.message,
      );
      await session.cut();
      return `${seen.join(" ")}; the living connection: ${still}`;
    },
  ],
  [
    "re-attach closes the older connection",
    async (server) => {
      const old = await RawSession.open(server.port);
      const { sessionId, password } = old;
      const next = await RawSession.open(server.port, { sessionId, password });
      await old.whenClosed();
      const same = next.sessionId === sessionId && hexOf(next.password) === hexOf(password);
      const pong = (await next.ping()).err;
      await next.close();
      return `same ${same}, ping ${pong}`;
    },
  ],
  [
    "re-attach after a proper close",
    async (server) => {
      const old = await RawSession.open(server.port);
      const { sessionId, password } = old;
      await old.close();
      const next = await RawSession.open(server.port, { sessionId, password });
      await next.whenClosed();
      return `session ${next.sessionId}, timeout ${next.timeoutMs}`;
    },
  ],
  [
    "everything byte by byte",
    async (server) => {
      const wire = await Wire.open(server.port);
      await wire.trickle(handshake());
      const answer = maskAnswer(await wire.next());
      await wire.trickle(request(1, 3, `${text("/none")} 00`));
      await wire.trickle(PING);
      const seen = await until(wire);
      wire.end();
      return `${answer}; ${seen}`;
    },
  ],
  [
    "a frame of the largest size",
    async (server) => {
      const session = await RawSession.open(server.port);
      // xid, type, path "/big", data length, ACL and flags take 51 bytes.
      const data = "61".repeat(0xfffff - 51);
      const body = `${text("/big")} ${(0xfffff - 51).toString(16).padStart(8, "0")} ${data}`;
      const bytes = request(1, 1, `${body} ${OPEN} 00000000`);
      const reply = await session.exchange(bytes).catch((error: Error) => error);
      await session.cut();
      return `${bytes.length - 4} bytes: ${reply instanceof Error ? reply.message : reply.err}`;
    },
  ],
  [
    "event before the reply of its cause",
    async (server) => {
      const wire = await openWire(server);
      wire.write(request(1, 3, `${text("/event")} 01`));
      wire.write(request(2, 1, `${text("/event")} ${NULL} ${OPEN} 00000000`));
      wire.write(PING);
      const seen = await until(wire);
      wire.end();
      return seen;
    },
  ],
  [
    "four-letter words",
    async (server) => {
      const words = ["ruok", "isro", "xxxx", "gtmk"];
      const answers = await Promise.all(words.map((word) => fourLetter(server.port, word)));
      return JSON.stringify(answers);
    },
  ],
];

/** Who watches hears of: create, create below, set below, set, set, delete below, delete. */
const watched = (
  why: string,
  arm: (session: RawSession, path: string) => Promise<unknown>,
): Case => [
  why,
  async (server) => {
    const session = await RawSession.open(server.port);
    const path = `/${why.replaceAll(" ", "-")}`;
    const below = `${path}/below`;
    await arm(session, path);
    const created = (at: string) => bytesOfHex(`${text(at)} ${NULL} ${OPEN} 00000000`);
    const set = (at: string) => bytesOfHex(`${text(at)} ${NULL} ${NULL}`);
    const gone = (at: string) => bytesOfHex(`${text(at)} ${NULL}`);
    await session.request(1, created(path));
    await session.request(1, created(below));
    await session.request(5, set(below));
    await session.request(5, set(path));
    await session.request(5, set(path));
    await session.request(2, gone(below));
    await session.request(2, gone(path));
    const events = session.arrivals.flatMap((item) =>
      item.kind === "event" ? [`${item.event.type} ${item.event.path.replace(path, "P")}`] : [],
    );
    await session.close();
    return events.join(", ");
  },
];
const addsWatch = (session: RawSession, path: string, mode: number) =>
  session.request(106, bytesOfHex(`${text(path)} 0000000${mode}`));
const removesWatches = (session: RawSession, path: string, type: number) =>
  session.request(18, bytesOfHex(`${text(path)} 0000000${type}`));

const WATCHES: readonly Case[] = [
  watched("persistent watch", (session, path) => addsWatch(session, path, 0)),
  watched("recursive watch", (session, path) => addsWatch(session, path, 1)),
  watched("recursive watch of the root", (session) => addsWatch(session, "/", 1)),
  watched("persistent watch twice", async (session, path) => {
    await addsWatch(session, path, 0);
    await addsWatch(session, path, 0);
  }),
  watched("persistent watch removed", async (session, path) => {
    await addsWatch(session, path, 0);
    await removesWatches(session, path, 3);
  }),
  watched("persistent watch by setWatches2", (session, path) =>
    session.request(
      105,
      bytesOfHex(`7fffffffffffffff ${"00000000".repeat(3)} 00000001 ${text(path)} 00000000`),
    ),
  ),
  watched("recursive watch by setWatches2", (session, path) =>
    session.request(
      105,
      bytesOfHex(`7fffffffffffffff ${"00000000".repeat(4)} 00000001 ${text(path)}`),
    ),
  ),
  watched("one-time watches by setWatches2", (session, path) =>
    session.request(
      105,
      bytesOfHex(
        `0000000000000000 00000001 ${text("/")} 00000001 ${text(path)} 00000001 ${text("/none")}` +
          "00000000 00000000",
      ),
    ),
  ),
  watched("one-time watch over a persistent one", async (session, path) => {
    await addsWatch(session, path, 0);
    await session.request(3, bytesOfHex(`${text(path)} 01`));
  }),
  watched("persistent watch, data watches removed", async (session, path) => {
    await addsWatch(session, path, 0);
    await removesWatches(session, path, 2);
  }),
];

const ANOTHERS_WATCH: Case = [
  "checkWatches of another connection's watch",
  async (server) => {
    const [one, other] = [await RawSession.open(server.port), await RawSession.open(server.port)];
    await one.request(3, bytesOfHex(`${text("/anothers")} 01`));
    const check = (type: number) =>
      other.request(17, bytesOfHex(`${text("/anothers")} 0000000${type}`));
    const [children, data] = [await check(1), await check(2)];
    await one.close();
    await other.close();
    return `${children.err}, ${data.err}`;
  },
];

const LONE_CHECK: Case = established("check outside multi", request(1, 13, `${text("/")} ${NULL}`));

/** An identity as whoAmI tells it. */
const identity = (scheme: string, user: string): string => text(scheme) + text(user);

const WANTED: readonly WantedDifference[] = [
  {
    apache:
      /^close, and a request behind it: 00000009 zxid 00000000 \|( \S+ zxid ffffff90 \|)* closed$/,
    quoll: /^close, and a request behind it: 00000009 zxid 00000000 \| closed$/,
    reason:
      "Apache may still refuse what stands behind a close before it closes: a race of its threads",
  },
  {
    apache: /^checkWatches of another connection's watch: -121, 0$/,
    quoll: /: -121, -121$/,
    reason: "divergences.md check-watches: it is this connection that asks",
  },
  {
    apache: /^(opcode 20, internal|opcode -10, internal|opcode -1): /,
    quoll: /: 00000001 f{16} fffffffa \| closed$/,
    reason: "internal operations are refused, not executed (specification 2.1)",
  },
  {
    apache: /^check outside multi: /,
    quoll: /^check outside multi: 00000001 \S+ fffffffa/,
    reason: "ZOOKEEPER-2623: a lone check would be logged and stop the next start",
  },
  {
    apache: /^event before .*: .*ffffffff f{16} 00000000/,
    quoll: /^event before .*: .*ffffffff zxid 00000000/,
    reason: "the event header carries the zxid, as in 3.9",
  },
  {
    apache: /^multiRead with a write in it: .* fffffffb ffffffff01ffffffff \|/,
    quoll: /^multiRead with a write in it: \S+ zxid fffffffb \|/,
    reason: "divergences.md error-body: a reply with an error has no body",
  },
  {
    apache: /^(addWatch|addWatch recursive|removeWatches) of a null path: /,
    quoll: / of a null path: 00000001 zxid fffffffb \| open$/,
    reason: "divergences.md watch-null-path: no node can have that path",
  },
  {
    apache: /^getAllChildrenNumber of an empty path: 00000001 zxid 00000000 00000004 /,
    quoll: /^getAllChildrenNumber of an empty path: 00000001 zxid 00000000 00000003 /,
    reason: "divergences.md count-empty-path: the root is not below itself",
  },
  {
    apache: /^whoAmI of digest identities: .* 00000003(?=.*626f62)(?=.*6970)/,
    quoll: new RegExp(
      `^whoAmI of digest identities: .* 00000003${identity("ip", "127.0.0.1")}` +
        `${identity("digest", "bob")}${identity("digest", "")} \\| open$`,
    ),
    reason: "identities come in no order: here in that of their coming (specification 2.10)",
  },
  {
    apache: /^wrong password for a living session: .*: closed$/,
    quoll: /^wrong password for a living session: .*: alive$/,
    reason: "divergences.md reopen-password: an id alone must not close a connection",
  },
  {
    apache: /^one-time watch over a persistent one: 1 P, 4 P, 4 P, 2 P$/,
    quoll: /: 1 P, 4 P, 3 P, 3 P, 4 P, 2 P$/,
    reason: "divergences.md watch-modes: the persistent watch stays (ZOOKEEPER-4466)",
  },
  {
    apache: /^persistent watch, data watches removed: 4 P, 4 P, 2 P$/,
    quoll: /: 1 P, 4 P, 3 P, 3 P, 4 P, 2 P$/,
    reason:
      "divergences.md remove-watches: only one-time watches are of type Data (ZOOKEEPER-4471)",
  },
];

export const rawCases: Scenario = {
  name: "raw",
  wanted: WANTED,
  async run(start) {
    const server = await start();
    const lines: string[] = [];
    try {
      // The lone check comes last: Apache's log cannot be read any more after it.
      for (const [why, run] of [
        ...HANDSHAKES,
        ...REQUESTS,
        ...FLOWS,
        ...WATCHES,
        ANOTHERS_WATCH,
        LONE_CHECK,
      ]) {
        const seen = await run(server).catch((error: Error) => `failed: ${error.message}`);
        lines.push(`${why}: ${seen}`);
      }
    } finally {
      await server.dispose();
    }
    return lines;
  },
};
