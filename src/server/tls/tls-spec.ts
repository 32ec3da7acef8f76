/**
 * How a server speaks TLS, with clients or with other members: from the keys of the configuration
 * to the options of Node's TLS server. Read at the start, and again whenever the files change.
 */
import { constants } from "node:crypto";
import type { SecureVersion, TlsOptions } from "node:tls";
import { ConfigError } from "../config/config-error.ts";
import { cipherFor } from "./cipher-names.ts";
import { StoreError } from "./store-error.ts";
import { loadKeyStore, loadTrustStore, type StoreFile } from "./stores.ts";

/** What is written for one kind of connections. */
export type TlsSpec = {
  /** What the names of its keys begin with. */
  readonly prefix: "ssl." | "ssl.quorum.";
  /** Where they are written, for errors. */
  readonly where: string;
  readonly keyStore: StoreFile;
  /** Undefined: nobody's certificate is trusted. */
  readonly trustStore: StoreFile | undefined;
  readonly protocol: string;
  readonly enabledProtocols: readonly string[];
  readonly cipherSuites: readonly string[];
  readonly clientAuth: "need" | "want" | "none";
};

/** The files that `readTls` reads. */
export function tlsFiles({ keyStore, trustStore }: TlsSpec): readonly string[] {
  return [keyStore, trustStore].flatMap((store) =>
    store === undefined
      ? []
      : [store.path, ...(store.passwordPath === undefined ? [] : [store.passwordPath])],
  );
}

/** Throws `ConfigError` for what a server must not start with. */
export function readTls(spec: TlsSpec): TlsOptions {
  const { prefix, keyStore, trustStore } = spec;
  const ciphers = ciphersOf(spec);
  const [minVersion, maxVersion] = versionsOf(spec, ciphers);
  return {
    ...fromStore(spec, `${prefix}keyStore.location`, () => loadKeyStore(keyStore)),
    // Never undefined: Node would trust the public authorities.
    ca:
      trustStore === undefined
        ? []
        : fromStore(spec, `${prefix}trustStore.location`, () => [...loadTrustStore(trustStore)]),
    // As in Java, whatever stands in the trust store is trusted, an authority's own or not.
    allowPartialTrustChain: true,
    ...{ minVersion, maxVersion },
    ...(ciphers.length > 0 && { ciphers: ciphers.join(":"), honorCipherOrder: true }),
    // A session taken up again would not be judged again: by then its certificate may be outdated.
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_NO_TICKET,
    requestCert: spec.clientAuth !== "none",
    // Judged in peer-certificate.ts, which can tell what was wrong.
    rejectUnauthorized: false,
  };
}

function fromStore<T>(spec: TlsSpec, key: string, load: () => T): T {
  try {
    return load();
  } catch (cause) {
    if (!(cause instanceof StoreError)) throw cause;
    const { problem, remedy } = cause;
    throw new ConfigError({ where: spec.where, key, problem, remedy }, { cause });
  }
}

const VERSIONS: readonly SecureVersion[] = ["TLSv1.2", "TLSv1.3"];

/** The oldest and the newest that is spoken: both enabled, and with a cipher suite that fits. */
function versionsOf(
  spec: TlsSpec,
  ciphers: readonly string[],
): readonly [least: SecureVersion, most: SecureVersion] {
  const one = VERSIONS.find((version) => version.toLowerCase() === spec.protocol);
  const asked = spec.enabledProtocols;
  const refuse = (problem: string) =>
    new ConfigError({
      where: spec.where,
      key: `${spec.prefix}enabledProtocols`,
      problem,
      remedy: "Write TLSv1.2, TLSv1.3 or both, parted by a comma.",
    });
  for (const name of asked) {
    if (!VERSIONS.some((version) => version === name)) throw refuse(`${name} is not spoken`);
  }
  const enabled = asked.length > 0 ? asked : one === undefined ? VERSIONS : [one];
  const isNew = (cipher: string): boolean => cipher.startsWith("TLS_");
  const spoken = VERSIONS.filter(
    (version) =>
      enabled.includes(version) &&
      (ciphers.length === 0 || ciphers.some((cipher) => isNew(cipher) === (version === "TLSv1.3"))),
  );
  if (spoken.length === 0)
    throw refuse(`none of ${spec.prefix}ciphersuites belongs to these protocols`);
  return [spoken[0]!, spoken.at(-1)!];
}

function ciphersOf(spec: TlsSpec): readonly string[] {
  return spec.cipherSuites.map((name) => {
    const found = cipherFor(name);
    if (found !== undefined) return found;
    throw new ConfigError({
      where: spec.where,
      key: `${spec.prefix}ciphersuites`,
      problem: `${name} is no cipher suite of this Node.js`,
      remedy: "Write names such as TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, parted by commas.",
    });
  });
}
