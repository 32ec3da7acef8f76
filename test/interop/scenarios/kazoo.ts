import type { Scenario } from "../scenario.ts";
export const kazooBasic: Scenario = { name: "kazoo", run: async () => [] };
export const kazooSession = kazooBasic;
export const kazooRecipes = kazooBasic;
