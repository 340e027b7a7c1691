/**
 * A server of either era whose calls last until they are let go: `hold` says nothing until then, `report` tells of
 * its progress, `ask` has asked something. It counts what it has under way, since that is what a caller who
 * disappears may leave behind.
 */
import type { Era } from "../../fixtures/exotic.ts";
import { extend, wait } from "../../fixtures/listener.ts";
import { type RawLegacyServer, startRawLegacy } from "../../fixtures/raw-legacy.ts";
import { type RawModernServer, startRawModern } from "../../fixtures/raw-modern.ts";
import type { Call, Script } from "../../fixtures/script.ts";

export type PatientServer = (RawLegacyServer | RawModernServer) & {
  /** Calls of tools that were neither answered nor cancelled. */
  readonly underWay: number;
  /** Sessions that live; none in the modern era. */
  readonly sessionCount: number;
  /** Lets all calls of a tool go that are under way, and so answers them. */
  release(moment: Moment): void;
};

export const moments = ["hold", "report", "ask"] as const;
export type Moment = (typeof moments)[number];

const everyMs = 20;
const question = {
  method: "elicitation/create",
  params: '{"message":"Shall I?","requestedSchema":{"type":"object","properties":{}}}',
};

export async function startPatient(era: Era): Promise<PatientServer> {
  let underWay = 0;
  const gates = new Map<Moment, AbortController>();
  const gateOf = (moment: Moment): AbortController => {
    const gate = gates.get(moment) ?? new AbortController();
    gates.set(moment, gate);
    return gate;
  };
  let asked = 0;
  const done = era === "modern" ? '{"resultType":"complete","content":[]}' : '{"content":[]}';
  const tools = `"tools":[${moments.map((name) => `{"name":"${name}","inputSchema":{"type":"object"}}`).join(",")}]`;

  async function* work(call: Call): AsyncGenerator<string> {
    const { name } = call.params as { name: Moment };
    const over = AbortSignal.any([gateOf(name).signal, call.signal]);
    underWay++;
    try {
      if (name === "report")
        for (let step = 1; !over.aborted; step++) {
          yield call.progress(step);
          await wait(everyMs, over);
        }
      else if (name === "ask") {
        const id = `q-${++asked}`;
        yield call.ask(id, question.method, question.params);
        await Promise.race([call.answerTo(id).catch(() => undefined), aborted(over)]);
      } else await aborted(over);
      yield call.result(done);
    } finally {
      underWay--;
    }
  }

  /** The call has ended with that, as far as a modern server is concerned. */
  function askByResult({ params }: Call): string {
    if (params["inputResponses"] !== undefined) return done;
    const requests = `{"go":{"method":"${question.method}","params":${question.params}}}`;
    return `{"resultType":"input_required","inputRequests":${requests},"requestState":"asked"}`;
  }

  const script: Script = {
    "tools/list": () =>
      era === "modern" ? `{"resultType":"complete",${tools},"ttlMs":0,"cacheScope":"public"}` : `{${tools}}`,
    "tools/call": ({ name }: { name: string }, call) =>
      name === "ask" && era === "modern" ? askByResult(call) : work(call),
  };
  const server = era === "modern" ? await startRawModern({ script }) : await startRawLegacy({ script });
  return extend(server, {
    get underWay() {
      return underWay;
    },
    get sessionCount() {
      return "sessions" in server ? server.sessions.length : 0;
    },
    release(moment: Moment) {
      gateOf(moment).abort();
      gates.delete(moment);
    },
  });
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
