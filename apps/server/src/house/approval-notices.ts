/** What people and programs are told of requests for a decision, in words. */
import type { Approval, ApprovalEvent } from "@castellan/approvals";
import type { Queryable } from "@castellan/database";
import type { Notice, Notices } from "@castellan/notices";
import { moment } from "@castellan/web";
import { told } from "./told.ts";

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
      subject: `${subjectWords(kind, approval)}: ${told(approval.subject.target)}`,
      lines: [sentence(kind, approval), facts(approval, isOpen)],
      link: { label: isOpen ? "Look at it and decide" : "Look at it", url },
    },
    data: dataOf(approval, url),
    // A question that is over is no question any more.
    ...(isOpen && { until: approval.expiresAt }),
  };
}

function subjectWords(kind: ApprovalEvent["kind"], { asker, state }: Approval): string {
  if (kind === "asked") return `${capital(askerWords(asker))} asks for approval`;
  if (kind === "reminder") return `${capital(askerWords(asker))} still waits for approval`;
  return `Your request was ${outcomeWord(state)}`;
}

function sentence(kind: ApprovalEvent["kind"], approval: Approval): string {
  const { asker, subject, state } = approval;
  const use = `${told(subject.target)} of the server ${subject.server}`;
  if (kind !== "decided")
    return `${capital(askerWords(asker))} wants to use ${use}, and somebody must agree first.`;
  const said = decisionsOf(approval).flatMap(({ byName, text }) => {
    const reason = told(text, maxReasonLength);
    return reason === "" ? [] : [` ${told(byName)} said: ${reason}.`];
  });
  return `You asked to use ${use}. The request was ${outcomeWord(state)}.${said.join("")}`;
}

interface Decided {
  readonly byName: string;
  readonly at: Date;
  readonly text: string;
}

/** Each once: a yes of one person may meet several needs. */
function decisionsOf({ needs, met, rejection }: Approval): readonly Decided[] {
  if (rejection) return [{ ...rejection, text: rejection.reason }];
  const yes = met.filter(({ need }) => needs[need]?.kind === "decision");
  return [...new Map(yes.map((one) => [one.by, { ...one, text: one.text ?? "" }])).values()];
}

function outcomeWord(state: Approval["state"]): string {
  if (state === "expired") return "not decided in time";
  return state === "used" ? "approved" : state;
}

function facts(approval: Approval, isOpen: boolean): string {
  const { asker, subject, needs, expiresAt } = approval;
  const rules = [...new Set(needs.map(({ rule }) => rule))].join(", ");
  const who = askerWords(asker);
  return [
    `Who asks: ${asker.email === undefined ? who : `${who} (${asker.email})`}`,
    `Portal: ${subject.portal}`,
    `Server: ${subject.server}`,
    `Tool: ${told(subject.target)} (${subject.class})`,
    `Client: ${told(asker.client ?? "none")}`,
    `Asked from: ${subject.address}`,
    `Because of: ${rules}`,
    ...(isOpen
      ? [`Waits until: ${moment(expiresAt)}`]
      : decisionsOf(approval).map(({ byName, at }) => `Decided by: ${told(byName)}, ${moment(at)}`)),
  ].join("\n");
}

function askerWords({ kind, name }: Approval["asker"]): string {
  if (kind === "public") return "somebody who is not signed in";
  return kind === "service" ? `the program ${told(name)}` : told(name);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const maxReasonLength = 1000;

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
