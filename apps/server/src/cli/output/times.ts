/** Times and spans as people write and read them. */
import { cliFaults } from "../faults.ts";

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

const units = { s: second, m: minute, h: hour, d: day, w: 7 * day } as const;

/** `90s`, `15m`, `12h`, `30d`, `4w` → milliseconds. Fault: `usage_invalid`. */
export function parseSpan(text: string, option: string): number {
  const ms = spanMs(text);
  if (Number.isNaN(ms))
    throw cliFaults.fault("usage_invalid", `${option} must be a span like 30s, 15m, 12h or 30d`);
  return ms;
}

/** NaN: it is none. */
function spanMs(text: string): number {
  const [, count = "", unit = ""] = /^(\d{1,6})([smhdw])$/.exec(text) ?? [];
  return count === "" ? Number.NaN : Number(count) * units[unit as keyof typeof units];
}

/** A span before now, or a time in ISO 8601 (a date alone is midnight in UTC). Fault: `usage_invalid`. */
export function parsePast(text: string, nowMs: number, option: string): Date {
  const ms = isTime(text) ? Date.parse(text) : nowMs - spanMs(text);
  if (!Number.isNaN(ms)) return new Date(ms);
  throw cliFaults.fault(
    "usage_invalid",
    `${option} must be a span before now like 15m or 30d, or a time in ISO 8601, like 2026-07-28T12:00:00Z`,
  );
}

/**
 * When something is to end: a span from now (`4h`), a day (to its end, in UTC) or a time in ISO 8601. Fault:
 * `usage_invalid`.
 */
export function parseEnd(text: string, nowMs: number, option: string): Date {
  const given = isTime(text) ? Date.parse(text) : nowMs + spanMs(text);
  const ms = isTime(text) && text.length === 10 ? given + day : given;
  if (ms > nowMs) return new Date(ms);
  throw cliFaults.fault(
    "usage_invalid",
    `${option} must be a span like 4h, or a day or time that is yet to come, like 2030-12-31 or 2030-12-31T18:00:00Z`,
  );
}

/**
 * From when on something holds: a span from now (`4h`), a day (from its beginning, in UTC) or a time in ISO 8601, also one
 * that is over. Fault: `usage_invalid`.
 */
export function parseStart(text: string, nowMs: number, option: string): Date {
  const ms = isTime(text) ? Date.parse(text) : nowMs + spanMs(text);
  if (!Number.isNaN(ms)) return new Date(ms);
  throw cliFaults.fault(
    "usage_invalid",
    `${option} must be a span from now like 4h, or a day or time like 2030-12-31 or 2030-12-31T18:00:00Z`,
  );
}

function isTime(text: string): boolean {
  return /^\d{4}-\d\d-\d\d/.test(text);
}

/** `never`, or the time as `relativeTime` tells it. */
export function when(time: string | undefined, nowMs: number): string {
  return time === undefined ? "never" : relativeTime(time, nowMs);
}

/** `just now`, `3 min ago`, `in 30 d`. */
export function relativeTime(iso: string, nowMs: number): string {
  const ms = Date.parse(iso) - nowMs;
  const size = Math.abs(ms);
  if (size < 10 * second) return "just now";
  const text = span(size);
  return ms < 0 ? `${text} ago` : `in ${text}`;
}

function span(ms: number): string {
  if (ms < minute) return `${Math.round(ms / second)} s`;
  if (ms < 90 * minute) return `${Math.round(ms / minute)} min`;
  if (ms < 48 * hour) return `${Math.round(ms / hour)} h`;
  return `${Math.round(ms / day)} d`;
}

/** As `parseSpan` reads it: `90s`, `30m`, `2h`. */
export function spanText(seconds: number): string {
  const [unit, size] =
    Object.entries(units).findLast(([, ms]) => (seconds * second) % ms === 0) ?? (["s", second] as const);
  return `${(seconds * second) / size}${unit}`;
}

/** Wall time where the user is: `2026-07-28 14:00:01.123`. */
export function localTime(iso: string): string {
  const date = new Date(iso);
  const two = (value: number) => String(value).padStart(2, "0");
  const days = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":");
  return `${days} ${time}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}
