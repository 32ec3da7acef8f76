/** Which texts the x509 scheme takes for names: what OpenJDK 17 answered to each. */
import { equal } from "node:assert/strict";
import { test } from "node:test";
import { x509 } from "./x509-scheme.ts";

const NAMES: readonly string[] = [
  "",
  "CN=a",
  "cn=a",
  "CN=",
  "CN=a+O=b",
  "CN=a;O=b",
  "1.2.3=a",
  "OID.1.2.3=a",
  "oid.1.2.3=#0401ff",
  "CN=#0401ff",
  "CN=a\\,b",
  "CN = a , O = b",
  'CN="a, b",O=c',
  "EMAILADDRESS=a@b",
  "EMAIL=a",
  "SERIALNUMBER=1",
  "UID=x",
  "CN=a=b",
  "CN=a#b",
  "CN=a\nb",
  "1.2=a",
  "CN=ü",
  "cn=a\\2Cb",
  "1.2.840.113549.1.9.1=#16056140622e63,CN=x",
];
const OTHERS: readonly string[] = [
  "CN=a,",
  "CN=a,,O=b",
  "CN",
  "=a",
  "foo=bar",
  "CN=#zz",
  'CN="a',
  "CN=a\\",
  "CN=a,b",
  "alice",
  "E=a@b",
  "SN=x",
  "CN=a<b",
  "3.1.2=a",
  "1=a",
  "CN=a+",
  "CN=a\\zz",
  " ",
];

for (const name of NAMES) test(`a name: "${name}"`, () => equal(x509.isValid(name), true));
for (const name of OTHERS) test(`not a name: "${name}"`, () => equal(x509.isValid(name), false));

test("only an equal text matches: what is spelt otherwise is another name", () => {
  equal(x509.matches("CN=a,O=b", "CN=a,O=b"), true);
  equal(x509.matches("CN=a,O=b", "CN=a, O=b"), false);
  equal(x509.matches("CN=a", "cn=a"), false);
});

test("a matching name is found in time that grows with its length only", () => {
  equal(x509.isValid(`CN=${"\\,".repeat(50_000)}`), true);
  equal(x509.isValid(`CN=${" ".repeat(50_000)}<`), false);
});

test("no auth packet proves a certificate", () => {
  equal(x509.authenticate(new Uint8Array(0), "127.0.0.1"), undefined);
});
