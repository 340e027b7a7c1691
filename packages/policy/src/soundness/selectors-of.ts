/** The selectors of a rule, each with its place. */
import type { RuleFields } from "../rules/rule.ts";
import type { Selector, SelectorKind, SelectorValues } from "../rules/selector.ts";

/** One member of a selector: what kind it is, and its value. */
export type Facet = {
  [Kind in SelectorKind]: { readonly kind: Kind; readonly value: SelectorValues[Kind] };
}[SelectorKind];

export interface PlacedFacet {
  readonly part: "include" | "require" | "exclude";
  /** `include[0].email`. */
  readonly field: string;
  readonly facet: Facet;
}

const parts = ["include", "require", "exclude"] as const;

export function facetsOf(rule: Pick<RuleFields, (typeof parts)[number]>): PlacedFacet[] {
  return parts.flatMap((part) =>
    rule[part].map((selector, at) => {
      const facet = facetOf(selector);
      return { part, field: `${part}[${at}].${facet.kind}`, facet };
    }),
  );
}

export function facetOf(selector: Selector): Facet {
  // The one member is typed; that it is there and alone is what edges see to.
  const [[kind, value] = ["everyone", true]] = Object.entries(selector);
  return { kind, value } as Facet;
}
