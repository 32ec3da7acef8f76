/**
 * Authentication providers from modules: `authProvider.<name>=<path or package>`. Documented for
 * their authors in docs/authentication.md.
 *
 * A provider is somebody else's code. What it throws becomes a refusal and a line in the log with
 * the error's name alone: its message could hold the credential.
 */
import { isAbsolute, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { NoteDetails } from "../peer/io.ts";
import type { AuthScheme } from "../requests/auth-scheme.ts";
import { SUPER_SCHEME } from "../requests/auth-scheme.ts";
import { ConfigError } from "./config/config-error.ts";
import type { Setting } from "./config/settings.ts";
import { importModule } from "./import-module.ts";

/** The export `provider` of a module. Every method answers at once: none may be async. */
export interface AuthenticationProvider {
  /** The name of the scheme in auth packets and access control lists. */
  readonly scheme: string;
  /** Whether identities say who somebody is, so that they stand for an entry of scheme `auth`. */
  readonly authenticates: boolean;
  /** Whether `id` is well-formed in an access control list. */
  isValid(id: string): boolean;
  /** Whether a connection's id satisfies the id `wanted` of an entry. */
  matches(own: string, wanted: string): boolean;
  /** The ids that `credential` proves for a client at `address`; undefined refuses it. */
  authenticate(credential: Uint8Array, address: string): readonly string[] | undefined;
}

/** Clients can cause these: whoever writes them bounds their number. */
export type TellsOfFailure = (about: NoteDetails) => void;

const BUILT_IN: ReadonlySet<string> = new Set([
  ...["world", "auth", "ip", "digest", "x509", "ensemble", "sasl"],
  SUPER_SCHEME,
]);

/**
 * Throws `ConfigError` for a module that cannot be loaded or is no provider. `folder`: what its
 * path is relative to.
 */
export async function loadProvider(
  setting: Setting,
  folder: string,
  failed: TellsOfFailure,
): Promise<AuthScheme> {
  const refuse = (problem: string, cause?: unknown): ConfigError =>
    new ConfigError(
      {
        where: setting.where,
        key: setting.key,
        problem,
        remedy: "Name an ES module that exports `provider`; see docs/authentication.md.",
      },
      { cause },
    );
  const loaded = await importOf(setting.value, folder).catch((cause: unknown) => {
    const told = cause instanceof Error ? cause.message : String(cause);
    throw refuse(`the module "${setting.value}" cannot be loaded: ${told}`, cause);
  });
  const { provider } = loaded as { readonly provider?: unknown };
  const fault = faultOf(provider);
  if (fault !== undefined) throw refuse(`the module "${setting.value}" ${fault}`);
  return guarded(provider as AuthenticationProvider, failed);
}

function importOf(specifier: string, folder: string): Promise<unknown> {
  const isPath = isAbsolute(specifier) || specifier.startsWith(".");
  return importModule(isPath ? pathToFileURL(resolve(folder, specifier)).href : specifier);
}

/** What keeps a value from being a provider, as the rest of a sentence. */
function faultOf(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return "has no export `provider`";
  const given = value as Readonly<Record<string, unknown>>;
  const { scheme } = given;
  if (typeof scheme !== "string" || scheme === "") return "has a provider without a `scheme`";
  if (BUILT_IN.has(scheme))
    return `has a provider of the scheme "${scheme}", which is the server's`;
  if (typeof given["authenticates"] !== "boolean") {
    return "has a provider whose `authenticates` is neither true nor false";
  }
  for (const method of ["isValid", "matches", "authenticate"]) {
    if (typeof given[method] !== "function") return `has a provider without \`${method}\``;
  }
  return undefined;
}

function guarded(provider: AuthenticationProvider, failed: TellsOfFailure): AuthScheme {
  const { scheme } = provider;
  const attempt = <T>(what: string, run: () => T, refused: T): T => {
    try {
      return run();
    } catch (error) {
      const name = error instanceof Error ? error.name : typeof error;
      failed({ scheme, method: what, error: name });
      return refused;
    }
  };
  return {
    name: scheme,
    authenticates: provider.authenticates,
    isValid: (id) => attempt("isValid", () => atOnce(provider.isValid(id)) === true, false),
    matches: (own, wanted) =>
      attempt("matches", () => atOnce(provider.matches(own, wanted)) === true, false),
    authenticate(credential, address) {
      return attempt(
        "authenticate",
        () => {
          // Its own copy: the bytes are those of the chunk, which the server goes on with.
          const bytes = (credential ?? new Uint8Array(0)).slice();
          const proved = atOnce(provider.authenticate(bytes, address));
          return proved === undefined ? undefined : idsOf(scheme, proved);
        },
        undefined,
      );
    },
  };
}

/** A promise that is refused, and that nobody waits for, would end the process. */
function atOnce<T>(answer: T): T {
  if (!(answer instanceof Promise)) return answer;
  answer.catch(() => {});
  throw new TypeError("a provider must answer at once");
}

/** What is not a list of texts, a promise say, proves nothing. */
function idsOf(scheme: string, proved: unknown) {
  if (!Array.isArray(proved) || !proved.every((id) => typeof id === "string")) {
    throw new TypeError("authenticate must answer an array of texts, or undefined");
  }
  return (proved as readonly string[]).map((id) => ({ scheme, id }));
}
