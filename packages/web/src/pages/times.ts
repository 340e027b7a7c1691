/** Times in words. */
import { html, type Html } from "./html.ts";

const units = [
  ["minute", 60_000, 60],
  ["hour", 3600_000, 24],
  ["day", 86_400_000, 60],
] as const;

/** How long ago: the same in every time zone. Exact for who points at it. */
export function ago(date: Date, nowMs: number): Html {
  return told(date, relative(date, nowMs - date.getTime(), (count) => `${count} ago`) ?? "just now");
}

/** How long until then: `in 23 hours`, rounded down. Exact for who points at it. */
export function ahead(date: Date, nowMs: number): Html {
  return told(date, relative(date, date.getTime() - nowMs, (count) => `in ${count}`) ?? "in a moment");
}

/** `10 minutes`, `1 hour`, `36 hours`: in the largest unit in which it is exact; at least a second. */
export function span(seconds: number): string {
  const [unit, size] = spanUnits.find(([, one]) => seconds >= one && seconds % one === 0) ?? ["second", 1];
  return counted(Math.max(1, Math.floor(seconds / size)), unit);
}

/** `21 November 2026` */
export function day(date: Date): string {
  return new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone: "UTC" }).format(date);
}

/** `21 November 2026 at 19:02 UTC` */
export function moment(date: Date): string {
  return `${new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "short", timeZone: "UTC" }).format(date)} UTC`;
}

const spanUnits = [
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
] as const;

/** Undefined: less than a minute. */
function relative(date: Date, ms: number, say: (count: string) => string): string | undefined {
  if (ms < 60_000) return undefined;
  for (const [unit, unitMs, limit] of units) {
    const count = Math.floor(ms / unitMs);
    if (count < limit) return say(counted(count, unit));
  }
  return `on ${day(date)}`;
}

function counted(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

function told(date: Date, text: string): Html {
  return html`<time datetime="${date.toISOString()}" title="${moment(date)}">${text}</time>`;
}
