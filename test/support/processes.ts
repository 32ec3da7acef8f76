/** Runs a command to its end, with text for its standard input, and gives back what it printed. */
import { spawn } from "node:child_process";

export type Ran = {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
};
export type RunOptions = {
  readonly limitMs: number;
  readonly cwd?: string;
  /** The whole environment; without it this process's own. */
  readonly env?: NodeJS.ProcessEnv;
  /** Standard input. A function is called with all that was printed so far, and may write more. */
  readonly input?: string | ((printed: string, write: (text: string) => void) => void);
};

/**
 * Rejects when the command cannot be started or does not end within `limitMs`; it is killed then.
 */
export function runCommand(argv: readonly string[], options: RunOptions): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(argv[0]!, argv.slice(1), {
      cwd: options.cwd,
      env: options.env,
      stdio: "pipe",
    });
    let stdout = "";
    let stderr = "";
    const write = (text: string): void => void child.stdin.write(text);
    const told = (): void => {
      if (typeof options.input === "function") options.input(stdout + stderr, write);
    };
    child.stdout.on("data", (chunk: Buffer) => {
      stdout += chunk.toString();
      told();
    });
    child.stderr.on("data", (chunk: Buffer) => {
      stderr += chunk.toString();
      told();
    });
    child.stdin.on("error", () => {}); // it ended without reading all: its output tells why
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`${argv[0]} took too long:\n${stdout}\n${stderr}`));
    }, options.limitMs);
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ code, stdout, stderr });
    });
    if (typeof options.input === "string") child.stdin.end(options.input);
    else if (options.input === undefined) child.stdin.end();
  });
}
