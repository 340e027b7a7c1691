/** `castellan webhook …` and `castellan notice list`: who is told of things, and whether it arrived. */
import { pages, type MadeWebhook, type Notice, type Webhook, type WebhookChange } from "@castellan/client";
import { parseSlug } from "@castellan/kernel";
import { confirm } from "../input/confirm.ts";
import { assertSomething, parseSomeOf } from "../input/some-of.ts";
import { noticeKindWords } from "../input/words.ts";
import { clean } from "../output/clean.ts";
import { printDetails, printTable } from "../output/table.ts";
import { parseSpan, relativeTime } from "../output/times.ts";
import { show, type Session } from "../session.ts";

export async function listWebhooks(session: Session): Promise<void> {
  const { terminal, api } = session;
  const items = await Array.fromAsync(pages(api.listWebhooks, { query: { limit: 200 } }));
  show(session, { items }, () => {
    if (items.length === 0) return terminal.note("There is no webhook yet: castellan webhook add NAME URL");
    return printTable(
      items,
      [
        { title: "NAME", value: ({ name }) => name },
        { title: "HEARS OF", value: kindsText, shrinks: true },
        { title: "ENABLED", value: ({ isEnabled }) => (isEnabled ? "yes" : "no") },
        { title: "URL", value: ({ url }) => url, shrinks: true },
      ],
      terminal,
    );
  });
}

export async function getWebhook(session: Session, name: string): Promise<void> {
  showWebhook(session, await session.api.getWebhook({ params: paramsOf(name) }));
}

interface WebhookOptions {
  readonly kind?: readonly string[] | false;
  readonly allowPrivate?: readonly string[] | false;
  readonly enabled?: boolean;
}

export type AddWebhookOptions = WebhookOptions;

/** The secret is alone on standard output. */
export async function addWebhook(
  session: Session,
  name: string,
  url: string,
  options: AddWebhookOptions,
): Promise<void> {
  tellSecret(session, await session.api.addWebhook({ body: { name, url, ...settingsOf(options) } }));
}

export interface EditWebhookOptions extends WebhookOptions {
  readonly newUrl?: string;
}

/** What was read is what is changed: if somebody was faster, `version_stale`, and nothing has changed. */
export async function editWebhook(
  session: Session,
  name: string,
  options: EditWebhookOptions,
): Promise<void> {
  const { api } = session;
  const body: WebhookChange = { url: options.newUrl, ...settingsOf(options) };
  assertSomething(body, "webhook edit");
  const params = paramsOf(name);
  const { version } = await api.getWebhook({ params });
  showWebhook(session, await api.changeWebhook({ params, body, ifMatch: version }));
}

export async function rotateWebhook(
  session: Session,
  name: string,
  { overlap, yes }: { overlap?: string; yes?: boolean },
): Promise<void> {
  const { api, terminal } = session;
  const overlapSeconds = overlap === undefined ? undefined : parseSpan(overlap, "--overlap") / 1000;
  const params = paramsOf(name);
  if (overlapSeconds === 0)
    await confirm(`Sign nothing under the secret that ${params.name} has now any more?`, terminal, yes);
  tellSecret(session, await api.rotateWebhookSecret({ params, body: { overlapSeconds } }));
}

/** Ends with 1 when it did not arrive. */
export async function testWebhook(session: Session, name: string): Promise<0 | 1> {
  const { api, terminal } = session;
  const tested = await api.testWebhook({ params: paramsOf(name) });
  show(session, tested, () => {
    if (tested.isDelivered) terminal.print(`It has arrived: the answer was ${tested.status}`);
    else terminal.print(clean(`It has not arrived: ${tested.error ?? "no answer"}`));
  });
  return tested.isDelivered ? 0 : 1;
}

export async function removeWebhook(
  session: Session,
  said: string,
  { yes }: { yes?: boolean },
): Promise<void> {
  const { api, terminal } = session;
  const params = paramsOf(said);
  await confirm(`Remove webhook ${params.name}?`, terminal, yes);
  await api.removeWebhook({ params });
  show(session, { removed: params.name }, () => terminal.print(`Webhook ${params.name} is removed`));
}

export interface ListNoticesOptions {
  readonly state?: Notice["state"];
  readonly channel?: Notice["channel"];
}

export async function listNotices(session: Session, { state, channel }: ListNoticesOptions): Promise<void> {
  const { terminal, api } = session;
  const items = await Array.fromAsync(pages(api.listNotices, { query: { state, channel, limit: 200 } }));
  const now = terminal.now();
  show(session, { items }, () => {
    if (items.length === 0) return terminal.note("No notice fits");
    return printTable(
      items,
      [
        { title: "MADE", value: ({ createdAt }) => relativeTime(createdAt, now) },
        { title: "KIND", value: ({ kind }) => kind },
        { title: "WAY", value: (notice) => notice.channel },
        { title: "TO", value: ({ recipient }) => recipient, shrinks: true },
        { title: "STATE", value: (notice) => notice.state, style: (notice) => styles[notice.state] },
        { title: "TRIED", value: ({ attempts }) => String(attempts), align: "right" },
        { title: "NEXT", value: ({ nextAt }) => (nextAt === undefined ? "-" : relativeTime(nextAt, now)) },
        { title: "LAST ERROR", value: ({ lastError }) => lastError ?? "-", shrinks: true },
      ],
      terminal,
    );
  });
}

const styles = { waiting: "yellow", delivered: "green", failed: "red" } as const;

function settingsOf({ kind, allowPrivate, enabled: isEnabled }: WebhookOptions) {
  return {
    kinds: kind === false ? [] : kind && parseSomeOf(noticeKindWords, kind, "--kind"),
    allowPrivate: allowPrivate === false ? [] : allowPrivate,
    isEnabled,
  };
}

function paramsOf(name: string): { name: string } {
  return { name: parseSlug(name, "WEBHOOK") };
}

function kindsText({ kinds }: Pick<Webhook, "kinds">): string {
  return kinds.join(", ") || "everything";
}

function tellSecret(session: Session, made: MadeWebhook): void {
  const { terminal } = session;
  show(session, made, () => terminal.print(made.secret));
  terminal.note("This is the only time that the secret is shown: keep it where secrets are kept.");
}

function showWebhook(session: Session, webhook: Webhook): void {
  const { terminal } = session;
  show(session, webhook, () =>
    printDetails(
      {
        Webhook: webhook.name,
        URL: webhook.url,
        "Hears of": kindsText(webhook),
        "May be at": webhook.allowPrivate.join(", ") || undefined,
        Enabled: webhook.isEnabled ? "yes" : "no",
      },
      terminal,
    ),
  );
}
