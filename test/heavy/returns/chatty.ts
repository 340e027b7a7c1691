/** A server of either era with one watched resource and one long call, which talk when they are told to. */
import { createChannel, type Channel } from "../../fixtures/channel.ts";
import type { Era } from "../../fixtures/exotic.ts";
import { extend, wait, type Listener } from "../../fixtures/listener.ts";
import { type RawLegacyServer, startRawLegacy } from "../../fixtures/raw-legacy.ts";
import { type RawModernServer, startRawModern } from "../../fixtures/raw-modern.ts";
import { notificationText, type Call, type Script } from "../../fixtures/script.ts";

export interface Chatty extends Listener {
  readonly url: string;
  /** Says so many things on each stream, evenly over this time. */
  talk(count: number, withinMs: number): Promise<void>;
  /** Answers the long calls. */
  finish(): void;
  held(): { readonly callers: number; readonly watchers: number; readonly sessions: number };
}

export const watchedUri = "test://watched";
const tickMs = 50;

interface Talk {
  readonly call: Call;
  readonly messages: Channel<string>;
  progress: number;
}

export async function startChatty(era: Era): Promise<Chatty> {
  const talks = new Set<Talk>();
  const complete = era === "modern" ? '"resultType":"complete",' : "";
  const hints = '"ttlMs":0,"cacheScope":"public"';
  const resource = JSON.stringify({ uri: watchedUri, name: "watched" });

  async function* talk(call: Call): AsyncGenerator<string> {
    const own: Talk = { call, messages: createChannel<string>(), progress: 0 };
    call.signal.addEventListener("abort", () => own.messages.end());
    talks.add(own);
    try {
      yield* own.messages;
    } finally {
      talks.delete(own);
    }
  }

  const script: Script = {
    "tools/list": () => `{${complete}"tools":[{"name":"talk","inputSchema":{"type":"object"}}],${hints}}`,
    "prompts/list": () => `{${complete}"prompts":[],${hints}}`,
    "resources/list": () => `{${complete}"resources":[${resource}],${hints}}`,
    "resources/templates/list": () => `{${complete}"resourceTemplates":[],${hints}}`,
    "tools/call": (_, call) => talk(call),
    "resources/subscribe": () => "{}",
    "resources/unsubscribe": () => "{}",
  };
  const server = era === "modern" ? await startRawModern({ script }) : await startRawLegacy({ script });

  function say(): void {
    for (const own of talks) own.messages.push(own.call.progress(++own.progress));
    tellOfUpdate(server);
  }

  return extend(server, {
    async talk(count: number, withinMs: number) {
      const startedMs = performance.now();
      const never = new AbortController().signal;
      for (let said = 0; said < count;) {
        const due = Math.min(count, Math.ceil(((performance.now() - startedMs) / withinMs) * count));
        for (; said < due; said++) say();
        await wait(tickMs, never);
      }
    },
    finish() {
      for (const { call, messages } of talks) {
        messages.push(call.result(`{${complete}"content":[]}`));
        messages.end();
      }
    },
    held: () => ({
      callers: talks.size,
      watchers: ("streams" in server ? server.streams : server.subscriptions).length,
      sessions: "sessions" in server ? server.sessions.length : 0,
    }),
  });
}

/** Legacy sessions are told on their GET streams, whether they subscribed or not: there is only one resource. */
function tellOfUpdate(server: RawLegacyServer | RawModernServer): void {
  const params = { uri: watchedUri };
  if ("publish" in server) server.publish("notifications/resources/updated", params);
  else
    for (const session of server.streams)
      server.push(notificationText("notifications/resources/updated", JSON.stringify(params)), session);
}
