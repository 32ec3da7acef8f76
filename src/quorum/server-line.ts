/**
 * One server line of a configuration: `server.<id>=<this>`, in zoo.cfg, in dynamic files and in the
 * texts that servers exchange.
 *
 *   host:quorumPort:electionPort[:role][|host:...]...[;[clientHost:]clientPort[;secure]]
 *
 * IPv6 hosts stand in brackets. The role may stand behind any of the addresses, behind several only
 * if it is the same. From: specification 5.7; reference `QuorumServer`.
 */
import type { ServerId } from "../base/ids.ts";

export type ServerAddress = {
  /** A name or an address, without brackets. */
  readonly host: string;
  readonly quorumPort: number;
  readonly electionPort: number;
};

export type ClientAddress = { readonly host: string; readonly port: number };

/** Participants vote; observers only learn. */
export type Role = "participant" | "observer";

export type Member = {
  readonly id: ServerId;
  /** At least one. */
  readonly addresses: readonly ServerAddress[];
  readonly role: Role;
  /** Where it serves clients, if the configuration tells. */
  readonly client?: ClientAddress;
};

/** Why a line cannot be read: words for whoever wrote it. */
export type Refused = { readonly refused: string };

/** Where a client port stands alone, it means all addresses of the machine. */
const ANY_HOST = "0.0.0.0";

const HOST = String.raw`\[([^\][|;]+)\]|([^\][|;:\s]+)`;
const ADDRESS = new RegExp(`^(?:${HOST}):(\\d+):(\\d+)(?::(\\w+))?$`);
const CLIENT = new RegExp(`^(?:(?:${HOST}):)?(\\d+)$`);

/** The member that the value of a server line tells of. */
export function readServerValue(id: ServerId, value: string): Member | Refused {
  const [servers, client, secure, ...more] = value.split(";").map((part) => part.trim());
  if (more.length > 0) return { refused: "more than two client addresses" };
  const addresses: ServerAddress[] = [];
  let role: Role | undefined;
  for (const text of servers!.split("|")) {
    const read = readAddress(text.trim());
    if ("refused" in read) return read;
    addresses.push(read.address);
    if (role !== undefined && read.role !== undefined && read.role !== role) {
      return { refused: "its addresses have different roles" };
    }
    role ??= read.role;
  }
  const member: Member = { id, addresses, role: role ?? "participant" };
  // The secure one, of 3.10, is checked only: members of this version have it from their own file.
  if (secure !== undefined) {
    const read = readClient(secure);
    if ("refused" in read) return read;
  }
  // A semicolon with nothing behind it is accepted by the reference.
  if (client === undefined || client === "") return member;
  const read = readClient(client);
  return "refused" in read ? read : { ...member, client: read };
}

function readAddress(text: string): { address: ServerAddress; role?: Role } | Refused {
  const parts = ADDRESS.exec(text);
  if (parts === null) {
    return { refused: `"${text}" is not host:quorumPort:electionPort[:role]` };
  }
  const [, bracketed, plain, quorum, election, roleText] = parts;
  const address = {
    host: (bracketed ?? plain)!,
    quorumPort: Number(quorum),
    electionPort: Number(election),
  };
  const wrong = [address.quorumPort, address.electionPort].find((port) => !isPort(port));
  if (wrong !== undefined) return { refused: `${wrong} is no port` };
  if (roleText === undefined) return { address };
  const role = roleText.toLowerCase();
  if (role === "participant" || role === "observer") return { address, role };
  return { refused: `"${roleText}" is neither participant nor observer` };
}

function readClient(text: string): ClientAddress | Refused {
  const parts = CLIENT.exec(text);
  if (parts === null) return { refused: `"${text}" is not [host:]port of clients` };
  const [, bracketed, plain, portText] = parts;
  const port = Number(portText);
  if (!isPort(port)) return { refused: `${portText} is no port` };
  return { host: bracketed ?? plain ?? ANY_HOST, port };
}

const isPort = (port: number): boolean => port <= 0xffff;

/** The value of a server line, as the reference writes it: always with the role. */
export function describeServer(member: Member): string {
  const addresses = member.addresses.map(
    ({ host, quorumPort, electionPort }) => `${inBrackets(host)}:${quorumPort}:${electionPort}`,
  );
  const { client } = member;
  const served = client === undefined ? "" : `;${inBrackets(client.host)}:${client.port}`;
  return `${addresses.join("|")}:${member.role}${served}`;
}

const inBrackets = (host: string): string => (host.includes(":") ? `[${host}]` : host);
