/**
 * All tools of a scope, for code to find: made once for a scope and shared by all whose scope it is. Nothing is read before it is asked for, and
 * what takes long gives others their turn.
 */
import { nameTools } from "../names/identifiers.ts";
import { commentText } from "../typing/comment.ts";
import {
  listedLength,
  listedText,
  schemaParts,
  signatureText,
  type CodeTool,
  type ToolEntry,
} from "./code-tool.ts";
import { createToolIndex, type IndexedTool, type ToolIndex } from "./tool-index.ts";
import { toolTextOf, type SchemaPart } from "./tool-text.ts";
import { inTurns, nextTurn } from "./turns.ts";

export interface CodeCatalog {
  /** The tool that code means by a name: identifier or public name. */
  find(written: string): ToolEntry | undefined;
  /** What `codemode.tools()` gives: raw JSON, an array by identifier. */
  list(): Promise<string>;
  /** What `codemode.search()` gives: raw JSON of `SearchFound`. No words: the first by name. */
  search(query: string, limit?: number): Promise<string>;
  /** What `codemode.describe()` gives: raw JSON, a string of TypeScript; of names that nobody has, the closest there are. */
  describe(names: readonly string[]): Promise<string>;
  /** Identifiers of tools that are named much like it, at most five. */
  closest(written: string): Promise<readonly string[]>;
}

/** One that was found, best first. */
export interface FoundTool {
  readonly name: string;
  /** Cut to 300 characters. */
  readonly description: string;
  readonly server: string;
  readonly class: string;
  readonly score: number;
}

export interface SearchFound {
  readonly found: readonly FoundTool[];
  /** How many there are without the limit. */
  readonly total: number;
}

export const defaultFound = 20;
export const maxFound = 50;
const maxClosest = 5;
const maxFoundDescription = 300;
/** Characters that `codemode.tools()` may have; schemas are left out (`omitted`) where it would be more. */
export const maxListed = 8 * 1024 * 1024;
/** Characters that `codemode.describe()` may have. */
const maxDescribedText = 200_000;

export function createCodeCatalog(entries: readonly ToolEntry[]): CodeCatalog {
  const names = nameTools(entries.map(({ publicName }) => publicName));
  const tools = entries
    .map((entry) => ({ entry, identifier: names.identifierOf(entry.publicName) ?? entry.publicName }))
    .toSorted((a, b) => (a.identifier < b.identifier ? -1 : 1));
  const byName = new Map(tools.map((tool) => [tool.entry.publicName, tool]));
  let index: Promise<ToolIndex> | undefined;

  function find(written: string): CodeTool | undefined {
    return byName.get(names.resolve(written) ?? "");
  }

  async function ranked(query: string, limit: number) {
    if (query.trim() === "")
      return { best: tools.slice(0, limit).map((tool) => ({ tool, score: 0 })), total: tools.length };
    const { rank } = await (index ??= createToolIndex(tools.map(toIndexed)));
    const { best, total } = await rank(query, limit);
    const found = best.flatMap(({ at, score }) => {
      const tool = tools[at];
      return tool ? [{ tool, score }] : [];
    });
    return { best: found, total };
  }

  async function closest(written: string): Promise<readonly string[]> {
    const { best } = await ranked(written, maxClosest);
    return best.map(({ tool }) => tool.identifier);
  }

  async function describe(written: string): Promise<string> {
    const tool = find(written);
    if (tool) return signatureText(tool);
    const near = await closest(written);
    const hint = near.length > 0 ? ` Perhaps: ${near.join(", ")}` : "";
    return `/** There is no tool ${JSON.stringify(commentText(written, 100))}.${hint} */`;
  }

  return {
    find: (written) => find(written)?.entry,
    closest,
    list: () => listOf(tools),
    async search(query, limit) {
      const { best, total } = await ranked(query, limitOf(limit));
      const found = best.map(({ tool, score }) => toFound(tool, score));
      return JSON.stringify({ found, total } satisfies SearchFound);
    },
    async describe(written) {
      const texts: string[] = [];
      let length = 0;
      for (const [at, name] of written.entries()) {
        if (length > maxDescribedText) {
          texts.push(`/** ${written.length - at} more are not shown: describe fewer at a time. */`);
          break;
        }
        await nextTurn();
        const text = await describe(name);
        length += text.length;
        texts.push(text);
      }
      return JSON.stringify(texts.join("\n\n"));
    },
  };
}

/** With all schemas; where that is too much without those of results; and then without those of tools that have more than their share. */
async function listOf(tools: readonly CodeTool[]): Promise<string> {
  const lengths = { inputSchema: 0, both: 0 };
  await inTurns(tools, (tool) => {
    lengths.both += listedLength(tool, schemaParts);
    lengths.inputSchema += listedLength(tool, ["inputSchema"]);
    return tool.entry.text.length;
  });
  const parts: readonly SchemaPart[] = lengths.both <= maxListed ? schemaParts : ["inputSchema"];
  const fits = Math.min(lengths.both, lengths.inputSchema) <= maxListed;
  const share = fits ? Infinity : maxListed / tools.length;
  const texts: string[] = [];
  await inTurns(tools, (tool) => {
    const text =
      listedLength(tool, parts) <= share
        ? listedText(tool, parts)
        : listedText(tool, [], maxFoundDescription);
    texts.push(text);
    return text.length;
  });
  return `[${texts.join(",")}]`;
}

function limitOf(limit: number | undefined): number {
  return limit === undefined ? defaultFound : Math.max(0, Math.min(Math.floor(limit) || 0, maxFound));
}

function toFound({ identifier, entry }: CodeTool, score: number): FoundTool {
  return {
    name: identifier,
    description: commentText(toolTextOf(entry.text).description, maxFoundDescription),
    server: entry.server,
    class: entry.class,
    score,
  };
}

function toIndexed({ identifier, entry }: CodeTool): IndexedTool {
  const { publicName, name, server, text } = entry;
  return {
    identifier,
    publicName,
    ownName: name,
    server,
    describe: () => ({ ...toolTextOf(text), length: text.length }),
  };
}
