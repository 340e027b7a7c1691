/** `castellan policy list`, `show`, `add`, `edit`, `enable`, `disable` and `remove`. */
import { pages } from "@castellan/client";
import { parseSlug } from "@castellan/kernel";
import { confirm } from "../../input/confirm.ts";
import { ruleFields, wholeRule, type RuleOptions } from "../../input/rule.ts";
import { assertSomething } from "../../input/some-of.ts";
import { printTable } from "../../output/table.ts";
import { show, type Session } from "../../session.ts";
import { deedText, placeText, showPolicy, styleOf } from "./show-policy.ts";

export interface ListPoliciesOptions {
  readonly portal?: string;
  readonly server?: string;
  readonly search?: string;
}

export async function listPolicies(session: Session, options: ListPoliciesOptions): Promise<void> {
  const { terminal, api } = session;
  const { search: q, portal, server } = options;
  const items = await Array.fromAsync(pages(api.listPolicies, { query: { q, portal, server, limit: 200 } }));
  show(session, { items }, () => {
    if (items.length === 0)
      return terminal.note("No rule fits: what portals' access rules and tokens' scopes give, holds");
    return printTable(
      items,
      [
        { title: "NAME", value: ({ name }) => name },
        { title: "DOES", value: deedText, style: styleOf },
        { title: "AT", value: placeText, shrinks: true },
        { title: "LEVEL", value: ({ level }) => level },
        { title: "ENABLED", value: ({ isEnabled }) => (isEnabled ? "yes" : "no") },
        {
          title: "DESCRIPTION",
          value: ({ description }) => description.split("\n")[0] || "-",
          shrinks: true,
        },
      ],
      terminal,
    );
  });
}

export async function getPolicy(session: Session, name: string): Promise<void> {
  showPolicy(session, await session.api.getPolicy({ params: paramsOf(name) }));
}

export async function addPolicy(session: Session, name: string, options: RuleOptions): Promise<void> {
  const body = wholeRule(parseSlug(name, "NAME"), options, undefined, session.terminal.now());
  showPolicy(session, await session.api.addPolicy({ body }));
}

/** What was read is what is changed: if somebody was faster, `version_stale`, and nothing has changed. */
export async function editPolicy(session: Session, name: string, options: RuleOptions): Promise<void> {
  const { api, terminal } = session;
  const params = paramsOf(name);
  const before = await api.getPolicy({ params });
  const body = ruleFields(options, before, terminal.now());
  assertSomething(body, "policy edit");
  const after = await api.changePolicy({ params, body, ifMatch: before.version });
  showPolicy(session, after);
  if (before.approval !== undefined && after.approval === undefined)
    terminal.note(
      "Who approves, and for how long, is gone: only a rule whose action is require_approval has that",
    );
}

export async function removePolicy(
  session: Session,
  name: string,
  { yes }: { yes?: boolean },
): Promise<void> {
  const { api, terminal } = session;
  const params = paramsOf(name);
  const rule = await api.getPolicy({ params });
  await confirm(`Remove rule ${rule.name}? What it refused may be let through.`, terminal, yes);
  await api.removePolicy({ params, ifMatch: rule.version });
  show(session, { removed: rule.name }, () => terminal.print(`Rule ${rule.name} is removed`));
}

function paramsOf(name: string): { name: string } {
  return { name: parseSlug(name, "POLICY") };
}
