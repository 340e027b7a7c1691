/** What the clock on the wall shows in a time zone. */

export interface WallClock {
  /** 0: Monday. */
  readonly day: number;
  /** Of the day: 0 to 1439. */
  readonly minute: number;
}

interface Zone {
  readonly format: Intl.DateTimeFormat;
  /** Since the epoch. Zones change on whole minutes, so that what was read holds for one. */
  readAt: number;
  read: WallClock;
}

const minuteMs = 60_000;
const weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
// As many as rules name; there are some hundred in the world.
const zones = new Map<string, Zone>();

/** Whether it is the name of a zone (IANA); a plain offset is none. */
export function isZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    return zoneOf(name) !== undefined;
  } catch {
    return false;
  }
}

/** Throws `RangeError` for what is no zone. */
export function wallClock(zoneName: string, atMs: number): WallClock {
  const zone = zoneOf(zoneName);
  const minuteAt = Math.floor(atMs / minuteMs);
  if (zone.readAt !== minuteAt) {
    zone.read = read(zone.format, minuteAt * minuteMs);
    zone.readAt = minuteAt;
  }
  return zone.read;
}

function zoneOf(name: string): Zone {
  const known = zones.get(name);
  if (known) return known;
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: name,
    weekday: "short",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  const zone = { format, readAt: Number.NaN, read: { day: 0, minute: 0 } };
  zones.set(name, zone);
  return zone;
}

function read(format: Intl.DateTimeFormat, atMs: number): WallClock {
  const parts = Object.fromEntries(format.formatToParts(atMs).map(({ type, value }) => [type, value]));
  return {
    day: weekdays.indexOf(parts["weekday"] ?? ""),
    minute: Number(parts["hour"]) * 60 + Number(parts["minute"]),
  };
}
