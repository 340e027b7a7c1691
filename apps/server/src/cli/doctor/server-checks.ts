/** The server that commands would talk to: is it there, does it know us, and is it well. */
import { pages, type Client, type Status } from "@castellan/client";
import { isFault } from "@castellan/kernel";
import { toTokenSource } from "../access/credential.ts";
import { findAccess, type Access } from "../access/find-access.ts";
import { isLoopback } from "../access/url.ts";
import { connect, request } from "../client/connect.ts";
import { giveStep } from "../output/next-step.ts";
import { ok, problem, warning, type Check, type Finding, type Patient } from "./check.ts";

export const serverCheck: Check = {
  name: "Server",
  run: async (patient) => {
    const access = await loadAccess(patient);
    if ("verdict" in access) return [access];
    const reached = await reach(access);
    if (reached.verdict !== "ok") return [reached];
    return [reached, ...plainHttp(access), ...(await asAdmin(access, patient))];
  },
};

async function loadAccess({ options, terminal }: Patient): Promise<Access | Finding> {
  try {
    return await findAccess(options, terminal);
  } catch (error) {
    if (!isFault(error)) throw error;
    const { message } = error;
    // Before the first start there is none, and that is no problem.
    if (error.code === "access_unknown" && options.data === undefined && !terminal.env["CASTELLAN_URL"])
      return warning(
        "Server",
        message,
        "Start one here with `castellan up`, or set CASTELLAN_URL and CASTELLAN_TOKEN.",
      );
    return problem("Server", message, "Repair what says where the server is.");
  }
}

const healthTimeoutMs = 5000;

async function reach({ url, urlFrom, isGuess }: Access): Promise<Finding> {
  const place = `${url}, from ${urlFrom}`;
  try {
    const answer = await request(new URL(`${url}/health/ready`), {
      signal: AbortSignal.timeout(healthTimeoutMs),
    });
    const health = (await answer.json().catch(() => ({}))) as {
      status?: unknown;
      checks?: Record<string, unknown>;
    };
    if (health.status === "ready") return ok("Server", place);
    if (health.status !== "unready")
      return problem(
        "Server",
        `${place}: what answers there is not Castellan (HTTP ${answer.status})`,
        "Correct the URL.",
      );
    const failed = Object.entries(health.checks ?? {}).flatMap(([name, verdict]) =>
      verdict === "ok" ? [] : [name],
    );
    return problem("Server", `${place}: it is not ready (${failed.join(", ")})`, "Its log says why.");
  } catch (error) {
    if (!isFault(error)) throw error;
    const detail = `${error.message}, from ${urlFrom}`;
    return isGuess
      ? warning("Server", detail, "It is not running; start it with `castellan up`.")
      : problem("Server", detail, "Start it, or correct the URL.");
  }
}

/** A token in clear text on a network is anybody's. */
function plainHttp({ url }: Access): Finding[] {
  if (new URL(url).protocol === "https:" || isLoopback(url)) return [];
  return [
    warning(
      "Server",
      `${url} is not encrypted: tokens can be read on the way`,
      "Put TLS in front and use https.",
    ),
  ];
}

async function asAdmin(access: Access, { terminal }: Patient): Promise<Finding[]> {
  const api = connect({ url: access.url, token: toTokenSource(access.token, terminal) });
  try {
    const askedMs = terminal.now();
    const status = await api.getStatus();
    const localMs = (askedMs + terminal.now()) / 2;
    return [
      ok("Token", `accepted, from ${access.tokenFrom}`),
      ok("Release", `${status.version}, replica ${status.replica}`),
      database(status),
      clocks(status, localMs),
      ...(status.database.ok ? await servers(api) : []),
    ];
  } catch (error) {
    if (!isFault(error)) throw error;
    return [
      problem("Token", `${error.message} (${error.code}), from ${access.tokenFrom}`, tokenAdvice(error.code)),
    ];
  }
}

function tokenAdvice(code: string): string {
  if (code === "login_over") return "`castellan login` signs you in again; `castellan logout` forgets it.";
  if (code === "permission_required")
    return "Use an admin's token: `castellan token create NAME --admin` makes one.";
  return "Use another token. Where no admin's token is living, the next start of the server makes one.";
}

function database({ database }: Status): Finding {
  if (!database.ok)
    return problem("Database", `does not answer (${database.code})`, "Look after PostgreSQL.");
  return ok("Database", `PostgreSQL ${database.version}, answers in ${database.latencyMs.toFixed(1)} ms`);
}

/** Tokens expire and records are dated by these clocks. */
function clocks({ time, database }: Status, localMs: number): Finding {
  const fromHere = Date.parse(time) - localMs;
  const fromDatabase = database.ok ? database.clockAheadMs : 0;
  const seconds = Math.max(Math.abs(fromHere), Math.abs(fromDatabase)) / 1000;
  const detail = `the server is ${signed(fromHere)} against this machine, its database ${signed(fromDatabase)} against it`;
  const advice = "Let all of them follow a time server (NTP).";
  if (seconds > 30) return problem("Clock", detail, advice);
  return seconds > 2
    ? warning("Clock", detail, advice)
    : ok("Clock", "server, database and this machine agree");
}

function signed(ms: number): string {
  return `${ms < 0 ? "-" : "+"}${(Math.abs(ms) / 1000).toFixed(1)} s`;
}

async function servers(api: Client): Promise<Finding[]> {
  const items = await Array.fromAsync(pages(api.listServers, { query: { limit: 200 } }));
  return items.map(({ slug, auth, state, counts }) => {
    const name = `MCP ${slug}`;
    const reason = state.error ? `${state.error.message} (${state.error.code})` : "";
    const advice = `See to the server, then: castellan server sync ${slug}`;
    if (state.status === "ready")
      return ok(name, `${counts.tools} tools, speaks ${state.eras.join(" and ")}`);
    const needs = state.attention.map(({ message }) => message).join("; ");
    if (state.status === "needs_attention")
      return warning(
        name,
        needs,
        giveStep({ slug, auth, state }) ?? `castellan server show ${slug} says more`,
      );
    if (state.status === "waiting") return warning(name, "has not been read yet", advice);
    if (state.status === "stale") return warning(name, `served as it was before: ${reason}`, advice);
    return problem(name, reason, advice);
  });
}
