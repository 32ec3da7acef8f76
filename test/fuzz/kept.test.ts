/** Frames that once did harm, kept as hexadecimal files in test/fuzz/kept: they do none now. */
import { ok } from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { bytesOfHex } from "../../src/base/bytes.ts";
import { MachineWorld } from "../support/machine-world.ts";
import { readAsAll } from "./codecs.ts";

/** Seen from dist/test/fuzz. */
const FOLDER = new URL("../../../test/fuzz/kept/", import.meta.url);

for (const name of readdirSync(FOLDER)) {
  const bytes = bytesOfHex(readFileSync(new URL(name, FOLDER), "utf8"));

  test(`the codec takes or refuses ${name}`, () => {
    readAsAll(bytes);
  });

  test(`a server takes or refuses ${name}, and greets the next client`, () => {
    const world = new MachineWorld();
    world.connect().send(bytes.slice());
    world.open().send(bytes.slice());
    ok(world.open().welcome);
  });
}
