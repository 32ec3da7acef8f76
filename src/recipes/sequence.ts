/**
 * The numbers that servers put at the end of sequential names, and the order that follows from
 * them. Names of different programs stand in one folder (`_c_<uuid>-lock-0000000007` beside
 * `<uuid>__lock__0000000008`), so that only the number may decide.
 */

/** Ten digits, or a sign and ten once the folder's int counter has gone over. */
const SEQUENCE = /-?\d{10}$/;

/**
 * A sequential node, and the number at the end of its name.
 * @example
 * const [first]: readonly Candidate[] = candidates(["a-lock-0000000007"], ["-lock-"]);
 * console.log(first?.sequence); // 7
 */
export type Candidate = {
  /** The node's name, without its folder. */
  readonly name: string;
  /** The number that the server put at its end. */
  readonly sequence: number;
};

/**
 * The candidates among `names`, in the order of their numbers: those that end with one of
 * `infixes` and a number. Other names are left out.
 *
 * A `-` before ten digits belongs to the infix where the infix ends with one.
 * @example
 * const line = candidates(await zk.getChildren("/locks/printer"), ["-lock-", "__lock__"]);
 * console.log(line[0]?.name);
 */
export function candidates(
  names: readonly string[],
  infixes: readonly string[],
): readonly Candidate[] {
  const found: Candidate[] = [];
  for (const name of names) {
    const sequence = sequenceAfter(name, infixes);
    if (sequence !== undefined) found.push({ name, sequence });
  }
  return found.sort((a, b) => a.sequence - b.sequence || (a.name < b.name ? -1 : 1));
}

/** The number behind one of `infixes` at the end of `name`; undefined where there is none. */
export function sequenceAfter(name: string, infixes: readonly string[]): number | undefined {
  const infix = infixes.find((one) => {
    const at = name.lastIndexOf(one);
    return at >= 0 && SEQUENCE.exec(name.slice(at + one.length))?.index === 0;
  });
  if (infix === undefined) return undefined;
  return Number(name.slice(name.lastIndexOf(infix) + infix.length));
}
