/** The object `codemode`: what a program has of the world. */
import {
  bare,
  coded,
  defineProperty,
  freeze,
  get,
  isArray,
  Map,
  map,
  ownKeys,
  parse,
  Proxy,
  set,
} from "./intrinsics.js";
import { toJson } from "./json.js";

const argumentsCode = "code_arguments_invalid";
const noTools = "Here `codemode` has `spec()` and `request({ method, path, query, body })`, and no tools.";
const requestForm = "A request is one object: `codemode.request({ method, path, query, body })`.";

/** Names that no tool has, since JavaScript asks every object for them. */
const absent = new Map();
for (const name of ["then", "catch", "finally", "toJSON", "constructor", "prototype", "__proto__"])
  set(absent, name, true);

/** Over all tools. `catalogText`: what `tools()` gives, where the code was seen to ask for it: it has it at once then, else a promise of it. */
export function createPortal(host, catalogText) {
  let catalog;
  const tools = () => {
    if (catalog !== undefined) return catalog;
    if (catalogText !== undefined) return (catalog = parse(catalogText));
    return asked(host, "catalog", {});
  };
  return withTools(host, () => (catalogText === undefined ? [] : map(tools(), (tool) => tool.name)), {
    tools,
    search: (query, limit) => search(host, query, limit),
    describe: (names) => asked(host, "describe", { names: namesOf(names) }),
    resources: freeze({
      list: () => asked(host, "resources", {}),
      read: (uri) => asked(host, "read", { uri: typeof uri === "object" && uri !== null ? uri.uri : uri }),
    }),
    prompts: freeze({
      list: () => asked(host, "prompts", {}),
      get: async (name, values) => asked(host, "prompt", { name }, argumentsText([values])),
    }),
  });
}

/** Over the document of one API. */
export function createApi(host) {
  let document;
  const api = bare({
    spec: () => (document ??= asked(host, "spec", {})),
    request: async (...values) => asked(host, "request", {}, argumentsText(values, requestForm)),
  });
  const codemode = new Proxy(freeze(api), {
    get(_, name) {
      if (name === "codemode") return codemode;
      return api[name] ?? (typeof name !== "string" || get(absent, name) ? undefined : noTool);
    },
  });
  return codemode;
}

/** Who calls an operation as it would call a tool is told how it is done here. */
function noTool() {
  throw coded(argumentsCode, noTools);
}

/** `codemode.<name>(args)` for whatever name: the host knows which there are. */
function withTools(host, names, own) {
  const made = new Map();
  const api = bare(own);

  function toolOf(name) {
    const known = get(made, name);
    if (known) return known;
    const tool = async (...values) => {
      const body = argumentsText(values);
      return parse(await host.ask("call", { tool: name }, body));
    };
    set(made, name, tool);
    return tool;
  }

  const read = (name) => {
    if (typeof name !== "string" || get(absent, name)) return undefined;
    // `async ({ codemode }) => …` is called with it.
    return name === "codemode" ? codemode : (api[name] ?? toolOf(name));
  };
  const codemode = new Proxy(bare({}), {
    get: (_, name) => read(name),
    has: (_, name) => read(name) !== undefined,
    ownKeys: () => [...ownKeys(api), ...names()],
    getOwnPropertyDescriptor: (_, name) =>
      read(name) && { value: read(name), enumerable: true, configurable: true, writable: true },
    set: () => false,
    defineProperty: () => false,
    deleteProperty: () => false,
  });
  return codemode;
}

async function asked(host, method, head, body) {
  return parse(await host.ask(method, head, body));
}

async function search(host, query, limit) {
  // `search("words", 5)`, `search("words", { limit: 5 })`, `search({ query: "words", limit: 5 })`.
  const words = query?.query ?? query;
  const most = limit?.limit ?? limit ?? query?.limit;
  const { found, total } = await asked(host, "search", { query: words, limit: most });
  defineProperty(found, "total", { value: total });
  return found;
}

/** A name, an array of them, or what `search` and `tools` gave. */
function namesOf(names) {
  return map(isArray(names) ? names : [names], (name) =>
    typeof name === "object" && name !== null ? name.name : name,
  );
}

/** One object, or nothing. `form`: how it is written rightly. */
function argumentsText(values, form = "A tool is called with one object: `codemode.<name>({ … })`.") {
  const [value = {}] = values;
  if (values.length > 1 || typeof value !== "object" || value === null || isArray(value))
    throw coded(argumentsCode, form);
  return toJson(value, argumentsCode);
}
