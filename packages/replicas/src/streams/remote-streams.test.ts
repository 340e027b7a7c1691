import { defineFaults } from "@castellan/kernel";
import { expect, test } from "vitest";
import type { Replicas } from "../replicas.ts";
import { createEar, createTestInstallation, type TestInstallation } from "../testing.ts";
import type { AskOptions, RemoteAsk } from "./question.ts";
import { createRemoteStreams, type RemoteStreams, type RemoteStreamsOptions } from "./remote-streams.ts";
import type { StreamLetter } from "./stream-letter.ts";

const gone = expect.objectContaining({ code: "replica_gone", owner: "system", retryable: true });
const testFaults = defineFaults({
  server_broken: { owner: "upstream", status: 502, retryable: true, help: "For tests." },
});

interface Place extends AsyncDisposable {
  readonly replicas: Replicas;
  readonly streams: RemoteStreams;
}

async function open(
  installation: TestInstallation,
  options: Partial<RemoteStreamsOptions> = {},
  lose: (letter: StreamLetter) => boolean = () => false,
): Promise<Place> {
  const replicas = await installation.join();
  const streams = createRemoteStreams({
    replicas: losing(replicas, lose),
    onError: (error) => installation.errors.push(error),
    ...options,
  });
  return {
    replicas,
    streams,
    [Symbol.asyncDispose]: async () => {
      await streams[Symbol.asyncDispose]();
      await replicas[Symbol.asyncDispose]();
    },
  };
}

/** The same replica, of whose letters some are lost on their way. */
function losing(replicas: Replicas, lose: (letter: StreamLetter) => boolean): Replicas {
  return {
    id: replicas.id,
    get lapsed() {
      return replicas.lapsed;
    },
    get living() {
      return replicas.living;
    },
    isAlive: (id) => replicas.isAlive(id),
    send: async (to, topic, body) => {
      if (!lose(JSON.parse(body) as StreamLetter)) await replicas.send(to, topic, body);
    },
    broadcast: (topic, body) => replicas.broadcast(topic, body),
    on: (topic, listener) => replicas.on(topic, listener),
    [Symbol.asyncDispose]: () => replicas[Symbol.asyncDispose](),
  };
}

function listening(onText: AskOptions["onText"] = () => {}): AskOptions {
  return { onText, signal: new AbortController().signal };
}

/** Never ends by itself; tells what aborted it. */
function createHangingHandler() {
  const begun = createEar<RemoteAsk>();
  return {
    begun,
    handler: (_question: string, ask: RemoteAsk) => {
      begun.hear(ask);
      return new Promise<string>(() => {});
    },
  };
}

async function aborted(signal: AbortSignal): Promise<unknown> {
  if (!signal.aborted)
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  return signal.reason;
}

test.each(["another replica", "this replica"])(
  "texts come in order, then the end, from %s",
  async (where) => {
    await using installation = await createTestInstallation();
    await using asker = await open(installation);
    await using other = await open(installation);
    const owner = where === "this replica" ? asker : other;
    owner.streams.answer("count", async (question, { send }) => {
      // Some are awaited, some are not.
      for (let number = 1; number < 50; number += 1) {
        const sent = send(`${question} ${number} "\u2028\ud800"`);
        if (number % 3 > 0) await sent;
      }
      return `${question} end`;
    });
    const questions = ["a", "b", "c"];
    const heard: string[] = [];
    const answers = await Promise.all(
      questions.map((question) =>
        asker.streams.ask(
          owner.replicas.id,
          "count",
          question,
          listening(async (text) => {
            await new Promise(setImmediate);
            heard.push(text);
          }),
        ),
      ),
    );
    expect(answers).toEqual(["a end", "b end", "c end"]);
    for (const question of questions)
      expect(heard.filter((text) => text.startsWith(question))).toEqual(
        Array.from({ length: 49 }, (_, index) => `${question} ${index + 1} "\u2028\ud800"`),
      );
    expect(installation.errors).toEqual([]);
  },
);

test.each(["another replica", "this replica"])(
  "a fault of %s comes as it was thrown, after its texts",
  async (where) => {
    await using installation = await createTestInstallation();
    await using asker = await open(installation);
    await using other = await open(installation);
    const owner = where === "this replica" ? asker : other;
    const fault = testFaults.fault("server_broken", "It broke", { field: "params.name", data: { tries: 3 } });
    owner.streams.answer("fail", async (_, { send }) => {
      await send("first");
      throw fault;
    });
    const heard: string[] = [];
    const told: unknown = await asker.streams
      .ask(
        owner.replicas.id,
        "fail",
        "",
        listening((text) => void heard.push(text)),
      )
      .catch((error: unknown) => error);
    const facts = { ...fault, message: fault.message };
    expect([{ ...(told as object), message: (told as Error).message }, heard]).toEqual([facts, ["first"]]);
    expect(installation.errors).toEqual([]);
  },
);

test("an error that is no fault keeps its words to the owner", async () => {
  await using installation = await createTestInstallation();
  await using asker = await open(installation);
  await using owner = await open(installation);
  const defect = new TypeError("the secret is 42");
  owner.streams.answer("fail", () => Promise.reject(defect));
  const told: unknown = await asker.streams
    .ask(owner.replicas.id, "fail", "", listening())
    .catch((error: unknown) => error);
  expect(told).toMatchObject({
    code: "internal_error",
    message: "The replica that holds the exchange failed",
    owner: "system",
    status: 500,
  });
  expect(installation.errors).toEqual([defect]);
});

test.each(["another replica", "this replica"])(
  "an abort ends the ask at once, and reaches the handler at %s",
  async (where) => {
    await using installation = await createTestInstallation();
    await using asker = await open(installation);
    await using other = await open(installation);
    const owner = where === "this replica" ? asker : other;
    const { handler, begun } = createHangingHandler();
    owner.streams.answer("hang", handler);
    const stop = new AbortController();
    const asked = asker.streams.ask(owner.replicas.id, "hang", "", { onText: () => {}, signal: stop.signal });
    const [ask] = (await begun.reached(1)) as [RemoteAsk];
    const reason = new Error("the client went away");
    stop.abort(reason);
    await expect(asked).rejects.toBe(reason);
    const told = await aborted(ask.signal);
    if (where === "this replica") expect(told).toBe(reason);
    else expect(told).toMatchObject({ code: "cancelled" });
    await expect(ask.send("too late")).rejects.toBe(told);
    await expect(
      asker.streams.ask(owner.replicas.id, "hang", "", { onText: () => {}, signal: stop.signal }),
    ).rejects.toBe(reason);
    expect(begun.heard.length).toBe(1);
  },
);

test.each(["another replica", "this replica"])(
  "what onText throws ends the ask and aborts the handler at %s",
  async (where) => {
    await using installation = await createTestInstallation();
    await using asker = await open(installation);
    await using other = await open(installation);
    const owner = where === "this replica" ? asker : other;
    const ended = Promise.withResolvers<unknown>();
    owner.streams.answer("chatter", async (_, { send, signal }) => {
      for (;;)
        await send("text").catch((error: unknown) => {
          ended.resolve(signal.reason);
          throw error;
        });
    });
    const boom = new Error("boom");
    const asked = asker.streams.ask(
      owner.replicas.id,
      "chatter",
      "",
      listening(() => Promise.reject(boom)),
    );
    await expect(asked).rejects.toBe(boom);
    const told = await ended.promise;
    if (where === "this replica") expect(told).toBe(boom);
    else expect(told).toMatchObject({ code: "cancelled" });
  },
);

test("an owner waits for a slow reader, and goes on with it", async () => {
  await using installation = await createTestInstallation();
  await using asker = await open(installation);
  await using owner = await open(installation);
  let sent = 0;
  owner.streams.answer("flood", async (_, { send }) => {
    for (; sent < 300; sent += 1) await send(`${sent}`);
    return "end";
  });
  const release = Promise.withResolvers<void>();
  const heard: string[] = [];
  const asked = asker.streams.ask(
    owner.replicas.id,
    "flood",
    "",
    listening(async (text) => {
      await release.promise;
      heard.push(text);
    }),
  );
  await expect.poll(() => sent).toBe(16);
  // Time for more to be sent, if it were: another stream goes there and back.
  owner.streams.answer("echo", async (question) => question);
  for (const text of ["1", "2", "3"])
    expect(await asker.streams.ask(owner.replicas.id, "echo", text, listening())).toBe(text);
  expect([sent, heard]).toEqual([16, []]);
  release.resolve();
  expect(await asked).toBe("end");
  expect(heard).toEqual(Array.from({ length: 300 }, (_, index) => `${index}`));
});

test("texts of some megabytes go one by one", async () => {
  await using installation = await createTestInstallation();
  await using asker = await open(installation);
  await using owner = await open(installation);
  const texts = ["a", "b", "c"].map((letter) => letter.repeat(3_000_000));
  owner.streams.answer("huge", async (_, { send }) => {
    for (const text of texts) await send(text);
    return "end".repeat(1_000_000);
  });
  const heard: string[] = [];
  const last = await asker.streams.ask(
    owner.replicas.id,
    "huge",
    "?".repeat(2_000_000),
    listening((text) => void heard.push(text)),
  );
  expect(heard.every((text, index) => text === texts[index])).toBe(true);
  expect([heard.length, last.length]).toEqual([3, 3_000_000]);
});

test("an owner that stops tells its askers at once; an asker that stops tells its owners", async () => {
  await using installation = await createTestInstallation();
  await using asker = await open(installation);
  const owner = await open(installation);
  const { handler, begun } = createHangingHandler();
  owner.streams.answer("hang", handler);
  asker.streams.answer("hang", handler);
  const outcome = asker.streams
    .ask(owner.replicas.id, "hang", "", listening())
    .catch((error: unknown) => error);
  const back = owner.streams.ask(asker.replicas.id, "hang", "", listening()).catch((error: unknown) => error);
  const here = owner.streams.ask(owner.replicas.id, "hang", "", listening()).catch((error: unknown) => error);
  const asks = await begun.reached(3);
  await owner[Symbol.asyncDispose]();
  expect(await outcome).toEqual(gone);
  const stopping = expect.objectContaining({ code: "shutting_down" });
  expect([await back, await here]).toEqual([stopping, stopping]);
  await Promise.all(asks.map(({ signal }) => aborted(signal)));
  await expect(owner.streams.ask(asker.replicas.id, "hang", "", listening())).rejects.toEqual(stopping);
  await expect(asker.streams.ask(owner.replicas.id, "hang", "", listening())).rejects.toEqual(gone);
});

test("who lapses drops what it asks and what it answers; the askers are told", async () => {
  await using installation = await createTestInstallation();
  const replicas = await installation.join({ renewMs: 20 });
  await using lapsing = createRemoteStreams({ replicas, onError: () => {} });
  await using other = await open(installation);
  const { handler, begun } = createHangingHandler();
  lapsing.answer("hang", handler);
  other.streams.answer("hang", handler);
  const asked = other.streams.ask(replicas.id, "hang", "", listening()).catch((error: unknown) => error);
  const asks = lapsing.ask(other.replicas.id, "hang", "", listening()).catch((error: unknown) => error);
  await begun.reached(2);
  await installation.database.query({ text: "delete from replicas where id = $1", values: [replicas.id] });
  expect([await asked, await asks]).toEqual([gone, gone]);
  for (const { signal } of begun.heard) await aborted(signal);
});

test("what nobody answers is told as gone, a dead owner too; a topic has one handler at a time", async () => {
  await using installation = await createTestInstallation();
  await using asker = await open(installation);
  await using owner = await open(installation);
  for (const to of [owner.replicas.id, asker.replicas.id, "rep_never"])
    await expect(asker.streams.ask(to, "unheard", "", listening())).rejects.toEqual(gone);
  const leave = owner.streams.answer("topic", async () => "one");
  expect(() => owner.streams.answer("topic", async () => "two")).toThrow(
    new Error('Questions under "topic" have a handler'),
  );
  leave();
  owner.streams.answer("topic", async () => "three");
  expect(await asker.streams.ask(owner.replicas.id, "topic", "", listening())).toBe("three");
});

test.each(["question", "text", "end", "failed"] as const)(
  "a lost letter (%s) ends its stream as gone instead of leaving it to wait",
  async (kind) => {
    await using installation = await createTestInstallation();
    const isLost = (letter: StreamLetter) => letter.kind === kind;
    await using asker = await open(installation, { tellMs: 50 }, isLost);
    await using owner = await open(installation, { tellMs: 50 }, isLost);
    owner.streams.answer("topic", async (_, { send }) => {
      if (kind === "failed") throw testFaults.fault("server_broken", "It broke");
      await send("text");
      return "end";
    });
    await expect(asker.streams.ask(owner.replicas.id, "topic", "", listening())).rejects.toEqual(gone);
  },
);

test.each([
  ["silent", () => new Promise<string>(() => {})],
  [
    "talking",
    async (_: string, { send }: RemoteAsk): Promise<string> => {
      for (;;) await send("text");
    },
  ],
] as const)("a lost goodbye does not leave a %s handler to itself", async (_, run) => {
  await using installation = await createTestInstallation();
  await using asker = await open(installation, { tellMs: 50 }, ({ kind }) => kind === "cancel");
  await using owner = await open(installation);
  const begun = createEar<RemoteAsk>();
  owner.streams.answer("topic", (question, ask) => {
    begun.hear(ask);
    return run(question, ask);
  });
  const stop = new AbortController();
  const asked = asker.streams.ask(owner.replicas.id, "topic", "", { onText: () => {}, signal: stop.signal });
  const [ask] = (await begun.reached(1)) as [RemoteAsk];
  const reason = new Error("enough");
  stop.abort(reason);
  await expect(asked).rejects.toBe(reason);
  expect(await aborted(ask.signal)).toMatchObject({ code: "cancelled" });
});

test("lost news of what was read is made good", async () => {
  await using installation = await createTestInstallation();
  await using asker = await open(installation, { tellMs: 20 }, ({ kind }) => kind === "read");
  await using owner = await open(installation);
  owner.streams.answer("topic", async (_, { send }) => {
    for (let number = 0; number < 40; number += 1) await send(`${number}`);
    return "end";
  });
  const heard: string[] = [];
  const asked = asker.streams.ask(
    owner.replicas.id,
    "topic",
    "",
    listening((text) => void heard.push(text)),
  );
  expect([await asked, heard.length]).toEqual(["end", 40]);
});
