/** `castellan run …`: code that clients sent to portals in Code Mode. */
import { pages, type OwnRun, type Run, type SeenRun } from "@castellan/client";
import { isFault, isId } from "@castellan/kernel";
import { cliFaults } from "../faults.ts";
import { confirm } from "../input/confirm.ts";
import { findPrincipalId } from "../input/named.ts";
import { parseLimit } from "../input/page.ts";
import { clean } from "../output/clean.ts";
import { printDetails, printTable } from "../output/table.ts";
import { parsePast, relativeTime } from "../output/times.ts";
import { withHint } from "../report-error.ts";
import { show, type Session } from "../session.ts";

export interface ListRunsOptions {
  readonly mine?: boolean;
  readonly state?: Run["state"];
  readonly portal?: string;
  /** Who sent the code: the id or name of a token, or the id or e-mail address of a person. */
  readonly principal?: string;
  readonly since?: string;
  readonly limit: string;
}

export interface RunOptions {
  readonly mine?: boolean;
}

export async function listRuns(session: Session, options: ListRunsOptions): Promise<void> {
  const { terminal, api } = session;
  const { mine, principal, state, portal } = options;
  if (mine && principal !== undefined)
    throw cliFaults.fault("usage_invalid", "--mine and --principal exclude each other");
  const now = terminal.now();
  const since =
    options.since === undefined ? undefined : parsePast(options.since, now, "--since").toISOString();
  const limit = parseLimit(options.limit);
  const query = { state, portal, since, limit: Math.min(limit, maxPage) };
  const principalId = principal === undefined ? undefined : await findPrincipalId(api, principal);
  const all = mine
    ? pages(api.listMyRuns, { query })
    : pages(api.listRuns, { query: { ...query, principal: principalId } });
  const items = await orMine(take(all, limit), mine);
  show(session, { items }, () => {
    if (items.length === 0) return terminal.note(isFiltered(options) ? "No run fits" : noRun(mine));
    return printTable(
      items,
      [
        { title: "ID", value: ({ id }) => id },
        { title: "STATE", value: ({ state: at }) => at, style: ({ state: at }) => styles[at] },
        { title: "WHO", value: ({ caller }) => caller.name, shrinks: true },
        { title: "PORTAL", value: ({ portal: at }) => at },
        { title: "TOOL", value: toolText },
        { title: "CALLS", value: ({ use }) => String(use.calls), align: "right" },
        { title: "TOOK", value: ({ use }) => tookText(use.wallMs), align: "right" },
        { title: "BEGAN", value: ({ startedAt }) => relativeTime(startedAt, now) },
        { title: "ERROR", value: ({ error }) => error ?? "-" },
      ],
      terminal,
    );
  });
}

export async function getRun(session: Session, said: string, { mine }: RunOptions): Promise<void> {
  const params = { id: parseRun(said) };
  const run = await orMine((mine ? session.api.getMyRun : session.api.getRun)({ params }), mine);
  show(session, run, () => printRun(session.terminal, run));
}

export async function cancelRun(
  session: Session,
  said: string,
  { mine, yes }: RunOptions & { readonly yes?: boolean },
): Promise<void> {
  const { terminal, api } = session;
  const id = parseRun(said);
  await confirm(`End ${id}? What it has called stays done.`, terminal, yes);
  await orMine((mine ? api.cancelMyRun : api.cancelRun)({ params: { id } }), mine);
  show(session, { cancelled: id }, () => terminal.print(`Run ${id} has ended`));
}

/** Who may not see the runs of others is told how to see their own. */
async function orMine<Answer>(asked: Promise<Answer>, mine = false): Promise<Answer> {
  try {
    return await asked;
  } catch (error) {
    if (mine || !isFault(error, "permission_required")) throw error;
    throw withHint(error, "These are everybody's runs; --mine is for your own.");
  }
}

const maxPage = 200;

const styles = {
  running: "yellow",
  paused: "yellow",
  completed: "green",
  failed: "red",
  expired: "dim",
  cancelled: "dim",
} as const;

async function take<One>(all: AsyncIterable<One>, limit: number): Promise<One[]> {
  const items: One[] = [];
  for await (const one of all) {
    items.push(one);
    if (items.length === limit) break;
  }
  return items;
}

function parseRun(said: string): string {
  if (isId("run", said)) return said;
  throw cliFaults.fault("usage_invalid", "RUN must be the id of a run (run_…)");
}

function toolText({ tool, server }: Run): string {
  return server === undefined ? tool : `${tool} (${server})`;
}

function printRun(terminal: Session["terminal"], run: SeenRun | OwnRun): void {
  const { caller, use, error, message } = run;
  const now = terminal.now();
  printDetails(
    {
      Run: run.id,
      State: run.state,
      Who: caller.name,
      "With client": caller.clientId,
      Portal: run.portal,
      "Servers only": run.servers?.join(", "),
      Tool: toolText(run),
      Call: run.callId,
      Began: relativeTime(run.startedAt, now),
      Ended: run.endedAt && relativeTime(run.endedAt, now),
      "Given up": run.state === "paused" ? relativeTime(run.expiresAt, now) : undefined,
      Took: `${tookText(use.wallMs)}, ${tookText(use.cpuMs)} of processor time, ${use.passes === 1 ? "in one pass" : `in ${use.passes} passes`}`,
      Returned: run.resultBytes === undefined ? undefined : sizeText(run.resultBytes),
      Failed: error,
    },
    terminal,
  );
  if (message !== undefined) printLines(terminal, "Why", message);
  if (run.waits.length > 0) printLines(terminal, "Waits for", run.waits.map(waitText).join("\n"));
  printLines(terminal, "Code", run.code);
  if (run.calls.length > 0) {
    terminal.print("");
    printTable(
      run.calls,
      [
        { title: "CALL", value: ({ callId }) => callId },
        { title: "WHAT", value: ({ target }) => target, shrinks: true },
        { title: "CLASS", value: (call) => call.class ?? "-" },
        { title: "STATE", value: ({ state, error: code }) => code ?? state },
        {
          title: "TOOK",
          value: ({ durationMs }) => (durationMs === undefined ? "-" : tookText(durationMs)),
          align: "right",
        },
      ],
      terminal,
    );
  }
  if ("logs" in run && run.logs.length > 0)
    printLines(terminal, "Logged", run.logs.map(({ text }) => text).join("\n"));
  if ("result" in run && run.result !== undefined) printLines(terminal, "Result", run.result);
}

/** What is said of it names the tool, as a rule. */
function waitText({ tool, message, url }: Run["waits"][number]): string {
  return `${message.includes(tool) ? message : `${tool}: ${message}`}\n  ${url}`;
}

function isFiltered({ state, portal, principal, since }: ListRunsOptions): boolean {
  return [state, portal, principal, since].some((said) => said !== undefined);
}

function noRun(mine = false): string {
  return mine ? "No run of yours is kept" : "No run is kept";
}

/** `92 ms`, `3.4 s`, `12 min`. */
function tookText(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  return `${Math.round(ms / 60_000)} min`;
}

/** `292 bytes`, `1.4 MB`. */
function sizeText(bytes: number): string {
  if (bytes < 10_000) return bytes === 1 ? "1 byte" : `${bytes} bytes`;
  return bytes < 1_000_000 ? `${Math.round(bytes / 1_000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** All of it a stranger's. */
function printLines(terminal: Session["terminal"], title: string, text: string): void {
  terminal.print("");
  terminal.print(`${title}:`);
  for (const line of text.split("\n")) terminal.print(clean(`  ${line}`));
}
