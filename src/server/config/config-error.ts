/**
 * What is wrong with a configuration, told so that it can be put right: where it stands, which key,
 * what was found and what to write instead. The process ends with exit code 2, as the reference's
 * does.
 */

export type ConfigFault = {
  /** `zoo.cfg:5`, `JVMFLAGS`, `argument 2`; the file alone when something is missing in it. */
  readonly where: string;
  readonly key?: string | undefined;
  readonly problem: string;
  /** What to do, as a sentence. */
  readonly remedy: string;
};

export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly code = "Config";
  readonly fault: ConfigFault;

  constructor(fault: ConfigFault, options?: ErrorOptions) {
    const key = fault.key === undefined ? "" : `${fault.key}: `;
    super(`${fault.where}: ${key}${fault.problem}. ${fault.remedy}`, options);
    this.fault = fault;
  }
}
