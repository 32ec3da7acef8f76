/**
 * Damaged frames against a server machine: many connections send them, and a witness among them
 * must not notice. Memory must not grow with the number of frames.
 *
 * What the frames leave behind is removed now and then by a janitor who may do everything;
 * sessions end by expiry, as time goes by with the frames.
 */
import { createHash } from "node:crypto";
import { hexOf, utf8 } from "../../src/base/bytes.ts";
import { Prng } from "../../src/base/prng.ts";
import { JuteReader } from "../../src/jute/reader.ts";
import {
  AddWatchRequest,
  AuthPacket,
  CreateRequest,
  DeleteRequest,
  GetChildrenResponse,
  GetDataResponse,
  ReadRequest,
  SetDataRequest,
} from "../../src/records/client.ts";
import { AddWatchMode } from "../../src/records/constants.ts";
import { OPEN_ACL } from "../../src/records/data.ts";
import { OpCode } from "../../src/records/op-codes.ts";
import { MachineWorld, type WorldClient } from "../support/machine-world.ts";
import { Mutator, serverSeeds } from "./mutator.ts";
import { blame, type Outcome, type Progress } from "./outcome.ts";

const CONNECTIONS = 24;
/** How often a connection that lives is replaced before it sends. */
const HANG_UP = 1 / 50;
/** How often a new connection begins with damage in place of a handshake. */
const RUDE = 1 / 8;
const WITNESS_EVERY = 50;
const CLEAN_EVERY = 5_000;
const LAP = 500;
/** Time that goes by with a round of the witness, in ms: a session outlives some 1000 frames. */
const ROUND_MS = 500;
const SESSION_MS = 10_000;
/** What the last tenth may take more than the first one did, in bytes: the collector is lazy. */
const GROWTH_BYTES_MAX = 64 << 20;
const SECRET = "super:secret";
/** As the hash of MachineWorld has it. */
const SUPER_DIGEST = `super:${createHash("sha1").update(SECRET).digest("base64")}`;
const KEPT = new Set(["/witness", "/zookeeper"]);

export function fuzzMachine(frames: number, seed: number, progress: Progress): Outcome {
  const prng = new Prng(seed);
  const mutator = new Mutator(serverSeeds(), prng);
  const world = new MachineWorld({}, SUPER_DIGEST);
  const witness = new Witness(world);
  const crowd = new Crowd(world, prng, mutator);
  const memory = new Memory(frames);
  for (let index = 0; index < frames; index++) {
    const frame = mutator.next();
    try {
      crowd.send(frame);
      if (index % WITNESS_EVERY === 0) witness.round();
      if (index % CLEAN_EVERY === 0) clean(world);
    } catch (error) {
      return { passed: index, failure: blame(error, index, frame) };
    }
    if (index % LAP !== 0) continue;
    memory.note(index);
    progress(index);
  }
  if (memory.growth <= GROWTH_BYTES_MAX) return { passed: frames };
  return { passed: frames - 1, failure: `memory grew by ${memory.growth} bytes` };
}

/** Connections that send what they are given; one that was closed is replaced. */
class Crowd {
  private readonly world: MachineWorld;
  private readonly prng: Prng;
  private readonly mutator: Mutator;
  private readonly clients: (WorldClient | undefined)[] = new Array(CONNECTIONS).fill(undefined);

  constructor(world: MachineWorld, prng: Prng, mutator: Mutator) {
    this.world = world;
    this.prng = prng;
    this.mutator = mutator;
  }

  send(frame: Uint8Array): void {
    const { prng, world } = this;
    const client = this.one(prng.below(CONNECTIONS));
    const cut = prng.chance(0.5) ? frame.length : prng.below(frame.length + 1);
    for (const part of [frame.slice(0, cut), frame.slice(cut)]) {
      if (part.length > 0 && client.closed === undefined) client.send(part);
    }
    if (client.awaitsDrain) client.drained();
    while (world.wantsMore) world.input({ kind: "continue", now: world.now });
    world.notes.length = 0;
  }

  private one(at: number): WorldClient {
    const { world, prng } = this;
    const known = this.clients[at];
    if (known !== undefined) {
      const lives = known.closed === undefined && known.word === undefined;
      if (lives && !prng.chance(HANG_UP)) return known;
      world.gone(known);
    }
    const client = world.connect();
    client.isDeaf = true;
    if (prng.chance(RUDE)) client.send(this.mutator.next());
    else client.shakeHands({ timeoutMs: SESSION_MS });
    this.clients[at] = client;
    return client;
  }
}

/**
 * Writes and reads its own node, and has two watches: a persistent one that stays, and one that is
 * used up by each round and set again.
 */
class Witness {
  private readonly world: MachineWorld;
  private readonly client: WorldClient;
  private rounds = 0;

  constructor(world: MachineWorld) {
    this.world = world;
    this.client = world.open(SESSION_MS);
    this.create("/witness");
    const watch = { path: "/witness", mode: AddWatchMode.persistent };
    this.granted(this.client.ask(OpCode.addWatch, AddWatchRequest, watch));
  }

  round(): void {
    const { client, world } = this;
    world.pass(ROUND_MS);
    if (client.closed !== undefined) throw new Error(`the witness was closed: ${client.closed}`);
    client.came.length = 0;
    const data = utf8(`round ${++this.rounds}`);
    const path = "/witness";
    this.granted(client.ask(OpCode.setData, SetDataRequest, { path, data, version: -1 }));
    const reply = this.granted(client.ask(OpCode.getData, ReadRequest, { path, watch: false }));
    const found = GetDataResponse.read(new JuteReader(reply)).data;
    if (found === null || hexOf(found) !== hexOf(data)) throw new Error("the witness reads wrong");
    client.ask(OpCode.exists, ReadRequest, { path: "/witness/child", watch: true });
    this.create("/witness/child");
    const child = { path: "/witness/child", version: -1 };
    this.granted(client.ask(OpCode.delete, DeleteRequest, child));
    this.expectEvents();
  }

  private expectEvents(): void {
    const seen = this.client.story.filter((item) => item.startsWith("event")).join();
    const wanted = "event 3 /witness,event 1 /witness/child,event 4 /witness,event 4 /witness";
    if (seen !== wanted) throw new Error(`the witness hears of ${seen}`);
  }

  private create(path: string): void {
    const request = { path, data: null, acl: OPEN_ACL, flags: 0 };
    this.granted(this.client.ask(OpCode.create, CreateRequest, request));
  }

  private granted(xid: number): Uint8Array {
    const { header, body } = this.client.reply(xid);
    if (header.err !== 0) throw new Error(`the witness is answered ${header.err}`);
    return body;
  }
}

/** Removes all nodes but the witness's and the server's, whatever their ACLs say. */
function clean(world: MachineWorld): void {
  const client = world.open(SESSION_MS);
  client.ask(OpCode.auth, AuthPacket, { type: 0, scheme: "digest", auth: utf8(SECRET) });
  const granted = (xid: number): Uint8Array => {
    const { header, body } = client.reply(xid);
    if (header.err !== 0) throw new Error(`the janitor is answered ${header.err}`);
    client.came.length = 0;
    return body;
  };
  const empty = (path: string): void => {
    const list = granted(client.ask(OpCode.getChildren, ReadRequest, { path, watch: false }));
    for (const name of GetChildrenResponse.read(new JuteReader(list)).children) {
      const child = path === "/" ? `/${name}` : `${path}/${name}`;
      if (KEPT.has(child)) continue;
      empty(child);
      granted(client.ask(OpCode.delete, DeleteRequest, { path: child, version: -1 }));
    }
  };
  empty("/");
  client.send(client.framed(0, OpCode.closeSession, new Uint8Array()));
  world.gone(client);
}

/** The least memory in use in the first and in the last tenth of a run, in bytes. */
class Memory {
  private readonly frames: number;
  private first = Number.POSITIVE_INFINITY;
  private last = Number.POSITIVE_INFINITY;

  constructor(frames: number) {
    this.frames = frames;
  }

  note(index: number): void {
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    const used = heapUsed + arrayBuffers;
    if (index < this.frames / 10) this.first = Math.min(this.first, used);
    if (index >= this.frames * 0.9) this.last = Math.min(this.last, used);
  }

  /** 0 where a run is too short to tell. */
  get growth(): number {
    return Number.isFinite(this.last) ? Math.max(0, this.last - this.first) : 0;
  }
}
