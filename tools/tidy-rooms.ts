/**
 * Rules about the house: who imports whom, and whether each room's tsconfig says the same as the
 * table of rooms. From: STYLE "The house"; rules 1, 2 and 12.
 */
import { posix } from "node:path";
import { PUBLIC_ENTRIES, type Room } from "./rooms.ts";
import {
  codeOf,
  errorAt,
  type Finding,
  type Import,
  importsOf,
  lineAt,
  type SourceFile,
} from "./source.ts";

/** Packages that tests may import anywhere. */
const TEST_PACKAGES = ["fast-check"];

/** The room that a path under src/ lies in; undefined for files beside the rooms. */
const roomNameOf = (path: string): string | undefined => /^src\/([^/]+)\//.exec(path)?.[1];

export const isTest = (path: string): boolean =>
  /\.test\.ts$/.test(path) || path.startsWith("test/");

/** The table itself: every room sees smaller numbers only. */
export function tidyTable(rooms: readonly Room[]): readonly Finding[] {
  const numbers = new Map(rooms.map((room) => [room.name, room.number]));
  return rooms.flatMap((room) =>
    room.sees
      .filter((seen) => (numbers.get(seen) ?? Number.POSITIVE_INFINITY) >= room.number)
      .map((seen) =>
        errorAt(
          "tools/rooms.ts",
          1,
          `${room.name} cannot see ${seen}: only smaller numbers are seen`,
        ),
      ),
  );
}

/** The imports of one source file. */
export function tidyImports(file: SourceFile, rooms: readonly Room[]): readonly Finding[] {
  const name = roomNameOf(file.path);
  if (name === undefined || !file.path.endsWith(".ts")) return [];
  const room = rooms.find((each) => each.name === name);
  if (room === undefined) {
    return [
      errorAt(file.path, 1, `the room ${name} is not in tools/rooms.ts: add it to the table`),
    ];
  }
  return importsOf(file.text).flatMap((each) => {
    const wrong = wrongImport(file, room, each, rooms);
    return wrong === undefined ? [] : [errorAt(file.path, each.line, wrong)];
  });
}

function wrongImport(
  file: SourceFile,
  room: Room,
  each: Import,
  rooms: readonly Room[],
): string | undefined {
  const { specifier } = each;
  if (each.handsOn && !PUBLIC_ENTRIES.includes(file.path)) {
    return `hands on names of ${specifier}: import the file that owns the name instead`;
  }
  if (!specifier.startsWith(".")) return wrongPackage(file.path, room, specifier);
  const target = posix.join(posix.dirname(file.path), specifier);
  const name = roomNameOf(target);
  if (name === undefined) {
    if (isTest(file.path) && target.startsWith("test/support/")) return undefined;
    return `imports ${target}, which is in no room: move what is needed into a room below`;
  }
  if (name === room.name) return undefined;
  if (!room.sees.includes(name)) {
    const seen = room.sees.join(", ") || "no other room";
    return `imports ${target}, but ${room.name} sees ${seen}: move the shared part down`;
  }
  const doors = rooms.find((other) => other.name === name)?.doors;
  const inside = target.slice(`src/${name}/`.length);
  if (doors !== undefined && !doors.includes(inside)) {
    return `imports ${target}, which is no door of ${name}: use ${doors.join(", ")}`;
  }
  return undefined;
}

function wrongPackage(path: string, room: Room, specifier: string): string | undefined {
  const node = specifier.startsWith("node:");
  if (isTest(path) && (node || TEST_PACKAGES.includes(specifier))) return undefined;
  if (node) {
    return room.pure
      ? `imports ${specifier}, but ${room.name} is pure: take it in as data`
      : undefined;
  }
  const scoped = specifier.startsWith("@");
  const name = specifier.split("/", scoped ? 2 : 1).join("/");
  if (room.packages.includes(name)) return undefined;
  return `imports the package ${name}, which tools/rooms.ts does not allow ${room.name}`;
}

/** The tsconfig.json of one room: its base and its references are what the table says. */
export function tidyReferences(file: SourceFile, rooms: readonly Room[]): readonly Finding[] {
  const found = /^src\/([^/]+)\/tsconfig\.json$/.exec(file.path);
  const room = rooms.find((each) => each.name === found?.[1]);
  if (room === undefined) return [];
  const config = JSON.parse(file.text) as {
    readonly extends?: string;
    readonly references?: ReadonlyArray<{ readonly path: string }>;
  };
  const findings: Finding[] = [];
  const base = `../../tsconfig.${room.pure ? "base" : "world"}.json`;
  if (config.extends !== base) {
    findings.push(errorAt(file.path, 1, `extends ${config.extends}: ${room.name} extends ${base}`));
  }
  const referred = (config.references ?? []).map(({ path }) => posix.basename(path));
  for (const name of referred.filter((each) => !room.sees.includes(each))) {
    const line = lineAt(file.text, file.text.indexOf(`../${name}"`));
    findings.push(errorAt(file.path, line, `refers to ${name}, which ${room.name} may not see`));
  }
  for (const name of room.sees.filter((each) => !referred.includes(each))) {
    findings.push(
      errorAt(file.path, 1, `lacks a reference to ../${name}, which ${room.name} sees`),
    );
  }
  return findings;
}

/**
 * Names that the pure rooms cannot use, with what to do instead. A property of that name is
 * another.
 */
const IMPURE =
  /(?<![.\w$])(Date|Math\.random|setTimeout|setInterval|setImmediate|queueMicrotask|performance|process|Buffer|Promise|async|await)(?![\w$])(?!\s*\??:)/g;
const CONSOLE = /(?<![.\w$])console(?![\w$])/g;
/** The rooms whose work is to print. */
const PRINTING = ["cli", "main"];

/** Identifiers that a room may not use. Tests may. */
export function tidyNames(file: SourceFile, rooms: readonly Room[]): readonly Finding[] {
  const room = rooms.find((each) => each.name === roomNameOf(file.path));
  if (room === undefined || isTest(file.path) || !file.path.endsWith(".ts")) return [];
  const code = codeOf(file.text);
  const findings: Finding[] = [];
  if (room.pure) {
    for (const found of code.matchAll(IMPURE)) {
      const message = `uses ${found[1]}, but ${room.name} is pure: take time and chance in as data`;
      findings.push(errorAt(file.path, lineAt(code, found.index), message));
    }
  }
  if (!PRINTING.includes(room.name)) {
    for (const found of code.matchAll(CONSOLE)) {
      const message = "prints to the console: only cli and main print; log or return it";
      findings.push(errorAt(file.path, lineAt(code, found.index), message));
    }
  }
  return findings;
}
