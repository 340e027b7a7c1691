/** Many calls that come in at once, each on a connection of its own. */
import { openSpeaker, type Door } from "../load/speaker.ts";
import { spread, type Spread } from "../load/figures.ts";

export interface Burst {
  /** Until each was answered, milliseconds. */
  readonly took: Spread;
  readonly failures: number;
}

/** Each of the doors takes its share. */
export async function burst(doors: readonly Door[], tool: string, calls: number): Promise<Burst> {
  const speakers = await Promise.all(doors.map((door) => openSpeaker(door, "modern")));
  let failures = 0;
  const startedMs = performance.now();
  const times = await Promise.all(
    Array.from({ length: calls }, async (_, id) => {
      const speaker = speakers[id % speakers.length];
      if (!speaker) throw new RangeError("There is no door");
      const headers = speaker.headers("tools/call", tool);
      const body = speaker.call(id, tool, { text: "x".repeat(200) });
      const answer = await (await fetch(speaker.url, { method: "POST", headers, body })).text();
      if (!answer.includes('"content"')) {
        if (failures++ === 0) console.error(`${tool}: ${answer.slice(0, 800)}`);
      }
      return performance.now() - startedMs;
    }),
  );
  return { took: spread(times), failures };
}
