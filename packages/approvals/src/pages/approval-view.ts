/** `/approvals/{id}`: what is asked, why it waits, and what whoever looks can do about it. */
import { visible } from "@castellan/kernel";
import { ago, ahead, html, page, type Html } from "@castellan/web";
import type { Context } from "hono";
import type { Met } from "../approval.ts";
import type { SeenApproval } from "../approvals.ts";
import { argumentsView } from "./arguments-view.ts";
import { approvalPagePath } from "./paths.ts";
import { stepsView, type StepsView } from "./steps-view.ts";
import { askerWords, classWords, needWords, said, saidLines, targetWord } from "./words.ts";

export interface ApprovalView extends StepsView {
  /** For somebody else: where they sign in. */
  readonly otherPath: string;
  /** Of what was tried and not done; default 200. */
  readonly status?: number | undefined;
}

export function approvalView(c: Context, view: ApprovalView): Response {
  const { seen, visitor, nowMs, otherPath, wrong, status = 200 } = view;
  const isBesideField = wrong?.field === "reason" || wrong?.field === "purpose";
  return page(c, {
    title: titleOf(view),
    isWide: true,
    status,
    body: html`<h1>${heading(view)}</h1>
      ${wrong && !isBesideField && html`<p class="notice error" role="alert">${wrong.sentence}</p>`}
      ${outcome(view)}
      <p class="muted">
        You are signed in as <bdi>${visible(visitor.person.name)}</bdi> (<bdi>${visitor.person.email}</bdi>).
        <a href="${otherPath}">Not you?</a>
      </p>
      ${subject(seen, nowMs)}
      <h2>With what</h2>
      ${argumentsView(seen.arguments)}
      <h2>What it needs</h2>
      <ul class="rows">
        ${seen.needs.map((_, index) => need(view, index))}
      </ul>
      ${stepsView(view)}`,
    foot: html`<a href="${approvalPagePath}">All that waits for you, and what you asked for</a>`,
  });
}

function isAsker({ seen, visitor }: ApprovalView): boolean {
  return seen.asker.id === visitor.person.id;
}

function titleOf(view: ApprovalView): string {
  const { state, subject } = view.seen;
  return `${state === "pending" ? "Waiting" : capital(state)}: ${visible(subject.target)}`;
}

function heading(view: ApprovalView): Html {
  const { seen } = view;
  const target = said(seen.subject.target);
  if (seen.state !== "pending") return html`${headings[seen.state]}: ${target}`;
  if (isAsker(view)) return seen.mayDecide ? html`Use ${target}?` : html`Your call of ${target} waits`;
  return seen.mayDecide ? html`Let ${askerName(seen)} use ${target}?` : html`${target} waits`;
}

const headings = {
  approved: "Approved",
  used: "Approved and used",
  rejected: "Rejected",
  withdrawn: "Withdrawn",
  expired: "Not decided in time",
} as const;

function askerName({ asker }: SeenApproval): Html {
  return asker.kind === "user" ? said(asker.name) : askerWords(asker);
}

/** What became of it, in a sentence. */
function outcome(view: ApprovalView): Html | undefined {
  const { seen, nowMs } = view;
  const { state, rejection, usedAt, expiresAt } = seen;
  switch (state) {
    case "pending":
      return undefined;
    case "approved":
      return html`<p class="notice good" role="status">
        ${
          isAsker(view)
            ? "Go back to your program. It goes on by itself, or you repeat the call there."
            : "The call goes through as soon as the program sends it again."
        }
        It is good until ${exact(expiresAt)}.
      </p>`;
    case "used":
      return html`<p class="notice good" role="status">
        The call went through${usedAt && html`, ${ago(usedAt, nowMs)}`}. A new call has to ask again, unless a
        yes holds for longer.
      </p>`;
    case "rejected":
      return html`<p class="notice error" role="status">
        ${rejection && html`${by(view, rejection)} said no, ${ago(rejection.at, nowMs)}${rejection.reason !== "" && html`: ${saidLines(rejection.reason)}`}`}
      </p>`;
    case "withdrawn":
      return html`<p class="notice" role="status">Whoever asked took it back.</p>`;
    case "expired":
      return html`<p class="notice" role="status">
        It expired ${ago(expiresAt, nowMs)}. Whoever still needs it makes the call again, which asks anew.
      </p>`;
  }
}

function subject({ asker, subject, askedAt, expiresAt, state }: SeenApproval, nowMs: number): Html {
  const { method, target, name, server, portal, address, runId } = subject;
  return html`<dl>
    <dt>Who asks</dt>
    <dd>${askerWords(asker)}</dd>
    ${
      asker.client !== undefined &&
      html`<dt>With</dt>
        <dd>${said(asker.client)}</dd>`
    }
    ${
      address !== "" &&
      html`<dt>From</dt>
        <dd><bdi>${visible(address)}</bdi></dd>`
    }
    ${
      runId !== undefined &&
      html`<dt>From a program</dt>
        <dd>
          <bdi>${runId}</bdi><br />Code that the client sent makes this
          call.${state === "pending" && " With a yes the code goes on from here."}
        </dd>`
    }
    <dt>${targetWord(method)}</dt>
    <dd>
      ${said(target)}${name !== target && html` <span class="muted">(its own name: ${said(name)})</span>`}<br />${classWords(subject.class)}
    </dd>
    <dt>Server</dt>
    <dd><bdi>${server}</bdi>, through the portal <bdi>${portal}</bdi></dd>
    <dt>Asked</dt>
    <dd>${ago(askedAt, nowMs)}</dd>
    ${
      state === "pending" &&
      html`<dt>Expires</dt>
        <dd>${ahead(expiresAt, nowMs)}, ${exact(expiresAt)}</dd>`
    }
  </dl>`;
}

function need(view: ApprovalView, index: number): Html | undefined {
  const { seen, nowMs } = view;
  const wanted = seen.needs[index];
  if (!wanted) return undefined;
  const met = seen.met.find((one) => one.need === index);
  const isOver = seen.state !== "pending" && seen.state !== "approved";
  return html`<li>
    <div>
      ${needWords(wanted, isAsker(view))}
      <div class="small muted">Rule <bdi>${wanted.rule}</bdi></div>
      ${met?.text !== undefined && html`<div>${saidLines(met.text)}</div>`}
    </div>
    <span class="small ${met ? "" : "muted"}"
      >${met ? html`✓ ${by(view, met)}, ${ago(met.at, nowMs)}` : isOver ? "not done" : "open"}</span
    >
  </li>`;
}

function by({ visitor }: ApprovalView, who: Pick<Met, "by" | "byName">): Html {
  return who.by === visitor.person.id ? html`You` : said(who.byName);
}

function exact(date: Date): string {
  const text = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "short", timeZone: "UTC" });
  return `${text.format(date)} UTC`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
