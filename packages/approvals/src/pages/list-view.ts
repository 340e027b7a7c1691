/** `/approvals`: what waits for somebody's decision, and what they asked for themselves. */
import { visible } from "@castellan/kernel";
import { ago, ahead, html, page, type Html } from "@castellan/web";
import type { Context } from "hono";
import type { Approval, Person } from "../approval.ts";
import { approvalPath, approvalPagePath } from "./paths.ts";
import { askerWords, said, stateWords } from "./words.ts";

export interface ListView {
  readonly person: Person;
  /** What waits for their decision, newest first. */
  readonly waiting: readonly Approval[];
  /** Whether more of it waits than is shown. */
  readonly hasMoreWaiting: boolean;
  /** What they asked for, newest first. */
  readonly own: readonly Approval[];
  /** Where older ones of it are. */
  readonly olderPath: string | undefined;
  readonly nowMs: number;
}

export function listView(c: Context, view: ListView): Response {
  const { person, waiting, own, olderPath, nowMs } = view;
  return page(c, {
    title: "Approvals",
    isWide: true,
    body: html`<h1>Approvals</h1>
      <p class="muted">
        You are signed in as <bdi>${visible(person.name)}</bdi> (<bdi>${person.email}</bdi>).
      </p>
      <h2>Waiting for your decision</h2>
      ${
        waiting.length === 0
          ? html`<p class="muted">Nothing waits for you.</p>`
          : html`<ul class="rows">
              ${waiting.map((one) => row(one, { nowMs, text: "Look and decide", detail: html`${askerWords(one.asker)}${withClient(one)}, ${ago(one.askedAt, nowMs)}; expires ${ahead(one.expiresAt, nowMs)}` }))}
            </ul>`
      }
      ${view.hasMoreWaiting && html`<p class="muted small">More wait than are shown. They appear here when some of these are decided.</p>`}
      <h2>What you asked for</h2>
      ${
        own.length === 0
          ? html`<p class="muted">
              Nothing yet. When a call of yours has to wait for somebody, it appears here.
            </p>`
          : html`<ul class="rows">
              ${own.map((one) => row(one, { nowMs, text: "Look", detail: html`${stateWords[one.state]}; asked ${ago(one.askedAt, nowMs)}${withClient(one)}` }))}
            </ul>`
      }
      ${olderPath !== undefined && html`<p><a href="${olderPath}">Older ones</a></p>`}`,
    foot: html`<a href="/account">Your account</a>`,
  });
}

/** Below the first page of what somebody asked for. */
export function olderThan({ id }: Approval): string {
  return `${approvalPagePath}?after=${id}`;
}

function row(
  { id, subject }: Approval,
  { text, detail }: { nowMs: number; text: string; detail: Html },
): Html {
  const target = visible(subject.target);
  return html`<li>
    <div>
      <strong>${said(subject.target)}</strong> <span class="muted">at <bdi>${subject.server}</bdi></span>
      <div class="small muted">${detail}</div>
    </div>
    <a class="button quiet" href="${approvalPath(id)}" aria-label="${text}: ${target}">${text}</a>
  </li>`;
}

function withClient({ asker }: Approval): Html | undefined {
  return asker.client === undefined ? undefined : html` with ${said(asker.client)}`;
}
