/** A letter as the two forms of a mail. What strangers wrote shows as what it is, and is never markup. */
import { visible } from "@castellan/kernel";
import { html, type Html } from "@castellan/web";
import type { Letter } from "../notice.ts";

const maxSubjectLength = 150;

export interface WrittenLetter {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

export function writeLetter({ subject, lines, link }: Letter): WrittenLetter {
  const shown = lines.map(visible);
  const title = shorten(visible(subject).replaceAll(/[\n\t]+/g, " "));
  const ending = "This message was sent by Castellan. Nobody reads answers to it.";
  return {
    subject: title,
    text: [...shown, ...(link ? [`${link.label}:\n${link.url}`] : []), `-- \n${ending}`].join("\n\n") + "\n",
    html: String(
      html`<!doctype html>
        <html lang="en">
          <head>
            <meta charset="utf-8" />
            <meta name="color-scheme" content="light dark" />
            <title>${title}</title>
          </head>
          <body
            style="font: 16px/1.5 system-ui, sans-serif; max-width: 36em; margin: 2em auto; padding: 0 1em"
          >
            ${shown.map(
              (line) => html`<p style="white-space: pre-line; overflow-wrap: anywhere">${line}</p> `,
            )}${link && button(link)}
            <p style="font-size: 14px; opacity: .75">${ending}</p>
          </body>
        </html> `,
    ),
  };
}

/** The address is told in full beside it: people should see where they are sent. */
function button({ label, url }: NonNullable<Letter["link"]>): Html {
  return html`<p><a href="${url}" style="font-weight: 600">${label}</a></p>
    <p style="font-size: 14px; overflow-wrap: anywhere">${url}</p>`;
}

function shorten(text: string): string {
  const characters = [...text];
  return characters.length <= maxSubjectLength
    ? text
    : `${characters.slice(0, maxSubjectLength - 1).join("")}…`;
}
