/**
 * Branded, prefixed ids: `srv_0199c7…`. The prefix says what kind of thing an id names, in a
 * log line as well as in the type; the rest is a UUID version 7 (RFC 9562 §5.7) without its
 * hyphens, so that ids sort by the time they were made.
 */
import { randomFillSync } from "node:crypto";
import { v7 as uuidv7 } from "uuid";

declare const kind: unique symbol;

/** Every kind of id in the house and the prefix it carries. */
export const idPrefixes = {
  server: "srv",
  portal: "ptl",
  token: "tok",
  call: "call",
  session: "ses",
  request: "req",
  replica: "rep",
  user: "usr",
  group: "grp",
  signIn: "sgn",
  grant: "grt",
  client: "cli",
  passkey: "pky",
  invitation: "inv",
  rule: "rul",
  approval: "apr",
  evaluator: "evl",
  notice: "ntc",
  webhook: "whk",
  account: "acc",
  link: "lnk",
  run: "run",
  document: "doc",
} as const;

export type IdKind = keyof typeof idPrefixes;

export type Id<Kind extends IdKind> = string & { readonly [kind]: Kind };

/** Makes a new id of the kind. */
export function createId<Kind extends IdKind>(of: Kind): Id<Kind> {
  const random = randomBytes();
  const uuid = uuidv7({ random, ...nextTick(random) });
  return `${idPrefixes[of]}_${uuid.replaceAll("-", "")}` as Id<Kind>;
}

/** What all ids of the kind that were made then or later sort at or after. Milliseconds since the epoch. */
export function earliestId<Kind extends IdKind>(of: Kind, ms: number): string {
  const tick = Math.min(Math.max(Math.floor(ms), 0), 0xff_ff_ff_ff_ff_ff);
  return `${idPrefixes[of]}_${tick.toString(16).padStart(12, "0")}`;
}

/** Whether an untrusted string has the shape of an id of this kind. */
export function isId<Kind extends IdKind>(of: Kind, value: string): value is Id<Kind> {
  const prefix = `${idPrefixes[of]}_`;
  return value.startsWith(prefix) && /^[0-9a-f]{32}$/.test(value.slice(prefix.length));
}

// Two ids are made for each call, and asking the system for sixteen random bytes at a time costs
// more than all the rest of it: they are taken from a pool that is filled at once.
const idBytes = 16;
const pool = new Uint8Array(256 * idBytes);
let poolAt = pool.length;

function randomBytes(): Uint8Array {
  if (poolAt === pool.length) {
    randomFillSync(pool);
    poolAt = 0;
  }
  poolAt += idBytes;
  return pool.slice(poolAt - idBytes, poolAt);
}

// RFC 9562 §6.2, method 1: a counter that begins anywhere keeps ids of one millisecond in order.
const maxSeq = 0xff_ff_ff_ff;
let last = { msecs: 0, seq: 0 };

function nextTick(random: Uint8Array): { msecs: number; seq: number } {
  const now = Date.now();
  if (now > last.msecs) last = { msecs: now, seq: new DataView(random.buffer).getUint32(0) >>> 1 };
  else if (last.seq < maxSeq) last = { msecs: last.msecs, seq: last.seq + 1 };
  else last = { msecs: last.msecs + 1, seq: 0 };
  return last;
}
