/**
 * Session passwords that nobody can guess: HMAC-SHA-256 of the session id, cut to 16 bytes, with a
 * secret that is kept beside the data, so that sessions can be taken up again after a restart.
 */
import { createHmac, randomBytes } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { SessionId } from "../base/ids.ts";
import { type PasswordOf, passwordOf } from "../session/password.ts";
import { FolderError } from "./data-folders.ts";

const SECRET_FILE = "session-secret";
const SECRET_BYTES = 32;
const PASSWORD_BYTES = 16;

/** `dataDir` exists. Throws `FolderError` for a secret that cannot be read or made. */
export function sessionPasswords(config: {
  readonly dataDir: string;
  readonly sessionPasswords: "compatible" | "random";
}): PasswordOf {
  if (config.sessionPasswords === "compatible") return passwordOf;
  const secret = secretOf(join(resolve(config.dataDir), SECRET_FILE));
  return (session: SessionId) => {
    const id = new DataView(new ArrayBuffer(8));
    id.setBigInt64(0, session);
    const hmac = createHmac("sha256", secret).update(new Uint8Array(id.buffer)).digest();
    return new Uint8Array(hmac.subarray(0, PASSWORD_BYTES));
  };
}

function secretOf(path: string): Uint8Array {
  try {
    const secret = read(path) ?? make(path);
    if (secret.length === SECRET_BYTES) return secret;
  } catch (cause) {
    const told = cause instanceof Error ? cause.message : String(cause);
    throw new FolderError(`${path} cannot be used (${told}). Check its owner and permissions.`, {
      cause,
    });
  }
  throw new FolderError(
    `${path} is not a secret of ${SECRET_BYTES} bytes. Put it back from a backup, or remove it: ` +
      "then sessions of before the restart cannot be taken up again.",
  );
}

function read(path: string): Uint8Array | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** Whole or not at all: under another name first. */
function make(path: string): Uint8Array {
  const secret = randomBytes(SECRET_BYTES);
  // What a start that was cut short left has perhaps other permissions.
  rmSync(`${path}.new`, { force: true });
  const file = openSync(`${path}.new`, "wx", 0o600);
  try {
    writeSync(file, secret);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(`${path}.new`, path);
  const folder = openSync(dirname(path), "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
  return secret;
}
