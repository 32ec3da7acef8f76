/**
 * `server.N=` lines: the members of an ensemble.
 *
 *   server.<sid>=<host>:<quorumPort>:<electionPort>[:<role>][|...][;[<clientHost>:]<clientPort>]
 *
 * From: specification 5.7; 3.8.0 asked for what it refuses.
 */

export type ServerAddress = {
  /** Without the brackets of an IPv6 address. */
  readonly host: string;
  readonly quorumPort: number;
  readonly electionPort: number;
};

export type ServerLine = {
  readonly sid: bigint;
  /** At least one. */
  readonly addresses: readonly ServerAddress[];
  readonly role: "participant" | "observer";
  /** The part after the semicolon. */
  readonly client: { readonly host: string | undefined; readonly port: number } | undefined;
};

/** How a server line is written, for messages. */
export const SERVER_LINE_FORM =
  "server.<number>=<host>:<port>:<port>[:participant or :observer][;[<host>:]<clientPort>]";

const HOST = String.raw`(\[[^\]]+\]|[^:\[\];|\s]+)`;
const ADDRESS = new RegExp(`^${HOST}:(\\d+):(\\d+)(?::([A-Za-z]+))?$`);
const CLIENT = new RegExp(`^(?:${HOST}:)?(\\d+)$`);

/** Parses the value of `server.<sidText>`; undefined when it has not the form. */
export function parseServerLine(sidText: string, value: string): ServerLine | undefined {
  if (!/^\d{1,18}$/.test(sidText)) return undefined;
  const [server, client, ...more] = value.split(";");
  if (server === undefined || more.length > 0) return undefined;
  const parts = server.split("|").map((part) => ADDRESS.exec(part.trim()));
  let role: ServerLine["role"] = "participant";
  const addresses: ServerAddress[] = [];
  for (const part of parts) {
    if (part === null) return undefined;
    const [, host, quorumPort, electionPort, roleText = "participant"] = part;
    const named = roleText.toLowerCase();
    if (named !== "participant" && named !== "observer") return undefined;
    if (part[4] !== undefined) role = named;
    const address = { host: bare(host!), quorumPort: +quorumPort!, electionPort: +electionPort! };
    if (!isPort(address.quorumPort) || !isPort(address.electionPort)) return undefined;
    addresses.push(address);
  }
  // A semicolon with nothing behind it is accepted by the reference.
  if (client === undefined || client.trim() === "") {
    return { sid: BigInt(sidText), addresses, role, client: undefined };
  }
  const found = CLIENT.exec(client.trim());
  if (found === null || !isPort(Number(found[2]))) return undefined;
  const host = found[1] === undefined ? undefined : bare(found[1]);
  return { sid: BigInt(sidText), addresses, role, client: { host, port: Number(found[2]) } };
}

const bare = (host: string): string => host.replace(/^\[|\]$/g, "");
const isPort = (port: number): boolean => port <= 65_535;
