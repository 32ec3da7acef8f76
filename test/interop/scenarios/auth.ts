/**
 * Authentication under several configurations, on bare sockets: digests, odd credentials, enforced
 * schemes, ensemble names, the super user. Each case tells the replies as `xid error`.
 */
import { bytesOfHex, utf8 } from "../../../src/base/bytes.ts";
import { AuthPacket, CreateRequest } from "../../../src/records/client.ts";
import { OpCode } from "../../../src/records/op-codes.ts";
import { fourLetter } from "../../support/four-letter.ts";
import { encoded, frame, handshake } from "../../support/raw-session.ts";
import type { Start } from "../../support/subjects.ts";
import { Wire } from "../../support/wire.ts";
import type { Scenario } from "../scenario.ts";

/** The last frame of a case: what is answered before it and whether it is, is the outcome. */
const MARK_XID = 0x7777;

function request(xid: number, type: number, body: Uint8Array = new Uint8Array(0)): Uint8Array {
  const header = new DataView(new ArrayBuffer(8));
  header.setInt32(0, xid);
  header.setInt32(4, type);
  return frame(new Uint8Array(header.buffer), body);
}

const auth = (scheme: string | null, credential: string | Uint8Array | null, xid = -4) =>
  request(
    xid,
    OpCode.auth,
    encoded(AuthPacket, {
      type: 0,
      scheme,
      auth: typeof credential === "string" ? utf8(credential) : credential,
    }),
  );

const create = (xid: number, path: string, scheme: string, id: string) =>
  request(
    xid,
    OpCode.create,
    encoded(CreateRequest, {
      path,
      data: new Uint8Array(0),
      acl: [{ perms: 31, scheme, id }],
      flags: 0,
    }),
  );

const onPath = (xid: number, type: number, path: string) =>
  request(xid, type, joined(lengthOf(path), utf8(path), new Uint8Array(1)));
const lengthOf = (text: string): Uint8Array =>
  bytesOfHex(utf8(text).length.toString(16).padStart(8, "0"));
const joined = (...parts: readonly Uint8Array[]): Uint8Array => frame(...parts).subarray(4);
const exists = onPath(1, OpCode.exists, "/");

type Case = readonly [why: string, ...frames: readonly Uint8Array[]];

const ODD: readonly Case[] = [
  ["digest", auth("digest", "bob:pw")],
  ["digest twice", auth("digest", "bob:pw"), auth("digest", "bob:pw")],
  ["digest null", auth("digest", null)],
  ["digest empty", auth("digest", "")],
  ["digest of no user", auth("digest", ":pw")],
  ["digest without a colon", auth("digest", "bob")],
  ["digest that is no UTF-8", auth("digest", bytesOfHex("ff3afe"))],
  ["digest of 100000 bytes", auth("digest", `bob:${"x".repeat(100_000)}`)],
  ["digest with another xid", auth("digest", "bob:pw", 12)],
  ["unknown scheme", auth("nobody", "x")],
  ["null scheme", auth(null, "x")],
  ["world", auth("world", "anyone")],
  ["super", auth("super", "x")],
  ["sasl by an auth packet", auth("sasl", "x")],
  ["ip", auth("ip", "")],
  ["ping", request(-2, OpCode.ping)],
  ["closeSession", request(1, OpCode.closeSession)],
  ["exists", exists],
  ["auth, exists", auth("digest", "bob:pw"), exists],
  ["auth ip, exists", auth("ip", ""), exists],
  ["setWatches", request(-8, OpCode.setWatches, new Uint8Array(20))],
  ["ensemble", auth("ensemble", "alpha")],
  ["ensemble, the second name", auth("ensemble", "beta")],
  ["ensemble, another name", auth("ensemble", "gamma")],
  ["ensemble with a blank", auth("ensemble", " alpha")],
  ["ensemble empty", auth("ensemble", "")],
  ["ensemble null", auth("ensemble", null)],
  ["ensemble, exists", auth("ensemble", "alpha"), exists],
  ["ACL of ensemble", auth("digest", "bob:pw"), create(1, "/e", "ensemble", "alpha")],
  ["creator's node", auth("digest", "bob:pw"), create(1, "/bob", "auth", "")],
  ["creator reads", auth("digest", "bob:pw"), onPath(1, OpCode.getData, "/bob")],
  ["stranger reads", auth("digest", "eve:pw"), onPath(1, OpCode.getData, "/bob")],
  ["super reads", auth("digest", "super:secret"), onPath(1, OpCode.getData, "/bob")],
];

/** The identity of `bob:pw` by each digest, as `setACL` would be given it by a script. */
const IDENTITIES: ReadonlyArray<readonly [algorithm: string, id: string]> = [
  ["SHA1", "bob:ikIaKsbtGweaHnb/jKn7OHqbunM="],
  ["sha256", "bob:lXdkgIa9O1CDDWAryQ0pe9wUYi2LkG6M7Uocn/Vyn2g="],
  ["SHA3-256", "bob:W/mjsw4pvF0wVTGZI9EiUQDRnUt7BAezTWEy2LgNGUU="],
  ["SHA-512/256", "bob:A9N1joy8pAxXpZyuKoYHmry5YD7X6ES6VJn8WVyn8xY="],
];

const ENSEMBLE = {
  "authProvider.1": "org.apache.zookeeper.server.auth.EnsembleAuthenticationProvider",
  ensembleAuthName: "alpha, beta",
};
const ENFORCED = { "enforce.auth.enabled": true, "enforce.auth.schemes": "digest" };

type Setup = {
  readonly name: string;
  readonly config: Readonly<Record<string, string | boolean>>;
  readonly cases: readonly Case[];
};

const SETUPS: readonly Setup[] = [
  { name: "defaults", config: {}, cases: ODD },
  { name: "ensemble", config: ENSEMBLE, cases: ODD },
  { name: "enforced", config: { ...ENFORCED, ...ENSEMBLE }, cases: ODD },
  ...IDENTITIES.map(
    ([algorithm, id]): Setup => ({
      name: algorithm,
      config: {
        "DigestAuthenticationProvider.digestAlg": algorithm,
        "DigestAuthenticationProvider.superDigest": id,
      },
      cases: [
        ["a node of that identity", create(1, "/of", "digest", id.replace("bob", "eve"))],
        ["bob is super", auth("digest", "bob:pw"), onPath(1, OpCode.getData, "/of")],
        ["a wrong password", auth("digest", "bob:pv"), onPath(1, OpCode.getData, "/of")],
      ],
    }),
  ),
];

const HANDSHAKE = handshake({ timeoutMs: 10_000 });

async function outcome(port: number, frames: readonly Uint8Array[]): Promise<string> {
  const wire = await Wire.open(port);
  try {
    wire.write(HANDSHAKE);
    await wire.next();
    const seen: string[] = [];
    // One at a time: the reference may answer what is sent along with a refused frame.
    for (const bytes of [...frames, onPath(MARK_XID, OpCode.exists, "/")]) {
      wire.write(bytes);
      const next = await wire.next();
      if (next === "closed") return [...seen, next].join(" | ");
      const view = new DataView(bytesOfHex(next).buffer);
      const [xid, err] = [view.getInt32(0), view.getInt32(12)];
      seen.push(xid === MARK_XID ? `mark ${err}` : `${xid} ${err}`);
      if (err === -115 || err === -124) {
        const closed = await wire.closesWithin(2000);
        return [...seen, closed ? "closed" : "open"].join(" | ");
      }
    }
    return seen.join(" | ");
  } finally {
    wire.end();
  }
}

async function runSetup(start: Start, { name, config, cases }: Setup): Promise<string[]> {
  const server = await start({ config });
  try {
    const lines: string[] = [];
    for (const [why, ...frames] of cases) {
      lines.push(`${name}: ${why}: ${await outcome(server.port, frames)}`);
    }
    if ("ensembleAuthName" in config) {
      const told = (await fourLetter(server.port, "mntr", 5000)).split("\n");
      lines.push(...told.filter((line) => line.includes("ensemble_auth_")).sort());
    }
    return lines;
  } finally {
    await server.dispose();
  }
}

export const authentication: Scenario = {
  name: "auth",
  async run(start) {
    const lines: string[] = [];
    for (const setup of SETUPS) lines.push(...(await runSetup(start, setup)));
    return lines;
  },
};
