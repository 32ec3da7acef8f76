/** What a transaction changes, in the words of the model. From: specification 1.4, 2.10. */
import type { Txn } from "../../records/txn.ts";
import { tell, tellAcl } from "../told.ts";
import { type Change, isOutside } from "./model.ts";
import { isRefusal, type Transaction } from "./timeline.ts";

export const changesOf = ({ txn, session }: Transaction): readonly Change[] =>
  isRefusal(txn) ? [] : changes(txn, session);

function changes(txn: Txn, session: bigint): readonly Change[] {
  switch (txn.kind) {
    case "create":
    case "create2":
    case "createContainer":
    case "createTTL": {
      const { path, data, parentCversion: parentCreations } = txn;
      if (isOutside(path)) return [];
      const owner = "ephemeral" in txn && txn.ephemeral ? session : 0n;
      const acl = tellAcl(txn.acl);
      return [{ kind: "create", path, data: tell(data), owner, parentCreations, acl }];
    }
    case "delete":
    case "deleteContainer":
      return isOutside(txn.path) ? [] : [{ kind: "delete", path: txn.path }];
    case "setData":
      if (isOutside(txn.path)) return [];
      return [{ kind: "setData", path: txn.path, data: tell(txn.data), version: txn.version }];
    case "setACL":
      return [{ kind: "setACL", path: txn.path, version: txn.version, acl: tellAcl(txn.acl) }];
    case "closeSession":
      return [{ kind: "closeSession", session }];
    case "multi":
      return txn.txns.flatMap((each) => changes(each, session));
    case "reconfig":
    case "check":
    case "createSession":
    case "error":
      return [];
  }
}
