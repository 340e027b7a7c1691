/** Code Mode through a whole house: runs as a client sends them, and the same calls made without it. */
import { startMeasuredCastellan, startUpstream } from "../load/castellan.ts";
import { openSpeaker, type Speaker } from "../load/speaker.ts";

export interface MeasuredHouse extends AsyncDisposable {
  /** Castellan's process. */
  readonly pid: number;
  /** One `portal_codemode_execute`. */
  execute(code: string): Promise<void>;
  /** The same call as programs make, to the server itself and through the portal. */
  readonly direct: Call;
  readonly throughPortal: Call;
}

export type Call = () => Promise<void>;

/** How programs call that tool. */
export const codeCall = `codemode.up_echo({ text: "x" })`;

export async function startMeasuredHouse(env: Readonly<Record<string, string>>): Promise<MeasuredHouse> {
  await using opened = new AsyncDisposableStack();
  const upstream = opened.use(await startUpstream("both"));
  const castellan = opened.use(await startMeasuredCastellan({ env }));
  const token = await castellan.addPortal("bench", { up: upstream });
  const headers = { authorization: `Bearer ${token}` };
  const url = castellan.portalUrl("bench");
  const coded = new URL("?codemode=search_and_execute", url);
  const speakers = {
    coded: await openSpeaker({ url: coded, headers }, "modern"),
    portal: await openSpeaker({ url, headers }, "modern"),
    direct: await openSpeaker({ url: upstream.url, headers: {} }, "modern"),
  };
  const owned = opened.move();
  return {
    pid: castellan.pid,
    execute: (code) => send(speakers.coded, "portal_codemode_execute", { code }),
    direct: () => send(speakers.direct, "echo", { text: "x" }),
    throughPortal: () => send(speakers.portal, "up_echo", { text: "x" }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

let lastId = 0;

async function send(speaker: Speaker, tool: string, args: object): Promise<void> {
  const answer = await fetch(speaker.url, {
    method: "POST",
    headers: speaker.headers("tools/call", tool),
    body: speaker.call(++lastId, tool, args),
  });
  const text = await answer.text();
  if (!text.includes('"content"') || text.includes('"isError":true'))
    throw new Error(`${tool}: ${text.slice(0, 800)}`);
}
