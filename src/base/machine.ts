/**
 * The shape of everything in the pure rooms that has state over time: inputs in one order, effects
 * out.
 */
export interface Machine<Input, Effect> {
  /** Moves to the next state and appends what the world should now do. Never waits. */
  step(input: Input, out: Effect[]): void;
}
