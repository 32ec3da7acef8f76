/**
 * Distinguished names as text. The names and their texts are what OpenJDK 17 prints; the ones in
 * certificates are made here by openssl.
 */
import { equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { MalformedDer } from "./der.ts";
import { nameText } from "./distinguished-name.ts";

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "hex"));

const ROWS: ReadonlyArray<readonly [why: string, der: string, text: string]> = [
  ["nobody", "3000", ""],
  [
    "the last comes first",
    "303b310b3009060355040613024445310e300c060355040a130551756f6c6c310c300a060355040b1303646576310e300c06035504031305616c696365",
    "CN=alice,OU=dev,O=Quoll,C=DE",
  ],
  [
    "several values keep their order",
    "30163114300806035504030c01623008060355040b0c0161",
    "CN=b+OU=a",
  ],
  ["and are not sorted", "301631143008060355040b0c0161300806035504030c0162", "OU=a+CN=b"],
  [
    "domain parts",
    "302e31173015060a0992268993f22c64011916076578616d706c6531133011060a0992268993f22c6401191603636f6d",
    "DC=com,DC=example",
  ],
  [
    "places",
    "3039310a30080603550403130178310d300b060355040813044c616e64310c300a060355040713034f7274310e300c060355040913055765672031",
    "STREET=Weg 1,L=Ort,ST=Land,CN=x",
  ],
  ["a user id", "301f310a300806035504031301783111300f060a0992268993f22c640101130175", "UID=u,CN=x"],
  [
    "a mail address has no word",
    "3022310a300806035504031301783114301206092a864886f70d01090116056140622e63",
    "1.2.840.113549.1.9.1=#16056140622e63,CN=x",
  ],
  [
    "a serial number has none",
    "301a310a30080603550403130178310c300a06035504051303313233",
    "2.5.4.5=#1303313233,CN=x",
  ],
  ["a large first number", "300c310a30080603883701130161", "2.999.1=#130161"],
  ["a comma", "300f310d300b06035504031304612c2062", "CN=a\\, b"],
  ["a plus sign", "300e310c300a06035504031303612b62", "CN=a\\+b"],
  ["a semicolon", "300e310c300a06035504030c03613b62", "CN=a\\;b"],
  ["angle brackets", "3010310e300c06035504030c05613c623e63", "CN=a\\<b\\>c"],
  ["a backslash", "300e310c300a06035504030c03615c62", "CN=a\\\\b"],
  ["a quotation mark", "300e310c300a06035504030c03612262", 'CN=a\\"b'],
  ["a hash sign in the middle too", "300e310c300a06035504030c03612362", "CN=a\\#b"],
  ["an equals sign", "300e310c300a06035504031303613d62", "CN=a\\=b"],
  ["blanks inside stay", "30123110300e06035504031307696e202074776f", "CN=in  two"],
  ["blanks at both ends", "300e310c300a06035504031303206120", "CN=\\ a\\ "],
  ["nothing but blanks", "300e310c300a06035504030c03202020", "CN=\\ \\ \\ "],
  [
    "carriage returns count as blanks at an end",
    "300e310c300a06035504030c030d610d",
    "CN=\\\ra\\\r",
  ],
  ["a line feed does not", "300e310c300a06035504030c03610a62", "CN=a\nb"],
  ["an empty value", "300b3109300706035504031300", "CN="],
  ["UTF-8", "3011310f300d06035504030c06e697a5e69cac", "CN=日本"],
  ["beyond the first plane", "300f310d300b06035504030c04f09f9880", "CN=😀"],
  ["what is no UTF-8", "300c310a300806035504030c01ff", "CN=\ufffd"],
  ["a zero byte", "300e310c300a06035504030c03610062", "CN=a\\00b"],
  ["a BMPString is read byte by byte", "300d310b300906035504031e020061", "CN=\\00a"],
  ["T61String", "300c310a300806035504031401fc", "CN=\ufffd"],
  ["GeneralString", "300c310a300806035504031b0161", "CN=a"],
  ["UniversalString is no text", "300f310d300b06035504031c0400000061", "CN=#1c0400000061"],
  ["VisibleString is none either", "300c310a300806035504031a0161", "CN=#1a0161"],
  ["a number", "300c310a30080603550403020105", "CN=#020105"],
];

for (const [why, der, text] of ROWS) test(why, () => equal(nameText(hex(der)), text));

const MALFORMED: ReadonlyArray<readonly [why: string, der: string]> = [
  ["nothing at all", ""],
  ["cut off", "300c310a3008060355"],
  ["a length beyond the end", "30843fffffff"],
  ["a length without an end", "3080"],
  ["another type", "3100"],
  ["an object identifier that does not end", "300a31083006060288810c00"],
];
for (const [why, der] of MALFORMED)
  test(`refused: ${why}`, () => throws(() => nameText(hex(der)), MalformedDer));
