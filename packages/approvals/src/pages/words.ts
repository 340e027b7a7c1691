/** Requests in plain words. */
import { visible } from "@castellan/kernel";
import { html, span, type Html } from "@castellan/web";
import type { Approval, Asker, Deciders, Need } from "../approval.ts";

const classes: Readonly<Record<string, string>> = {
  read: "It looks things up.",
  write: "It creates or changes things.",
  destructive: "It deletes or overwrites things.",
};

/** What a use of this class does; of one that is not known, the worst is said. */
export function classWords(useClass: string): string {
  return classes[useClass] ?? "It may delete or overwrite things.";
}

const targets: Readonly<Record<string, string>> = {
  "tools/call": "Tool",
  "prompts/get": "Prompt",
  "resources/read": "Resource",
};

/** What is called, as the left side of a line: `Tool`. */
export function targetWord(method: string): string {
  return targets[method] ?? "Call";
}

export const stateWords: Readonly<Record<Approval["state"], string>> = {
  pending: "waits",
  approved: "approved, not used yet",
  used: "approved and used",
  rejected: "rejected",
  withdrawn: "withdrawn",
  expired: "expired",
};

/** A stranger's text, so that it cannot be taken for ours, nor for something else than it is. */
export function said(text: string): Html {
  return html`<bdi class="said">${visible(text)}</bdi>`;
}

/** The same of a text of several lines. */
export function saidLines(text: string): Html {
  return html`${text.split("\n").map((line, index) => html`${index > 0 && html`<br />`}${said(line)}`)}`;
}

/** `Ada (ada@example.com)`, `the program nightly-sync`. */
export function askerWords({ kind, name, email }: Asker): Html {
  if (kind === "public") return html`somebody who is not signed in`;
  if (kind === "service") return html`the program ${said(name)}`;
  return html`${said(name)}${email !== undefined && html` (<bdi>${visible(email)}</bdi>)`}`;
}

/** What a need wants, and of whom. @param isAsker for whoever asked */
export function needWords(need: Need, isAsker: boolean): Html {
  switch (need.kind) {
    case "decision":
      return html`A yes of ${deciderWords(need.deciders, isAsker)}`;
    case "proof":
      return html`${isAsker ? "You prove who you are" : "Whoever asks proves who they are"}, at most
      ${span(need.withinSeconds)} before,
      ${need.methods === undefined ? "with a second factor or a passkey" : html`by ${either(need.methods.map(methodWords))}`}`;
    case "purpose":
      return html`${isAsker ? "You say what it is for" : "Whoever asks says what it is for"}`;
  }
}

function deciderWords({ self, groups = [], people = [] }: Deciders, isAsker: boolean): Html {
  const whom = [
    ...(self === true ? [html`${isAsker ? "yourself" : "whoever asks"}`] : []),
    ...groups.map((group) => html`somebody in <bdi>${group}</bdi>`),
    ...people.map((email) => html`<bdi>${email}</bdi>`),
  ];
  return whom.length === 0 ? html`nobody` : either(whom);
}

/** RFC 8176 §2, as far as people know them; others by their own word. */
const methods: Readonly<Record<string, string>> = {
  pwd: "a password",
  pin: "a PIN",
  otp: "a one-time code",
  hwk: "a security key or a passkey on one device",
  swk: "a passkey",
  mfa: "two factors",
  fpt: "a fingerprint",
  face: "a face",
  sms: "a text message",
  sc: "a smart card",
  tel: "a telephone call",
};

export function methodWords(method: string): Html {
  return Object.hasOwn(methods, method) ? html`${methods[method]}` : html`<code>${visible(method)}</code>`;
}

export function either(parts: readonly Html[], last = "or"): Html {
  return html`${parts.map((part, index) => {
    const before = index === 0 ? "" : index === parts.length - 1 ? ` ${last} ` : ", ";
    return html`${before}${part}`;
  })}`;
}
