/** Times and browsers in words. */
import { html, type Html } from "@castellan/web";

const units = [
  ["minute", 60_000, 60],
  ["hour", 3600_000, 24],
  ["day", 86_400_000, 60],
] as const;

/** How long ago: the same in every time zone. Exact for who points at it. */
export function ago(date: Date, nowMs: number): Html {
  return html`<time datetime="${date.toISOString()}" title="${utc(date)}">${agoText(date, nowMs)}</time>`;
}

function agoText(date: Date, nowMs: number): string {
  const ms = nowMs - date.getTime();
  if (ms < 60_000) return "just now";
  for (const [unit, unitMs, limit] of units) {
    const count = Math.floor(ms / unitMs);
    if (count < limit) return `${count} ${unit}${count === 1 ? "" : "s"} ago`;
  }
  return `on ${day(date)}`;
}

/** `21 November 2026` */
export function day(date: Date): string {
  return new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone: "UTC" }).format(date);
}

function utc(date: Date): string {
  return `${new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "short", timeZone: "UTC" }).format(date)} UTC`;
}

const browsers = [
  ["Edg", "Edge"],
  ["OPR", "Opera"],
  ["Firefox", "Firefox"],
  ["Chrome", "Chrome"],
  ["Safari", "Safari"],
] as const;
const systems = [
  ["iPhone", "iPhone"],
  ["iPad", "iPad"],
  ["Android", "Android"],
  ["Windows", "Windows"],
  ["Mac OS X", "Mac"],
  ["CrOS", "Chromebook"],
  ["Linux", "Linux"],
] as const;

/** `Chrome on Windows`: what a browser says it is, to tell one's own apart. It may say anything. */
export function browserName(userAgent: string): string {
  const find = (known: readonly (readonly [string, string])[]) =>
    known.find(([mark]) => userAgent.includes(mark))?.[1];
  const [browser, system] = [find(browsers), find(systems)];
  if (browser === undefined) return system === undefined ? "A browser" : `A browser on ${system}`;
  return system === undefined ? browser : `${browser} on ${system}`;
}
