/** The clients of simulated worlds (src/sim), in real time and on real sockets of this machine. */
import { connect } from "node:net";
import type { Prng } from "../../src/base/prng.ts";
import type { Handlers } from "../../src/sim/connection.ts";
import { Probes } from "../../src/sim/probes.ts";
import { Recorder } from "../../src/sim/recorder.ts";
import type { ClientSurroundings, ClientWire } from "../../src/sim/world-parts.ts";

/** `ports`: of each server by its host's name, `s1` and so on, where clients connect. */
export function realSurroundings(
  ports: ReadonlyMap<string, number>,
  prng: Prng,
): ClientSurroundings & { readonly startedAt: number } {
  const startedAt = Date.now();
  const zero = performance.now();
  const scheduler = {
    get now() {
      return performance.now() - zero;
    },
    after(delayMs: number, act: () => void) {
      if (delayMs < 1) setImmediate(act);
      else setTimeout(act, delayMs);
    },
  };
  return {
    startedAt,
    prng,
    scheduler,
    probes: new Probes(),
    recorder: new Recorder(scheduler, false),
    network: { dial: (_from, to, _door, handlers) => dial(ports.get(to)!, handlers) },
  };
}

function dial(port: number, handlers: Handlers): ClientWire {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  let isOpen = true;
  let why = "closed";
  socket.on("connect", () => handlers.opened?.());
  socket.on("data", (chunk: Buffer) => {
    if (isOpen) handlers.received(new Uint8Array(chunk));
  });
  socket.on("error", (error) => {
    why = error.message;
  });
  socket.on("close", () => {
    if (isOpen) handlers.closed(why);
    isOpen = false;
  });
  return {
    send: (_end, bytes) => {
      if (isOpen) socket.write(bytes.slice());
    },
    close: (_end, dropsRest) => {
      isOpen = false;
      if (dropsRest === true) socket.resetAndDestroy();
      else socket.end(() => socket.destroy());
    },
    die: () => {
      isOpen = false;
      socket.resetAndDestroy();
    },
    setReading: (_end, reads) => {
      if (reads) socket.resume();
      else socket.pause();
    },
  };
}
