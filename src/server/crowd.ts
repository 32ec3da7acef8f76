/**
 * How many connections there are, in all and from each address, those included that still shake
 * hands: whoever is not known yet must not be more than those who are.
 */
export type CrowdLimits = {
  /** 0 or less is no limit. */
  readonly maxCnxns: number;
  readonly maxClientCnxns: number;
};

export class Crowd {
  private readonly limits: CrowdLimits;
  private readonly perAddress = new Map<string, number>();
  private total = 0;

  constructor(limits: CrowdLimits) {
    this.limits = limits;
  }

  /** Why there is no room for one more from `address`; undefined where there is. */
  refusal(address: string): string | undefined {
    const { maxCnxns, maxClientCnxns } = this.limits;
    if (maxCnxns > 0 && this.total >= maxCnxns) return `more than maxCnxns=${maxCnxns} connections`;
    if (maxClientCnxns > 0 && this.countFrom(address) >= maxClientCnxns) {
      return `more than maxClientCnxns=${maxClientCnxns} connections from it`;
    }
    return undefined;
  }

  /** Counts one more. Answers how it leaves; leaving twice is leaving once. */
  enter(address: string): () => void {
    this.total++;
    this.perAddress.set(address, this.countFrom(address) + 1);
    let isIn = true;
    return () => {
      if (!isIn) return;
      isIn = false;
      this.total--;
      const left = this.countFrom(address) - 1;
      if (left === 0) this.perAddress.delete(address);
      else this.perAddress.set(address, left);
    };
  }

  private countFrom(address: string): number {
    return this.perAddress.get(address) ?? 0;
  }
}
