/**
 * `castellan server approve` and `reject`. What is sent is the fingerprint of each definition that was shown: one that
 * changed in between stops the decision (`definition_changed`).
 */
import type { ReviewSummary, ServerDefinition } from "@castellan/client";
import { parseSlug } from "@castellan/kernel";
import { cliFaults } from "../faults.ts";
import { confirm } from "../input/confirm.ts";
import type { KindWord } from "../input/kind-words.ts";
import { kindWord, toKind } from "../input/kinds.ts";
import { parsePair } from "../input/pair.ts";
import { show, type Session } from "../session.ts";
import { readDefinitions } from "./read-definitions.ts";
import { showDefinition } from "./show-definition.ts";

export interface DecideOptions {
  readonly all?: boolean;
  readonly kind?: KindWord;
  /** `NAME=read`. */
  readonly class?: readonly string[];
  readonly full?: boolean;
  readonly yes?: boolean;
}

const classes = ["read", "write", "destructive"] as const;
type ToolClass = (typeof classes)[number];

/** As many as one request may name; what is more is decided in several. */
const atOnce = 1000;

export async function approve(
  session: Session,
  server: string,
  names: readonly string[],
  options: DecideOptions,
): Promise<void> {
  const { api, terminal } = session;
  const { all = false } = options;
  const slug = parseSlug(server, "SERVER");
  if (all === names.length > 0)
    throw cliFaults.fault("usage_invalid", "Name the definitions that are to be approved, or give --all");
  const given = parseClasses(options.class ?? []);
  const { items, ...summary } = await readDefinitions(api, slug, {
    kind: options.kind && toKind(options.kind),
    ...(all && { review: "waiting" }),
  });
  const chosen = (all ? items : pick(items, names, slug)).map((one) => withClass(one, given));
  assertUsed(given, chosen);
  if (chosen.length === 0) {
    show(session, summary, () => terminal.print(`Nothing of ${slug} waits for approval`));
    return;
  }
  await ask(session, `Approve ${countOf(chosen)} of ${slug}`, chosen, options);
  const last = await inTurn(chosen, session, (some) =>
    api.approveDefinitions({
      params: { slug },
      body: { definitions: some.map((one) => selected(one, given)) },
    }),
  );
  tell(session, `${countOf(chosen)} of ${slug} approved`, last);
}

export async function reject(
  session: Session,
  server: string,
  names: readonly string[],
  options: DecideOptions,
): Promise<void> {
  const { api } = session;
  const slug = parseSlug(server, "SERVER");
  const { items } = await readDefinitions(api, slug, { kind: options.kind && toKind(options.kind) });
  const chosen = pick(items, names, slug);
  await ask(session, `Reject ${countOf(chosen)} of ${slug}`, chosen, options);
  const last = await inTurn(chosen, session, (some) =>
    api.rejectDefinitions({
      params: { slug },
      body: { definitions: some.map(({ kind, name, fingerprint }) => ({ kind, name, fingerprint })) },
    }),
  );
  tell(session, `${countOf(chosen)} of ${slug} rejected`, last);
}

/** Each name once, in their order. Fault: `usage_invalid` for one that is not listed, or by two kinds. */
function pick(
  items: readonly ServerDefinition[],
  names: readonly string[],
  slug: string,
): ServerDefinition[] {
  return [...new Set(names)].map((name) => {
    const found = items.filter((one) => one.name === name && one.review !== "removed");
    const [first] = found;
    if (!first)
      throw cliFaults.fault(
        "usage_invalid",
        `${slug} lists no ${JSON.stringify(name)}: castellan server definitions ${slug} --all`,
      );
    if (found.length > 1)
      throw cliFaults.fault(
        "usage_invalid",
        `${JSON.stringify(name)} is the name of a ${found.map(({ kind }) => kindWord(kind)).join(" and a ")}: say which with --kind`,
      );
    return first;
  });
}

function parseClasses(texts: readonly string[]): ReadonlyMap<string, ToolClass> {
  return new Map(
    texts.map((text) => {
      const [name, word] = parsePair(text, "--class", { at: "last" });
      const toolClass = classes.find((one) => one === word);
      if (toolClass !== undefined) return [name, toolClass];
      throw cliFaults.fault("usage_invalid", `--class ${name} must be one of ${classes.join(", ")}`);
    }),
  );
}

function withClass(definition: ServerDefinition, given: ReadonlyMap<string, ToolClass>): ServerDefinition {
  const toolClass = definition.kind === "tool" ? given.get(definition.name) : undefined;
  return toolClass === undefined ? definition : { ...definition, class: toolClass };
}

/** A misspelt name must not leave a tool in the class that its server proposes. */
function assertUsed(given: ReadonlyMap<string, ToolClass>, chosen: readonly ServerDefinition[]): void {
  for (const name of given.keys())
    if (!chosen.some((one) => one.kind === "tool" && one.name === name))
      throw cliFaults.fault(
        "usage_invalid",
        `--class names ${JSON.stringify(name)}, which is no tool that is to be approved`,
      );
}

function selected({ kind, name, fingerprint }: ServerDefinition, given: ReadonlyMap<string, ToolClass>) {
  const toolClass = kind === "tool" ? given.get(name) : undefined;
  return { kind, name, fingerprint, ...(toolClass !== undefined && { class: toolClass }) };
}

/** Shows what it is about. For programs only the answer is printed: to whoever is asked it is shown beside it. */
async function ask(
  { terminal, isJson }: Session,
  what: string,
  chosen: readonly ServerDefinition[],
  { full = false, yes = false }: DecideOptions,
): Promise<void> {
  const { paint, print, note } = terminal;
  if (!(isJson && yes))
    for (const definition of chosen)
      showDefinition(definition, { full, paint, write: isJson ? note : print });
  await confirm(`${what}?`, terminal, yes);
}

/** Each request is decided as a whole or not at all; if a later one is refused, that others were not is said. */
async function inTurn(
  chosen: readonly ServerDefinition[],
  { terminal }: Session,
  send: (some: readonly ServerDefinition[]) => Promise<ReviewSummary>,
): Promise<ReviewSummary> {
  for (let at = 0; ; at += atOnce) {
    try {
      const summary = await send(chosen.slice(at, at + atOnce));
      if (at + atOnce >= chosen.length) return summary;
    } catch (error) {
      if (at > 0) terminal.note(`The first ${at} of ${chosen.length} were decided, the others not`);
      throw error;
    }
  }
}

function tell(session: Session, done: string, summary: ReviewSummary): void {
  show(session, summary, ({ counts }) => {
    const waiting = counts.new + counts.changed;
    session.terminal.print(`${done}; ${waiting === 0 ? "nothing waits" : `${waiting} wait`}`);
  });
}

function countOf(chosen: readonly unknown[]): string {
  return chosen.length === 1 ? "1 definition" : `${chosen.length} definitions`;
}
