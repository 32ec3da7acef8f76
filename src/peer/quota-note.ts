/** Tells the operator of quotas that are passed. */
import type { QuotaExceeded } from "../requests/operation.ts";
import type { Instruments } from "./instruments.ts";
import type { Note } from "./io.ts";

export const tellQuotaExceeded =
  (instruments: Instruments, note: (note: Note) => void) =>
  ({ path, what, limit, total, isHard }: QuotaExceeded): void => {
    const namespace = path.split("/", 2)[1]!;
    if (isHard) instruments.quotaExceeded.of(namespace).add();
    // As text: the log prints a bigint as an id, in hexadecimal.
    const about = { path, what, limit: `${limit}`, total: `${total}`, refused: isHard };
    note({ level: "warn", event: "quota exceeded", about });
  };
