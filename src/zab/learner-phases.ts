/**
 * Which packet a learner may get when. From: specification 4.1, 4.5, 4.6; what is not listed ends
 * the link.
 */
import { PacketType } from "../records/quorum.ts";

export type LearnerRole = "follower" | "observer";

export type LearnerPhase =
  | "connecting"
  /** FOLLOWERINFO or OBSERVERINFO is sent. */
  | "discovering"
  /** The accepted epoch is being saved. */
  | "acceptingEpoch"
  /** ACKEPOCH is sent. */
  | "choosing"
  /** DIFF, TRUNC or SNAP has come. */
  | "synchronising"
  /** NEWLEADER has come: history, then epoch, are being made durable. */
  | "settling"
  /** One that counts in no quorum waits until the leader has one without it. */
  | "awaitingOthers"
  /** NEWLEADER is acknowledged. */
  | "acknowledged"
  /** UPTODATE has come. */
  | "serving"
  | "over";

const { proposal, commit, commitAndActivate, inform, informAndActivate } = PacketType;
const BROADCAST = [proposal, commit, commitAndActivate];
const INFORMED = [inform, informAndActivate];

const ALLOWED: Readonly<Record<LearnerPhase, readonly number[]>> = {
  connecting: [],
  discovering: [PacketType.leaderInfo],
  acceptingEpoch: [],
  choosing: [PacketType.diff, PacketType.trunc, PacketType.snap],
  synchronising: [...BROADCAST, ...INFORMED, PacketType.newLeader],
  settling: [],
  awaitingOthers: [...BROADCAST, ...INFORMED, PacketType.ping],
  acknowledged: [...BROADCAST, ...INFORMED, PacketType.ping, PacketType.upToDate],
  serving: [...BROADCAST, ...INFORMED, PacketType.ping, PacketType.sync, PacketType.revalidate],
  over: [],
};

/** Only observers are informed. */
export const isAllowed = (type: number, phase: LearnerPhase, role: LearnerRole): boolean =>
  ALLOWED[phase].includes(type) && (role === "observer" || !INFORMED.some((of) => of === type));
