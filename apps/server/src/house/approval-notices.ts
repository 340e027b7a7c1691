/** What people and programs are told of requests for a decision, in words. */
import type { Approval, ApprovalEvent } from "@castellan/approvals";
import type { Queryable } from "@castellan/database";
import type { Notice, Notices } from "@castellan/notices";

/** What `approvals` is given as `notify`. */
export function tellOfApprovals(
  notices: Pick<Notices, "send">,
  publicUrl: string,
): (tx: Queryable, event: ApprovalEvent) => Promise<void> {
  return (tx, event) => notices.send(tx, approvalNotice(event, publicUrl));
}

/** The arguments of the call are not told: who may see them is asked on the page. */
export function approvalNotice({ kind, approval, to }: ApprovalEvent, publicUrl: string): Notice {
  const url = `${publicUrl}/approvals/${approval.id}`;
  const isOpen = kind !== "decided";
  return {
    kind: `approval.${kind}`,
    emails: to,
    letter: {
      subject: `${subjectWords(kind, approval)}: ${approval.subject.target}`,
      lines: [sentence(kind, approval), facts(approval)],
      link: { label: isOpen ? "Look at it and decide" : "Look at it", url },
    },
    data: dataOf(approval, url),
    // A question that is over is no question any more.
    ...(isOpen && { until: approval.expiresAt }),
  };
}

function subjectWords(kind: ApprovalEvent["kind"], { asker, state }: Approval): string {
  if (kind === "asked") return `${asker.name} asks for approval`;
  if (kind === "reminder") return `${asker.name} still waits for approval`;
  return `Your request was ${outcomeWord(state)}`;
}

function sentence(kind: ApprovalEvent["kind"], { asker, subject, rejection, state }: Approval): string {
  const use = `${subject.target} of the server ${subject.server}`;
  if (kind !== "decided") return `${asker.name} wants to use ${use}, and somebody must agree first.`;
  const because =
    rejection === undefined ? "" : ` ${rejection.byName} said: ${rejection.reason || "nothing"}.`;
  return `You asked to use ${use}. The request was ${outcomeWord(state)}.${because}`;
}

function outcomeWord(state: Approval["state"]): string {
  if (state === "expired") return "not decided in time";
  return state === "used" ? "approved" : state;
}

function facts({ asker, subject, needs, expiresAt }: Approval): string {
  const rules = [...new Set(needs.map(({ rule }) => rule))].join(", ");
  return [
    `Portal: ${subject.portal}`,
    `Server: ${subject.server}`,
    `Tool: ${subject.target} (${subject.class})`,
    `Client: ${asker.client ?? "none"}`,
    `Asked from: ${subject.address}`,
    `Because of: ${rules}`,
    `Waits until: ${expiresAt.toISOString()}`,
  ].join("\n");
}

function dataOf(approval: Approval, url: string): Readonly<Record<string, unknown>> {
  const { id, state, asker, subject, needs, rejection, askedAt, expiresAt, decidedAt } = approval;
  return {
    id,
    state,
    url,
    asker: { id: asker.id, kind: asker.kind, name: asker.name, email: asker.email, client: asker.client },
    subject,
    rules: [...new Set(needs.map(({ rule }) => rule))],
    rejection: rejection && { byName: rejection.byName, reason: rejection.reason },
    askedAt,
    expiresAt,
    decidedAt,
  };
}
