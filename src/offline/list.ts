/** JSON values on standard output: as one array, or one a line. */
import type { OutputForm } from "./flags.ts";
import type { Output } from "./output.ts";
import type { JsonRecord } from "./txn-text.ts";

/** Writes nothing where the form is text. */
export class List {
  private readonly form: OutputForm;
  private readonly out: Output;
  private count = 0;

  constructor(form: OutputForm, out: Output) {
    this.form = form;
    this.out = out;
    if (form === "json") out.text("[");
  }

  add(value: JsonRecord): void {
    const text = JSON.stringify(value);
    if (this.form === "ndjson") this.out.line(text);
    else if (this.form === "json") this.out.text(`${this.count === 0 ? "" : ","}\n  ${text}`);
    this.count++;
  }

  end(): void {
    if (this.form === "json") this.out.text(this.count === 0 ? "]\n" : "\n]\n");
  }
}
