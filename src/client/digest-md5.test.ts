/** DIGEST-MD5 by the example of RFC 2831 (section 4), and what it refuses. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { utf8 } from "../base/bytes.ts";
import { digestMd5, digestMd5Exchange } from "./digest-md5.ts";
import type { SaslExchange } from "./sasl.ts";

const CHALLENGE =
  'realm="elwood.innosoft.com",nonce="OA6MG9tEQGm2hh",qop="auth",algorithm=md5-sess,charset=utf-8';
const begin = (): SaslExchange =>
  digestMd5Exchange(
    { username: "chris", password: "secret", uri: "imap/elwood.innosoft.com" },
    "OA6MHXh6VqTrRk",
  );

test("the example of RFC 2831", () => {
  const exchange = begin();
  assert.equal(exchange.initial.length, 0);
  const said = Buffer.from(exchange.step(utf8(CHALLENGE)) as Uint8Array).toString();
  assert.match(said, /^charset=utf-8,username="chris",realm="elwood.innosoft.com",/);
  assert.match(said, /,qop=auth,response=d388dad90d4bbd760a152321f2143af7$/);
  assert.equal(exchange.step(utf8("rspauth=ea40f60335c427b5527b84dbabcdfffd")), undefined);
});

test("a server that does not know the password is refused", () => {
  for (const proof of ["rspauth=ea40f60335c427b5527b84dbabcdfffe", ""]) {
    const exchange = begin();
    exchange.step(utf8(CHALLENGE));
    assert.throws(() => exchange.step(utf8(proof)), /does not know the password/);
  }
});

test("a server without SASL sends nothing, and another one asks for too much", () => {
  assert.throws(() => begin().step(new Uint8Array(0)), /is SASL configured there/);
  const confidential = CHALLENGE.replace('qop="auth"', 'qop="auth-conf"');
  assert.throws(() => begin().step(utf8(confidential)), /auth-conf/);
  begin().step(utf8(CHALLENGE.replace('qop="auth"', 'qop="auth-int,auth"')));
});

test("quotes in names are escaped, and each exchange has a nonce of its own", async () => {
  const mechanism = digestMd5({ username: 'a"b\\c', password: "ü€" });
  const said = async (): Promise<string> => {
    const exchange = await mechanism({ name: "a", port: 1 });
    return Buffer.from((await exchange.step(utf8(CHALLENGE))) as Uint8Array).toString();
  };
  const [one, other] = [await said(), await said()];
  assert.ok(one.includes('username="a\\"b\\\\c"'));
  assert.notEqual(one, other);
});
