/**
 * What a file of Java properties asks of a client, as the reference's `zkCli.sh` takes it with
 * `-client-configuration`, over the JVM flags of the environment. From: reference `ZKClientConfig`.
 *
 * What the client honours takes effect; what it cannot honour, and would change what the user may
 * count on, is refused; everything else is told. Values are never told: they may be passwords.
 */
import { readFileSync } from "node:fs";
import type { SecureVersion } from "node:tls";
import type { ClientConfiguration } from "../cli/main.ts";
import type { TlsOptions } from "../client/index.ts";
import { readJavaFlags } from "../server/config/java-flags.ts";
import { parseProperties } from "../server/config/properties.ts";
import { cipherFor } from "../server/tls/cipher-names.ts";
import { tlsOfProperties } from "../server/tls/client-flags.ts";

type Properties = ReadonlyMap<string, string>;

const HONOURED: ReadonlySet<string> = new Set([
  "jute.maxbuffer",
  "zookeeper.client.secure",
  "zookeeper.ssl.keyStore.location",
  "zookeeper.ssl.keyStore.password",
  "zookeeper.ssl.keyStore.passwordPath",
  "zookeeper.ssl.keyStore.type",
  "zookeeper.ssl.trustStore.location",
  "zookeeper.ssl.trustStore.password",
  "zookeeper.ssl.trustStore.passwordPath",
  "zookeeper.ssl.trustStore.type",
  "zookeeper.ssl.hostnameVerification",
  "zookeeper.ssl.protocol",
  "zookeeper.ssl.enabledProtocols",
  "zookeeper.ssl.ciphersuites",
]);

/** Keys about Java alone, or about what this client does in any case. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set([
  "zookeeper.clientCnxnSocket",
  "zookeeper.request.timeout",
  "zookeeper.kinit",
  "zookeeper.sasl.client",
  "zookeeper.sasl.client.username",
  "zookeeper.sasl.client.canonicalize.hostname",
  "zookeeper.server.realm",
  "zookeeper.ssl.handshakeDetectionTimeoutMillis",
  "zookeeper.ssl.clientHostnameVerification",
]);

const NO_SASL = "this client knows no SASL: use a certificate, or addauth";
const REFUSED: ReadonlyArray<readonly [key: string, value: RegExp, reason: string]> = [
  ["zookeeper.sasl.clientconfig", /./, NO_SASL],
  ["zookeeper.server.principal", /./, NO_SASL],
  ["java.security.auth.login.config", /./, NO_SASL],
  ["zookeeper.disableAutoWatchReset", /^true$/i, "watches are always set again"],
  ["zookeeper.ssl.crl", /^true$/i, "certificates are not looked up in revocation lists"],
  ["zookeeper.ssl.ocsp", /^true$/i, "certificates are not asked about"],
  ["zookeeper.ssl.context.supplier.class", /./, "Java classes cannot be loaded"],
];

/** `flags`: a line of JVM flags. Throws an Error whose message is for people. */
export function readClientConfiguration(
  file: string | undefined,
  flags: string,
): ClientConfiguration {
  const own: Properties = new Map(
    file === undefined
      ? []
      : parseProperties(readFileSync(file, "utf8")).map(({ key, value }) => [key, value.trim()]),
  );
  const properties: Properties = new Map([...readJavaFlags(flags).properties, ...own]);
  for (const [key, value, reason] of REFUSED) {
    if (value.test(properties.get(key) ?? "")) {
      throw new Error(`${file ?? "JVM flags"}: ${key} cannot be honoured: ${reason}`);
    }
  }
  const isSecure = properties.get("zookeeper.client.secure")?.toLowerCase() === "true";
  const requestBytesMax = juteBytes(properties);
  return {
    client: {
      ...(isSecure && { tls: tlsOf(properties) }),
      ...(requestBytesMax !== undefined && { requestBytesMax }),
    },
    notes: [...own.keys()].flatMap((key) => noteOn(key, isSecure)),
  };
}

function noteOn(key: string, isSecure: boolean): readonly string[] {
  if (HONOURED.has(key)) {
    const isIdle = key.startsWith("zookeeper.ssl.") && !isSecure;
    return isIdle ? [`${key} has no effect without zookeeper.client.secure=true`] : [];
  }
  if (WITHOUT_EFFECT.has(key)) return [`${key} has no effect here`];
  return REFUSED.some(([refused]) => refused === key) ? [] : [`${key} is not known`];
}

/** In decimal, or in hex as in `0xfffff`. */
function juteBytes(properties: Properties): number | undefined {
  const text = properties.get("jute.maxbuffer");
  if (text === undefined) return undefined;
  const bytes = /^(?:0x[0-9a-f]{1,8}|\d{1,10})$/i.test(text) ? Number(text) : 0;
  if (bytes >= 1 && bytes <= 0x7fff_ffff) return bytes;
  throw new Error("jute.maxbuffer is no number of bytes");
}

const VERSIONS: readonly SecureVersion[] = ["TLSv1.2", "TLSv1.3"];

function tlsOf(properties: Properties): TlsOptions {
  const ciphers = listOf(properties.get("zookeeper.ssl.ciphersuites")).map((name) => {
    const found = cipherFor(name);
    if (found !== undefined) return found;
    throw new Error(`zookeeper.ssl.ciphersuites: ${name} is no cipher suite of this Node.js`);
  });
  return {
    ...tlsOfProperties(properties),
    ...versionsOf(properties),
    ...(ciphers.length > 0 && { ciphers: ciphers.join(":") }),
  } as TlsOptions;
}

/** Where the protocols are named, those that are named; else all that Node has. */
function versionsOf(properties: Properties): Pick<TlsOptions, "minVersion" | "maxVersion"> {
  const key = ["zookeeper.ssl.enabledProtocols", "zookeeper.ssl.protocol"].find((one) =>
    properties.has(one),
  );
  if (key === undefined) return {};
  const asked = listOf(properties.get(key));
  const spoken = VERSIONS.filter((version) => asked.includes(version));
  // Java's "TLS" is every version.
  if (asked.includes("TLS")) return {};
  if (spoken.length < asked.length)
    throw new Error(`${key}: only ${VERSIONS.join(", ")} are spoken`);
  return { minVersion: spoken[0]!, maxVersion: spoken.at(-1)! };
}

const listOf = (text = ""): readonly string[] =>
  text
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "");
