/** The events of a stream as they come, with their ids: what a client needs that resumes (2025-11-25, transports). */
import type { Readable } from "node:stream";

export interface StreamEvent {
  /** Of the event, or of the one before it. */
  readonly id: string | undefined;
  /** Empty for an event that only carries an id (SEP-1699's priming event). */
  readonly data: string;
  readonly retryMs: number | undefined;
}

/** Comments are left out. Throws when the connection breaks before the stream's end. */
export async function* readEvents(body: Readable): AsyncGenerator<StreamEvent, undefined> {
  let pending = "";
  let lastId: string | undefined;
  for await (const chunk of body.setEncoding("utf8")) {
    pending += String(chunk);
    const blocks = pending.split("\n\n");
    pending = blocks.pop() ?? "";
    for (const block of blocks) {
      const fields = block.split("\n").map(toField);
      const id = fields.findLast(([name]) => name === "id")?.[1];
      const retry = fields.findLast(([name]) => name === "retry")?.[1];
      const data = fields.filter(([name]) => name === "data").map(([, value]) => value);
      lastId = id ?? lastId;
      if (id === undefined && retry === undefined && data.length === 0) continue;
      yield {
        id: lastId,
        data: data.join("\n"),
        retryMs: retry === undefined ? undefined : Number(retry),
      };
    }
  }
  return undefined;
}

function toField(line: string): readonly [name: string, value: string] {
  const colon = line.indexOf(":");
  if (colon === -1) return [line, ""];
  return [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, "")];
}
