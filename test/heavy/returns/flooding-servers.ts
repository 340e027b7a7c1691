/**
 * A server of each era that floods its caller, as one process of their own, so that what it costs to flood is
 * neither Castellan's nor the reader's. Prints both URLs, legacy first; ends when its standard input does.
 * `GET /held` says how many sessions live.
 */
import { once } from "node:events";
import type { Era } from "../../fixtures/exotic.ts";
import type { Exchange } from "../../fixtures/listener.ts";
import { startRawLegacy } from "../../fixtures/raw-legacy.ts";
import { startRawModern } from "../../fixtures/raw-modern.ts";
import type { Call, Script } from "../../fixtures/script.ts";

export const notes = 100_000;
/** 128 MiB of them. */
export const logs = 2_048;
export const logBytes = 64 * 1024;
export const questions = 1_000;

const names = ["notes", "logs", "questions"] as const;
const logText = JSON.stringify({ level: "info", data: "a".repeat(logBytes) });
const asked = '{"message":"Shall I?","requestedSchema":{"type":"object","properties":{}}}';

function scriptOf(era: Era): Script {
  const complete = era === "modern" ? '"resultType":"complete",' : "";
  const tools = names.map((name) => `{"name":"${name}","inputSchema":{"type":"object"}}`).join(",");

  async function* flood(call: Call): AsyncGenerator<string> {
    if (call.params["name"] === "notes") for (let n = 1; n <= notes; n++) yield call.progress(n, notes);
    else for (let n = 0; n < logs; n++) yield call.notification("notifications/message", logText);
    yield call.result(`{${complete}"content":[]}`);
  }

  async function* askAll(call: Call): AsyncGenerator<string> {
    const ids = Array.from({ length: questions }, (_, n) => `q-${call.id}-${n}`);
    for (const id of ids) yield call.ask(id, "elicitation/create", asked);
    const gone = once(call.signal, "abort");
    const heard = await Promise.race([gone, Promise.all(ids.map((id) => call.answerTo(id)))]);
    const answered = heard.filter((answer) => typeof answer === "object" && "result" in answer).length;
    yield call.result(`{"content":[],"structuredContent":{"answered":${answered}}}`);
  }

  function askAllByResult(): string {
    const request = `{"method":"elicitation/create","params":${asked}}`;
    const requests = Array.from({ length: questions }, (_, n) => `"q-${n}":${request}`);
    return `{"resultType":"input_required","inputRequests":{${requests.join(",")}},"requestState":"asked"}`;
  }

  return {
    "tools/list": () => `{${complete}"tools":[${tools}],"ttlMs":0,"cacheScope":"public"}`,
    "tools/call": ({ name }: { name: string }, call) => {
      if (name !== "questions") return flood(call);
      return era === "modern" ? askAllByResult() : askAll(call);
    },
    "logging/setLevel": () => "{}",
  };
}

if (import.meta.main) {
  const intercept = ({ request, response }: Exchange) => {
    if (request.path !== "/held") return false;
    response.end(String(legacy.sessions.length));
    return true;
  };
  await using legacy = await startRawLegacy({ script: scriptOf("legacy"), intercept });
  const told = '{"tools":{"listChanged":true},"logging":{}}';
  await using modern = await startRawModern({ script: scriptOf("modern"), capabilities: told });
  process.stdout.write(`${legacy.url} ${modern.url}\n`);
  await once(process.stdin.resume(), "end");
}
