/** The client over TLS against the real server: who is believed, and who it is seen as. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { ConnectionLossError, type TlsOptions, ZooKeeper } from "../src/client/index.ts";
import { Certificates } from "./support/certificates.ts";
import { anyFreePort } from "./support/ports.ts";
import { ServerProcess } from "./support/server-process.ts";

const HOME = mkdtempSync(join(tmpdir(), "quoll-tls-client-"));
const made = new Certificates(HOME);
const ours = made.authority("ours");
const theirs = made.authority("theirs");
const serverFiles = made.sign(ours, {
  name: "server",
  subject: "/CN=server",
  names: "DNS:localhost,DNS:zk.example",
});
const aliceFiles = made.sign(ours, { name: "alice", subject: "/O=Example/CN=alice" });
const alice: TlsOptions = {
  ca: readFileSync(ours.cert),
  cert: readFileSync(aliceFiles.cert),
  key: readFileSync(aliceFiles.key),
};

describe("TLS", () => {
  let server: ServerProcess;
  let port = 0;
  before(async () => {
    const config = join(HOME, "zoo.cfg");
    port = await anyFreePort();
    const stores = `ssl.keyStore.location=${serverFiles.both}\nssl.trustStore.location=${ours.cert}`;
    writeFileSync(config, `dataDir=${join(HOME, "data")}\nsecureClientPort=${port}\n${stores}\n`);
    server = new ServerProcess(["server", config]);
    await server.until("it serves", () => server.count("serving clients with TLS") === 1);
  });
  after(async () => {
    await server.kill();
    rmSync(HOME, { recursive: true, force: true });
  });
  const connect = (tls: TlsOptions, name = "localhost"): Promise<ZooKeeper> =>
    ZooKeeper.connect(`${name}:${port}`, { tls, connectTimeoutMs: 1000 });

  test("the server sees the certificate's subject, and its owner has what is the owner's", async () => {
    const zk = await connect(alice);
    const ids = (await zk.whoAmI()).map(({ authScheme, user }) => `${authScheme}:${user}`);
    assert(ids.includes("x509:CN=alice,O=Example"), ids.join(" "));
    await zk.create("/a", "x", { acl: [{ perms: 31, scheme: "auth", id: "" }] });
    await zk.setData("/a", "y");
    await zk.close();
  });

  test("key and certificate as PKCS #12", async () => {
    const pfx = readFileSync(made.pkcs12(aliceFiles, "alice.p12", "secret"));
    const zk = await connect({ ca: readFileSync(ours.cert), pfx, passphrase: "secret" });
    await zk.close();
  });

  const refused: ReadonlyArray<
    readonly [why: string, tls: TlsOptions, name: string, words: RegExp]
  > = [
    [
      "an authority that is not known",
      { ...alice, ca: readFileSync(theirs.cert) },
      "localhost",
      /certificate|self.signed|issuer/i,
    ],
    ["another name than the certificate's", alice, "127.0.0.1", /does not match certificate/],
  ];
  for (const [why, tls, name, words] of refused) {
    test(`refused: ${why}`, async () => {
      const error = await connect(tls, name).then(
        (zk) => zk.close(),
        (one: unknown) => one,
      );
      assert(error instanceof ConnectionLossError);
      assert.match(error.message, words);
    });
  }

  test("another name will do where it is told, or where nobody asks", async () => {
    await (await connect({ ...alice, servername: "zk.example" }, "127.0.0.1")).close();
    await (await connect({ ...alice, rejectUnauthorized: false }, "127.0.0.1")).close();
  });

  test("without TLS there is no session", async () => {
    const plain = ZooKeeper.connect(`localhost:${port}`, { connectTimeoutMs: 300 });
    await assert.rejects(plain, ConnectionLossError);
  });
});
