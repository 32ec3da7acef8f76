/**
 * The whole tree of a server as lines of text, one a znode, read by a client with super rights. Two
 * servers hold the same tree exactly when their dumps are equal.
 */
import { GetACLResponse, GetChildren2Response, GetDataResponse } from "../../src/records/client.ts";
import { OpCode } from "../../src/records/op-codes.ts";
import { ask, canonical, granted, read } from "./operations.ts";
import { decoded, RawSession } from "./raw-session.ts";
import { SUPER_AUTH } from "./subjects.ts";

/** Every znode below and with `root`, in the order of paths: path, data, ACL list and Stat. */
export async function dumpTree(port: number, root = "/"): Promise<readonly string[]> {
  const session = await RawSession.open(port);
  try {
    await granted("auth", session.auth("digest", SUPER_AUTH));
    const lines: string[] = [];
    await dumpNode(session, root, lines);
    return lines.sort();
  } finally {
    await session.close();
  }
}

async function dumpNode(session: RawSession, path: string, lines: string[]): Promise<void> {
  const [data, acl, list] = await Promise.all([
    granted(path, read(session, OpCode.getData, path)),
    granted(path, ask(session, OpCode.getACL, path)),
    granted(path, read(session, OpCode.getChildren2, path)),
  ]);
  const node = decoded(GetDataResponse, data.body);
  const children = decoded(GetChildren2Response, list.body).children;
  lines.push(`${path} ${canonical({ ...node, acl: decoded(GetACLResponse, acl.body).acl })}`);
  const base = path === "/" ? "" : path;
  await Promise.all(children.map((child) => dumpNode(session, `${base}/${child}`, lines)));
}
