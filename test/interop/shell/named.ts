/** Where our shell answers otherwise than Apache's on purpose: rows of docs/divergences.md. */
import type { Told } from "./transcript.ts";

type Named = {
  /** The row in docs/divergences.md. */
  readonly id: string;
  readonly command: RegExp;
  readonly apache: RegExp;
  readonly quoll: RegExp;
};

const NAMED: readonly Named[] = [
  {
    id: "cli-usage",
    command: /^(?:get|set|removewatches)(?: \/q)?$/,
    apache: /^! (?:get \[-s\] \[-w\] path|set \[-s\] \[-v version\] path data|removewatches .*)$/,
    quoll: /^! (?:get|set|removewatches) \[?.*\[-(?:x|b|l)\].*$/,
  },
  { id: "cli-usage", command: /^printwatches maybe$/, apache: /^$/, quoll: /^! printwatches on/ },
  {
    id: "cli-acl",
    command: /^(?:create|setAcl) .*(?:bad|anyone)$/,
    apache: /^! .* does not have the form .*\n(?:! Keeper.*\n)?! Acl is not valid : null$/,
    quoll: /^! .* does not have the form scheme:id:perm$/,
  },
  {
    id: "cli-acl",
    command: /^create \/acl2 .*; delete \/acl2; quit/,
    apache: /^! Unknown perm type: z\n! Unknown perm type: z\n! Created \/acl2$/,
    quoll: /^! Unknown perm type: zz\n! Node does not exist: \/acl2$/,
  },
  {
    id: "cli-acl",
    command: /^create \/acl[34] /,
    apache: /^! KeeperErrorCode = InvalidACL for (.*)\n! Acl is not valid : \1$/,
    quoll: /^! Acl is not valid : \/acl\d$/,
  },
  {
    id: "cli-file",
    command: /^reconfig -file \/nonexistent$/,
    apache: /^! Error processing \/nonexistent.*\(No such file or directory\)$/,
    quoll: /^! Error processing \/nonexistent: ENOENT/,
  },
  {
    id: "cli-delete-version",
    command: /^create \/old; delete \/old 77; delete \/old 0; quit/,
    apache: /'delete path.*\n! 'delete path.*\n! Node does not exist: \/old$/,
    quoll: /'delete path.*\n! version No is not valid : \/old\n! 'delete path.*$/,
  },
  {
    id: "cli-deleteall",
    command: /^deleteall \/zookeeper$/,
    // It does not always say so.
    apache: /^(?:! Failed to delete some node\(s\) in the subtree!)?$/,
    quoll: /^! Failed to delete some node\(s\) in the subtree!\n! Arguments are not valid : /,
  },
  {
    id: "cli-usage",
    command: /^ls \/; redo; /,
    apache: /^(?:(?!redo cmdno).)*$/s,
    quoll: /^! redo cmdno$/m,
  },
  {
    id: "cli-not-connected",
    command: /^close; ls \/; close; version; /,
    apache: /^Not connected\nNot connected\nNot connected\n/,
    quoll: /^! Not connected\n! Not connected$/m,
  },
  {
    id: "cli-numbers",
    command: /abc/,
    apache: /^! Exception in thread "main" java.lang.NumberFormatException: For input string/,
    quoll: /^! (?:-v argument must be an int value|Command index out of range)$/,
  },
  {
    id: "cli-addauth",
    command: /^addauth digest; ls /,
    apache: /^! KeeperErrorCode = AuthFailed for \/$/,
    quoll: /^\[.*zookeeper\]$/,
  },
];

const textOf = ({ out, err }: Told): string =>
  [...out, ...err.map((line) => `! ${line}`)].join("\n");

/** `cli-java-names`, `cli-paths`: words of the reference that ours leaves out. */
const plainOf = (told: Told): string =>
  textOf(told)
    .replaceAll(/org\.apache\.commons\.cli\.\w+: /g, "")
    .replaceAll(/ caused by (.*) @\d+$/gm, ": $1");

/** The lines of both where they differ, but not on purpose; empty where all is well. */
export function unnamedDifference(apache: Told, quoll: Told): readonly string[] {
  const [theirs, ours] = [plainOf(apache), plainOf(quoll)];
  const command = apache.command;
  if (theirs === ours && apache.exit === quoll.exit) return [];
  const isNamed = NAMED.some(
    (row) => row.command.test(command) && row.apache.test(theirs) && row.quoll.test(ours),
  );
  if (isNamed) return [];
  return [`> ${command}`, ...theirs.split("\n").map(minus), ...ours.split("\n").map(plus)];
}

const minus = (line: string): string => `- ${line}`;
const plus = (line: string): string => `+ ${line}`;
