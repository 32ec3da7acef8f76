/** TLS between members on real sockets: who may dial whom, and what becomes of the others. */
import { equal, match, ok } from "node:assert/strict";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Logger } from "pino";
import { Certificates, type Holder } from "../../../test/support/certificates.ts";
import { loadConfig } from "../config/load-config.ts";
import { MemberTls, type Secured } from "./member-tls.ts";

const folder = mkdtempSync(join(tmpdir(), "quoll-member-tls-"));
after(() => rmSync(folder, { recursive: true }));
const made = new Certificates(folder);
const [ours, theirs] = [made.authority("ours"), made.authority("theirs")];
const signed = (name: string, names: string, by = ours): Holder =>
  made.sign(by, { name, subject: `/CN=${name}`, names });
const here = signed("here", "IP:127.0.0.1");
const byHost = signed("by-host", "DNS:localhost");
const elsewhere = signed("elsewhere", "IP:192.0.2.1,DNS:elsewhere");
const stranger = signed("stranger", "IP:127.0.0.1", theirs);

const WRITE_MS = 50;

type Lines = Readonly<Record<string, string>>;

function memberOf(holder: Holder, lines: Lines, turnedAway: (why: string) => void): MemberTls {
  const all = {
    ...{ dataDir: "/d", clientPort: 1, initLimit: 1, syncLimit: 1, sslQuorum: true },
    "server.1": "localhost:1:2",
    "server.2": "127.0.0.1:3:4",
    "ssl.quorum.keyStore.location": holder.both,
    "ssl.quorum.trustStore.location": ours.cert,
    ...lines,
  };
  const text = Object.entries(all).map(([key, value]) => `${key}=${value}\n`);
  const readFile = (path: string): string => (path === "zoo.cfg" ? text.join("") : "1");
  const { config } = loadConfig({ argv: ["zoo.cfg"], env: {}, readFile });
  return new MemberTls(config, (_, why) => turnedAway(why));
}

const closed = (server: Server): Promise<unknown> =>
  new Promise((resolve) => server.close(resolve));

type Meeting = {
  readonly dialer?: Holder | "plain";
  readonly acceptor?: Holder;
  readonly dials?: Lines;
  readonly accepts?: Lines;
  /** In place of an acceptor of these settings. */
  readonly door?: MemberTls;
  /** As the dialer's configuration names the acceptor. */
  readonly host?: string;
};

/** One dials, the other answers "hello"; tells what the two say of it. */
async function meet(meeting: Meeting): Promise<string> {
  const { dialer = here, acceptor = here, dials = {}, accepts = {}, host = "127.0.0.1" } = meeting;
  let turnedAway = "";
  const tell = (why: string): void => {
    turnedAway = why;
  };
  const { door = memberOf(acceptor, accepts, tell) } = meeting;
  const server = createServer((raw) =>
    door.accept(raw, (socket) => {
      socket.on("error", () => {});
      socket.resume().end("hello");
    }),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const raw = connect(port, "127.0.0.1");
  await new Promise((resolve) => raw.once("connect", resolve));
  const result = await new Promise<Secured>((resolve) => {
    if (dialer === "plain") {
      raw.on("error", () => {});
      resolve({ socket: raw });
    } else memberOf(dialer, dials, () => {}).secure(raw, host, 5000, resolve);
  });
  const heard = "why" in result ? result.why : await hear(result.socket);
  raw.destroy();
  await closed(server);
  return turnedAway === "" ? heard : `${heard}; ${turnedAway}`;
}

/** Writes something, as a member that dials does, and tells what comes back. */
function hear(socket: Socket): Promise<string> {
  let text = "";
  socket.on("error", () => {});
  socket.on("data", (bytes) => {
    text += bytes.toString();
  });
  socket.write("\0\0\0\x0b and more");
  return new Promise((resolve) => socket.once("close", () => resolve(text)));
}

const UNIFIED = { portUnification: "true" };
const rows: ReadonlyArray<readonly [why: string, meeting: Meeting, told: RegExp]> = [
  ["both are named by their address", {}, /^hello$/],
  ["both are named by the host of a member", { dialer: byHost, host: "localhost" }, /^hello$/],
  [
    "the dialed one is named by its host, as the configuration has it",
    { acceptor: byHost, host: "localhost" },
    /^hello$/,
  ],
  [
    "the dialed one is somebody else",
    { acceptor: elsewhere },
    /TLS: the certificate of 127.0.0.1 does not name it/,
  ],
  [
    "the one that dials is somebody else",
    { dialer: elsewhere },
    /; its certificate does not name its address, which ssl.quorum.clientHostnameVerification/,
  ],
  [
    "nobody asks for names",
    {
      ...{ dialer: elsewhere, acceptor: elsewhere },
      dials: { "ssl.quorum.hostnameVerification": "false" },
      accepts: { "ssl.quorum.hostnameVerification": "false" },
    },
    /^hello$/,
  ],
  [
    "names of those that dial are not asked for",
    { dialer: elsewhere, accepts: { "ssl.quorum.clientHostnameVerification": "false" } },
    /^hello$/,
  ],
  [
    "a stranger dials",
    { dialer: stranger },
    /; its certificate is not trusted: its authority is not in ssl.quorum.trustStore.location/,
  ],
  ["a stranger is dialed", { acceptor: stranger }, /^TLS: unable to/],
  [
    "a stranger dials where nobody is asked",
    { dialer: stranger, accepts: { "ssl.quorum.clientAuth": "none" } },
    /^hello$/,
  ],
  ["a plain member dials", { dialer: "plain" }, /; it does not speak TLS; see portUnification/],
  ["a plain member dials one that takes both", { dialer: "plain", accepts: UNIFIED }, /^hello$/],
  ["a member with TLS dials one that takes both", { accepts: UNIFIED }, /^hello$/],
  [
    "one that takes both dials without TLS until sslQuorum says so",
    { dials: { ...UNIFIED, sslQuorum: "false" }, accepts: UNIFIED },
    /^hello$/,
  ],
  [
    "no protocol in common",
    {
      dials: { "ssl.quorum.protocol": "TLSv1.2" },
      accepts: { "ssl.quorum.enabledProtocols": "TLSv1.3" },
    },
    /TLS: .*; its TLS version is not enabled here/,
  ],
];
for (const [why, meeting, told] of rows) {
  test(why, async () => match(await meet(meeting), told));
}

test("changed stores count for later connections, unusable ones do not", async () => {
  const store = made.path("changing.pem");
  const logged: string[] = [];
  let look = (): void => {};
  const log = (line: string): void => {
    logged.push(line);
    look();
  };
  const logger = { info: log, error: log } as unknown as Logger;
  const lines = { "ssl.quorum.keyStore.location": store };
  copyFileSync(here.both, store);
  const door = memberOf(here, lines, () => {});
  const stop = door.startReloading(logger);
  // Again and again: the first look at a file only tells what it is compared with.
  const changedTo = (text: string): Promise<void> =>
    new Promise((resolve) => {
      const writing = setInterval(() => writeFileSync(store, text), WRITE_MS);
      look = () => {
        clearInterval(writing);
        resolve();
      };
    });
  await changedTo(readFileSync(elsewhere.both, "utf8"));
  match(logged.at(-1)!, /were read again/);
  match(await meet({ door }), /TLS: the certificate of 127.0.0.1 does not name it/);
  await changedTo("no key at all, and not as long as one");
  match(logged.at(-1)!, /not usable, the old ones stay: .*ssl.quorum.keyStore.location/);
  match(await meet({ door }), /does not name it/);
  stop();
});

test("who is dialed and says nothing is given up", async () => {
  const server = createServer((socket) => void socket.resume());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const raw = connect((server.address() as AddressInfo).port, "127.0.0.1");
  await new Promise((resolve) => raw.once("connect", resolve));
  const ended = new Promise((resolve) => raw.once("close", resolve));
  const secured = await new Promise<Secured>((resolve) =>
    memberOf(here, {}, () => {}).secure(raw, "127.0.0.1", 50, resolve),
  );
  ok("why" in secured);
  equal(secured.why, "no TLS handshake in time");
  await Promise.all([ended, closed(server)]);
});
