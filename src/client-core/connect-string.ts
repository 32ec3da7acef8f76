/**
 * Connect strings: `host:port,host:port/chroot`. The port may be left out; IPv6 addresses with a
 * port stand in brackets. From: reference `ConnectStringParser`.
 */
import { pathFault } from "./path-rules.ts";

/** The port of a host that names none. */
const DEFAULT_PORT = 2181;
const PORT_MAX = 65535;

export type Host = { readonly name: string; readonly port: number };
export type ConnectString = { readonly hosts: readonly Host[]; readonly chroot: string };

/** `name:port`, as logs and prompts show it. */
export const describeHost = (host: Host): string =>
  host.name.includes(":") ? `[${host.name}]:${host.port}` : `${host.name}:${host.port}`;

/** Throws `RangeError` that names the part which is wrong. A chroot of `/` is none. */
export function parseConnectString(text: string): ConnectString {
  const slash = text.indexOf("/");
  const list = slash < 0 ? text : text.slice(0, slash);
  const chroot = slash < 0 || slash === text.length - 1 ? "" : text.slice(slash);
  const fault = chroot === "" ? undefined : pathFault(chroot);
  if (fault !== undefined) throw new RangeError(`chroot of "${text}": ${fault}`);
  const hosts = list
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map(parseHost);
  if (hosts.length === 0) throw new RangeError(`connect string "${text}" names no host`);
  return { hosts, chroot };
}

function parseHost(text: string): Host {
  const bracketed = /^\[(?<name>[^\]]+)\](?::(?<port>.*))?$/.exec(text);
  const plain = /^(?<name>[^:]+)(?::(?<port>.*))?$/.exec(text);
  const groups = (bracketed ?? plain)?.groups;
  // Several colons without brackets can only be a bare IPv6 address.
  if (groups === undefined) return { name: text, port: DEFAULT_PORT };
  const { name, port } = groups;
  return { name: name!, port: port === undefined ? DEFAULT_PORT : parsePort(port, text) };
}

function parsePort(text: string, host: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > PORT_MAX)
    throw new RangeError(`port of "${host}" is not 1 to ${PORT_MAX}`);
  return port;
}
