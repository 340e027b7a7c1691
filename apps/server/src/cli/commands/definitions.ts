/** `castellan server definitions`: what a server lists, and what was decided about it. */
import type { ServerDefinition } from "@castellan/client";
import { parseSlug } from "@castellan/kernel";
import { cliFaults } from "../faults.ts";
import type { KindWord } from "../input/kind-words.ts";
import { kindWord, toKind } from "../input/kinds.ts";
import { printTable } from "../output/table.ts";
import { relativeTime } from "../output/times.ts";
import { show, type Session } from "../session.ts";
import type { Style, Terminal } from "../terminal.ts";
import { readDefinitions } from "./read-definitions.ts";
import { showDefinition } from "./show-definition.ts";

export interface DefinitionsOptions {
  readonly waiting?: boolean;
  readonly all?: boolean;
  readonly review?: ServerDefinition["review"];
  readonly kind?: KindWord;
  readonly full?: boolean;
}

export async function listDefinitions(
  session: Session,
  server: string,
  options: DefinitionsOptions,
): Promise<void> {
  const { terminal } = session;
  const slug = parseSlug(server, "SERVER");
  const answer = await read(session, slug, options);
  show(session, answer, ({ items, counts }) => {
    if (Object.values(counts).every((count) => count === 0))
      return terminal.note(`Nothing of ${slug} is known: castellan server show ${slug} says more`);
    if (items.length === 0) return terminal.note("No definition fits");
    printDefinitions(items, terminal);
    const { full = false } = options;
    for (const definition of full ? items : items.filter(isWaiting)) {
      terminal.print("");
      showDefinition(definition, { full, paint: terminal.paint, write: terminal.print });
    }
    if (counts.new + counts.changed > 0)
      terminal.note(
        `castellan server approve ${slug} NAME, or reject; approve ${slug} --all approves what waits`,
      );
  });
}

export function isWaiting({ review }: ServerDefinition): boolean {
  return review === "new" || review === "changed";
}

async function read({ api }: Session, slug: string, options: DefinitionsOptions) {
  const { waiting = false, all = false, review } = options;
  if (Number(waiting) + Number(all) + Number(review !== undefined) > 1)
    throw cliFaults.fault("usage_invalid", "--waiting, --all and --review exclude each other");
  const kind = options.kind && toKind(options.kind);
  if (all || review) return readDefinitions(api, slug, { kind, review });
  const found = await readDefinitions(api, slug, { kind, review: "waiting" });
  return waiting || found.items.length > 0 ? found : readDefinitions(api, slug, { kind });
}

function printDefinitions(items: readonly ServerDefinition[], terminal: Terminal): void {
  const now = terminal.now();
  printTable(
    items,
    [
      { title: "REVIEW", value: ({ review }) => review, style: ({ review }) => styles[review] },
      { title: "KIND", value: ({ kind }) => kindWord(kind) },
      { title: "NAME", value: ({ name }) => name, shrinks: true },
      { title: "CLASS", value: ({ kind, class: held }) => (kind === "tool" ? held : undefined) ?? "-" },
      { title: "DECIDED", value: ({ decidedAt }) => (decidedAt ? relativeTime(decidedAt, now) : "-") },
      {
        title: "BY",
        value: ({ decidedBy, decidedByName }) => decidedByName ?? decidedBy ?? "-",
        shrinks: true,
      },
    ],
    terminal,
  );
}

const styles: Readonly<Record<ServerDefinition["review"], Style>> = {
  approved: "green",
  accepted: "green",
  new: "yellow",
  changed: "yellow",
  rejected: "red",
  removed: "dim",
};
