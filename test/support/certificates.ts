/**
 * Authorities and certificates for tests, made by openssl when they are asked for. Keys are on an
 * elliptic curve: quick to make, and known to every client.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export type Authority = {
  readonly name: string;
  /** Its certificate alone, PEM. */
  readonly cert: string;
  readonly key: string;
};

export type Holder = {
  /** Key and certificate in one PEM file, as ssl.keyStore.location takes it. */
  readonly both: string;
  readonly key: string;
  readonly cert: string;
};

export type Asked = {
  /** The name of the files. */
  readonly name: string;
  /** As openssl takes it: `/C=DE/CN=alice`. */
  readonly subject: string;
  /** `IP:127.0.0.1,DNS:localhost`. */
  readonly names?: string;
  readonly purpose?: "clientAuth" | "serverAuth";
  /** From now on; less than 0 for one that has expired. */
  readonly days?: number;
};

const openssl = (...args: string[]): void => {
  execFileSync("openssl", args, { stdio: ["ignore", "ignore", "pipe"] });
};
const EC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/** Files in `folder`. */
export class Certificates {
  private readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  authority(name: string): Authority {
    const [key, cert] = [this.path(`${name}.key`), this.path(`${name}.pem`)];
    openssl("req", "-x509", ...EC, "-keyout", key, "-out", cert, "-subj", `/CN=${name}`);
    return { name, cert, key };
  }

  sign(by: Authority, asked: Asked): Holder {
    const { name, subject, names, purpose, days = 30 } = asked;
    const [key, cert, both] = ["key", "crt", "pem"].map((end) => this.path(`${name}.${end}`));
    const [request, extensions] = [this.path(`${name}.csr`), this.path(`${name}.ext`)];
    const lines = [
      "basicConstraints=CA:FALSE",
      ...(names === undefined ? [] : [`subjectAltName=${names}`]),
      ...(purpose === undefined ? [] : [`extendedKeyUsage=${purpose}`]),
    ];
    writeFileSync(extensions, `${lines.join("\n")}\n`);
    const utf8 = ["-utf8", "-multivalue-rdn"];
    openssl("req", ...EC, ...utf8, "-keyout", key!, "-out", request, "-subj", subject);
    const signing = ["-CA", by.cert, "-CAkey", by.key, "-CAcreateserial", "-days", `${days}`];
    openssl("x509", "-req", "-in", request, ...signing, "-extfile", extensions, "-out", cert!);
    writeFileSync(both!, readFileSync(key!, "utf8") + readFileSync(cert!, "utf8"));
    return { both: both!, key: key!, cert: cert! };
  }

  /** Key and certificate as PKCS #12. */
  pkcs12(holder: Holder, name: string, password: string): string {
    const out = this.path(name);
    openssl("pkcs12", "-export", "-in", holder.both, "-out", out, "-passout", `pass:${password}`);
    return out;
  }

  path(name: string): string {
    return join(this.folder, name);
  }
}
