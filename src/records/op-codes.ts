/** Operation codes of requests and transactions. From: specification 1.5. */
export const OpCode = {
  notification: 0,
  create: 1,
  delete: 2,
  exists: 3,
  getData: 4,
  setData: 5,
  getACL: 6,
  setACL: 7,
  getChildren: 8,
  sync: 9,
  ping: 11,
  getChildren2: 12,
  check: 13,
  multi: 14,
  create2: 15,
  reconfig: 16,
  checkWatches: 17,
  removeWatches: 18,
  createContainer: 19,
  /** Internal: never accepted from a client. */
  deleteContainer: 20,
  createTTL: 21,
  multiRead: 22,
  auth: 100,
  setWatches: 101,
  sasl: 102,
  getEphemerals: 103,
  getAllChildrenNumber: 104,
  setWatches2: 105,
  addWatch: 106,
  whoAmI: 107,
  /** Internal: never accepted from a client. */
  createSession: -10,
  closeSession: -11,
  /** A refused write's transaction, and a failed element of a multi. */
  error: -1,
} as const;
export type OpName = keyof typeof OpCode;
export type OpCode = (typeof OpCode)[OpName];

const names = new Map<number, OpName>(
  Object.entries(OpCode).map(([name, code]) => [code, name as OpName]),
);

/** The name of an operation code, or the number itself where nobody knows it. */
export const describeOp = (code: number): string => names.get(code) ?? `op ${code}`;
