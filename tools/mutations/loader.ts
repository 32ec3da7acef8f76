/**
 * Changes the text of modules while they are loaded: hooks for `module.register`, which run in a
 * thread of their own. Every module that an edit names must be loaded by somebody; worker.ts loads
 * the whole simulated world.
 */
import type { InitializeHook, LoadHook } from "node:module";
import { type Edit, mutated } from "./mutation.ts";

export type LoaderData = { readonly edits: readonly Edit[] };

const SOURCES = new URL("../../src/", import.meta.url).href;
const byModule = new Map<string, Edit[]>();

export const initialize: InitializeHook<LoaderData> = ({ edits }) => {
  for (const edit of edits) {
    const url = `${SOURCES}${edit.file}.js`;
    byModule.set(url, [...(byModule.get(url) ?? []), edit]);
  }
};

export const load: LoadHook = async (url, context, nextLoad) => {
  const loaded = await nextLoad(url, context);
  const edits = byModule.get(url);
  if (edits === undefined) return loaded;
  const text = loaded.source?.toString();
  if (text === undefined) throw new Error(`no text of ${url}`);
  return { ...loaded, source: mutated(text, edits) };
};
