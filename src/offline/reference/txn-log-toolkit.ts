/**
 * bin/zkTxnLogToolkit.sh: options, output and exit codes of the reference's TxnLogToolkit.
 *
 * -r writes a mended copy beside the log, FILE.fixed, and -c a shortened one, FILE.chopped<zxid>;
 * the log itself is only read. Unlike the reference's, the copies are not padded with zeros.
 */
import { accessSync, closeSync, constants, existsSync, openSync, writeSync } from "node:fs";
import { parseArgs } from "node:util";
import { ProtocolError } from "../../base/errors.ts";
import { JuteReader } from "../../jute/reader.ts";
import { JuteWriter } from "../../jute/writer.ts";
import { readEntry } from "../../records/txn.ts";
import { RECORD_END, writeLogHeader } from "../../txnlog/log-format.ts";
import { type CommandStreams, Output } from "../output.ts";
import { type Found, findLogs } from "../places.ts";
import { entryLine } from "./java-text.ts";
import { linesOf } from "./lines.ts";
import { LogUnreadable, type RawRecord, rawRecords, readHeader } from "./raw-log.ts";

const DUMP = "Dump all entries of the log file with printing the content of a nodepath (default)";
const USAGE = `usage: TxnLogToolkit [-dhrvc] <txn_log_file_name> (-z <zxid>)
 -c,--chop         Chop mode. Chop txn file to a zxid.
 -d,--dump         Dump mode. ${DUMP}
 -h,--help         Print help message
 -r,--recover      Recovery mode. Re-calculate CRC for broken entries.
 -v,--verbose      Be verbose in recovery mode: print all entries, not just fixed ones.
 -y,--yes          Non-interactive mode: repair all CRC errors without asking
 -z,--zxid <arg>   Used with chop. Zxid to which to chop.
`;

const OPTIONS = {
  chop: { type: "boolean", short: "c", default: false },
  dump: { type: "boolean", short: "d", default: false },
  help: { type: "boolean", short: "h", default: false },
  recover: { type: "boolean", short: "r", default: false },
  verbose: { type: "boolean", short: "v", default: false },
  yes: { type: "boolean", short: "y", default: false },
  zxid: { type: "string", short: "z" },
} as const;

/** The reference's exit codes: 1 for what went wrong, 2 for a file that is no log. */
const Exit = { fine: 0, wrong: 1, noLog: 2 } as const;

/** The toolkit stops, with a line on standard error. */
class Stopped extends Error {
  override readonly name = "Stopped";
  readonly code: number;
  constructor(code: number, told: string) {
    super(told);
    this.code = code;
  }
}

/** Answers the exit code. */
export async function runTxnLogToolkit(
  argv: readonly string[],
  streams: CommandStreams,
): Promise<number> {
  const { stderr } = streams;
  const out = new Output(streams.stdout);
  try {
    return await new Toolkit(argv, streams, out).run();
  } catch (error) {
    const isTold = error instanceof Stopped || error instanceof LogUnreadable;
    const isParse = error instanceof TypeError && "code" in error;
    if (!isTold && !isParse && !(error instanceof ProtocolError)) throw error;
    await out.flush();
    stderr.write(isParse ? `${error.message}\n\n` : `${error.message}\n`);
    if (isParse) streams.stdout.write(USAGE);
    return error instanceof Stopped ? error.code : Exit.wrong;
  }
}

class Toolkit {
  private readonly streams: CommandStreams;
  private readonly out: Output;
  private readonly options: ReturnType<typeof parse>["values"];
  private readonly file: string | undefined;

  constructor(argv: readonly string[], streams: CommandStreams, out: Output) {
    const { values, positionals } = parse(argv);
    this.streams = streams;
    this.out = out;
    this.options = values;
    this.file = positionals[0];
  }

  async run(): Promise<number> {
    const { help, chop, recover, zxid } = this.options;
    if (help || this.file === undefined) {
      this.streams.stdout.write(USAGE);
      return help ? Exit.fine : Exit.wrong;
    }
    const at = this.open(this.file);
    if (chop && zxid !== undefined) return this.chop(at, zxidOf(zxid));
    return recover ? this.recover(at, this.file) : this.dump(at, undefined);
  }

  private open(file: string): Found {
    if (!isReadable(file)) {
      throw new Stopped(Exit.wrong, `File doesn't exist or not readable: ${file}`);
    }
    return findLogs([file])[0]!;
  }

  private async recover(at: Found, file: string): Promise<number> {
    const path = `${file}.fixed`;
    const fixed = existsSync(path) ? undefined : openCopy(path);
    if (fixed === undefined) {
      throw new Stopped(Exit.wrong, `Recovery file ${path} already exists or not writable`);
    }
    try {
      return await this.dump(at, { fd: fixed, path });
    } finally {
      closeSync(fixed);
    }
  }

  /** Shows the records; with `copy` into it, with the checksums that were agreed on. */
  private async dump(at: Found, copy: Copy | undefined): Promise<number> {
    this.header(at);
    const { verbose, yes } = this.options;
    const answers = copy !== undefined && !yes ? linesOf(this.streams.stdin) : undefined;
    if (copy !== undefined) writeSync(copy.fd, headerBytes());
    let count = 0;
    let fixes = 0;
    try {
      for (const record of rawRecords(at)) {
        if (this.out.isOver) return Exit.fine;
        const isWrong = record.checksum !== record.rightChecksum;
        let { checksum } = record;
        if (isWrong && copy === undefined) this.show(record, "CRC ERROR");
        if (isWrong && copy !== undefined) {
          const answer = answers === undefined ? "y" : await this.ask(record, answers.next);
          if (answer === "a") return await this.abort();
          if (answers === undefined) this.show(record, "CRC FIXED");
          if (answer === "y") {
            fixes++;
            checksum = record.rightChecksum;
          }
        }
        if (copy === undefined || verbose) this.show(record);
        if (!record.isEnded) throw new Stopped(Exit.wrong, "Last transaction was partial.");
        if (copy !== undefined) writeSync(copy.fd, recordBytes({ ...record, checksum }));
        count++;
        await this.out.pace();
      }
    } finally {
      answers?.close();
    }
    this.out.line(`EOF reached after ${count} txns.`);
    if (copy !== undefined) {
      this.out.line(`Recovery file ${copy.path} has been written with ${fixes} fixed CRC error(s)`);
    }
    await this.out.flush();
    return Exit.fine;
  }

  private async ask(record: RawRecord, next: () => Promise<string | undefined>): Promise<string> {
    this.show(record, "CRC ERROR");
    for (;;) {
      this.out.text("Would you like to fix it (Yes/No/Abort) ? ");
      await this.out.flush();
      const line = await next();
      const first = line === undefined ? "a" : line.trim().charAt(0).toLowerCase();
      if (["y", "n", "a"].includes(first)) return first;
    }
  }

  private async abort(): Promise<number> {
    await this.out.flush();
    this.streams.stderr.write("Recovery aborted.\n");
    return Exit.fine;
  }

  private async chop(at: Found, zxid: bigint): Promise<number> {
    this.header(at);
    const path = `${this.file}.chopped${zxid}`;
    const fd = openSync(path, "w", 0o644);
    let count = 0;
    try {
      writeSync(fd, headerBytes());
      for (const record of rawRecords(at)) {
        if (record.checksum !== record.rightChecksum) {
          throw new Stopped(Exit.wrong, "CRC check failed");
        }
        writeSync(fd, recordBytes(record));
        count++;
        if (readEntry(new JuteReader(record.entry)).header.zxid !== zxid) continue;
        this.out.line(`Chopping at ${zxid.toString(16)} new log has ${count} records`);
        await this.out.flush();
        return Exit.fine;
      }
    } finally {
      closeSync(fd);
    }
    this.out.line(`EOF reached after ${count} txns.`);
    this.out.line(`Got exception: Failed to chop ${at.file.name}`);
    await this.out.flush();
    return Exit.fine;
  }

  private header(at: Found): void {
    const header = readHeader(at);
    if (header === undefined) {
      throw new Stopped(Exit.noLog, `Invalid magic number for ${at.file.name}`);
    }
    const { dbid, version } = header;
    this.out.line(
      `ZooKeeper Transactional Log File with dbid ${dbid} txnlog format version ${version}`,
    );
  }

  private show({ entry }: RawRecord, prefix?: string): void {
    this.out.text(entryLine(readEntry(new JuteReader(entry)), prefix));
  }
}

type Copy = { readonly fd: number; readonly path: string };

const parse = (argv: readonly string[]) =>
  parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true });

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/** Undefined where it cannot be written. */
function openCopy(path: string): number | undefined {
  try {
    return openSync(path, "wx", 0o644);
  } catch {
    return undefined;
  }
}

/** As Java's Long.decode takes it: 0x1f, #1f, or decimal. */
function zxidOf(text: string): bigint {
  const number = text.replace(/^#/, "0x");
  if (/^(0[xX][0-9a-fA-F]+|\d+)$/.test(number)) return BigInt(number);
  throw new Stopped(Exit.wrong, `For input string: "${text}"`);
}

function headerBytes(): Uint8Array {
  const to = new JuteWriter();
  writeLogHeader(to);
  return to.written();
}

function recordBytes({ checksum, entry }: Pick<RawRecord, "checksum" | "entry">): Uint8Array {
  const to = new JuteWriter();
  to.long(checksum);
  to.buffer(entry);
  to.byte(RECORD_END);
  return to.written();
}
