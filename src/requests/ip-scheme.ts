/** The ip scheme: an address, or `address/bits`. From: specification 2.5, 2.6. */
import type { AuthScheme } from "./auth-scheme.ts";

const IPV4_PARTS = 4;
const IPV6_GROUPS = 8;

/**
 * A number from 0 to `max`, signs and zeros before it allowed, as 3.8.0 takes it: lists that one
 * server stores must be lists for another.
 */
const numberOf = (text: string, max: number): number | undefined =>
  /^[+-]?\d+$/.test(text) && Number(text) >= 0 && Number(text) <= max ? Number(text) : undefined;

/** The bytes of an IPv4 or IPv6 address in text; undefined when it is neither. */
function addressBytes(text: string): Uint8Array | undefined {
  return text.includes(":") ? ipv6Bytes(text) : ipv4Bytes(text);
}

function ipv4Bytes(text: string): Uint8Array | undefined {
  const parts = text.split(".");
  if (parts.length !== IPV4_PARTS) return undefined;
  const bytes = parts.map((part) => numberOf(part, 255));
  return bytes.every((byte) => byte !== undefined) ? Uint8Array.from(bytes) : undefined;
}

function ipv6Bytes(text: string): Uint8Array | undefined {
  const halves = text.split("%", 1)[0]!.split("::");
  if (halves.length > 2) return undefined;
  const [head, tail] = [groupsOf(halves[0]!), groupsOf(halves[1] ?? "")];
  if (head === undefined || tail === undefined) return undefined;
  const missing = IPV6_GROUPS - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail];
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

function groupsOf(text: string): number[] | undefined {
  if (text === "") return [];
  const groups: number[] = [];
  const parts = text.split(":");
  for (const [index, part] of parts.entries()) {
    const last = index === parts.length - 1;
    const embedded = last && part.includes(".") ? ipv4Bytes(part) : undefined;
    if (embedded !== undefined) {
      groups.push((embedded[0]! << 8) | embedded[1]!, (embedded[2]! << 8) | embedded[3]!);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}

type Network = { readonly address: Uint8Array; readonly bits: number };

function networkOf(text: string): Network | undefined {
  const [host, bits, ...rest] = text.split("/");
  const address = addressBytes(host!);
  if (address === undefined || rest.length > 0) return undefined;
  const width = address.length * 8;
  if (bits === undefined) return { address, bits: width };
  const own = numberOf(bits, width);
  return own === undefined ? undefined : { address, bits: own };
}

function contains(network: Network, address: Uint8Array): boolean {
  if (address.length !== network.address.length) return false;
  return address.every((byte, index) => {
    const bits = Math.min(8, Math.max(0, network.bits - index * 8));
    const mask = (0xff00 >> bits) & 0xff;
    return (byte & mask) === (network.address[index]! & mask);
  });
}

export const ip: AuthScheme = {
  name: "ip",
  isValid: (id) => networkOf(id) !== undefined,
  matches(own, wanted) {
    const network = networkOf(wanted);
    const address = addressBytes(own);
    return network !== undefined && address !== undefined && contains(network, address);
  },
  authenticates: false,
  authenticate: (_credential, address) => [{ scheme: "ip", id: address }],
};
