/** `castellan evaluator …`: services that say whether a device is as it should be. */
import { pages, type Evaluator } from "@castellan/client";
import { parseSlug } from "@castellan/kernel";
import { cliFaults } from "../faults.ts";
import { confirm } from "../input/confirm.ts";
import { assertSomething } from "../input/some-of.ts";
import { printDetails, printTable } from "../output/table.ts";
import { parseSpan, spanText } from "../output/times.ts";
import { show, type Session } from "../session.ts";

export async function listEvaluators(session: Session): Promise<void> {
  const { terminal, api } = session;
  const items = await Array.fromAsync(pages(api.listEvaluators, { query: { limit: 200 } }));
  show(session, { items }, () => {
    if (items.length === 0)
      return terminal.note("There is no evaluator yet: castellan evaluator add SLUG URL --keys-url URL");
    return printTable(
      items,
      [
        { title: "SLUG", value: ({ slug }) => slug },
        { title: "TITLE", value: ({ title }) => title, shrinks: true },
        { title: "URL", value: ({ url }) => url, shrinks: true },
      ],
      terminal,
    );
  });
}

export async function getEvaluator(session: Session, slug: string): Promise<void> {
  showEvaluator(session, await session.api.getEvaluator({ params: paramsOf(slug) }));
}

interface EvaluatorOptions {
  readonly title?: string;
  readonly keysUrl?: string;
  /** Milliseconds. */
  readonly timeout?: string;
  /** A span. */
  readonly cache?: string;
  readonly allowPrivate?: readonly string[] | false;
}

export interface AddEvaluatorOptions extends EvaluatorOptions {
  readonly keysUrl: string;
}

export async function addEvaluator(
  session: Session,
  slug: string,
  url: string,
  options: AddEvaluatorOptions,
): Promise<void> {
  const body = { slug, url, ...settingsOf(options), keysUrl: options.keysUrl };
  showEvaluator(session, await session.api.addEvaluator({ body }));
}

export interface EditEvaluatorOptions extends EvaluatorOptions {
  readonly newUrl?: string;
}

/** What was read is what is changed: if somebody was faster, `version_stale`, and nothing has changed. */
export async function editEvaluator(
  session: Session,
  slug: string,
  options: EditEvaluatorOptions,
): Promise<void> {
  const { api } = session;
  const body = { url: options.newUrl, ...settingsOf(options) };
  assertSomething(body, "evaluator edit");
  const params = paramsOf(slug);
  const { version } = await api.getEvaluator({ params });
  showEvaluator(session, await api.changeEvaluator({ params, body, ifMatch: version }));
}

export async function removeEvaluator(
  session: Session,
  said: string,
  { yes }: { yes?: boolean },
): Promise<void> {
  const { terminal, api } = session;
  const params = paramsOf(said);
  await confirm(`Remove evaluator ${params.slug}?`, terminal, yes);
  await api.removeEvaluator({ params });
  show(session, { removed: params.slug }, () => terminal.print(`Evaluator ${params.slug} is removed`));
}

function settingsOf({ title, keysUrl, timeout, cache, allowPrivate }: EvaluatorOptions) {
  if (timeout !== undefined && !/^\d{1,6}$/.test(timeout))
    throw cliFaults.fault("usage_invalid", "--timeout must be a whole number of milliseconds");
  return {
    title,
    keysUrl,
    timeoutMs: timeout === undefined ? undefined : Number(timeout),
    cacheSeconds: cache === undefined ? undefined : parseSpan(cache, "--cache") / 1000,
    allowPrivate: allowPrivate === false ? [] : allowPrivate,
  };
}

function paramsOf(slug: string): { slug: string } {
  return { slug: parseSlug(slug, "EVALUATOR") };
}

function showEvaluator(session: Session, evaluator: Evaluator): void {
  const { terminal } = session;
  const { slug, title, url, keysUrl, timeoutMs, cacheSeconds, allowPrivate } = evaluator;
  show(session, evaluator, () =>
    printDetails(
      {
        Evaluator: `${slug} (${title})`,
        URL: url,
        Keys: keysUrl,
        "Answers within": `${timeoutMs} ms`,
        "An answer holds": cacheSeconds === 0 ? "for one request" : spanText(cacheSeconds),
        "May be at": allowPrivate.join(", ") || undefined,
      },
      terminal,
    ),
  );
}
