/**
 * Watches the files of the stores and tells when one has changed. By asking for their state again
 * and again: then a file that is replaced through a symbolic link, as in mounted secrets, is seen.
 */
import { type StatsListener, unwatchFile, watchFile } from "node:fs";

const ASK_MS = 1000;

/** Answers how to stop. `changed` is called once for each look that found a file changed. */
export function watchFiles(paths: readonly string[], changed: () => void): () => void {
  const look: StatsListener = (now, before) => {
    // A file that is gone is about to be replaced.
    const isOther = now.mtimeMs !== before.mtimeMs || now.ino !== before.ino;
    if (now.nlink > 0 && (isOther || now.size !== before.size)) changed();
  };
  for (const path of paths) watchFile(path, { interval: ASK_MS, persistent: false }, look);
  return () => {
    for (const path of paths) unwatchFile(path, look);
  };
}
