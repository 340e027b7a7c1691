/** `castellan apply`: shows what would change, asks, and does that and nothing else. */
import type { ApplyConfigurationAnswer } from "@castellan/client";
import { confirm } from "../../input/confirm.ts";
import { show, type Session } from "../../session.ts";
import { oneOrAll } from "./diff.ts";
import { followSyncs, readStates } from "./follow-syncs.ts";
import { located, planAll, requestOf, type Planned, type WantedOptions } from "./plan.ts";
import { printPlan } from "./print-plan.ts";

export interface ApplyOptions extends WantedOptions {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

/**
 * Each file as a whole or not at all, one after the other; each is held to the plan that was shown (`version_stale`).
 */
export async function apply(session: Session, options: ApplyOptions): Promise<void> {
  const { terminal, isJson, api } = session;
  const planned = await planAll(session, options);
  if (options.dryRun) {
    show(session, oneOrAll(planned.map(({ plan }) => plan)), () => printAll(session, planned));
    return;
  }
  // Whoever is asked has to see it, and programs get the answers alone.
  if (!isJson || !options.yes) printAll(session, planned);
  const isNothing = planned.every(({ plan }) => plan.changes.length === 0);
  if (!isNothing) await confirm("Apply this?", terminal, options.yes);

  const before = isJson || isNothing ? new Map<string, string>() : await readStates(api);
  const answers: ApplyConfigurationAnswer[] = [];
  for (const { wanted, plan } of planned) {
    const body = { ...requestOf(wanted, options), basis: plan.basis };
    answers.push(await located(wanted, () => api.applyConfiguration({ body })));
    if (!isJson && plan.changes.length > 0) terminal.print(`${wanted.file} is applied`);
  }
  if (isJson) show(session, oneOrAll(answers), () => undefined);
  else await followSyncs(session, [...new Set(answers.flatMap(({ syncing }) => syncing))], before);
}

function printAll({ terminal, isJson }: Session, planned: readonly Planned[]): void {
  const print = isJson ? terminal.note : terminal.print;
  for (const { wanted, plan } of planned) printPlan(wanted, plan.changes, { paint: terminal.paint, print });
}
