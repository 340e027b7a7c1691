import { chmod, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { isFault } from "@castellan/kernel";
import { loadMasterKey, loadOrCreateMasterKey } from "./key-file.ts";
import { generateMasterKey } from "./master-key.ts";

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "vault-"));
  file = join(folder, "master.key");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function refusal(run: Promise<unknown>): Promise<string | undefined> {
  try {
    await run;
    return undefined;
  } catch (error) {
    return isFault(error, "vault_key_file") ? error.message : String(error);
  }
}

test("the first start makes a private file, the next one reads it", async () => {
  expect(await loadMasterKey(file)).toBeUndefined();
  const first = await loadOrCreateMasterKey(file);
  const second = await loadOrCreateMasterKey(file);
  expect([first.created, second.created, second.key.id]).toEqual([true, false, first.key.id]);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readdir(folder)).toEqual(["master.key"]);
});

test("many starts at once agree on one key, and one of them made it", async () => {
  const loaded = await Promise.all(Array.from({ length: 20 }, () => loadOrCreateMasterKey(file)));
  expect(new Set(loaded.map(({ key }) => key.id)).size).toBe(1);
  expect(loaded.filter(({ created }) => created).length).toBe(1);
  expect(await readdir(folder)).toEqual(["master.key"]);
});

test.each([0o640, 0o604, 0o644, 0o660, 0o700, 0o666])("a file with mode %o is refused", async (mode) => {
  await loadOrCreateMasterKey(file);
  await chmod(file, mode);
  expect(await refusal(loadOrCreateMasterKey(file))).toBe(
    `The master key's file ${file} has permissions 0${mode.toString(8)}; only its owner may read it: chmod 600 ${file}`,
  );
});

test("a damaged file is refused and left as it is", async () => {
  await writeFile(file, "half a k", { mode: 0o600 });
  expect(await refusal(loadOrCreateMasterKey(file))).toBe(
    `The master key's file ${file} does not hold a master key; restore it from your copy`,
  );
  expect(await readFile(file, "utf8")).toBe("half a k");
});

test("a symbolic link and a folder are refused", async () => {
  const target = join(folder, "elsewhere");
  await writeFile(target, generateMasterKey().text, { mode: 0o600 });
  await symlink(target, file);
  expect(await refusal(loadOrCreateMasterKey(file))).toBe(`The master key's file ${file} is a symbolic link`);
  expect(await refusal(loadOrCreateMasterKey(folder))).toBe(
    `The master key's file ${folder} is not a key file`,
  );
});

test("a folder that is not there is told in one sentence", async () => {
  const lost = join(folder, "no", "master.key");
  expect(await refusal(loadOrCreateMasterKey(lost))).toBe(
    `The master key's file ${lost} cannot be made (ENOENT); its folder must exist and be writable`,
  );
});

// Root writes anywhere, so this says something only when the tests run as someone else.
test.skipIf(process.getuid?.() === 0)("a folder that is not writable is told in one sentence", async () => {
  await chmod(folder, 0o500);
  expect(await refusal(loadOrCreateMasterKey(file))).toBe(
    `The master key's file ${file} cannot be made (EACCES); its folder must exist and be writable`,
  );
});
