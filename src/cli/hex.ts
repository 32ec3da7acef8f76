/**
 * Bytes as a table of numbers and text, sixteen a line, as later versions of the reference's shell
 * show them with `get -x`.
 */

const WIDTH = 16;
const RULE = `+--------+${"-".repeat(3 * WIDTH + 1)}+${"-".repeat(WIDTH)}+`;
const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, "0");
const visible = (byte: number): string =>
  byte > 0x1f && byte < 0x7f ? String.fromCharCode(byte) : ".";

export function hexLines(data: Uint8Array): readonly string[] {
  if (data.length === 0) return [];
  const columns = Array.from({ length: WIDTH }, (_, at) => `  ${hex(at, 1)}`).join("");
  const lines: string[] = [];
  for (let at = 0; at < data.length; at += WIDTH) {
    const bytes = [...data.subarray(at, at + WIDTH)];
    const numbers = bytes.map((byte) => ` ${hex(byte, 2)}`).join("");
    const text = bytes.map(visible).join("");
    lines.push(`|${hex(at, 8)}|${numbers.padEnd(3 * WIDTH)} |${text.padEnd(WIDTH)}|`);
  }
  const top = `         +${"-".repeat(3 * WIDTH + 1)}+`;
  return [top, `         |${columns} |`, RULE, ...lines, RULE];
}
