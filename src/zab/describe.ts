/** Prints what this room sends and knows, for logs, traces and tests. */
import { describeId } from "../base/ids.ts";
import { PacketType, type QuorumPacket } from "../records/quorum.ts";

const NAMES = new Map<number, string>(
  Object.entries(PacketType).map(([name, type]) => [type, name.toUpperCase()]),
);

/** The name of a packet's type as the protocol has it, for example `NEWLEADER`. */
export const describeType = (type: number): string => NAMES.get(type) ?? `type ${type}`;

export const describePacket = ({ type, zxid, data }: QuorumPacket): string =>
  `${describeType(type)} ${describeId(zxid)}${data === null ? "" : ` ${data.length}B`}`;
