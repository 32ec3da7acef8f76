/** What the offline commands' flags mean. */
import { type SessionId, toSessionId, toZxid, type Zxid } from "../base/ids.ts";
import { CommandRefused } from "./output.ts";

export type OutputForm = "text" | "json" | "ndjson";
const FORMS: readonly string[] = ["text", "json", "ndjson"];

export function outputForm(text: string | undefined): OutputForm {
  if (text === undefined) return "text";
  if (FORMS.includes(text)) return text as OutputForm;
  throw new CommandRefused(`--output ${text}: there are ${FORMS.join(", ")}`);
}

/** 64 bits as the reference prints them, `0x1f`; or decimal digits. */
function idOf(flag: string, text: string): bigint {
  if (/^(0x[0-9a-fA-F]{1,16}|\d{1,19})$/.test(text)) return BigInt(text);
  throw new CommandRefused(`--${flag} ${text}: write it as 0x1f, or in decimal digits`);
}

export const zxidOf = (flag: string, text: string | undefined): Zxid | undefined =>
  text === undefined ? undefined : toZxid(idOf(flag, text));
export const sessionOf = (flag: string, text: string | undefined): SessionId | undefined =>
  text === undefined ? undefined : toSessionId(idOf(flag, text));

/** Whether `path` is `root` or lies below it. */
export const isWithin = (path: string, root: string): boolean =>
  path === root || path.startsWith(root.endsWith("/") ? root : `${root}/`);
