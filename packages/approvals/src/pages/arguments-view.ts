/** What exactly is asked for, as whoever decides has to read it: nothing hidden in it, and nothing of it left out. */
import { visible } from "@castellan/kernel";
import { html, type Html } from "@castellan/web";
import { jsonLines, type Line } from "./json-lines.ts";

/** What is shown at once; more than that is a click away. */
const maxLines = 60;
const maxCharacters = 4000;
/** Longer ones are shown as they came: laid out they would be a page of megabytes. */
const maxLaidOut = 65_536;

/** Letters of another alphabet in a Latin word: Cyrillic ones, and Greek ones that look like Latin ones. `μm` is none. */
const other = String.raw`[\p{Script=Cyrillic}ΑΒΕΖΗΙΚΜΝΟΡΤΥΧαγικνορτυχω]`;
const lookAlike = new RegExp(String.raw`\p{Script=Latin}\p{M}*${other}|${other}\p{M}*\p{Script=Latin}`, "u");

/** @param text undefined: not kept any more */
export function argumentsView(text: string | undefined): Html {
  if (text === undefined) return html`<p class="muted">They are not kept any more.</p>`;
  if (text.trim() === "" || text.trim() === "{}") return html`<p class="muted">Nothing.</p>`;
  const lines = linesOf(text);
  const length = lines.reduce(
    (sum, line) => sum + line.reduce((all, piece) => all + textOf(piece).length, 1),
    0,
  );
  const warning =
    lookAlike.test(text) &&
    html`<p class="notice warning">
      Some words here mix letters of several alphabets, of which some look alike. Names and addresses may be
      others than they seem.
    </p>`;
  if (lines.length <= maxLines && length <= maxCharacters)
    return html`${warning}
      <pre>${shown(lines)}</pre>`;
  return html`${warning}
    <p class="notice warning">This is only the beginning. Read all of it before you decide.</p>
    <pre>${beginning(lines)}…</pre>
    <details>
      <summary>Show all ${text.length.toLocaleString("en")} characters</summary>
      <pre>${shown(lines)}</pre>
    </details>`;
}

function linesOf(text: string): readonly Line[] {
  const laidOut = text.length <= maxLaidOut ? jsonLines(text) : undefined;
  return laidOut ?? text.split(/\r\n|\n/).map((line) => [{ said: line }]);
}

function shown(lines: readonly Line[]): Html {
  return html`${lines.map((line, index) => html`${index > 0 && "\n"}${line.map(pieceView)}`)}`;
}

function pieceView(piece: Line[number]): Html | string {
  return typeof piece === "string" ? piece : html`<bdi>${visible(piece.said)}</bdi>`;
}

function beginning(lines: readonly Line[]): string {
  return visible(
    lines
      .slice(0, maxLines)
      .map((line) => line.map(textOf).join(""))
      .join("\n")
      .slice(0, maxCharacters)
      .toWellFormed(),
  );
}

function textOf(piece: Line[number]): string {
  return typeof piece === "string" ? piece : piece.said;
}
