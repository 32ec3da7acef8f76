/** Dates and addresses in the shape that Java prints them, for texts that are parsed. */
import type { Millis } from "../base/ids.ts";

/** `Sun Nov 22 16:03:42 UTC 2026`, in the process's time zone. */
export function javaDate(at: Millis): string {
  const parts = new Intl.DateTimeFormat("en-US", {
    weekday: "short",
    month: "short",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
    timeZoneName: "short",
    year: "numeric",
  }).formatToParts(at);
  const of = (type: string) => parts.find((part) => part.type === type)?.value ?? "";
  const time = `${of("hour")}:${of("minute")}:${of("second")}`;
  return `${of("weekday")} ${of("month")} ${of("day")} ${time} ${of("timeZoneName")} ${of("year")}`;
}

/** An address as Java prints it: IPv6 unabridged in brackets, IPv4 in IPv6 as plain IPv4. */
export function javaHost(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped !== null) return mapped[1]!;
  if (!address.includes(":")) return address;
  const [bare = "", zone] = address.split("%");
  const [head = "", tail] = bare.split("::");
  const before = head.split(":").filter((group) => group !== "");
  const after = (tail ?? "").split(":").filter((group) => group !== "");
  const between = tail === undefined ? 0 : 8 - before.length - after.length;
  const groups = [...before, ...Array<string>(Math.max(0, between)).fill("0"), ...after];
  const short = groups.map((group) => group.replace(/^0+(?=.)/, "").toLowerCase());
  return `[${short.join(":")}${zone === undefined ? "" : `%${zone}`}]`;
}
