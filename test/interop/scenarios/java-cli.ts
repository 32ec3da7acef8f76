import type { Scenario } from "../scenario.ts";
export const javaCli: Scenario = { name: "java-cli", run: async () => [] };
