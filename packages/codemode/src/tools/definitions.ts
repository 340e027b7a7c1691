/** What models read of the tools that run code. Always the same, whatever is behind: it costs a model no more with a hundred servers. */
import type { CodeToolNames } from "@castellan/calls";

export const portalToolNames: CodeToolNames = Object.freeze({
  search: "portal_codemode_search",
  execute: "portal_codemode_execute",
});

export function portalDefinitions(): readonly string[] {
  return [
    definition(portalToolNames.search, {
      title: "Search tools with code",
      description:
        "Runs JavaScript that finds tools; nothing is called. " +
        "codemode.tools(): [{name, description, inputSchema, outputSchema, server, class}]. " +
        'await codemode.search("words", limit?): the best of them. ' +
        "await codemode.describe(name | names): TypeScript signatures. " +
        "Return only what you need.",
      properties: {
        code: {
          type: "string",
          description: 'e.g. return codemode.describe(await codemode.search("open tickets", 5))',
        },
      },
      required: ["code"],
      annotations: { readOnlyHint: true, openWorldHint: false },
    }),
    definition(portalToolNames.execute, {
      title: "Run code over tools",
      description:
        "Runs JavaScript or TypeScript that calls tools: await codemode.<name>({...}), names as search gives them. " +
        "Calls return the tool's data and throw Errors with code and message; use Promise.all for independent ones, filter before you return. " +
        "Also codemode.resources.list()/read(uri), codemode.prompts.list()/get(name, args). No network, no files. " +
        "Answers are cut at 6,000 tokens. " +
        'If status is "paused" a person has to open the pages first: then call again with run.',
      properties: executeProperties,
      annotations: { destructiveHint: true, openWorldHint: true },
    }),
  ];
}

export function apiDefinitions(title: string, names: CodeToolNames): readonly string[] {
  const api = JSON.stringify(shown(title));
  return [
    definition(names.search, {
      title: "Search an API with code",
      description:
        `Runs JavaScript over the OpenAPI document of ${api}; nothing is called. ` +
        "await codemode.spec(): the document; its $refs are local. Large: return only the paths, parameters and schemas that you need.",
      properties: {
        code: {
          type: "string",
          description:
            'e.g. const { paths } = await codemode.spec(); return Object.entries(paths).filter(([path]) => path.includes("invoice")).map(([path, item]) => [path, Object.keys(item)])',
        },
      },
      required: ["code"],
      annotations: { readOnlyHint: true, openWorldHint: false },
    }),
    definition(names.execute, {
      title: "Call an API with code",
      description:
        `Runs JavaScript or TypeScript that calls ${api}: ` +
        "await codemode.request({ method, path, query?, body?, headers? }) for an operation of its document; sign-in is done for you. " +
        "Returns the response's data, throws Errors with code and message; " +
        'with response: "full" it returns { status, headers, body }, of error statuses too. ' +
        "Use Promise.all for independent calls, filter before you return. " +
        "No other network, no files. Answers are cut at 6,000 tokens. " +
        'If status is "paused" a person has to open the pages first: then call again with run.',
      properties: executeProperties,
      annotations: { destructiveHint: true, openWorldHint: true },
    }),
  ];
}

const executeProperties = {
  code: { type: "string", description: "Ends with return <value>" },
  run: { type: "string", description: "Instead of code: a paused run's id" },
};

interface Definition {
  readonly title: string;
  readonly description: string;
  readonly properties: object;
  readonly required?: readonly string[];
  readonly annotations: object;
}

function definition(
  name: string,
  { title, description, properties, required, annotations }: Definition,
): string {
  const inputSchema = {
    type: "object",
    properties,
    ...(required && { required }),
    additionalProperties: false,
  };
  return JSON.stringify({ name, title, description, inputSchema, annotations });
}

const maxTitle = 60;

/** Of bounded cost, whatever an admin called it. */
function shown(title: string): string {
  return title.length <= maxTitle ? title : `${title.slice(0, maxTitle).toWellFormed()}…`;
}
