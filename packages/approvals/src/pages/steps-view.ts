/** What somebody can do about a request: decide, prove who they are, say what for, take it back. */
import { field, html, span, type Html } from "@castellan/web";
import type { Need } from "../approval.ts";
import type { SeenApproval } from "../approvals.ts";
import { openNeeds } from "../needs.ts";
import { proofSuffices } from "../proof.ts";
import { formPath } from "./paths.ts";
import type { Visitor } from "./visitor.ts";
import { either, methodWords } from "./words.ts";

export interface StepsView {
  readonly seen: SeenApproval;
  readonly visitor: Visitor;
  readonly nowMs: number;
  /** Where they prove who they are, and come back. */
  readonly provePath: string;
  /** The hidden input for each form. */
  readonly formField: Html;
  /** What was sent and not taken, by field. */
  readonly wrong?: { readonly field: string | undefined; readonly sentence: string } | undefined;
  readonly sent?: URLSearchParams | undefined;
}

export const maxTextLength = 2000;

/** Nothing where there is nothing to do. */
export function stepsView(view: StepsView): Html | undefined {
  const { seen, visitor } = view;
  const isAsker = seen.asker.id === visitor.person.id;
  if (seen.state === "approved" && isAsker) return withdrawal(view);
  if (seen.state !== "pending") return undefined;
  return html`${seen.mayDecide && decision(view)} ${isAsker && ownSteps(view)} ${isAsker && withdrawal(view)}`;
}

function decision({ seen, visitor, formField, ...view }: StepsView): Html {
  return html`<h2>Your decision</h2>
    <form method="post" action="${formPath(seen.id, "decision", visitor.person.directory)}">
      ${formField}
      ${field({ name: "reason", label: "Why (you may leave it empty)", autocomplete: "off", rows: 2, maxLength: maxTextLength, isOptional: true, ...again(view, "reason") })}
      <p class="muted small">${reachOf(seen)} Whoever asked sees your name and what you write.</p>
      <p class="buttons">
        <button name="decision" value="yes">Approve</button>
        <button name="decision" value="no" class="danger">Reject</button>
      </p>
    </form>`;
}

/** What a yes lets through beside this call. */
function reachOf(seen: SeenApproval): string {
  const open = openNeeds(seen).map(({ need }) => need);
  const seconds = Math.max(0, ...open.map((need) => (need.kind === "decision" ? need.holdsSeconds : 0)));
  return seconds === 0
    ? "A yes is for this one call, with these arguments."
    : `A yes also lets through every other call of the same kind by the same caller for ${span(seconds)}, with whatever arguments.`;
}

function ownSteps(view: StepsView): Html | undefined {
  const { seen, visitor, nowMs } = view;
  const open = openNeeds(seen).map(({ need }) => need);
  const proofs = open.filter((need) => need.kind === "proof");
  const wantsPurpose = open.some(({ kind }) => kind === "purpose");
  if (proofs.length === 0 && !wantsPurpose)
    return seen.mayDecide
      ? undefined
      : html`<p>
          There is nothing more for you to do. You can close this page: your program goes on by itself, or you
          repeat the call there once it is approved.
        </p>`;
  const lacking = proofs.filter((need) => !proofSuffices(need, toProof(visitor), nowMs));
  return lacking.length > 0 ? proving(view, lacking, wantsPurpose) : continuing(view, proofs, wantsPurpose);
}

export function toProof({ session }: Visitor) {
  return { at: session.authenticatedAt, amr: session.amr };
}

type ProofNeed = Extract<Need, { kind: "proof" }>;

function proving(
  { visitor, nowMs, provePath }: StepsView,
  lacking: readonly ProofNeed[],
  wantsPurpose: boolean,
): Html {
  const { amr, authenticatedAt } = visitor.session;
  const ageMs = nowMs - authenticatedAt.getTime();
  const weak = lacking.find(({ withinSeconds }) => ageMs < withinSeconds * 1000);
  const within = span(Math.min(...lacking.map(({ withinSeconds }) => withinSeconds)));
  return html`<h2>Prove that it is you</h2>
    ${weak !== undefined && html`<p class="notice warning" role="status">${weakness(amr, weak)}</p>`}
    <p>
      You sign in once more and come back here. That counts for ${within}.
      ${wantsPurpose && "After that you say what the call is for."}
    </p>
    <p class="buttons"><a class="button" href="${provePath}">Prove that it is you</a></p>`;
}

/** They have come back, and it was not enough: a provider may have asked for a password only, or say nothing. */
function weakness(amr: readonly string[], { methods }: ProofNeed): Html {
  // That there were several says no more than their names do.
  const named = amr.filter((method) => method !== "mfa" && method !== "user");
  const how =
    named.length === 0
      ? html`but where you signed in does not say how`
      : html`by ${either(named.map(methodWords), "and")}`;
  const wanted =
    methods === undefined
      ? html`a second factor, or a passkey that asks for a PIN or a fingerprint`
      : either(methods.map(methodWords));
  return html`You have proved who you are, ${how}. The rule wants ${wanted}. Sign in that way, or ask an admin
  if you cannot.`;
}

function continuing(
  { seen, visitor, formField, ...view }: StepsView,
  proofs: readonly ProofNeed[],
  wantsPurpose: boolean,
): Html {
  return html`<h2>${wantsPurpose ? "What is it for?" : "Go on"}</h2>
    <form method="post" action="${formPath(seen.id, "continue", visitor.person.directory)}">
      ${formField} ${proofs.length > 0 && html`<p>You have proved who you are.</p>`}
      ${wantsPurpose && field({ name: "purpose", label: "What you need this call for", hint: purposeHint(seen), autocomplete: "off", rows: 3, maxLength: maxTextLength, ...again(view, "purpose") })}
      <p class="buttons"><button>Continue</button></p>
    </form>`;
}

function purposeHint({ needs }: SeenApproval): string {
  const isDecided = needs.some(({ kind }) => kind === "decision");
  return `It is kept with the request.${isDecided ? " Those who decide read it." : ""}`;
}

function withdrawal({ seen, visitor, formField }: StepsView): Html {
  return html`${seen.state === "pending" && html`<hr />`}
    <form method="post" action="${formPath(seen.id, "withdraw", visitor.person.directory)}">
      ${formField}
      <p class="muted small">If you do not need it any more, or did not ask for it, take it back.</p>
      <p class="buttons"><button class="danger">Withdraw</button></p>
    </form>`;
}

/** What stood in a field, and what was wrong with it. */
function again({ sent, wrong }: Pick<StepsView, "sent" | "wrong">, name: string) {
  return {
    value: sent?.get(name) ?? undefined,
    wrong: wrong?.field === name ? wrong.sentence : undefined,
  };
}
