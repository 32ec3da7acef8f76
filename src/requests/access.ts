/**
 * Access control: may a connection with these identities do this to a node with that list, and what
 * an ACL in a request becomes when it is stored. From: specification 2.6.
 */
import type { Acl, Id } from "../records/data.ts";
import { ErrorCode } from "../records/error-codes.ts";
import { type AuthScheme, SUPER_SCHEME } from "./auth-scheme.ts";

/** What an ACL of a request becomes. */
export type Normalised =
  | { readonly kind: "valid"; readonly acl: readonly Acl[] }
  | { readonly kind: "refused"; readonly err: ErrorCode };
const INVALID: Normalised = { kind: "refused", err: ErrorCode.InvalidACL };

export class Access {
  private readonly schemes: ReadonlyMap<string, AuthScheme>;
  private readonly skipAcl: boolean;

  /** `skipAcl`: everybody may do everything (the reference's `skipACL=yes`). */
  constructor(schemes: readonly AuthScheme[], skipAcl: boolean) {
    this.schemes = new Map(schemes.map((scheme) => [scheme.name, scheme]));
    this.skipAcl = skipAcl;
  }

  scheme(name: string): AuthScheme | undefined {
    return this.schemes.get(name);
  }

  /** Whether one of `ids` has any of the permission bits `needed` on a node with the list `acl`. */
  permits(acl: readonly Acl[], needed: number, ids: readonly Id[]): boolean {
    if (this.skipAcl || acl.length === 0) return true;
    // Loops: each request comes through here.
    for (const entry of acl) {
      if ((entry.perms & needed) !== 0 && this.matches(entry, ids)) return true;
    }
    return ids.some((id) => id.scheme === SUPER_SCHEME);
  }

  /** The list to store for `acl` as asked for by a connection with `ids`, or why there is none. */
  normalise(acl: readonly Acl[] | null, ids: readonly Id[]): Normalised {
    const stored: Acl[] = [];
    for (const entry of withoutDuplicates(acl ?? [])) {
      const entries = this.expand(entry, ids);
      // The reference falls over a null id of a scheme that it knows, and says so (asked of 3.8.0).
      if (entries === "malformed") return { kind: "refused", err: ErrorCode.MarshallingError };
      if (entries.length === 0) return INVALID;
      stored.push(...entries);
    }
    return stored.length === 0 ? INVALID : { kind: "valid", acl: stored };
  }

  private matches(entry: Acl, ids: readonly Id[]): boolean {
    if (entry.scheme === "world" && entry.id === "anyone") return true;
    const scheme = this.schemes.get(entry.scheme ?? "");
    if (scheme === undefined) return false;
    return ids.some(
      (id) => id.scheme === scheme.name && scheme.matches(id.id ?? "", entry.id ?? ""),
    );
  }

  /** What one entry becomes; nothing when it is invalid. */
  private expand(entry: Acl, ids: readonly Id[]): readonly Acl[] | "malformed" {
    // Kazoo sends the id of an auth entry as null; the reference does not look at it.
    if (entry.scheme === "auth") {
      return ids
        .filter((id) => this.identifies(id))
        .map((id) => ({ perms: entry.perms, scheme: id.scheme, id: id.id }));
    }
    const scheme = this.schemes.get(entry.scheme ?? "");
    if (scheme === undefined) return [];
    if (entry.id === null) return "malformed";
    return scheme.isValid(entry.id) ? [entry] : [];
  }

  /** Not `super`: that is no scheme, and the reference stores no list that names it. */
  private identifies(id: Id): boolean {
    return this.schemes.get(id.scheme ?? "")?.authenticates === true;
  }
}

function withoutDuplicates(acl: readonly Acl[]): readonly Acl[] {
  return acl.filter((entry, index) => acl.findIndex((other) => sameEntry(entry, other)) === index);
}

const sameEntry = (a: Acl, b: Acl): boolean =>
  a.perms === b.perms && a.scheme === b.scheme && a.id === b.id;
