/** The nodes that a cache holds, by path, and which of them are children of which. */
import type { NodeData } from "../client-core/operations.ts";

export class NodeTable {
  private readonly nodes = new Map<string, NodeData>();
  private readonly names = new Map<string, Set<string>>();

  get size(): number {
    return this.nodes.size;
  }

  get(path: string): NodeData | undefined {
    return this.nodes.get(path);
  }

  /** The names of the nodes that are held right below `path`, whether `path` is held or not. */
  below(path: string): ReadonlySet<string> {
    return this.names.get(path) ?? NOBODY;
  }

  /** The paths that are held while their parent is not. */
  orphans(): readonly string[] {
    return [...this.names]
      .filter(([parent]) => !this.nodes.has(parent))
      .flatMap(([parent, names]) => [...names].map((name) => childPath(parent, name)));
  }

  entries(): IterableIterator<[string, NodeData]> {
    return this.nodes.entries();
  }

  set(path: string, node: NodeData): void {
    this.nodes.set(path, node);
    if (path === "/") return;
    const { parent, name } = split(path);
    const siblings = this.names.get(parent);
    if (siblings === undefined) this.names.set(parent, new Set([name]));
    else siblings.add(name);
  }

  delete(path: string): void {
    if (!this.nodes.delete(path) || path === "/") return;
    const { parent, name } = split(path);
    const siblings = this.names.get(parent);
    siblings?.delete(name);
    if (siblings?.size === 0) this.names.delete(parent);
  }
}

const NOBODY: ReadonlySet<string> = new Set();

export const childPath = (parent: string, name: string): string =>
  parent === "/" ? `/${name}` : `${parent}/${name}`;

function split(path: string): { readonly parent: string; readonly name: string } {
  const slash = path.lastIndexOf("/");
  return { parent: slash === 0 ? "/" : path.slice(0, slash), name: path.slice(slash + 1) };
}
