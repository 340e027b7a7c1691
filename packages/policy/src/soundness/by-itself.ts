/** Whether a rule can take effect, as far as it says so itself. */
import type { Attachment, RuleFields } from "../rules/rule.ts";
import { contradict, covers, fillsAll, isAlways } from "./coverage.ts";
import { allOf, refuse, warn, type Findings } from "./findings.ts";
import { selectorProblem } from "../selectors/selectors.ts";
import { facetOf, facetsOf, type PlacedFacet } from "./selectors-of.ts";

export function findInRule(rule: RuleFields, now: Date): Findings {
  return allOf([attachment(rule.at), values(rule), methods(rule), selectors(rule), dates(rule, now)]);
}

function attachment({ portals, servers, classes, tools }: Attachment): Findings {
  const lists = Object.entries({ portals, servers, classes, tools });
  return allOf([
    ...lists.map(([name, list]) =>
      refuse(
        list?.length === 0,
        `at.${name}`,
        "An empty list is attached to nothing: leave it out to mean all",
      ),
    ),
    refuse(
      tools !== undefined && servers?.length !== 1,
      "at.tools",
      "Tools are named as their server names them: name exactly one server beside them",
    ),
  ]);
}

function values(rule: RuleFields): Findings {
  return allOf(
    (["include", "require", "exclude"] as const).flatMap((part) =>
      rule[part].map((selector, at) => {
        const problem = selectorProblem(selector);
        return refuse(problem !== undefined, `${part}[${at}].${facetOf(selector).kind}`, problem ?? "");
      }),
    ),
  );
}

/** Values of `amr` are whatever a provider says: what nobody has registered is more often a slip of the pen. */
function methods(rule: RuleFields): Findings {
  const looked = facetsOf(rule).map(({ facet, field }) => ({
    field,
    method: facet.kind === "authenticationMethod" ? facet.value : undefined,
  }));
  const wanted = (rule.stepUp?.methods ?? []).map((method, at) => ({
    field: `stepUp.methods[${at}]`,
    method,
  }));
  return allOf(
    [...looked, ...wanted].map(({ field, method }) =>
      warn(
        method !== undefined && !registeredMethods.has(method),
        field,
        `"${method}" is none of the methods of RFC 8176, such as mfa: it fits where a provider says just that`,
      ),
    ),
  );
}

/** RFC 8176, "Authentication Method Reference Values", and what was registered since. */
const registeredMethods: ReadonlySet<string> = new Set(
  "face fpt geo hwk iris kba mca mfa otp pin pop pwd rba retina sc sms swk tel user vbm wia".split(" "),
);

function selectors(rule: RuleFields): Findings {
  const placed = facetsOf(rule);
  const of = (part: PlacedFacet["part"]) => placed.filter((one) => one.part === part);
  const [included, required, excluded] = [of("include"), of("require"), of("exclude")];
  const dead = included.filter((one) => isDead(one, required, excluded));
  const isAllDead = dead.length === included.length;
  return allOf([
    refuse(included.length === 0, "include", "It fits nobody: say whom, `everyone` if everybody is meant"),
    ...excluded.map(({ facet, field }) =>
      refuse(isAlways(facet), field, "Everybody is excluded, so nobody is left"),
    ),
    refuse(
      fillsAll(excluded.map(({ facet }) => facet)),
      "exclude",
      "Every address is excluded, so nobody is left",
    ),
    ...required.flatMap((one, at) =>
      required
        .slice(at + 1)
        .map((other) =>
          refuse(
            contradict(one.facet, other.facet),
            other.field,
            `Nobody fits this and ${one.field} at once`,
          ),
        ),
    ),
    ...required.flatMap((one) =>
      excluded.map((other) =>
        refuse(covers(other.facet, one.facet), other.field, `It excludes what ${one.field} requires`),
      ),
    ),
    ...dead.map(({ field }) => {
      const message = "It is contradicted by what is required, or excluded again";
      return included.length > 0 && isAllDead ? refuse(true, field, message) : warn(true, field, message);
    }),
  ]);
}

function isDead(
  { facet }: PlacedFacet,
  required: readonly PlacedFacet[],
  excluded: readonly PlacedFacet[],
): boolean {
  return (
    required.some((other) => contradict(facet, other.facet)) ||
    excluded.some((other) => covers(other.facet, facet))
  );
}

function dates({ startsAt, endsAt }: RuleFields, now: Date): Findings {
  return allOf([
    refuse(
      startsAt !== undefined && endsAt !== undefined && startsAt >= endsAt,
      "endsAt",
      "It would end before it begins",
    ),
    refuse(endsAt !== undefined && endsAt <= now, "endsAt", "That is over already"),
  ]);
}
