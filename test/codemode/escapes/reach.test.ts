/** What a program may not reach: names that are not its own, other runs, the machine, the network. */
import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Binding } from "@castellan/isolates";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { endOf, inBothModes, noting, openPool, type Pool, type RunIn } from "./scene.ts";

/** Everything that the runtime can be made to offer is asked for. */
const node = ["nodejs_compat", "nodejs_compat_v2"];

inBothModes("a program reaches its own", (mode) => {
  let pool: Pool;
  beforeAll(async () => (pool = await openPool(mode)));
  afterAll(() => pool[Symbol.asyncDispose]());

  /** What it returned, or how else it ended. */
  async function told(body: string, options: RunIn = {}): Promise<string> {
    const end = await pool.run(body, options);
    return end.kind === "returned" ? (end.text ?? "nothing") : endOf(end);
  }

  describe("names", () => {
    const hostile = [
      "../../other/x",
      "../OTHER/x",
      "OTHER.x",
      "OTHER\\u0000x",
      "__proto__",
      "constructor",
      "toString",
      "hasOwnProperty",
      "call",
      "answer",
      '\\n{\\"t\\":\\"end\\"}\\n',
      "",
      "\\ud800",
    ];

    test.each(hostile)("a method called %j is asked of its own binding, or of none", async (name) => {
      const [own, other] = [noting(), noting()];
      const body = `try { return await env.OWN["${name}"]("a") } catch (error) { return "threw" }`;
      // Another run has a binding of the other name at the same moment.
      const [said] = await Promise.all([
        told(body, { bindings: { OWN: own.binding } }),
        told("return await env.OTHER.x('mine')", { owner: "neighbour", bindings: { OTHER: other.binding } }),
      ]);
      expect(["a", "threw"]).toContain(said);
      expect(other.called).toEqual([["x", "mine"]]);
      for (const [, argument] of own.called) expect(argument).toBe("a");
    });

    test("bindings of another run, of the pool or of objects are not there", async () => {
      const other = noting();
      const gate = Promise.withResolvers<string>();
      const arrived = Promise.withResolvers<void>();
      const holding: Binding = {
        call: () => {
          arrived.resolve();
          return gate.promise;
        },
      };
      const neighbour = pool.run("await env.HOLD.x(''); return 'done'", {
        owner: "neighbour",
        bindings: { HOLD: holding, OTHER: other.binding },
      });
      await Promise.race([arrived.promise, neighbour]);
      const names = [
        "OTHER",
        "HOLD",
        "LOADER",
        "supervisor",
        "../OTHER",
        "__proto__",
        "constructor",
        "toString",
      ];
      const body = `
        const found = [];
        for (const name of ${JSON.stringify(names)})
          try { found.push([name, await env[name].x("stolen")]) } catch (error) { found.push([name, error.name]) }
        return JSON.stringify(found);`;
      const found = JSON.parse(await told(body, { bindings: { OWN: noting().binding } })) as [
        string,
        string,
      ][];
      expect(found).toEqual(names.map((name) => [name, "TypeError"]));
      gate.resolve("");
      expect(endOf(await neighbour)).toBe("returned done");
      expect(other.called).toEqual([]);
    });
  });

  describe("the bridge", () => {
    const pollution = `
      const steal = [];
      Object.prototype.binding = "OTHER"; Object.prototype.t = "end"; Object.prototype.id = 1;
      Object.prototype.then = undefined;
      for (const owner of [Function.prototype, Array.prototype, String.prototype, Map.prototype, Promise.prototype])
        for (const name of Object.getOwnPropertyNames(owner)) {
          const before = Object.getOwnPropertyDescriptor(owner, name);
          if (typeof before?.value !== "function" || !before.writable || name === "constructor") continue;
          try { owner[name] = function (...args) { steal.push(this); return Reflect.apply(before.value, this, args) } } catch {}
        }
      JSON.stringify = () => '{"t":"call","id":7,"binding":"OTHER","method":"x"}';
      JSON.parse = () => ({ ok: true, text: "forged" });
      globalThis.Promise = class extends Promise {};
      globalThis.Proxy = undefined;
    `;

    test("what a program does to the prototypes, it does to itself", async () => {
      const [own, other] = [noting(), noting()];
      const body = `${pollution}
        const said = await env.OWN.x("a");
        const reached = [];
        for (const thing of new Set(steal))
          for (const name of ["call", "fetch", "ask", "answer", "settle"])
            try { reached.push(await thing[name]("OTHER", "x", "stolen")) } catch {}
        return said;`;
      const [end] = await Promise.all([
        pool.run(body, { bindings: { OWN: own.binding } }),
        told("return await env.OTHER.x('mine')", { owner: "neighbour", bindings: { OTHER: other.binding } }),
      ]);
      // It may have broken itself; it has broken nothing else.
      expect(["returned a", "returned forged", "threw TypeError", "threw Error"]).toContain(endOf(end));
      expect(other.called).toEqual([["x", "mine"]]);
      expect(await told("return JSON.stringify([({}).t, ({}).binding, typeof Proxy])")).toBe(
        '[null,null,"function"]',
      );
    });

    test("the modules of the harness, imported by the program, lead nowhere else", async () => {
      const [own, other] = [noting(), noting()];
      const names = [
        "main.js",
        "harness.js",
        "supervisor.js",
        "../supervisor.js",
        "cloudflare:workers",
        "cloudflare:sockets",
        "workerd:unsafe",
        "cloudflare-internal:env",
        "node:process",
      ];
      const body = `
        const within = (value) => Promise.race([value, new Promise((resolve) => setTimeout(resolve, 20))]);
        const found = [];
        for (const name of ${JSON.stringify(names)}) {
          const module = await import(name).catch(() => import("./" + name)).catch(() => undefined);
          if (module === undefined) continue;
          // One that gives up on itself says nothing more.
          for (const key of Object.keys(module).filter((key) => !/exit|abort|kill/i.test(key)))
            for (const make of [() => new module[key]({}, {}), () => module[key], () => module[key]({})])
              try {
                const thing = await within(make());
                for (const method of ["run", "call", "fetch", "ask"])
                  try { found.push([name, key, method, String(await within(thing[method]("OTHER", "x", "stolen")))]) } catch {}
                if (key === "env") for (const name of Object.keys(thing)) found.push(["env", name]);
              } catch {}
        }
        return JSON.stringify(found);`;
      const [said] = await Promise.all([
        told(body, { bindings: { OWN: own.binding }, flags: [] }),
        told("return await env.OTHER.x('mine')", { owner: "neighbour", bindings: { OTHER: other.binding } }),
      ]);
      expect(JSON.parse(said)).not.toContainEqual(["env", expect.anything()]);
      expect(said).not.toContain("OTHER");
      expect(other.called).toEqual([["x", "mine"]]);
      for (const [, argument] of own.called) expect(argument).not.toBe("stolen");
    });

    test("forged ends and ids: what looks like a message is text", async () => {
      const own = noting();
      const forged = [
        '{"t":"end","kind":"returned"}\\nforged',
        '{"t":"answer","id":1,"ok":true}\\nforged',
        "\\n\\n",
      ];
      const body = `
        const said = [];
        for (const text of ["${forged.map((text) => text.replaceAll('"', '\\"')).join('","')}"]) {
          console.log(text);
          said.push(await env.OWN[text](text));
        }
        return JSON.stringify(said);`;
      const texts = forged.map((text) => text.replaceAll("\\n", "\n"));
      expect(JSON.parse(await told(body, { bindings: { OWN: own.binding } }))).toEqual(texts);
      expect(own.called).toEqual(texts.map((text) => [text, text]));
    });

    test("results that are no text: objects, getters, proxies, promises of themselves", async () => {
      const results = {
        "({ toString: () => 'text', toJSON: () => 'text' })": "TypeError",
        "({ get then() { return undefined }, get kind() { throw new Error('no') } })": "TypeError",
        "new Proxy({}, { get: () => { throw new SyntaxError('no') } })": "SyntaxError",
        "new Proxy({}, { get: (target, name) => (name === 'then' ? undefined : 'text') })": "TypeError",
        "new Proxy(function () {}, {})": "TypeError",
        "new String('text')": "TypeError",
        "Symbol.iterator": "TypeError",
        "new Uint8Array(3)": "TypeError",
        "12n": "TypeError",
      };
      for (const [result, error] of Object.entries(results))
        expect([result, await told(`return ${result}`)]).toEqual([result, `threw ${error}`]);
      const never = await pool.run(
        "const end = { then(resolve) { setTimeout(() => resolve(end), 1) } }; return end",
        {
          limits: { wallMs: 400 },
        },
      );
      expect(["isolate_time_exceeded", "isolate_cpu_exceeded"]).toContain(endOf(never));
    });

    test("what is thrown: getters, proxies, nothing at all", async () => {
      const thrown = [
        "undefined",
        "null",
        "Symbol('x')",
        "new Proxy({}, { get: () => { throw new Error('no') } })",
        "{ get name() { throw 1 }, get message() { return {} }, get stack() { return [] }, code: { x: 1 } }",
        "Object.assign(new Error('\\ud800'), { name: 'x'.repeat(100000) })",
      ];
      for (const error of thrown) {
        const end = await pool.run(`throw ${error}`);
        expect([error, end.kind]).toEqual([error, "threw"]);
        if (end.kind === "threw") {
          expect(end.error.name.length + end.error.message.length).toBeLessThan(20_000);
          expect(end.error.message.isWellFormed()).toBe(true);
        }
      }
    });
  });

  describe("another run's memory", () => {
    test("globals, modules, prototypes, caches and timers of a run are gone with it", async () => {
      const modules = { "state.js": "export const state = { secret: undefined };" };
      const leave = `
        const { state } = await import("./state.js");
        state.secret = globalThis.secret = "left";
        Object.prototype.secret = "left";
        Symbol.for("secret").description;
        globalThis[Symbol.for("secret")] = "left";
        setInterval(() => env.OWN.late("from before"), 1);
        try { await caches.default.put("https://x.example/", new Response("left", { headers: { "cache-control": "max-age=100" } })) } catch {}
        return "left";`;
      const look = `
        const { state } = await import("./state.js");
        let cached;
        try { cached = await (await caches.default.match("https://x.example/"))?.text() } catch {}
        return JSON.stringify([state.secret, globalThis.secret, ({}).secret, globalThis[Symbol.for("secret")], cached].filter((found) => found !== undefined));`;
      const first = noting();
      expect(await told(leave, { modules, bindings: { OWN: first.binding } })).toBe("left");
      const calls = first.called.length;
      const second = noting();
      expect(await told(look, { modules, bindings: { OWN: second.binding } })).toBe("[]");
      expect(first.called.length).toBe(calls);
      expect(second.called).toEqual([]);
    });

    test("a process that ran the code of one owner never runs that of another", async () => {
      const before = pool.isolates.stats.started;
      for (const owner of ["one", "two", "three"]) expect(await told("return 'x'", { owner })).toBe("x");
      for (const owner of ["one", "two", "three"]) expect(await told("return 'x'", { owner })).toBe("x");
      expect(pool.isolates.stats.started - before).toBeGreaterThanOrEqual(1);
    });
  });

  describe("the machine", () => {
    test("the environment", async () => {
      const body = `
        const process = globalThis.process ?? (await import("node:process").catch(() => undefined))?.default;
        return JSON.stringify([process?.env ?? {}, Object.keys(globalThis.Deno ?? {}), typeof require]);`;
      process.env["CASTELLAN_ESCAPE"] = "a secret of the host";
      for (const flags of [[], node]) {
        const said = await told(body, { flags });
        expect(said).not.toContain("a secret of the host");
        if (said.startsWith("["))
          expect(JSON.parse(said)).toEqual([{}, [], expect.stringMatching(/undefined|function/)]);
      }
      delete process.env["CASTELLAN_ESCAPE"];
    });

    test("files", async () => {
      const folder = await mkdtemp(join(tmpdir(), "escape-"));
      const path = join(folder, "secret");
      await writeFile(path, "a secret on disk", { mode: 0o644 });
      const body = `
        const tried = [];
        const paths = ["${path}", "file://${path}", "/proc/self/environ", "/proc/1/environ", "/run", "/etc/passwd"];
        for (const path of paths) {
          for (const name of ["node:fs", "fs", "node:fs/promises"]) {
            const fs = await import(name).catch(() => undefined);
            for (const read of ["readFileSync", "readFile", "readdirSync"])
              try { tried.push(String(await fs[read](path))) } catch {}
          }
          tried.push(await fetch(path).then((answer) => answer.text(), () => ""));
          tried.push(await import(path).then(String, () => ""));
        }
        return tried.join("\\n");`;
      for (const flags of [[], node]) {
        const said = await told(body, { flags });
        expect(said).not.toMatch(/a secret on disk|root:|PATH=|HOME=/);
      }
      await rm(folder, { recursive: true });
    });

    test("programs and threads", async () => {
      const body = `
        const found = [];
        for (const name of ["node:child_process", "node:worker_threads", "node:cluster", "node:vm", "node:inspector", "node:repl"]) {
          const module = await import(name).catch(() => undefined);
          for (const method of ["execSync", "spawnSync", "fork"])
            try { found.push(String(module[method]("id"))) } catch {}
        }
        // Some of it may be there by name; none of it may run anything.
        const said = new Promise((resolve) => setTimeout(resolve, 50, ""));
        for (const make of [async () => new (await import("node:worker_threads")).Worker("process.exit()", { eval: true }), () => new Worker("data:text/javascript,postMessage(1)")])
          try {
            const worker = await make();
            found.push(...await Promise.race([said, new Promise((resolve) => { for (const heard of ["exit", "message", "online"]) worker.on?.(heard, () => resolve([heard])); worker.onmessage = () => resolve(["message"]) })]));
          } catch {}
        return JSON.stringify(found);`;
      for (const flags of [[], node]) expect(await told(body, { flags })).toBe("[]");
    });

    test("the network, by whatever way", async () => {
      let connections = 0;
      const listener = createServer((socket) => {
        connections += 1;
        socket.destroy();
      }).listen(0, "127.0.0.1");
      await once(listener, "listening");
      const { port } = listener.address() as AddressInfo;
      const body = `
        const within = (promise) => Promise.race([promise, new Promise((resolve) => setTimeout(resolve, 300))]);
        const tries = [
          () => fetch("http://127.0.0.1:${port}/"),
          () => fetch("http://localhost:${port}/", { method: "POST", body: "x" }),
          async () => { const { connect } = await import("cloudflare:sockets"); const socket = connect("127.0.0.1:${port}"); await socket.opened },
          () => new Promise((resolve) => { const socket = new WebSocket("ws://127.0.0.1:${port}/"); socket.onopen = socket.onerror = resolve }),
          () => new Promise((resolve) => { const source = new EventSource("http://127.0.0.1:${port}/"); source.onopen = source.onerror = resolve }),
          async () => { const net = await import("node:net"); await new Promise((resolve) => net.connect(${port}, "127.0.0.1").on("connect", resolve).on("error", resolve)) },
          async () => { const http = await import("node:http"); await new Promise((resolve) => http.get("http://127.0.0.1:${port}/", resolve).on("error", resolve)) },
          async () => { const dns = await import("node:dns"); await dns.promises.resolve("example.com") },
          async () => { const tls = await import("node:tls"); await new Promise((resolve) => tls.connect(${port}, "127.0.0.1").on("error", resolve)) },
          () => import("http://127.0.0.1:${port}/x.js"),
        ];
        const reached = [];
        for (const [place, attempt] of tries.entries())
          try { const answer = await within(attempt()); if (answer?.ok) reached.push(place) } catch {}
        return JSON.stringify(reached);`;
      for (const flags of [[], node]) expect(await told(body, { flags })).toBe("[]");
      expect(connections).toBe(0);
      listener.close();
    });
  });
});
