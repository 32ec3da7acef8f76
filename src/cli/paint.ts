/** Colours, for a terminal whose user did not set NO_COLOR. */

export type Style = "error" | "event" | "prompt";
export type Paint = (style: Style, text: string) => string;

const CODES: Readonly<Record<Style, number>> = { error: 31, event: 36, prompt: 1 };

export const paintFor =
  (isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): Paint =>
  (style, text) =>
    !isTerminal || (env["NO_COLOR"] ?? "") !== "" || env["TERM"] === "dumb"
      ? text
      : `\u001b[${CODES[style]}m${text}\u001b[0m`;
