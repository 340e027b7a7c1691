/** The people of the demo, one of each kind, and what each kind may use. Nobody knows a password of theirs: there is none. */
import type { AccessRule } from "@castellan/access";

export interface DemoPerson {
  readonly name: string;
  readonly email: string;
  readonly group: string;
  /** What they may do, as the end of a sentence about them. */
  readonly does: string;
}

export const demoPeople: readonly DemoPerson[] = [
  { name: "Ana", email: "ana@example.com", group: "demo-viewers", does: "looks things up" },
  {
    name: "Ben",
    email: "ben@example.com",
    group: "demo-editors",
    does: "creates and changes things as well",
  },
  { name: "Carla", email: "carla@example.com", group: "demo-managers", does: "may do everything" },
];

/** Who may use what of the demo's portal. */
export const demoAccess: readonly AccessRule[] = [
  { who: "group:demo-viewers", classes: ["read"] },
  { who: "group:demo-editors", classes: ["read", "write"] },
  { who: "group:demo-managers", classes: ["read", "write", "destructive"] },
];
