/** The examples of docs/client.md, each run against a server, on a root of its own. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { format } from "node:util";
import * as client from "../src/client/index.ts";
import { ServerProcess } from "./support/server-process.ts";

const PAGE = readFileSync(new URL("../../docs/client.md", import.meta.url), "utf8");
const CLIENT = new URL("../src/client/index.js", import.meta.url).href;

/** The examples with the titles above them. */
const examples = [...PAGE.matchAll(/^```js\n(?<code>.*?)^```$/gms)].map(({ groups, index }) => {
  const titles = [...PAGE.slice(0, index).matchAll(/^#+ (.*)$/gm)];
  return { title: titles.at(-1)?.[1] ?? "", code: groups?.["code"] ?? "" };
});

/** The lines that it says it prints: a `// comment` behind `console.log`, up to where it varies. */
const promised = (code: string): readonly string[] =>
  [...code.matchAll(/console\.log\([^\n]*\/\/ (?<words>.*)$/gm)].map(
    ({ groups }) => groups?.["words"] ?? "",
  );

describe("docs/client.md", () => {
  const home = mkdtempSync(join(tmpdir(), "quoll-client-page-"));
  let server: ServerProcess;
  let root = "";
  before(async () => {
    server = ServerProcess.on(join(home, "data"));
    root = `127.0.0.1:${await server.port()}`;
  });
  after(async () => {
    await server.kill();
    rmSync(home, { recursive: true, force: true });
  });

  test("has examples, each of which promises something or ends well", () => {
    assert(examples.length >= 8);
    assert(examples.flatMap(({ code }) => promised(code)).length >= 8);
  });
  for (const [index, { title, code }] of examples.entries()) {
    test(`example: ${title}`, async (t) => {
      const zk = await client.ZooKeeper.connect(root);
      await zk.create(`/example-${index}`);
      await zk.close();
      const printed: string[] = [];
      const print = (...words: unknown[]): void => void printed.push(format(...words));
      t.mock.method(console, "log", print);
      t.mock.method(console, "info", print);
      const file = join(home, `example-${index}.mjs`);
      const head = `const address = ${JSON.stringify(`${root}/example-${index}`)};\n`;
      writeFileSync(file, head + code.replaceAll('"quoll/client"', JSON.stringify(CLIENT)));
      await import(pathToFileURL(file).href);
      const told = printed.join("\n");
      for (const words of promised(code)) {
        // Several lines stand behind one another; an id that varies ends what is compared.
        for (const part of words.split(/, (?=Node)/)) {
          assert(told.includes(part.split("<")[0]!), `${part} in\n${told}`);
        }
      }
    });
  }
});
