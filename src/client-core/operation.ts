/**
 * What the session machine needs to know of an operation: a card for each. The cards are in
 * operations.ts; the machine asks them and never tests for an operation by name.
 */
import type { JuteReader } from "../jute/reader.ts";
import type { JuteWriter } from "../jute/writer.ts";
import type { Chroot } from "./chroot.ts";
import type { WatchKind, WatchSelection } from "./watches.ts";

/** Watches that a request takes away. Without a watcher in the call, everybody's. */
type Removal = {
  readonly path: string;
  readonly selection: WatchSelection;
  /** True: they go also when the server cannot be asked. */
  readonly local: boolean;
};

export interface Operation<Request, Reply> {
  /** The operation's name as errors tell it. */
  readonly name: string;
  readonly code: number;
  /** True where a lost reply leaves open whether the server has changed something. */
  readonly writes: boolean;
  /** The path that an error about this request names, as the caller gave it. */
  pathOf(request: Request): string | undefined;
  /** Writes the body, its paths as the server knows them. */
  write(to: JuteWriter, request: Request, chroot: Chroot): void;
  /** Reads the body of a reply without error. What it returns owns its memory. */
  read(from: JuteReader, chroot: Chroot): Reply;
  /** The answer where NoNode is not a failure. */
  readonly noNode?: { readonly reply: Reply };
  /** The watch that the call's watcher gets by a reply with this error code; undefined for none. */
  watch?(request: Request, err: number): WatchKind | undefined;
  removes?(request: Request): Removal;
  /** The failure that a reply without error tells in its body. */
  refusal?(reply: Reply): { readonly index: number; readonly err: number } | undefined;
  /** The path of an element of the request. */
  elementPath?(request: Request, index: number): string | undefined;
  /** True for a node that keeps its name under every chroot. */
  readonly ignoresChroot?: true;
}

/** The same operation, which tells no refusal in its body, with another form of reply. */
export const withReply = <Request, From, To>(
  operation: Operation<Request, From>,
  form: (reply: From) => To,
): Operation<Request, To> => {
  const { noNode, refusal: _, ...rest } = operation;
  return {
    ...rest,
    read: (from, chroot) => form(operation.read(from, chroot)),
    ...(noNode === undefined ? {} : { noNode: { reply: form(noNode.reply) } }),
  };
};
