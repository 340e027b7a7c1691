/** Where a selector may stand in a rule, and what whoever it fits, and whoever it does not, then gets. */
import type { Selector } from "@castellan/policy";
import { expect } from "vitest";
import { everyone, ruleName, type Seen, type SelectorScene, type Tested, type Way } from "./scene.ts";

/** When what the selector looks at is known: so late it is found out that somebody does not get through. */
export type Known = "who" | "where" | "what";

export interface Placement {
  readonly place: string;
  readonly action: "allow" | "block";
  /** Whether those whom it fits get through; the others do not, or the other way about. */
  readonly letsFitting: boolean;
  of(selector: Selector): Tested;
}

export const placements: readonly Placement[] = [
  {
    place: "included by a rule that allows",
    action: "allow",
    letsFitting: true,
    of: (selector) => ({ include: [selector] }),
  },
  {
    place: "required by a rule that allows",
    action: "allow",
    letsFitting: true,
    of: (selector) => ({ include: [everyone], require: [selector] }),
  },
  {
    place: "excluded from a rule that allows",
    action: "allow",
    letsFitting: false,
    of: (selector) => ({ include: [everyone], exclude: [selector] }),
  },
  {
    place: "included by a rule that blocks",
    action: "block",
    letsFitting: false,
    of: (selector) => ({ include: [selector] }),
  },
  {
    place: "excluded from a rule that blocks",
    action: "block",
    letsFitting: true,
    of: (selector) => ({ include: [everyone], exclude: [selector] }),
  },
];

export async function place(scene: SelectorScene, placement: Placement, selector: Selector): Promise<void> {
  await scene.setRule({ action: placement.action, ...placement.of(selector) });
}

/** Puts the selector there, and looks whether each of these gets through who should, and nobody else. */
export async function expectDecided(
  scene: SelectorScene,
  placement: Placement,
  { selector, known, fitting, others }: Case,
): Promise<void> {
  await place(scene, placement, selector);
  const { action, letsFitting } = placement;
  const expected = {
    fitting: letsFitting ? letThrough(action) : refused(action, known),
    others: letsFitting ? refused(action, known) : letThrough(action),
  };
  const seen = { fitting: await seeAll(scene, fitting), others: await seeAll(scene, others) };
  expect(seen).toEqual({
    fitting: mapValues(fitting, () => expected.fitting),
    others: mapValues(others, () => expected.others),
  });
}

/** Nobody can say whether it fits: no door opens by that, and none that is closed is forgotten. */
export async function expectUndecided(
  scene: SelectorScene,
  placement: Placement,
  {
    selector,
    known,
    ways,
  }: Pick<Case, "selector" | "known"> & { readonly ways: Readonly<Record<string, Way>> },
): Promise<void> {
  await place(scene, placement, selector);
  expect(await seeAll(scene, ways)).toEqual(mapValues(ways, () => refused(placement.action, known)));
}

/** What each of them sees, at once. */
export async function seeAll(
  scene: SelectorScene,
  ways: Readonly<Record<string, Way>>,
): Promise<Readonly<Record<string, Seen>>> {
  const seen = Object.entries(ways).map(async ([name, way]) => [name, await scene.see(way)] as const);
  return Object.fromEntries(await Promise.all(seen));
}

function mapValues<T, U>(of: Readonly<Record<string, T>>, to: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(of).map(([name, value]) => [name, to(value)]));
}

export interface Case {
  readonly selector: Selector;
  readonly known: Known;
  /** By what they are called in a failed test. */
  readonly fitting: Readonly<Record<string, Way>>;
  readonly others: Readonly<Record<string, Way>>;
}

/** A rule that allows is told of in the record. One that does not fit says nothing. */
export function letThrough(action: Placement["action"]): Seen {
  return {
    isListed: true,
    status: 200,
    code: "ok",
    message: undefined,
    rules: undefined,
    calls: 1,
    recorded: {
      outcome: "ok",
      code: undefined,
      policy: action === "allow" ? { outcome: "allow", rules: [ruleName] } : undefined,
    },
  };
}

/**
 * Whom a rule keeps out by who they are never hears of the tool; who comes from the wrong place is not shown it, and told
 * which rule it was; what is found out at the call does not change the list. A rule that allows others is named on record only.
 */
export function refused(action: Placement["action"], known: Known): Seen {
  if (known === "who")
    return {
      isListed: false,
      status: 200,
      code: "tool_unknown",
      message: "Unknown tool: desk_look",
      rules: undefined,
      calls: 0,
      recorded: { outcome: "refused", code: "tool_unknown", policy: undefined },
    };
  const rules = action === "block" ? [ruleName] : [];
  return {
    isListed: known === "what",
    status: 200,
    code: "policy_denied",
    message:
      action === "block"
        ? `Refused by policy: rule ${ruleName} blocks tools/call of "desk_look"`
        : 'Refused by policy: the rules for this tool allow tools/call of "desk_look" only to others, or at other times or from other places',
    rules,
    calls: 0,
    recorded: { outcome: "refused", code: "policy_denied", policy: { outcome: "deny", rules: [ruleName] } },
  };
}
