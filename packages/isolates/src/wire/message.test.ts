import fc from "fast-check";
import { expect, test } from "vitest";

import { parseFrame, toFrame } from "./message.ts";

const told = fc.oneof(
  fc.record({
    t: fc.constant("call"),
    id: fc.nat(),
    binding: fc.string(),
    method: fc.string(),
    body: fc.string(),
  }),
  fc.record({
    t: fc.constant("fetch"),
    id: fc.nat(),
    method: fc.string(),
    url: fc.string(),
    headers: fc.array(fc.tuple(fc.string(), fc.string())),
    body: fc.string(),
  }),
  fc.record({ t: fc.constant("quiet"), made: fc.nat(), body: fc.constant("") }),
  fc.record({ t: fc.constant("end"), kind: fc.constant("returned"), body: fc.string() }),
);

test("what is told is read as it was told, whatever its texts hold", () => {
  fc.assert(
    fc.property(told, ({ body, ...head }) => {
      const read = parseFrame(`${JSON.stringify(head)}\n${body}`);
      expect(read).toEqual(head.t === "quiet" ? head : { ...head, body });
    }),
  );
});

test("nothing that a process can send is taken for a message that it is not", () => {
  const fields = fc.dictionary(
    fc.constantFrom(
      "t",
      "id",
      "binding",
      "method",
      "url",
      "headers",
      "made",
      "kind",
      "name",
      "message",
      "stack",
      "code",
      "__proto__",
    ),
    fc.oneof(
      fc.jsonValue(),
      fc.constantFrom("call", "fetch", "quiet", "end", "returned", "nothing", "threw"),
    ),
  );
  const frame = fc.oneof(
    fc.string(),
    fc.json(),
    fc.tuple(fields, fc.string()).map(([head, body]) => `${JSON.stringify(head)}\n${body}`),
  );
  fc.assert(
    fc.property(frame, (text) => {
      const read = parseFrame(text);
      if (read === undefined) return;
      const texts = Object.entries(read).filter(
        ([name]) => name !== "id" && name !== "made" && name !== "headers",
      );
      for (const [, value] of texts) expect(["string", "undefined"]).toContain(typeof value);
      if ("id" in read) expect(Number.isSafeInteger(read.id) && read.id >= 0).toBe(true);
      if ("made" in read) expect(Number.isSafeInteger(read.made) && read.made >= 0).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  ["", "no line"],
  ["{}", "no line's end"],
  ["null\n", "no object"],
  ["[]\n", "a list"],
  [`{"t":"call","id":-1,"binding":"a","method":"b"}\n`, "a negative id"],
  [`{"t":"call","id":1.5,"binding":"a","method":"b"}\n`, "half an id"],
  [`{"t":"call","id":1,"binding":"a"}\n`, "no method"],
  [`{"t":"quiet","made":1}\nx`, "a body that does not belong"],
  [`{"t":"end","kind":"threw","name":"a","message":1}\n`, "a message that is no text"],
  [`{"t":"end","kind":"parked"}\n`, "an end that only the host knows"],
  [`{"t":"fetch","id":1,"method":"GET","url":"u","headers":[["a"]]}\n`, "half a header"],
  [`{"t":"end","kind":"nothing","pad":"${"x".repeat(300_000)}"}\n`, "a head without end"],
])("%j is no message: %s", (frame) => {
  expect(parseFrame(frame)).toBeUndefined();
});

test("an order is one line, and its text as it is", () => {
  expect(toFrame({ t: "answer", id: 3, ok: true }, 'a\n"b"')).toBe('{"t":"answer","id":3,"ok":true}\na\n"b"');
});
