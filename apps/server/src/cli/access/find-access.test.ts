import { execFileSync } from "node:child_process";
import { chmod, chown, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isFault } from "@castellan/kernel";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeFolder, type TestFolder } from "../testing/command.ts";
import type { Terminal } from "../terminal.ts";
import { findAccess, type AccessOptions } from "./find-access.ts";

let folder: TestFolder;

beforeEach(async () => {
  folder = await makeFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

const userFile = { url: "https://user.example", token: "cst_user" };
const dataFile = { url: "http://127.0.0.1:8700", token: "cst_data" };

async function write(path: string, content: unknown, mode = 0o600): Promise<string> {
  const file = join(folder.path, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, typeof content === "string" ? content : JSON.stringify(content));
  await chmod(file, mode);
  return file;
}

const configPath = "home/.config/castellan/config.json";
const adminPath = "work/.castellan/admin.json";

async function find(env: Record<string, string> = {}, options: AccessOptions = {}, uid = process.getuid?.()) {
  const terminal = { env, home: join(folder.path, "home"), cwd: join(folder.path, "work"), uid } as Terminal;
  try {
    return await findAccess(options, terminal);
  } catch (error) {
    if (isFault(error)) return { code: error.code, message: error.message.replaceAll(folder.path, "") };
    throw error;
  }
}

test("the order: flag, environment, configuration file, data folder", async () => {
  expect(await find()).toEqual({
    code: "access_unknown",
    message: `No server is known: there is neither CASTELLAN_URL nor /${configPath} nor /${adminPath}`,
  });
  const admin = await write(adminPath, dataFile);
  expect(await find()).toEqual({ ...dataFile, urlFrom: admin, tokenFrom: admin, isGuess: true });
  const config = await write(configPath, userFile);
  expect(await find()).toEqual({ ...userFile, urlFrom: config, tokenFrom: config, isGuess: false });
  const env = { CASTELLAN_URL: "https://env.example/", CASTELLAN_TOKEN: "cst_env" };
  expect(await find(env)).toEqual({
    url: "https://env.example",
    urlFrom: "CASTELLAN_URL",
    token: "cst_env",
    tokenFrom: "CASTELLAN_TOKEN",
    isGuess: false,
  });
  expect(await find(env, { url: "https://flag.example/base/" })).toMatchObject({
    url: "https://flag.example/base",
    urlFrom: "--url",
    token: "cst_env",
  });
  expect(await find(env, { data: ".castellan" })).toMatchObject({ ...dataFile, isGuess: true });
  expect(await find({ XDG_CONFIG_HOME: folder.path })).toMatchObject(dataFile);
  expect(await find({ CASTELLAN_DATA: folder.path, XDG_CONFIG_HOME: folder.path })).toMatchObject({
    code: "access_unknown",
  });
});

test("a token out of a file goes to the URL in that file only", async () => {
  await write(configPath, userFile);
  const admin = await write(adminPath, dataFile);
  expect(await find({ CASTELLAN_URL: "https://elsewhere.example" })).toEqual({
    code: "access_unknown",
    message:
      "There is no token for https://elsewhere.example: set CASTELLAN_TOKEN, or castellan login --url https://elsewhere.example",
  });
  expect(await find({}, { url: "http://127.0.0.1:8700/" })).toEqual({
    ...dataFile,
    urlFrom: "--url",
    tokenFrom: admin,
    isGuess: false,
  });
  expect(await find({ CASTELLAN_TOKEN: "cst_env" })).toMatchObject({ url: userFile.url, token: "cst_env" });
});

const loginsPath = "home/.config/castellan/logins.json";
const signedIn = {
  url: "https://login.example",
  issuer: "https://login.example/oauth",
  accessToken: "cat_1",
  expiresAtMs: 1,
  refreshToken: "crt_1",
};

test("where somebody has signed in goes before the files, and after what is said", async () => {
  await write(configPath, userFile);
  await write(adminPath, dataFile);
  const elsewhere = { ...signedIn, url: "https://second.example" };
  const file = await write(loginsPath, { current: signedIn.url, logins: [signedIn, elsewhere] });
  expect(await find()).toEqual({
    url: signedIn.url,
    urlFrom: file,
    token: { signedInAt: signedIn.url },
    tokenFrom: file,
    isGuess: false,
  });
  expect(await find({}, { url: "https://second.example/" })).toMatchObject({
    urlFrom: "--url",
    token: { signedInAt: "https://second.example" },
  });
  expect(await find({ CASTELLAN_URL: userFile.url })).toMatchObject({ token: "cst_user" });
  expect(await find({ CASTELLAN_TOKEN: "cst_env" })).toMatchObject({ url: signedIn.url, token: "cst_env" });
  expect(await find({}, { data: ".castellan" })).toMatchObject(dataFile);
  await write(loginsPath, { logins: [signedIn] });
  expect(await find()).toMatchObject({ token: "cst_user" });
});

test.each([
  ["[]", "is not as the command line writes it: remove it, and sign in again"],
  [
    { logins: [{ ...signedIn, accessToken: "two words" }] },
    "is not as the command line writes it: remove it, and sign in again",
  ],
  [{ current: 1, logins: [] }, "is not as the command line writes it: remove it, and sign in again"],
  ["{", "is not JSON"],
])("sign-ins %j: %s", async (content, problem) => {
  await write(loginsPath, content);
  expect(await find()).toEqual({ code: "access_file_invalid", message: `/${loginsPath} ${problem}` });
});

test("on this computer a server goes by several names", async () => {
  await write(adminPath, dataFile);
  for (const url of ["http://localhost:8700", "http://[::1]:8700"])
    expect(await find({ CASTELLAN_URL: url })).toMatchObject({ url, token: "cst_data" });
  for (const url of [
    "http://localhost:8701",
    "https://localhost:8700",
    "http://127.0.0.2:8700",
    "http://localhost.example:8700",
  ])
    expect(await find({ CASTELLAN_URL: url })).toMatchObject({ code: "access_unknown" });
});

test("a token from the environment goes nowhere that only the current folder names", async () => {
  await write(adminPath, dataFile);
  const env = { CASTELLAN_TOKEN: "cst_env" };
  expect(await find(env)).toEqual({
    code: "access_unknown",
    message: "CASTELLAN_TOKEN holds a token, but there is no CASTELLAN_URL to use it at",
  });
  const named = { url: dataFile.url, token: "cst_env" };
  expect(await find({ ...env, CASTELLAN_URL: dataFile.url })).toMatchObject(named);
  expect(await find({ ...env, CASTELLAN_DATA: ".castellan" })).toMatchObject(named);
});

test("a named pipe in the place of a file holds nobody up", async () => {
  const path = join(folder.path, adminPath);
  await mkdir(dirname(path), { recursive: true });
  execFileSync("mkfifo", ["-m", "600", path]);
  expect(await find()).toEqual({
    code: "access_file_invalid",
    message: `/${adminPath} is not a file with URL and token`,
  });
});

test.each([0o644, 0o640, 0o604, 0o660])("a file with permissions %o is refused", async (mode) => {
  await write(configPath, userFile, mode);
  expect(await find()).toEqual({
    code: "access_file_unsafe",
    message: `/${configPath} can be read by others (0${mode.toString(8)}): chmod 600 /${configPath}`,
  });
});

test("a file of another user is refused, but for root where the folder was named", async () => {
  const owner = process.getuid?.() ?? 0;
  await write(adminPath, dataFile);
  expect(await find({}, {}, owner + 1)).toEqual({
    code: "access_file_unsafe",
    message: `/${adminPath} belongs to another user`,
  });
  if (owner !== 0) return;
  await chown(join(folder.path, adminPath), 12_345, 12_345);
  expect(await find({}, {}, 0)).toMatchObject({ code: "access_file_unsafe" });
  expect(await find({}, { data: ".castellan" }, 0)).toMatchObject(dataFile);
});

test.each([
  ["{", "is not JSON"],
  ["null", "has no good `url`: it must be an http or https URL, without user, query or fragment"],
  [
    { ...userFile, url: "https://a:b@user.example" },
    "has no good `url`: it must be an http or https URL, without user, query or fragment",
  ],
  [{ ...userFile, token: "two words" }, "has no `token` that could be one"],
  [{ url: userFile.url }, "has no `token` that could be one"],
])("the file %j %s", async (content, problem) => {
  await write(configPath, content);
  expect(await find()).toEqual({ code: "access_file_invalid", message: `/${configPath} ${problem}` });
});

test.each(["ftp://a.example", "example.com", "https://u:p@a.example", "https://a.example/?x=1"])(
  "CASTELLAN_URL=%s is refused",
  async (url) => {
    expect(await find({ CASTELLAN_URL: url })).toEqual({
      code: "usage_invalid",
      message: "CASTELLAN_URL must be an http or https URL, without user, query or fragment",
    });
  },
);
