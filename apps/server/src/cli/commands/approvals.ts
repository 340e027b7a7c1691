/** `castellan approval …`: requests for a person's decision. */
import type { Approval, SeenApproval } from "@castellan/client";
import { pages } from "@castellan/client";
import { confirm } from "../input/confirm.ts";
import { clean } from "../output/clean.ts";
import { printDetails, printTable } from "../output/table.ts";
import { relativeTime, spanText } from "../output/times.ts";
import { show, type Session } from "../session.ts";
import { decidersText } from "./policy/show-policy.ts";

export interface ListApprovalsOptions {
  readonly state?: Approval["state"];
  readonly mine?: boolean;
  readonly waiting?: boolean;
}

export async function listApprovals(session: Session, options: ListApprovalsOptions): Promise<void> {
  const { terminal, api } = session;
  const { state, mine, waiting } = options;
  const view = mine ? ("own" as const) : waiting ? ("waiting" as const) : undefined;
  const items = await Array.fromAsync(pages(api.listApprovals, { query: { state, view, limit: 200 } }));
  const now = terminal.now();
  show(session, { items }, () => {
    if (items.length === 0) return terminal.note("No request fits");
    return printTable(
      items,
      [
        { title: "ID", value: ({ id }) => id },
        { title: "STATE", value: ({ state: at }) => at, style: ({ state: at }) => styles[at] },
        { title: "WHO", value: ({ asker }) => asker.name, shrinks: true },
        { title: "WHAT", value: ({ subject }) => subject.target, shrinks: true },
        { title: "PORTAL", value: ({ subject }) => subject.portal },
        { title: "ASKED", value: ({ askedAt }) => relativeTime(askedAt, now) },
        { title: "ENDS", value: (one) => endText(one, now) ?? "-" },
      ],
      terminal,
    );
  });
}

export async function getApproval(session: Session, id: string): Promise<void> {
  showApproval(session, await session.api.getApproval({ params: { id } }));
}

/** What is decided on is shown first; without `--yes` somebody says that it is meant so. */
export async function decideApproval(
  session: Session,
  id: string,
  options: { readonly decision: "approve" | "reject"; readonly reason?: string; readonly yes?: boolean },
): Promise<void> {
  const { api, terminal } = session;
  const { decision, reason, yes } = options;
  const params = { id };
  if (!yes) {
    printApproval({ ...terminal, print: terminal.note }, await api.getApproval({ params }));
    await confirm(decision === "approve" ? "Approve this?" : "Reject this?", terminal);
  }
  const decided = await api.decideApproval({ params, body: { decision, reason } });
  show(session, decided, () => terminal.print(`The request is ${decided.state}`));
}

export async function withdrawApproval(
  session: Session,
  id: string,
  { yes }: { yes?: boolean },
): Promise<void> {
  const { api, terminal } = session;
  await confirm(`Withdraw the request ${id}?`, terminal, yes);
  await api.withdrawApproval({ params: { id } });
  show(session, { withdrawn: id }, () => terminal.print("The request is withdrawn"));
}

const styles = {
  pending: "yellow",
  approved: "green",
  used: "green",
  rejected: "red",
  withdrawn: "dim",
  expired: "dim",
} as const;

function showApproval(session: Session, approval: SeenApproval): void {
  show(session, approval, () => printApproval(session.terminal, approval));
}

function printApproval(terminal: Session["terminal"], approval: SeenApproval): void {
  const { asker, subject, rejection, needs } = approval;
  const now = terminal.now();
  printDetails(
    {
      Request: approval.id,
      State: approval.state,
      Who: `${asker.name}${asker.email === undefined ? "" : ` (${asker.email})`}`,
      "With client": asker.client,
      "From address": subject.address || undefined,
      "From a program": subject.runId,
      Portal: subject.portal,
      Server: subject.server,
      What: `${subject.target} (${subject.class})`,
      Asked: relativeTime(approval.askedAt, now),
      Ends: endText(approval, now),
      Rejected: rejection && `by ${rejection.byName}: ${rejection.reason || "no reason given"}`,
      Page: approval.url,
      "You may decide": approval.mayDecide ? "yes" : undefined,
      Arguments:
        approval.arguments === undefined ? "shown to whoever asked, and to those who may decide" : undefined,
    },
    terminal,
  );
  for (const need of needs) terminal.print(clean(`  ${needText(need)}`));
  if (approval.arguments === undefined) return;
  terminal.print("");
  for (const line of approval.arguments.split("\n")) terminal.print(clean(line));
}

/** What was approved has to be used until then. */
function endText(
  { state, expiresAt }: Pick<Approval, "state" | "expiresAt">,
  now: number,
): string | undefined {
  return state === "pending" || state === "approved" ? relativeTime(expiresAt, now) : undefined;
}

function needText(need: Approval["needs"][number]): string {
  const { met } = need;
  const said = met?.text ? `: ${met.text}` : "";
  const done = met === undefined ? "open" : `done by ${met.byName}${said}`;
  return `${whatText(need)} (${need.rule}): ${done}`;
}

function whatText(need: Approval["needs"][number]): string {
  if (need.kind === "decision") return `A yes of ${decidersText(need.deciders)}`;
  if (need.kind === "purpose") return "What it is for";
  return `A proof of who asks, within ${spanText(need.withinSeconds)}`;
}
