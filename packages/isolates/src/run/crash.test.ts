import { expect, test } from "vitest";

import { defaultProcessLimits } from "../limits.ts";
import { toCrash } from "./crash.ts";

const memory = { code: "isolate_memory_exceeded", data: { limit: "dataMiB", allowed: 800 } };

test.each([
  [
    "# Fatal JavaScript out of memory: Reached heap limit",
    { code: "isolate_heap_exceeded", data: { limit: "heapMiB", allowed: 128 } },
  ],
  ["tcmalloc: allocation failed 65536", memory],
  // The end of what the allocator tells, of which only the last 4 KiB are kept.
  [
    "class  60 [        0 bytes ] :        0 objs;   0.0 MiB;    2.4 cum MiB;        0 live pages; spans:          0 ret /          0 req = 0.0000;          0 objs/span;",
    memory,
  ],
  ["Segmentation fault", { code: "isolate_crashed" }],
])("%s", (lastWords, told) => {
  expect(toCrash({ exitCode: 1, signal: null, lastWords }, defaultProcessLimits)).toMatchObject(told);
});
