/**
 * Cuts a line into words: at white space, except within single or double quotes, which are taken
 * off.
 */

const WORD = /"[^"]*"|'[^']*'|[^\s"']\S*/g;

export const wordsOf = (line: string): readonly string[] =>
  (line.match(WORD) ?? []).map((word) => {
    const quote = word[0];
    const isQuoted = (quote === '"' || quote === "'") && word.length > 1 && word.endsWith(quote);
    return isQuoted ? word.slice(1, -1) : word;
  });
