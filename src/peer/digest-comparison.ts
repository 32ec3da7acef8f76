/**
 * A learner's look at whether its tree is the leader's: each transaction tells what the digest of
 * the tree is after it.
 *
 * Promises: no false alarm while the tree is made of a leader's snapshot: that may show later
 * transactions, but none whose proposal comes behind UPTODATE; what comes before is not compared.
 * It is told once in a role and counted each time; the server goes on, as the reference does.
 * From: specification 6.
 */
import type { ServerId, Zxid } from "../base/ids.ts";
import { DIGEST_VERSION, type TxnEntry } from "../records/txn.ts";
import type { Member } from "./member.ts";

type Parts = {
  readonly settings: { readonly digestEnabled: boolean };
  readonly instruments: { readonly digestMismatches: { add(): void } };
  readonly store: { readonly loaded: { readonly tree: { readonly digest: bigint } } };
} & Pick<Member, "note">;

export class DigestComparison {
  private readonly member: Parts;
  private readonly leader: ServerId;
  private after: Zxid | undefined;
  private told = false;

  constructor(member: Parts, leader: ServerId) {
    this.member = member;
    this.leader = leader;
  }

  /** The broadcast begins; `lastAppended` came before. */
  begin(lastAppended: Zxid): void {
    this.after = lastAppended;
  }

  applied({ header: { zxid }, digest }: TxnEntry): void {
    const { settings, store, instruments } = this.member;
    if (!settings.digestEnabled || this.after === undefined || zxid <= this.after) return;
    if (digest?.version !== DIGEST_VERSION || digest.tree === store.loaded.tree.digest) return;
    instruments.digestMismatches.add();
    if (this.told) return;
    this.told = true;
    this.member.note({
      level: "warn",
      event: "the data tree differs from what the leader foretold: one of the two is not sound",
      about: { zxid, leader: this.leader },
    });
  }
}
