/** Answers of a person, or of a script, to questions. */
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

/** The next line of `from` at each call; undefined when there is none any more. */
export function linesOf(from: Readable): {
  readonly next: () => Promise<string | undefined>;
  readonly close: () => void;
} {
  const reader = createInterface({ input: from });
  const lines = reader[Symbol.asyncIterator]();
  return {
    next: async () => {
      const { done, value } = await lines.next();
      return done === true ? undefined : value;
    },
    close: () => reader.close(),
  };
}
