import { createManualClock, systemClock } from "@castellan/kernel";
import { expect, test } from "vitest";
import { searchTools } from "./search-tools.ts";
import { exampleDefinition, exampleScope, exampleServer } from "./testing.ts";
import { searchedTexts, toolDescription } from "./tool-texts.ts";

const signal = new AbortController().signal;

function entriesOf(tools: readonly object[]) {
  const definitions = tools.map((tool, at) => {
    const name = `t${at}`;
    return exampleDefinition("s", { name, text: JSON.stringify({ name, inputSchema: {}, ...tool }) });
  });
  return exampleScope([exampleServer("s", { definitions })]).entries("tool");
}

const names = (found: readonly { publicName: string }[]) => found.map(({ publicName }) => publicName);
const all = { fits: () => true, clock: systemClock, signal };

test("pages join into the whole, in the list's order", async () => {
  const entries = entriesOf(Array.from({ length: 23 }, () => ({})));
  const pages: string[][] = [];
  for (let from: number | undefined = 0; from !== undefined;) {
    const { found, next } = await searchTools(entries, { ...all, from, limit: 10 });
    pages.push(names(found));
    from = next;
  }
  expect(pages.map((page) => page.length)).toEqual([10, 10, 3]);
  expect(pages.flat()).toEqual(names(entries));
});

test("no page after a full one when nothing is left that fits", async () => {
  const entries = entriesOf([{}, { title: "one" }, {}]);
  const fits = (text: string) => text === "one";
  expect(await searchTools(entries, { ...all, fits, from: 0, limit: 1 })).toEqual({
    found: [entries[1]],
    next: undefined,
  });
});

test("what takes too long stops where it is, and goes on from there", async () => {
  const entries = entriesOf(Array.from({ length: 5 }, () => ({})));
  const clock = createManualClock();
  const slow = {
    ...all,
    clock,
    limit: 10,
    fits() {
      clock.advance(200);
      return true;
    },
  };
  expect(await searchTools(entries, { ...slow, from: 0 })).toEqual({ found: entries.slice(0, 2), next: 2 });
  clock.advance(10_000);
  expect(await searchTools(entries, { ...slow, from: 2 })).toEqual({ found: entries.slice(2, 4), next: 4 });
});

test("others get their turn, and who has gone is not searched for", async () => {
  const entries = entriesOf(Array.from({ length: 100 }, () => ({})));
  const clock = createManualClock();
  const gone = new AbortController();
  let looks = 0;
  const fits = () => {
    clock.advance(11);
    if (++looks === 3) setImmediate(() => gone.abort(new Error("gone")));
    return true;
  };
  await expect(
    searchTools(entries, { fits, clock, from: 0, limit: 99, signal: gone.signal }),
  ).rejects.toThrow("gone");
  expect(looks).toBeLessThan(6);
});

test("of many searches one has its turn at a time, and each its own time", async () => {
  const entries = entriesOf(Array.from({ length: 10 }, () => ({})));
  const clock = createManualClock();
  const turns: number[] = [];
  const searches = Array.from({ length: 3 }, (_, search) =>
    searchTools(entries, {
      ...all,
      clock,
      from: 0,
      limit: 10,
      fits() {
        turns.push(search);
        clock.advance(20);
        return true;
      },
    }),
  );
  const rounds = Promise.withResolvers<number>();
  setImmediate(() => setImmediate(() => rounds.resolve(turns.length)));
  expect(await rounds.promise).toBeLessThan(4);
  expect((await Promise.all(searches)).map(({ found }) => found.length)).toEqual([10, 10, 10]);
  expect(turns.slice(0, 6)).toEqual([0, 1, 2, 0, 1, 2]);
});

test("an answer has a size, but one that is larger alone is told", async () => {
  const large = { description: "x".repeat(200_000) };
  const entries = entriesOf([large, large, { description: "y".repeat(900_000) }, {}]);
  const at = async (from: number) => {
    const { found, next } = await searchTools(entries, { ...all, from, limit: 10 });
    return [names(found), next];
  };
  expect([await at(0), await at(1), await at(2), await at(3)]).toEqual([
    [["s_t0"], 1],
    [["s_t1"], 2],
    [["s_t2"], 3],
    [["s_t3"], undefined],
  ]);
});

test("searched are the names and texts as they are read, and the schema", () => {
  const [entry] = entriesOf([
    {
      title: "T",
      description: 'say "\u00fc"',
      inputSchema: { type: "object", properties: { "\u00e4": { description: "of it" } } },
      outputSchema: { type: "object", description: "not this" },
      annotations: { title: "A" },
    },
  ]);
  expect(entry && searchedTexts(entry)).toEqual([
    "s_t0",
    "T",
    "A",
    'say "\u00fc"',
    '{"type":"object","properties":{"\u00e4":{"description":"of it"}}}',
  ]);
});

test("a text that is long is searched to a bound", () => {
  const [entry] = entriesOf([{ description: "x".repeat(1_000_000) }]);
  expect(entry && searchedTexts(entry).map((text) => text.length)).toEqual([4, 4_096, 2]);
});

test("a tool is told to the letter, whatever else its definition says", () => {
  const text = String.raw`{ "server":"evil", "inputSchema" : {"n":1E400}, "class":0, "name":"t\u0061", "icons":[], "annotations":{"x":-0}}`;
  const definitions = [exampleDefinition("s", { name: "ta", text, class: "destructive" })];
  const [entry] = exampleScope([exampleServer("s", { definitions })]).entries("tool");
  expect(entry && toolDescription(entry)).toBe(
    '{"name":"s_ta","inputSchema":{"n":1E400},"annotations":{"x":-0},"server":"s","class":"destructive"}',
  );
});
