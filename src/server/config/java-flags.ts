/**
 * JVM flags: what SERVER_JVMFLAGS, JVMFLAGS and the command line say with `-Dname=value`.
 *
 * Scripts for the reference set them, so those that name a setting of ZooKeeper are honoured. The
 * others speak to a JVM that is not there; they are counted, by name only, since values can be
 * secrets.
 */

export type JavaFlags = {
  readonly properties: ReadonlyMap<string, string>;
  /** Names of the flags that mean nothing here, in order. */
  readonly ignored: readonly string[];
};

/** Prefixes of the properties that the reference's server itself reads. */
const OURS = /^(zookeeper|jute|readonlymode|znode|fsync|leader|follower|java\.security\.auth)\./;

/** Reads flags as a shell without quotes parts them. Later ones win. */
export const readJavaFlags = (text: string): JavaFlags =>
  sortFlags(text.split(/\s+/).filter((word) => word !== ""));

export function sortFlags(flags: readonly string[]): JavaFlags {
  const properties = new Map<string, string>();
  const ignored: string[] = [];
  for (const flag of flags) {
    const [, name, value = ""] = /^-D([^=]+)(?:=(.*))?$/s.exec(flag) ?? [];
    if (name !== undefined && OURS.test(name)) properties.set(name, value);
    else ignored.push(flag.replace(/=.*$/s, ""));
  }
  return { properties, ignored };
}
