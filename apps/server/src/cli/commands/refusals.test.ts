import { afterAll, beforeAll, expect, test } from "vitest";
import { serveTestApi, type ServedApi } from "../testing/command.ts";

let served: ServedApi;

beforeAll(async () => {
  served = await serveTestApi();
});
afterAll(() => served[Symbol.asyncDispose]());

test.each([
  [["server", "remove", "weather"], 2, /^castellan: Remove server weather.* add --yes \(not_confirmed\)\n$/],
  [["server", "edit", "weather"], 2, /^castellan: Say what is to change: .* \(usage_invalid\)\n/],
  [
    ["server", "add", "a", "https://example.com/", "--client-features", "everything"],
    1,
    /^castellan: clientFeatures\[0\] must be one of elicitation_form, .* \(invalid_input\)\n/,
  ],
  [["server", "edit", "weather", "--auto-accept", "tols"], 2, /--auto-accept must be some of tools, prompts/],
  [["server", "edit", "weather", "--limit", "speed=1"], 2, /--limit must look like calls-per-minute=60/],
  [["server", "add", "a", "https://example.com/", "--transport", "stdio"], 2, /Allowed choices are auto, /],
  [["server", "sync"], 2, /Name the servers that are to be read, or give --all/],
  [["server", "sync", "weather", "--all"], 2, /Name the servers that are to be read, or give --all/],
  [["server", "sync", ".."], 1, /^castellan: SERVER must be 1 to 32 .* \(invalid_input\)\n$/],
  [["server", "definitions", "weather", "--all", "--waiting"], 2, /exclude each other/],
  [["server", "approve", "weather"], 2, /Name the definitions that are to be approved, or give --all/],
  [
    ["server", "approve", "weather", "a", "--class", "a=safe"],
    2,
    /--class a must be one of read, write, destr/,
  ],
  [["server", "approve", "weather", "a", "--class", "a"], 2, /--class must look like NAME=VALUE/],
  [["server", "import"], 2, /Give a file or URL, or else --registry and --name/],
  [["server", "import", "x.json", "--registry", "https://example.com"], 2, /Give a file or URL, or else/],
  [["portal", "edit", "team"], 2, /Say what is to change/],
  [["portal", "curate", "team", "weather"], 2, /Say what is to change/],
  [
    ["portal", "curate", "team", "weather", "--on", "a", "--off", "a"],
    2,
    /What is said of a is a contradiction/,
  ],
  [
    ["portal", "curate", "team", "weather", "--kind", "resource", "--alias", "a=b"],
    2,
    /--alias is for tools and/,
  ],
  [
    ["portal", "add", "team", "--instructions", "@/nowhere"],
    1,
    /^castellan: The file \/nowhere cannot be read \(ENOENT\) \(file_unreadable\)\n$/,
  ],
  [["apply"], 2, /required option '-f, --file <file>' not specified/],
  [
    ["diff", "-f", "/nowhere"],
    2,
    /^castellan: The file \/nowhere cannot be read \(ENOENT\) \(file_unreadable\)\n$/,
  ],
  [["completion", "tcsh"], 2, /Allowed choices are bash, zsh, fish/],
  [
    ["server", "show", "nobody"],
    1,
    /^castellan: No server "nobody" is registered \(server_unknown\)\n {2}`castellan server list`/,
  ],
  [["server", "remove", "..", "--yes"], 1, /^castellan: SERVER must be 1 to 32 .* \(invalid_input\)\n$/],
  [
    ["portal", "remove-server", "..", "weather"],
    1,
    /^castellan: PORTAL must be 1 to 32 .* \(invalid_input\)\n$/,
  ],
  [
    ["server", "add", "Up", "https://example.com/", "--title", " x"],
    1,
    /^castellan: slug must be .* \(and 1 more\) \(invalid_input\)\n {2}title must not begin/,
  ],
  [
    ["server", "add", "a", "http://10.0.0.1/"],
    1,
    /\(outbound_refused\)\n {2}Where it is to be at a private address, allow/,
  ],
  [
    ["server", "add", "a", "https://example.com/", "--header", "X-Api-Key: 1"],
    2,
    /--header X-Api-Key looks like a secret.*\(usage_invalid\)/,
  ],
  [
    ["server", "add", "a", "https://example.com/", "--header", "nonsense"],
    2,
    /'Name: value' \(usage_invalid\)/,
  ],
  [
    ["server", "add", "a", "https://example.com/", "--bearer-env", "NOBODY"],
    1,
    /^castellan: The variable NOBODY is empty or not set \(secret_unreadable\)\n$/,
  ],
  [
    ["server", "add", "a", "https://example.com/", "--bearer-file", "/nowhere"],
    1,
    /^castellan: The file \/nowhere cannot be read \(ENOENT\) \(secret_unreadable\)\n$/,
  ],
  [["token", "create", "idle"], 2, /could do nothing/],
  [
    ["token", "create", "idle", "--admin", "--expires", "soon"],
    2,
    /--expires must be a span like 30s, 15m, 12h or 30d/,
  ],
  [["calls", "--since", "yesterday"], 2, /--since must be a span before now like .*, or a time in ISO 8601/],
  [
    ["policy", "add", "a", "--action", "allow", "--include", "everyone", "--ends", "friday"],
    2,
    /--ends must be a span like 4h, or a day or time that is yet to come/,
  ],
  [["policy", "show", "nobody"], 1, /There is no rule "nobody" .*\n {2}`castellan policy list` shows/],
  [["approval", "show", "nobody"], 1, /^castellan: id must be the id of an approval \(invalid_input\)\n$/],
  [["token", "revoke", "nobody", "--yes"], 2, /no token with the name "nobody"/],
  [["calls", "--limit", "0"], 2, /--limit must be a whole number/],
  [["calls", "--outcome", "good"], 2, /Allowed choices are ok, tool_error, error, refused, cancelled/],
  [["servr", "list"], 2, /^castellan: unknown command 'servr' \(Did you mean server\?\) \(usage_invalid\)\n/],
  [
    ["server", "add", "a"],
    2,
    /^castellan: Name the URL of the server, or the document of an API with --openapi \(usage_invalid\)\n/,
  ],
  [["portal", "show"], 2, /^castellan: missing required argument 'portal' \(usage_invalid\)\n/],
])("%j ends with %i and one line that says why", async (args, code, stderr) => {
  const run = await served.castellan(args);
  expect([run.code, run.stdout]).toEqual([code, ""]);
  expect(run.stderr).toMatch(stderr);
  expect(run.stderr).not.toMatch(/^ {4}at /m);
});
