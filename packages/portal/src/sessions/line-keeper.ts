/** Keeps one line's session at its server in PostgreSQL, so that every replica speaks in the same one. */
import { kernelFaults } from "@castellan/kernel";
import type { KeptSession, SessionKeeper } from "@castellan/mcp";
import type { LineOwner, LineStore, LineTarget } from "./line-store.ts";

export interface LineKeeper extends SessionKeeper {
  /** Whether the line runs in a session that all replicas know. Others belong to this replica alone. */
  readonly isKept: boolean;
}

/** Others may be first this often before the line is given up. */
const maxTries = 5;

export function createLineKeeper(store: LineStore, session: LineOwner, server: LineTarget): LineKeeper {
  let isKept = false;
  /** Of the row as this replica last saw it. */
  let generation = 0;

  async function load(lost: KeptSession | undefined): Promise<KeptSession | undefined> {
    const line = await store.find(session, server);
    generation = line?.generation ?? 0;
    const kept = line?.kept;
    if (kept === undefined || kept.id === lost?.id) return undefined;
    isKept = true;
    return kept;
  }

  return {
    get isKept() {
      return isKept;
    },

    load,

    async save(opened, lost) {
      const { id, helloText } = opened;
      if (id === undefined) return opened;
      isKept = true;
      for (let tries = 1; tries <= maxTries; tries++) {
        const saved = await store.save(session, server, { id, helloText }, generation);
        if (saved !== undefined) {
          generation = saved;
          return opened;
        }
        // Another replica was first. What it left may be of no use: another revision, or lost as well.
        const other = await load(lost);
        if (other) return other;
      }
      throw kernelFaults.fault("internal_error", "A session's line changed faster than it could be kept");
    },
  };
}
