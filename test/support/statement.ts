/**
 * Statements of the compatibility specification, chapters 2 to 4 and 7, as tests.
 * docs/compatibility.md is printed from their names (tools/compatibility.ts), so both arguments
 * are plain string literals.
 */
import { test } from "node:test";

/**
 * A test that proves one statement. `section` is the specification's; a statement that Quoll departs
 * from on purpose ends with `(divergences: <id>)`, a row of docs/divergences.md.
 */
export function statement(section: string, text: string, prove: () => void | Promise<void>): void {
  test(`${section} ${text}`, prove);
}
