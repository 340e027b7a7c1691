/** `castellan diff` */
import { show, type Session } from "../../session.ts";
import { planAll, type WantedOptions } from "./plan.ts";
import { printPlan } from "./print-plan.ts";

/** Ends with 1 when something would change. */
export async function diff(session: Session, options: WantedOptions): Promise<0 | 1> {
  const planned = await planAll(session, options);
  show(session, oneOrAll(planned.map(({ plan }) => plan)), () => {
    for (const { wanted, plan } of planned) printPlan(wanted, plan.changes, session.terminal);
  });
  return planned.every(({ plan }) => plan.changes.length === 0) ? 0 : 1;
}

/** One file: the answer as it is. Several: one answer a file, in their order. */
export function oneOrAll<Answer>(answers: readonly Answer[]): Answer | { readonly items: readonly Answer[] } {
  const [first] = answers;
  return answers.length === 1 && first !== undefined ? first : { items: answers };
}
