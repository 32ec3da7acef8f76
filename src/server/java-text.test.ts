/** Dates and addresses as Java writes them. */
import { equal } from "node:assert/strict";
import { test } from "node:test";
import { javaDate, javaHost } from "./java-text.ts";

Object.assign(process.env, { TZ: "UTC" });

for (const [address, want] of [
  ["127.0.0.1", "127.0.0.1"],
  ["::ffff:10.0.0.7", "10.0.0.7"],
  ["::1", "[0:0:0:0:0:0:0:1]"],
  ["fe80::1%eth0", "[fe80:0:0:0:0:0:0:1%eth0]"],
  ["2001:0db8::00ff:0", "[2001:db8:0:0:0:0:ff:0]"],
  ["::", "[0:0:0:0:0:0:0:0]"],
  ["1:2:3:4:5:6:7:8", "[1:2:3:4:5:6:7:8]"],
] as const) {
  test(`${address} is printed ${want}`, () => equal(javaHost(address), want));
}

test("a date looks as Java's does", () => {
  // From golden dump.txt.
  equal(javaDate(Date.UTC(2026, 10, 22, 16, 3, 42)), "Sun Nov 22 16:03:42 UTC 2026");
  equal(javaDate(Date.UTC(2026, 0, 5, 0, 0, 0)), "Mon Jan 05 00:00:00 UTC 2026");
});
