/** The grammar of java.util.Properties, as Java 17 answered. */
import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { MalformedProperties, parseProperties } from "./properties.ts";

/** What Java 17's `java.util.Properties` answers; a text is the message of its refusal. */
const rows: ReadonlyArray<
  readonly [text: string, want: Readonly<Record<string, string>> | string]
> = [
  ["a=b", { a: "b" }],
  ["a:b", { a: "b" }],
  ["a b", { a: "b" }],
  ["a = b ", { a: "b " }],
  ["a\t:\tb", { a: "b" }],
  ["a==b", { a: "=b" }],
  ["a:=b", { a: "=b" }],
  ["=b", { "": "b" }],
  [":b", { "": "b" }],
  ["a", { a: "" }],
  ["a=", { a: "" }],
  ["  a=b", { a: "b" }],
  ["\ta=b", { a: "b" }],
  ["\fa=b", { a: "b" }],
  ["#c=d", {}],
  ["!c=d", {}],
  ["  # x", {}],
  ["a=#b", { a: "#b" }],
  ["a\\=b=c", { "a=b": "c" }],
  ["a\\:b=c", { "a:b": "c" }],
  ["a\\ b=c", { "a b": "c" }],
  ["a\\#b=c", { "a#b": "c" }],
  ["\\#a=b", { "#a": "b" }],
  ["a=b\\", { a: "b" }],
  ["a=b\\\n  c", { a: "bc" }],
  ["a=b\\\n\n", { a: "b" }],
  ["a=b\\\n#c", { a: "b#c" }],
  ["a=b\\\\\nc=d", { a: "b\\", c: "d" }],
  ["a=b\\\\\\\n c", { a: "b\\c" }],
  ["a=\\u0041", { a: "A" }],
  ["\\u0061=b", { a: "b" }],
  ["a=\\u00e9", { a: "\u00e9" }],
  ["a=\\u00", "Malformed \\uxxxx encoding."],
  ["a=\\uzzzz", "Malformed \\uxxxx encoding."],
  ["a=\\t\\n\\r\\f", { a: "\t\n\r\f" }],
  ["a=\\q\\x", { a: "qx" }],
  ["a=b\r\nc=d", { a: "b", c: "d" }],
  ["a=b\rc=d", { a: "b", c: "d" }],
  ["a=b\\\r\n  c", { a: "bc" }],
  ["a=1\na=2", { a: "2" }],
  ["a=b  ", { a: "b  " }],
  ["a=  b", { a: "b" }],
  ["a   =   b", { a: "b" }],
  ["a\\\n=b", { a: "b" }],
  ["a\\\nb=c", { ab: "c" }],
  ["\n\n\na=b", { a: "b" }],
  ["# x\\\na=b", { a: "b" }],
  ["a  :=  b", { a: "=  b" }],
  ["a\fb", { a: "b" }],
  ["key with space = v", { key: "with space = v" }],
  ["\\ a=b", { " a": "b" }],
  ["a=\\ b", { a: " b" }],
  ["a=b\\ ", { a: "b " }],
  ["a=\\\n   b", { a: "b" }],
  ["a=b\n\\\nc=d", { a: "b", c: "d" }],
  ["\\", { "": "" }],
  ["\\\n", { "": "" }],
  ["a=\\ud83d\\ude00", { a: "\ud83d\ude00" }],
  ["a=b=c:d e", { a: "b=c:d e" }],
  ["server.1=localhost:1:2;3", { "server.1": "localhost:1:2;3" }],
  ["a\\", { a: "" }],
  ["a=b\\\n  \\\n  c", { a: "bc" }],
  ["a=\\u0041\\u", "Malformed \\uxxxx encoding."],
  ["a=\\U0041", { a: "U0041" }],
];

for (const [text, want] of rows) {
  test(`reads ${JSON.stringify(text)} as Java does`, () => {
    if (typeof want === "string") return throws(() => parseProperties(text), MalformedProperties);
    const found = parseProperties(text).map(({ key, value }) => [key, value]);
    deepEqual(Object.fromEntries(found), want);
  });
}

test("an entry knows the line it began on", () => {
  const entries = parseProperties("# one\n\na=b\\\n  c\nd=e");
  deepEqual(
    entries.map(({ key, line }) => [key, line]),
    [
      ["a", 3],
      ["d", 5],
    ],
  );
});

test("a byte order mark is not part of the first key", () => {
  equal(parseProperties("\ufeffa=b")[0]?.key, "a");
});

test("repeated keys are kept in order", () => {
  deepEqual(
    parseProperties("a=1\na=2").map(({ value }) => value),
    ["1", "2"],
  );
});
