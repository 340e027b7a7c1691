/** One server for people. */
import type { DetailedServer, Server } from "@castellan/client";
import { kindTexts } from "../input/kinds.ts";
import { limitTexts } from "../input/limits.ts";
import { nextStep } from "../output/next-step.ts";
import { clean } from "../output/clean.ts";
import { printDetails } from "../output/table.ts";
import { spanText, when } from "../output/times.ts";
import { show, type Session } from "../session.ts";
import type { Terminal } from "../terminal.ts";

/** A sync that failed is told, but the command did what it was asked to. */
export function showServer(session: Session, server: DetailedServer): void {
  const { terminal } = session;
  show(session, server, () => {
    printDetails(
      {
        ...whatItIs(server),
        ...whereItIsDescribed(server, terminal.now()),
        ...howItIs(server, terminal.now()),
        ...whatItMay(server),
      },
      terminal,
    );
    tellWaiting(server, terminal);
    tellUnmatched(server, terminal);
    const next = nextStep(server);
    if (next !== undefined) terminal.note(clean(next));
  });
}

/** What an admin has to do next, if anything waits. */
export function tellWaiting({ slug, definitions }: Server, terminal: Pick<Terminal, "note">): void {
  const count = definitions.new + definitions.changed;
  if (count === 0) return;
  const what = count === 1 ? "1 definition waits" : `${count} definitions wait`;
  terminal.note(clean(`${what} for approval: castellan server definitions ${slug}`));
}

/** Of a server that was never read nobody knows what it lists. */
function tellUnmatched({ slug, unmatchedLimits, state }: Server, terminal: Terminal): void {
  if (state.syncedAt === undefined) return;
  for (const tool of unmatchedLimits)
    terminal.note(clean(`The limit for ${tool} has no effect: ${slug} lists no tool of that name`));
}

type Details = Readonly<Record<string, string | undefined>>;

function whatItIs({ slug, title, description, url, transport, managedBy }: Server): Details {
  return {
    Server: title === slug ? slug : `${slug} (${title})`,
    About: description || undefined,
    URL: url,
    Transport: transport === "auto" ? undefined : transport,
    "Managed by": managedBy,
  };
}

function whereItIsDescribed({ openapi, skippedOperations = [] }: DetailedServer, now: number): Details {
  if (!openapi) return {};
  const { url, face, fetchedAt, operations, error } = openapi;
  const count = operations === undefined ? "" : `, ${operations} operations`;
  return {
    Document: `${url ?? "given as text"}${count}`,
    Fetched: url === undefined ? undefined : when(fetchedAt, now),
    "Not fetched": error && `${error.message} (${error.code})`,
    "Listed as": face,
    "Not offered": skippedOperations.join("; ") || undefined,
  };
}

function howItIs({ state }: Server, now: number): Details {
  const took = state.latencyMs === undefined ? "" : `, in ${state.latencyMs} ms`;
  return {
    State: state.status,
    Attention: state.attention.map(({ message }) => message).join("; ") || undefined,
    Error: state.error && `${state.error.message} (${state.error.code})`,
    Synced: `${when(state.syncedAt, now)}${took}`,
    Speaks: state.eras.join(", ") || undefined,
    "Found at": state.foundBelow,
  };
}

function whatItMay(server: DetailedServer): Details {
  const { offered, state, syncIntervalSeconds } = server;
  return {
    Auth: authText(server),
    "Redirect address": server.redirectUri && `${server.redirectUri} (of a client registered by hand)`,
    Headers: list(server.headerNames),
    "Allowed private": list(server.allowPrivate),
    "May ask for": list(server.clientFeatures),
    "Pages may reach": list(server.uiHosts),
    Accepts: kindTexts(server.autoAccept) || undefined,
    Limits: list(limitTexts(server.limits)),
    "Read every": syncIntervalSeconds === undefined ? undefined : spanText(syncIntervalSeconds),
    Tools: counted(offered.tools),
    Prompts: counted(offered.prompts),
    Resources: counted(offered.resources),
    Templates: counted(offered.resourceTemplates),
    "Left out": state.skipped.join("; ") || undefined,
  };
}

/** Nothing of a server that wants nothing. */
function authText({ auth, authSecretNames, state }: Server): string | undefined {
  if (auth.kind === "auto") return state.asksForOAuth ? "own_account (found out)" : undefined;
  const issuer = "issuer" in auth && auth.issuer !== undefined ? ` at ${auth.issuer}` : "";
  const client = "client" in auth && auth.client !== undefined ? ` as ${auth.client.id}` : "";
  const secrets = authSecretNames.length === 0 ? "" : `, with ${authSecretNames.join(", ")}`;
  return `${auth.kind}${issuer}${client}${secrets}`;
}

function list(texts: readonly string[]): string | undefined {
  return texts.join(", ") || undefined;
}

function counted(names: readonly string[]): string | undefined {
  return names.length === 0 ? undefined : `${names.length}: ${names.join(", ")}`;
}
