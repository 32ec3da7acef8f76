import type { Scenario } from "../scenario.ts";
export const cClient: Scenario = { name: "c-client", run: async () => [] };
