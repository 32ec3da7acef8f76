/**
 * The examples of the API reference as modules that the compiler can check: each in a file of its
 * own, with the names at hand that docs/reference/README.md tells of.
 *
 * An example that imports is a complete program and stays as it is.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { ENTRIES, exemplified, type Page, PRELUDE } from "./reference.ts";
import { ROOT } from "./root.ts";

/** Inside the package, so that `quoll/client` is the package itself. */
const FOLDER = `${ROOT}dist/reference-examples`;

export type Example = { readonly name: string; readonly code: string; readonly file: string };

export const examplesOf = (page: Page): readonly Example[] =>
  exemplified(page)
    .filter(({ example }) => example !== "")
    .map(({ name, example }, index) => ({
      name,
      code: example,
      file: `${page.name}-${String(index).padStart(3, "0")}-${name.replace(".", "-")}`,
    }));

export const isProgram = ({ code }: Example): boolean => /^import /m.test(code);

/** Where the compiled program of an example is, after `compileExamples`. */
export const compiled = ({ file }: Example): string => `${FOLDER}/out/${file}.js`;

/** The module that an example on `page` is; `pages` are all of them. */
export function moduleOf(example: Example, page: Page, pages: readonly Page[]): string {
  if (isProgram(example)) return `${example.code}\n`;
  const body = `export async function example() {\n${example.code}\n}\n`;
  return `${importsFor(page, pages)}\n${PRELUDE}\n${body}`;
}

/** All names of the package; of two that are called alike, that of the page. */
function importsFor(page: Page, pages: readonly Page[]): string {
  const taken = new Set<string>();
  return [page, ...pages.filter((other) => other !== page)]
    .map(({ name, symbols }) => {
      const names = symbols.map((symbol) => symbol.name).filter((symbol) => !taken.has(symbol));
      for (const symbol of names) taken.add(symbol);
      return `import { ${names.join(", ")} } from "quoll/${name}";`;
    })
    .join("\n");
}

const TSCONFIG = {
  extends: "../../tsconfig.world.json",
  compilerOptions: {
    composite: false,
    declaration: false,
    sourceMap: false,
    incremental: false,
    verbatimModuleSyntax: false,
    noImplicitReturns: false,
    noUnusedLocals: false,
    rootDir: ".",
    outDir: "out",
    typeRoots: ["../../node_modules/@types"],
  },
  include: ["*.ts"],
};

/** Compiles all examples at once; what the compiler says, empty where all is well. */
export function compileExamples(pages: readonly Page[]): string {
  if (pages.length !== ENTRIES.length) throw new Error("the examples see all pages");
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(`${FOLDER}/tsconfig.json`, JSON.stringify(TSCONFIG));
  for (const page of pages) {
    for (const example of examplesOf(page)) {
      writeFileSync(`${FOLDER}/${example.file}.ts`, moduleOf(example, page, pages));
    }
  }
  const done = spawnSync(process.execPath, [`${ROOT}node_modules/typescript/bin/tsc`, "-p", "."], {
    cwd: FOLDER,
    encoding: "utf8",
  });
  if (done.error !== undefined) throw done.error;
  return done.status === 0 ? "" : done.stdout + done.stderr;
}
