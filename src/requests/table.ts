/** Every operation that a client may ask for, by its code. What is not here is answered Unimplemented. */
import { addWatch } from "./add-watch.ts";
import { create, create2, createContainer, createTTL } from "./create.ts";
import { deleteNode } from "./delete.ts";
import { exists } from "./exists.ts";
import { getACL } from "./get-acl.ts";
import { getAllChildrenNumber } from "./get-all-children-number.ts";
import { getChildren, getChildren2 } from "./get-children.ts";
import { getData } from "./get-data.ts";
import { getEphemerals } from "./get-ephemerals.ts";
import { multi } from "./multi.ts";
import { multiRead } from "./multi-read.ts";
import type { Operation } from "./operation.ts";
import { ping } from "./ping.ts";
import { reconfig } from "./reconfig.ts";
import { checkWatches, removeWatches } from "./remove-watches.ts";
import { closeSession } from "./sessions.ts";
import { setACL } from "./set-acl.ts";
import { setData } from "./set-data.ts";
import { setWatches, setWatches2 } from "./set-watches.ts";
import { sync } from "./sync.ts";
import { whoAmI } from "./who-am-i.ts";

const OPERATIONS: readonly Operation[] = [
  create,
  create2,
  createContainer,
  createTTL,
  deleteNode,
  exists,
  getData,
  setData,
  getACL,
  setACL,
  getChildren,
  getChildren2,
  sync,
  ping,
  multi,
  multiRead,
  addWatch,
  checkWatches,
  removeWatches,
  setWatches,
  setWatches2,
  getEphemerals,
  getAllChildrenNumber,
  whoAmI,
  reconfig,
  closeSession,
];

const byCode = new Map<number, Operation>(OPERATIONS.map((card) => [card.code, card]));

export const operationOf = (code: number): Operation | undefined => byCode.get(code);
