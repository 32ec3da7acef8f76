/**
 * How a client of this host speaks TLS: from the Java properties that the reference's client reads,
 * as CLIENT_JVMFLAGS has them.
 */
import type { ConnectionOptions } from "node:tls";
import { readJavaFlags } from "../config/java-flags.ts";
import { StoreError } from "./store-error.ts";
import { loadKeyStore, loadTrustStore, STORE_TYPES, type StoreFile } from "./stores.ts";

/** `flags`: a line of JVM flags. Throws `StoreError`. */
export function tlsOfFlags(flags: string): ConnectionOptions {
  return tlsOfProperties(readJavaFlags(flags).properties);
}

/** As `tlsOfFlags`; `properties` have whole names, as in `zookeeper.ssl.keyStore.location`. */
export function tlsOfProperties(properties: ReadonlyMap<string, string>): ConnectionOptions {
  const property = (key: string): string | undefined => properties.get(`zookeeper.ssl.${key}`);
  const keyStore = storeOf("keyStore", property);
  const trustStore = storeOf("trustStore", property);
  return {
    ...(keyStore !== undefined && loadKeyStore(keyStore)),
    ...(trustStore !== undefined && { ca: [...loadTrustStore(trustStore)] }),
    allowPartialTrustChain: true,
    // Node asks a function about the name; one that finds no fault skips the question.
    ...(property("hostnameVerification") === "false" && { checkServerIdentity: () => undefined }),
  };
}

function storeOf(
  which: "keyStore" | "trustStore",
  property: (key: string) => string | undefined,
): StoreFile | undefined {
  const path = property(`${which}.location`);
  if (path === undefined || path === "") return undefined;
  const written = property(`${which}.type`)?.toLowerCase() ?? "";
  const type = written === "" ? "" : STORE_TYPES.find((known) => known === written);
  if (type === undefined) {
    const problem = `ssl.${which}.type=${written} is not known`;
    throw new StoreError(path, problem, "Write PEM or PKCS12.");
  }
  const password = property(`${which}.password`) ?? "";
  return { path, type, password, passwordPath: property(`${which}.passwordPath`) };
}
