/** The page about the shell, docs/command-line.md, from the cards of its commands. */
import { type Command, usageOf } from "./command.ts";

const TOP = `# The shell

\`bin/zkCli.sh\` and \`quoll cli\` are one program: the commands of the reference's \`zkCli.sh\`
with its options, output and exit codes, and some more. What it does otherwise is told in
[divergences.md](divergences.md), "The shell".

\`\`\`sh
bin/zkCli.sh -server a:2181,b:2181/app             # a dialogue; Ctrl-D or quit ends it
bin/zkCli.sh -server a:2181 get /config            # one command and its exit code
bin/zkCli.sh -server a:2181 < script               # a command a line
bin/zkCli.sh -server a:2181 -o json ls /           # as JSON
quoll lock -server a:2181 /locks/job -- make all   # the same as cli ... lock; so elect
\`\`\`

| flag | meaning |
| ---- | ------- |
| \`-server HOST:PORT,...[/CHROOT]\` | the servers; \`localhost:2181\` unless given |
| \`-timeout MS\` | the session timeout to ask for; 30000 unless given |
| \`-r\` | a server that lost its quorum will do for reading |
| \`-waitforconnection\` | waits for a connection however long |
| \`-client-configuration FILE\` | the reference's Java properties: [tls.md](tls.md) |
| \`-o FORMAT\`, \`--output FORMAT\` | of every command that does not choose its own |

Formats: \`text\` is the reference's; \`table\` has columns; \`json\` is one value; \`ndjson\` one
value a line, as they come; \`raw\` is a list a line, and a node's data as its bytes alone. Data
that is not UTF-8 stands in JSON in base64.

Standard output holds what was asked for and events of watches; the connection, errors and
progress are told on standard error. Exit codes: 0, 1 for a failure, 127 for an unknown command,
130 for one given up.

On a terminal the Tab key completes commands and paths; \`~/.zkcli_history\` keeps the lines (not
those of \`addauth\`; in memory only where it cannot be written); Ctrl-C gives up the command that
runs; colours are used unless \`NO_COLOR\` is set.

`;

/** The whole page; `beyond` are the names of commands that the reference does not have. */
export function describeCommands(commands: Iterable<Command>, beyond: ReadonlySet<string>): string {
  const all = [...commands].toSorted((left, right) => left.name.localeCompare(right.name));
  const own = all.filter(({ name }) => beyond.has(name));
  const known = all.filter(({ name }) => !beyond.has(name));
  return (
    `${TOP}## Commands of the reference\n\n${tableOf(known)}\n` +
    `## Commands beyond it\n\n${tableOf(own)}`
  );
}

function tableOf(commands: readonly Command[]): string {
  const rows = commands.map(
    (command) => `| \`${usageOf(command).trim().replaceAll("|", "\\|")}\` | ${command.purpose} |\n`,
  );
  return `| command | what it does |\n| ------- | ------------ |\n${rows.join("")}`;
}
