/**
 * The elections of a member: the machine that votes, and the links on which votes travel, as one.
 * From: specification 3.
 */
import type { Millis, ServerId, Zxid } from "../base/ids.ts";
import { FastLeaderElection } from "../election/election.ts";
import type { ElectionEffect, ElectionInput, ServerState, Vote } from "../election/io.ts";
import { ElectionLinks } from "../election/links.ts";
import type { Note } from "./io.ts";
import type { LinkId, LinkInput, MemberEffect } from "./links.ts";
import type { EnsembleSettings } from "./member.ts";
