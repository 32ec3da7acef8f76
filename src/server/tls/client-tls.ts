/**
 * How a server speaks TLS with its clients: from the configuration to the options of Node's TLS
 * server. Read at the start, and again whenever its files change.
 */
import { constants } from "node:crypto";
import type { SecureVersion, TlsOptions } from "node:tls";
import { ConfigError } from "../config/config-error.ts";
import type { ServerConfig } from "../config/server-config.ts";
import { cipherFor } from "./cipher-names.ts";
import { StoreError } from "./store-error.ts";
import { loadKeyStore, loadTrustStore, type StoreFile } from "./stores.ts";

export const hasClientTls = (config: ServerConfig): boolean =>
  config.secureClientPort !== 0 || config.clientPortUnification;

const keyStoreOf = (config: ServerConfig): StoreFile => ({
  path: config.keyStoreLocation ?? "",
  type: config.keyStoreType,
  password: config.keyStorePassword ?? "",
  passwordPath: config.keyStorePasswordPath,
});

/** Undefined where clients are not asked for certificates: then nobody is trusted, and need not be. */
const trustStoreOf = (config: ServerConfig): StoreFile | undefined =>
  config.trustStoreLocation === undefined || config.tlsClientAuth === "none"
    ? undefined
    : {
        path: config.trustStoreLocation,
        type: config.trustStoreType,
        password: config.trustStorePassword ?? "",
        passwordPath: config.trustStorePasswordPath,
      };

/** The files that `readClientTls` reads. */
export function clientTlsFiles(config: ServerConfig): readonly string[] {
  return [keyStoreOf(config), trustStoreOf(config)].flatMap((store) =>
    store === undefined
      ? []
      : [store.path, ...(store.passwordPath === undefined ? [] : [store.passwordPath])],
  );
}

/** Throws `ConfigError` for what a server must not start with. */
export function readClientTls(config: ServerConfig): TlsOptions {
  const trustStore = trustStoreOf(config);
  const ciphers = ciphersOf(config);
  const [minVersion, maxVersion] = versionsOf(config, ciphers);
  return {
    ...fromStore(config, "ssl.keyStore.location", () => loadKeyStore(keyStoreOf(config))),
    // Never undefined: Node would trust the public authorities.
    ca:
      trustStore === undefined
        ? []
        : fromStore(config, "ssl.trustStore.location", () => [...loadTrustStore(trustStore)]),
    // As in Java, whatever stands in the trust store is trusted, an authority's own or not.
    allowPartialTrustChain: true,
    ...{ minVersion, maxVersion },
    ...(ciphers.length > 0 && { ciphers: ciphers.join(":"), honorCipherOrder: true }),
    // A session taken up again would not be judged again: by then its certificate may be outdated.
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_NO_TICKET,
    requestCert: config.tlsClientAuth !== "none",
    // Judged in client-certificate.ts, which can tell what was wrong.
    rejectUnauthorized: false,
  };
}

function fromStore<T>(config: ServerConfig, key: string, load: () => T): T {
  try {
    return load();
  } catch (cause) {
    if (!(cause instanceof StoreError)) throw cause;
    const { problem, remedy } = cause;
    throw new ConfigError({ where: whereOf(config), key, problem, remedy }, { cause });
  }
}

const VERSIONS: readonly SecureVersion[] = ["TLSv1.2", "TLSv1.3"];

/** The oldest and the newest that is spoken: both enabled, and with a cipher suite that fits. */
function versionsOf(
  config: ServerConfig,
  ciphers: readonly string[],
): readonly [least: SecureVersion, most: SecureVersion] {
  const one = VERSIONS.find((version) => version.toLowerCase() === config.tlsProtocol);
  const asked = config.tlsEnabledProtocols;
  const refuse = (problem: string) =>
    new ConfigError({
      where: whereOf(config),
      key: "ssl.enabledProtocols",
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
  if (spoken.length === 0) throw refuse("none of ssl.ciphersuites belongs to these protocols");
  return [spoken[0]!, spoken.at(-1)!];
}

function ciphersOf(config: ServerConfig): readonly string[] {
  return config.tlsCipherSuites.map((name) => {
    const found = cipherFor(name);
    if (found !== undefined) return found;
    throw new ConfigError({
      where: whereOf(config),
      key: "ssl.ciphersuites",
      problem: `${name} is no cipher suite of this Node.js`,
      remedy: "Write names such as TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, parted by commas.",
    });
  });
}

const whereOf = (config: ServerConfig): string => config.configFile ?? "arguments";
