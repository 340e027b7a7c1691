import { execFile } from "node:child_process";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bin, makeFolder, runCastellan, serveTestApi, type ServedApi } from "../testing/command.ts";

let served: ServedApi;

beforeAll(async () => {
  served = await serveTestApi();
  const allow = ["--allow-private", "127.0.0.1"];
  for (const slug of ["weather", "web-search", "news"])
    await served.json(["server", "add", slug, "http://127.0.0.1:1/", ...allow]);
  await served.json(["portal", "add", "team"]);
  for (const name of ["viewers", "editors", "$(id)", "two words"]) await served.json(["group", "add", name]);
  for (const name of ["ann", "ben"]) await served.json(["user", "add", `${name}@example.com`]);
});
afterAll(() => served[Symbol.asyncDispose]());

/** Candidates for the last of the words, without what they are. */
async function candidates(...words: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await served.castellan(["__complete", "--", ...words]);
  expect([code, stderr]).toEqual([0, ""]);
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split("\t")[0] ?? "");
}

test.each([
  ["commands", ["por"], ["portal"]],
  ["subcommands", ["server", "s"], ["show", "sync"]],
  ["options", ["server", "list", "--s"], ["--status", "--search"]],
  ["choices of an option", ["server", "list", "--status", "n"], ["needs_attention"]],
  ["choices of an option after =", ["server", "list", "--status=n"], ["--status=needs_attention"]],
  ["the same as bash splits it", ["server", "list", "--status", "=", "n"], ["needs_attention"]],
  ["choices of an argument", ["completion", ""], ["bash", "zsh", "fish"]],
  ["a server", ["server", "show", "we"], ["weather", "web-search"]],
  ["each of several", ["server", "sync", "news", "web"], ["web-search"]],
  ["a portal", ["portal", "curate", "--mode", "all", ""], ["team"]],
  ["a server of a portal", ["portal", "curate", "team", "n"], ["news"]],
  ["by the other word for a group of commands", ["portals", "show", ""], ["team"]],
  ["a person", ["user", "show", "a"], ["ann@example.com"]],
  ["each of several people", ["group", "add-member", "viewers", ""], ["ann@example.com", "ben@example.com"]],
  ["groups of a list", ["users", "add", "x", "--groups", "viewers,e"], ["viewers,editors"]],
  ["no name that a shell would act on", ["group", "show", ""], ["editors", "viewers"]],
  ["a client", ["client", "show", "castellan"], ["castellan-cli"]],
  ["a token", ["token", "revoke", "r"], ["root"]],
  ["an option's server", ["calls", "--server", "n"], ["news"]],
  ["one of a list", ["portal", "add", "x", "--servers", "news,we"], ["news,weather", "news,web-search"]],
  ["files", ["apply", "-f", "ca"], [":files"]],
  ["nothing where only a person knows", ["server", "add", ""], []],
  ["nothing after all arguments", ["server", "show", "news", ""], []],
])("%s: %j", async (_, words, expected) => {
  expect(await candidates(...words)).toEqual(expected);
});

test("where no server can be asked, it stays silent", async () => {
  expect(await runCastellan(["__complete", "--", "server", "show", ""])).toEqual({
    code: 0,
    stdout: "",
    stderr: "",
  });
  const env = { ...served.env, CASTELLAN_TOKEN: "wrong" };
  expect(await served.castellan(["__complete", "--", "server", "show", ""], { env })).toEqual({
    code: 0,
    stdout: "",
    stderr: "",
  });
});

test("bash completes with its script", async () => {
  await using folder = await makeFolder();
  const command = join(folder.path, "bin", "castellan");
  await mkdir(join(folder.path, "bin"));
  await writeFile(command, `#!/bin/sh\nexec ${process.execPath} ${bin} "$@"\n`);
  await chmod(command, 0o755);
  await writeFile(join(folder.path, "castellan.yaml"), "");
  const ask = async (...words: string[]) => {
    const script = `
      source <(castellan completion bash)
      COMP_WORDS=(castellan "$@") COMP_CWORD=$#
      _castellan
      printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout } = await promisify(execFile)("bash", ["--norc", "-c", script, "bash", ...words], {
      cwd: folder.path,
      env: { ...served.env, PATH: `${join(folder.path, "bin")}:/usr/bin:/bin`, HOME: folder.path },
    });
    return stdout.trimEnd().split("\n");
  };
  expect(await ask("server", "show", "we")).toEqual(["weather", "web-search"]);
  expect(await ask("apply", "-f", "ca")).toEqual(["castellan.yaml"]);
  expect(await ask("server", "show", "x")).toEqual([""]);
});

test("the scripts of the other shells ask in the same way", async () => {
  for (const shell of ["zsh", "fish"]) {
    const { code, stdout } = await runCastellan(["completion", shell]);
    expect([code, stdout.includes("castellan __complete -- ")]).toEqual([0, true]);
  }
});
