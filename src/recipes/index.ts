/** `quoll/recipes`: locks, elections and other agreements between programs, built on the client. */
export { type Candidate, candidates } from "./sequence.ts";
