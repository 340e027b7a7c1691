import fc from "fast-check";
import { expect, test } from "vitest";
import { Queue } from "./queue.ts";

test("never more at once than may be, each in its turn, whether or not those before succeed", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.boolean(), { maxLength: 20 }),
      fc.scheduler(),
      async (atOnce, successes, scheduler) => {
        const queue = new Queue(atOnce);
        const begun: number[] = [];
        let running = 0;
        const outcomes = successes.map((succeeds, at) =>
          queue
            .run(async () => {
              begun.push(at);
              running += 1;
              expect(running).toBeLessThanOrEqual(atOnce);
              await scheduler.schedule(Promise.resolve());
              running -= 1;
              if (!succeeds) throw new RangeError(`${at}`);
              return at;
            })
            .catch((error: unknown) => error),
        );
        await scheduler.waitAll();
        const all = await scheduler.waitFor(Promise.all(outcomes));
        expect(all).toEqual(successes.map((succeeds, at) => (succeeds ? at : new RangeError(`${at}`))));
        expect(begun).toEqual(successes.map((_, at) => at));
      },
    ),
  );
});
