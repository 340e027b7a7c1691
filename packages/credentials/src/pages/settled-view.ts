/** What became of a request, and the way on. */
import { visible } from "@castellan/kernel";
import { html, page, type Html } from "@castellan/web";
import type { Context } from "hono";
import { linksPath } from "../links/paths.ts";
import type { RequestView } from "./request-view.ts";
import { said } from "./words.ts";

export function settledView(c: Context, view: RequestView & { readonly foot: Html }): Response {
  const { target, foot } = view;
  const words = wordsOf(view);
  return page(c, {
    title: target === undefined ? words.title : `${words.title}: ${visible(target.title)}`,
    status: target === undefined ? 404 : 200,
    body: html`<h1>${words.title}${target && html`: ${said(target.title)}`}</h1>
      <p class="notice ${words.isGood && "good"}" role="status">${words.sentence}</p>
      ${words.isOpen && again(view)}`,
    foot,
  });
}

interface Words {
  readonly title: string;
  readonly sentence: Html;
  readonly isGood?: boolean;
  /** Whether it can be begun anew from here. */
  readonly isOpen?: boolean;
}

function wordsOf({ link, target }: RequestView): Words {
  const { from } = link;
  if (target === undefined)
    return { title: "The server is gone", sentence: html`An admin removed the server that this was for.` };
  // One for all is begun by an admin's word only.
  const isOpen = link.owner.kind === "person";
  switch (link.state) {
    case "linked":
      return {
        title: "Linked",
        isGood: true,
        sentence: !isOpen
          ? html`Castellan can read what the server offers now. You can close this page.`
          : from === undefined
            ? html`It can be used now.`
            : html`Go back to ${from.clientName === "" ? "your program" : said(from.clientName)}. It goes on
              by itself, or you repeat there what you asked for. You can close this page.`,
      };
    case "declined":
      return { title: "Not now", isOpen, sentence: html`Nothing was linked.` };
    default:
      return {
        title: "Not done in time",
        isOpen,
        sentence: html`Nothing was linked, and this request is over.`,
      };
  }
}

function again({ link, fields }: RequestView): Html {
  return html`<form method="post" action="${linksPath}/servers/${encodeURIComponent(link.targetId)}/link">
    ${fields.again}
    <p class="buttons"><button>Link it after all</button></p>
  </form>`;
}
