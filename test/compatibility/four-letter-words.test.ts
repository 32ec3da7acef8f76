/** Specification 2.14: what stands in place of a handshake, who may ask, and what is answered. */
import { deepEqual, equal, match, notEqual } from "node:assert/strict";
import { bytesOfHex, utf8 } from "../../src/base/bytes.ts";
import { Metrics } from "../../src/base/metrics.ts";
import type { PeerStatus } from "../../src/peer/status.ts";
import { WORDS, type Word } from "../../src/peer/words.ts";
import { environmentOf } from "../../src/server/environment.ts";
import { TraceMask } from "../../src/server/four-letter-answers.ts";
import { answerWord, type WordContext } from "../../src/server/four-letter-words.ts";
import { Sockets } from "../../src/server/sockets.ts";
import { create, exists } from "../support/asking.ts";
import { configOf } from "../support/config.ts";
import { fourLetter } from "../support/four-letter.ts";
import { MachineWorld } from "../support/machine-world.ts";
import { statement } from "../support/statement.ts";

const environment = environmentOf({
  ...{ version: "0.1.0", builtOn: "2026-11-22 17:54 UTC", userDir: "/" },
  ...{ now: () => 0, clientPort: () => 2181, secureClientPort: () => -1 },
});

function context(status: PeerStatus, lines: string): WordContext {
  const fixed = { environment, metrics: new Metrics(), traceMask: new TraceMask() };
  return { status, config: configOf(lines), ...fixed };
}
const WITH_ALL = "4lw.commands.whitelist=*";
/** What a word is answered by a server that serves, or does not. */
const answered = (word: Word, lines = WITH_ALL, serving = true): string => {
  const { status } = new MachineWorld().machine;
  const told = Object.create(status, { serving: { value: serving } }) as PeerStatus;
  return answerWord(word, context(told, lines));
};
const refusal = (word: Word): string =>
  `${word} is not executed because it is not in the whitelist.\n`;
const NOT_SERVING = "This ZooKeeper instance is not currently serving requests";

statement(
  "2.14",
  "conf cons crst dirs dump envi gtmk ruok and the ten others are recognised",
  () => {
    const words =
      "conf cons crst dirs dump envi gtmk ruok stmk srst srvr stat wchc wchp wchs mntr isro hash";
    for (const word of words.split(" ")) {
      const a = new MachineWorld().connect();
      a.send(utf8(word === "stmk" ? "stmk\0\0\0\0\0\0\0\0" : word));
      equal(a.word, word);
    }
    deepEqual([...WORDS].sort(), words.split(" ").sort());
  },
);

statement("2.14", "Answer: plain text, then close", async () => {
  const events = { overrun: () => {}, notAccepted: () => {}, turnedAway: () => {} };
  const sockets = new Sockets(
    { ...events, answer: (word) => answered(word as Word) },
    { limits: { maxCnxns: 0, maxClientCnxns: 0 }, metrics: new Metrics() },
  );
  sockets.serve((input) => {
    if (input.kind === "received") sockets.answerWord(input.conn, "ruok", 0n);
  });
  const where = { address: "127.0.0.1", backlog: undefined, keepAlive: false };
  const { port } = await sockets.listen({ port: 0, ...where });
  equal(await fourLetter(port, "ruok"), "imok");
  await sockets.stop();
});

statement("2.14", "ff f4 ff fd, telnet's interrupt, closes without an answer", () => {
  const a = new MachineWorld().connect();
  a.send(bytesOfHex("fff4fffd"));
  equal(a.word, "telnet close");
  equal(answered("telnet close"), "");
});

statement("2.14", "A newline after the word is not read", () => {
  const a = new MachineWorld().connect();
  a.send(utf8("ruok\n"));
  equal(a.word, "ruok");
  deepEqual([a.frames.length, a.closed], [0, undefined]);
});

statement("2.14", "A word is recognised also when its letters come one by one", () => {
  const a = new MachineWorld().connect();
  for (const letter of "srv") a.send(utf8(letter));
  equal(a.word, undefined);
  a.send(utf8("r"));
  equal(a.word, "srvr");
});

statement("2.14", "stmk is followed by 8 bytes", () => {
  const a = new MachineWorld().connect();
  a.send(utf8("stmk"));
  equal(a.word, undefined);
  a.send(Uint8Array.of(0, 0, 0, 0, 0, 0, 1));
  equal(a.word, undefined);
  a.send(Uint8Array.of(2));
  equal(a.word, "stmk");
});

statement("2.14", "The whitelist is srvr by default", () => {
  deepEqual(configOf().fourLetterWords, ["srvr"]);
  for (const word of WORDS) {
    if (word !== "srvr") equal(answered(word, ""), refusal(word));
  }
  match(answered("srvr", ""), /^Zookeeper version/);
});

statement("2.14", "srvr is answered whatever the whitelist says, as in 3.8.0", () => {
  match(answered("srvr", "4lw.commands.whitelist=ruok"), /^Zookeeper version/);
});

statement("2.14", "* in the whitelist allows all words", () => {
  for (const word of WORDS) notEqual(answered(word), refusal(word));
});

statement("2.14", "4lw.commands.whitelist names the words that are answered", () => {
  const lines = "4lw.commands.whitelist=ruok, isro";
  deepEqual([answered("ruok", lines), answered("isro", lines)], ["imok", "rw"]);
  equal(answered("conf", lines), refusal("conf"));
});

statement(
  "2.14",
  "Other words get: <cmd> is not executed because it is not in the whitelist.",
  () => {
    const want = "mntr is not executed because it is not in the whitelist.\n";
    equal(answered("mntr", "4lw.commands.whitelist=stat"), want);
  },
);

statement(
  "2.14",
  "Without a serving server a word is told so, with a newline; hash without",
  () => {
    const alone = new Set<string>(["ruok", "isro", "gtmk", "stmk", "envi", "hash"]);
    for (const word of WORDS) {
      if (!alone.has(word)) equal(answered(word, WITH_ALL, false), `${NOT_SERVING}\n`);
    }
    equal(answered("hash", WITH_ALL, false), NOT_SERVING);
  },
);

statement("2.14", "ruok is imok and isro is null even without a serving server", () => {
  deepEqual(
    [answered("ruok", WITH_ALL, false), answered("isro", WITH_ALL, false)],
    ["imok", "null"],
  );
});

statement("2.14", "isro is rw when serving", () => equal(answered("isro"), "rw"));

statement("2.14", "An unknown word is taken as a length, and the connection closed", () => {
  const a = new MachineWorld().connect();
  a.send(utf8("what"));
  equal(a.word, undefined);
  deepEqual(a.frames, []);
  notEqual(a.closed, undefined);
});

/** A server with one connection, which has made a node and read it. */
function used(): WordContext {
  const world = new MachineWorld();
  const a = world.open();
  create(a, "/a");
  exists(a, "/a");
  return context(world.machine.status, WITH_ALL);
}
const SUMMARY = `Latency min/avg/max: 0/0.0/0
Received: 3
Sent: 3
Connections: 1
Outstanding: 0
Zxid: 0x2
Mode: standalone
Node count: 6
`;
const VERSION = /^Zookeeper version: [^\n]+, built on 2026-11-22 17:54 UTC\n/;

statement(
  "2.14",
  "srvr: version, latency, received, sent, connections, outstanding, zxid, mode, nodes",
  () => {
    const text = answerWord("srvr", used());
    match(text, VERSION);
    equal(text.replace(VERSION, ""), SUMMARY);
  },
);

statement("2.14", "stat: as srvr, with the lines of clients after the version", () => {
  const text = answerWord("stat", used());
  match(text, VERSION);
  const clients = "Clients:\n /10.0.0.1:40001[1](queued=0,recved=3,sent=3)\n\n";
  equal(text.replace(VERSION, ""), clients + SUMMARY);
});
