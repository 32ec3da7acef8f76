/** Every format, for one result and for many. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { takeFormat } from "./arguments.ts";
import { hexLines } from "./hex.ts";
import { type Format, type Json, Output } from "./output.ts";

/** What is printed by `use`. */
function printed(format: Format, use: (output: Output) => void): string {
  let text = "";
  const output = new Output(format, {
    line: (line) => {
      text += `${line}\n`;
    },
    bytes: (bytes) => {
      text += new TextDecoder().decode(bytes);
    },
  });
  use(output);
  output.end();
  return text;
}

describe("one result", () => {
  const node: Json = { path: "/a", data: "x" };
  const rows: ReadonlyArray<readonly [format: Format, text: string]> = [
    ["text", "one\ntwo\n"],
    ["raw", "x"],
    ["json", '{\n  "path": "/a",\n  "data": "x"\n}\n'],
    ["ndjson", '{"path":"/a","data":"x"}\n'],
    ["table", "path  /a\ndata  x\n"],
  ];
  for (const [format, text] of rows) {
    test(format, () =>
      assert.equal(
        printed(format, (to) => to.show(node, ["one", "two"], new Uint8Array([0x78]))),
        text,
      ),
    );
  }
});

describe("a list", () => {
  const rows: ReadonlyArray<readonly [format: Format, text: string]> = [
    ["text", "[a, b]\n"],
    ["raw", "a\nb\n"],
    ["json", '[\n  "a",\n  "b"\n]\n'],
    ["ndjson", '"a"\n"b"\n'],
    ["table", "a\nb\n"],
  ];
  for (const [format, text] of rows) {
    test(format, () =>
      assert.equal(
        printed(format, (to) => to.show(["a", "b"], ["[a, b]"])),
        text,
      ),
    );
  }
});

describe("many results", () => {
  const rows: ReadonlyArray<readonly [format: Format, text: string]> = [
    ["text", "one\ntwo\n"],
    ["raw", "one\ntwo\n"],
    ["json", '[\n  {\n    "n": 1\n  },\n  {\n    "m": "2\\n"\n  }\n]\n'],
    ["ndjson", '{"n":1}\n{"m":"2\\n"}\n'],
    ["table", "n  m\n1  -\n-  2\\n\n"],
  ];
  for (const [format, text] of rows) {
    test(format, () => {
      const told = printed(format, (to) => {
        to.row({ n: 1 }, "one");
        to.row({ m: "2\n" }, "two");
      });
      assert.equal(told, text);
    });
  }
});

describe("the format among a command's words", () => {
  const rows: ReadonlyArray<readonly [line: string, format: Format | undefined, rest: string]> = [
    ["/a", undefined, "/a"],
    ["-o json /a", "json", "/a"],
    ["/a --output raw", "raw", "/a"],
    ["--output=table -s /a", "table", "-s /a"],
    ["/a -- -o json", undefined, "/a -- -o json"],
  ];
  for (const [line, format, rest] of rows) {
    test(line, () => {
      const taken = takeFormat(line.split(" "));
      assert.deepEqual([taken.format, taken.words.join(" ")], [format, rest]);
    });
  }
  test("refuses others", () => {
    const told = /--output needs one of text, table/;
    assert.throws(() => takeFormat(["-o", "yaml"]), told);
    assert.throws(() => takeFormat(["-o"]), told);
  });
});

test("bytes as numbers and text", () => {
  assert.deepEqual(hexLines(new Uint8Array()), []);
  const lines = hexLines(new TextEncoder().encode("0123456789abcdef\n"));
  assert.equal(
    lines[3],
    "|00000000| 30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66 |0123456789abcdef|",
  );
  assert.equal(lines[4], `|00000010| 0a${" ".repeat(46)}|.${" ".repeat(15)}|`);
});
