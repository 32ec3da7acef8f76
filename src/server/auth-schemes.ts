/**
 * The authentication schemes of a server, composed here and nowhere else: those that are always
 * there, those that the configuration names, and providers from modules.
 *
 * Refuses a start that asks for protection which is not there (`ConfigError`). From: the
 * reference's `ProviderRegistry` and `AuthenticationHelper`, asked of 3.8.0.
 */
import { dirname } from "node:path";
import type { Metrics } from "../base/metrics.ts";
import { Access } from "../requests/access.ts";
import { type AuthScheme, digest, world } from "../requests/auth-scheme.ts";
import { ensemble } from "../requests/ensemble-scheme.ts";
import { ip } from "../requests/ip-scheme.ts";
import { x509 } from "../requests/x509-scheme.ts";
import { loadProvider, type TellsOfFailure } from "./auth-provider.ts";
import { ConfigError } from "./config/config-error.ts";
import type { ServerConfig } from "./config/server-config.ts";
import { digestBy } from "./digest-algorithms.ts";
import { hasClientTls } from "./tls/enabled.ts";

const REFERENCE = "org.apache.zookeeper.server.auth.";
const DIGEST_CLASS = `${REFERENCE}DigestAuthenticationProvider`;
/** Classes whose schemes need no line: they are there, or have switches of their own. */
const ALWAYS_THERE: ReadonlySet<string> = new Set([
  "DigestAuthenticationProvider",
  "IPAuthenticationProvider",
  "X509AuthenticationProvider",
]);

export type AuthNeeds = {
  readonly config: ServerConfig;
  readonly metrics: Metrics;
  /** A line for the administrator, at the start. */
  readonly tell: (line: string) => void;
  readonly providerFailed: TellsOfFailure;
};

/** Throws `ConfigError`. */
export async function accessOf(needs: AuthNeeds): Promise<Access> {
  const { config } = needs;
  const schemes: AuthScheme[] = [world, ip];
  if (hasClientTls(config)) schemes.push(x509);
  const { authProviders } = config;
  // Named, it is there although it is switched off. Asked of 3.8.0.
  if (config.digestAuthEnabled || authProviders.some(({ value }) => value === DIGEST_CLASS)) {
    schemes.push(digest(digestBy(config.digestAlgorithm), config.superDigest));
  }
  for (const setting of authProviders) {
    const added = isJavaClass(setting.value)
      ? ofClass(setting.key, setting.value, needs)
      : await loadProvider(
          setting,
          dirname(config.configFile ?? "./arguments"),
          needs.providerFailed,
        );
    if (added === undefined) continue;
    if (schemes.some(({ name }) => name === added.name)) {
      throw new ConfigError({
        where: setting.where,
        key: setting.key,
        problem: `its scheme "${added.name}" is there already`,
        remedy: "Remove the line, or give the provider's scheme another name.",
      });
    }
    schemes.push(added);
  }
  checkEnforced(config, schemes);
  return new Access(schemes, config.skipAcl);
}

/** `a.b.Name`, and not the name of a file. */
const isJavaClass = (value: string): boolean =>
  /^[\w$]+(\.[\w$]+)+$/.test(value) && !/\.[cm]?js$/.test(value);

/** As in the reference, a class that cannot be had leaves its scheme unknown, and a warning. */
function ofClass(key: string, value: string, needs: AuthNeeds): AuthScheme | undefined {
  const { config, metrics, tell } = needs;
  const name = value.startsWith(REFERENCE) ? value.slice(REFERENCE.length) : value;
  if (ALWAYS_THERE.has(name)) return undefined;
  if (name !== "EnsembleAuthenticationProvider") {
    tell(`${key}: the Java class ${value} cannot be had; its scheme stays unknown`);
    return undefined;
  }
  const [success, fail, skip] = ["success", "fail", "skip"].map((outcome) =>
    metrics.counter(`ensemble_auth_${outcome}`),
  );
  return ensemble(config.ensembleAuthName ?? "", {
    success: () => success!.add(),
    fail: () => fail!.add(),
    skip: () => skip!.add(),
  });
}

function checkEnforced(config: ServerConfig, schemes: readonly AuthScheme[]): void {
  if (!config.enforceAuthEnabled) return;
  const where = config.configFile ?? "arguments";
  const key = "enforce.auth.schemes";
  if (config.enforceAuthSchemes.length === 0) {
    throw new ConfigError({
      where,
      key,
      problem: "it is not set, and enforce.auth.enabled=true",
      remedy: "Name the schemes that count, such as digest.",
    });
  }
  const provable = schemes.filter((scheme) => scheme !== world).map(({ name }) => name);
  const unknown = config.enforceAuthSchemes.find((name) => !provable.includes(name));
  if (unknown === undefined) return;
  throw new ConfigError({
    where,
    key,
    problem: `there is no authentication provider for "${unknown}"`,
    remedy: `Name some of: ${provable.join(", ")}.`,
  });
}
