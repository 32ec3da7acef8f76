/** Values in place of bytes. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { ServedClients } from "../../test/support/served-client.ts";
import { bytesOfHex } from "../base/bytes.ts";
import { CodecError, json, text } from "./codec.ts";
import { BadVersionError } from "./keeper-error.ts";

test("what was written is read, text and JSON", async () => {
  const zk = new ServedClients().client();
  const texts = zk.withCodec(text);
  const values = zk.withCodec(json<unknown>());
  await zk.create("/v");
  assert.equal((await texts.get("/v")).value, "");
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "grapheme" }), fc.jsonValue(), async (words, value) => {
      await texts.set("/v", words);
      assert.equal((await texts.get("/v")).value, words);
      await values.set("/v", value);
      const want: unknown = JSON.parse(JSON.stringify(value));
      assert.deepEqual((await values.get("/v")).value, want);
    }),
    { numRuns: 50 },
  );
  await zk.close();
});

test("versions and modes are those of the client", async () => {
  const zk = new ServedClients().client();
  const counts = zk.withCodec(json<{ count: number }>());
  const path = await counts.create("/c-", { count: 1 }, { mode: "persistentSequential" });
  assert.equal(path, "/c-0000000000");
  const { value, stat } = await counts.get(path);
  await counts.set(path, { count: value.count + 1 }, stat.version);
  await assert.rejects(counts.set(path, { count: 0 }, stat.version), BadVersionError);
  assert.deepEqual((await counts.get(path)).value, { count: 2 });
  await zk.close();
});

describe("data that is no value", () => {
  const rows: ReadonlyArray<
    readonly [why: string, data: Uint8Array | null, codec: "text" | "json"]
  > = [
    ["bytes that are not UTF-8", bytesOfHex("ff"), "text"],
    ["half of a JSON value", bytesOfHex("7b"), "json"],
    ["no data", null, "json"],
  ];
  for (const [why, data, codec] of rows) {
    test(why, async () => {
      const zk = new ServedClients().client();
      await zk.create("/v", data);
      const read = zk.withCodec<unknown>(codec === "text" ? text : json()).get("/v");
      const error = await read.catch((one: unknown) => one);
      assert(error instanceof CodecError && error.path === "/v" && error.cause instanceof Error);
      await zk.close();
    });
  }
  test("what JSON cannot say is refused before it is sent", async () => {
    const zk = new ServedClients().client();
    await assert.rejects(zk.withCodec(json()).create("/v", undefined), TypeError);
    await zk.close();
  });
});
