/**
 * What is wrong with a key store or trust store, told so that it can be put right: which file, what
 * was expected, what to do.
 */
export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly code = "Store";
  readonly problem: string;
  /** What to do, as a sentence. */
  readonly remedy: string;

  constructor(file: string, problem: string, remedy: string, options?: ErrorOptions) {
    super(`${file}: ${problem}. ${remedy}`, options);
    this.problem = `${file}: ${problem}`;
    this.remedy = remedy;
  }
}
