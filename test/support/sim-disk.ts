/** The simulated disk of src/sim, for tests of rooms below it. */
export { LOSSES, type Loss, SimCrash, SimDisk } from "../../src/sim/disk.ts";
