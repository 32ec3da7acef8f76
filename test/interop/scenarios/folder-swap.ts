import type { Scenario } from "../scenario.ts";
export const folderSwapFromApache: Scenario = { name: "folder", run: async () => [] };
export const folderSwapFromSubject = folderSwapFromApache;
