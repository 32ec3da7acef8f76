/**
 * Servers and clients understand each other: nobody is sent what it cannot read or what is not due.
 * Who is, closes the connection and begins afresh; so a server that says wrong things harms nobody
 * at once, and would be found by nothing else.
 */
import type { Survey } from "./survey.ts";
import type { Found } from "./violation.ts";

export function checkProtocol({ history }: Survey, found: Found): void {
  for (const record of history.records) {
    if (record.kind === "misread") found(`${record.reader} was sent ${record.what}`);
  }
}
