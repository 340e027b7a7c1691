import { isFault } from "@castellan/kernel";
import { expect, test } from "vitest";
import { parseConfiguration } from "./parse.ts";

function problemsOf(text: string): string[] {
  try {
    parseConfiguration(text, "c.yaml");
    return [];
  } catch (error) {
    if (!isFault(error, "configuration_invalid")) throw error;
    return error.message.split("\n");
  }
}

const head = "apiVersion: castellan/v1\nname: main\n";

test("a document is read with its defaults, whichever way it is written", () => {
  const yaml = `${head}servers:
  weather: &weather
    url: https://Weather.example/mcp#part
    headers:
      Authorization: { secretRef: "env:WEATHER_TOKEN", prefix: "Bearer " }
portals:
  work:
    hostname: MCP.Example.com
    servers:
      - weather
      - { server: maps, tools: { route: { alias: way } } }
`;
  const { document } = parseConfiguration(yaml, "c.yaml");
  expect(document).toEqual({
    apiVersion: "castellan/v1",
    name: "main",
    groups: { workforce: {}, customers: {} },
    providers: {},
    trustedIssuers: {},
    clients: {},
    evaluators: {},
    webhooks: {},
    policies: {},
    servers: {
      weather: {
        url: "https://weather.example/mcp",
        title: "weather",
        description: "",
        transport: "auto",
        headers: { authorization: { secretRef: "env:WEATHER_TOKEN", prefix: "Bearer " } },
        auth: { kind: "auto" },
        authSecrets: {},
        allowPrivate: [],
        clientFeatures: [],
        uiHosts: [],
        autoAccept: [],
        limits: {},
      },
    },
    portals: {
      work: {
        title: "work",
        naming: "prefixed",
        instructions: "",
        hostname: "mcp.example.com",
        autoAccept: [],
        isListed: false,
        directory: "workforce",
        access: [],
        isReadOnly: false,
        codeMode: "allowed",
        publicLimits: { requestsPerMinute: 1_200, requestsPerMinutePerAddress: 120 },
        trustedIssuers: [],
        servers: [
          { server: "weather", mode: "all", tools: {}, prompts: {}, resources: {}, resourceTemplates: {} },
          {
            server: "maps",
            mode: "all",
            tools: { route: { alias: "way" } },
            prompts: {},
            resources: {},
            resourceTemplates: {},
          },
        ],
      },
    },
  });
  const asJson = JSON.stringify(parseConfiguration(yaml, "c.yaml").input);
  expect(parseConfiguration(asJson, "c.json").document).toEqual(document);
});

test.each([
  ["an unknown field", `${head}colour: red\n`, ["c.yaml:3:1 colour is not known"]],
  [
    "all that is wrong, each with its line",
    `apiVersion: castellan/v2
name: Main
servers:
  weather:
    url: ftp://x
    autoaccept: []
    headers:
      Host: { secretRef: env:X }
      X-Team: { secretRef: X }
    limits: { concurrency: 0 }
portals:
  work:
    servers:
      - weather
      - server: weather
        tool: {}
      - Weather
`,
    [
      "c.yaml:1:1 apiVersion must be one of castellan/v1",
      "c.yaml:2:1 name must be 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter",
      "c.yaml:5:5 servers.weather.url must be an http or https URL",
      "c.yaml:9:17 servers.weather.headers.X-Team.secretRef must be env:NAME of an environment variable or file:PATH",
      "c.yaml:10:15 servers.weather.limits.concurrency must be a whole number from 1 to 100000",
      "c.yaml:6:5 servers.weather.autoaccept is not known",
      "c.yaml:16:9 portals.work.servers[1].tool is not known",
      "c.yaml:17:9 portals.work.servers[2] must be 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter",
    ],
  ],
  [
    "what only the whole shows",
    `${head}servers:
  a:
    url: https://a.example/
    headers: { Host: { secretRef: "env:X" }, x-a: { secretRef: "env:X" }, X-A: { secretRef: "env:X" } }
portals: { p: { servers: [a, a] } }
`,
    [
      "c.yaml:6:16 servers.a.headers.Host is set by Castellan and cannot be given",
      "c.yaml:6:75 servers.a.headers.X-A is given twice",
      "c.yaml:7:30 portals.p.servers[1] is there twice",
    ],
  ],
  ["a name twice", `${head}servers: {}\nservers: {}\n`, ["c.yaml:4:1 Map keys must be unique"]],
  ["what is no YAML", `${head}servers: [\n`, [expect.stringMatching(/^c\.yaml:4:1 Flow sequence/)]],
  ["a tag", `${head}title: !!js/function x\n`, [expect.stringMatching(/^c\.yaml:3:8 Unresolved tag/)]],
  ["a map by another tag", `${head}servers: !!set {x}\n`, ["c.yaml:3:16 has a tag"]],
  ["bytes", `${head}title: !!binary aGk=\n`, ["c.yaml:3:17 is not a value of JSON"]],
  ["no number of JSON", `${head}title: .nan\n`, ["c.yaml:3:8 is not a value of JSON"]],
  ["a list for a name", `${head}? [a]\n: b\n`, [expect.stringMatching(/^c\.yaml:3:3 With stringKeys/)]],
  ["a prototype", `${head}servers: { __proto__: {} }\n`, ["c.yaml:3:12 is not a name that is allowed"]],
  ["two documents", `${head}---\na: 1\n`, [expect.stringMatching(/^c\.yaml:3:1 Source contains multiple/)]],
  ["nothing", "", ["c.yaml:1:1 the document must be an object"]],
  [
    "an anchor that is not there",
    `${head}a: *b\n`,
    ["c.yaml:3:4 names the anchor b, which is not there before"],
  ],
  ["an anchor in itself", `${head}a: &a { b: *a }\n`, ["c.yaml:3:12 is inside of what it stands for"]],
])("%s is told with its place", (_, text, problems) => {
  expect(problemsOf(text)).toEqual(problems);
});

test("a few lines that stand for billions of values are refused at once", () => {
  const lines = Array.from({ length: 10 }, (_, level) => {
    const inner = level === 0 ? "x" : `*l${level - 1}`;
    return `l${level}: &l${level} [${Array.from({ length: 10 }, () => inner).join(", ")}]`;
  });
  expect(problemsOf(`${lines.join("\n")}\n`)).toEqual([
    expect.stringMatching(/^c\.yaml:\d+:\d+ stands for more than 500000 values$/),
  ]);
});

test("text that is nested too deep for any reader is refused", () => {
  for (const text of ["[".repeat(20_000), `${"[".repeat(5_000)}${"]".repeat(5_000)}`])
    expect(problemsOf(text).length).toBeGreaterThan(0);
});

test("a field that an answer names is found in the text", () => {
  const { locate } = parseConfiguration(
    `${head}servers:\n  a:\n    url: https://a.example/\n    limits:\n      tools:\n        "b c": { concurrency: 1 }\n`,
    "c.yaml",
  );
  expect(locate("servers.a.url")).toBe("c.yaml:5:5");
  expect(locate('servers.a.limits.tools["b c"].concurrency')).toBe("c.yaml:8:18");
  expect(locate("servers.a.headers.authorization")).toBe("c.yaml:4:3");
  expect(locate("portals")).toBe("c.yaml:1:1");
});

test("nothing is approved and rejected at once", () => {
  const print = `sha256:${"a".repeat(64)}`;
  expect(
    problemsOf(`${head}servers:
  a:
    url: https://a.example/
    approvals: { tools: { x: { fingerprint: "${print}" } } }
    rejections: { tools: { x: "${print}" } }
`),
  ).toEqual(["c.yaml:7:28 servers.a.rejections.tools.x is approved as well"]);
});
