/** Who may still come in, by their number and by the number from one address. */
import { equal, match } from "node:assert/strict";
import { test } from "node:test";
import { Crowd } from "./crowd.ts";

test("as many as the limits say, and again when one has left", () => {
  const crowd = new Crowd({ maxCnxns: 3, maxClientCnxns: 2 });
  const leave = crowd.enter("a");
  crowd.enter("a");
  match(crowd.refusal("a") ?? "", /more than maxClientCnxns=2 connections from it/);
  equal(crowd.refusal("b"), undefined);
  crowd.enter("b");
  match(crowd.refusal("c") ?? "", /more than maxCnxns=3 connections/);
  leave();
  leave(); // once is enough
  equal(crowd.refusal("a"), undefined);
  crowd.enter("a");
  match(crowd.refusal("c") ?? "", /maxCnxns/);
});

test("0 and less are no limits", () => {
  const crowd = new Crowd({ maxCnxns: 0, maxClientCnxns: -1 });
  for (let at = 0; at < 100; at++) crowd.enter("a");
  equal(crowd.refusal("a"), undefined);
});
