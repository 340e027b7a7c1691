/** What the pages point to is there: files, headings, and tests that are named as proof. */
import { access, readFile } from "node:fs/promises";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";
import { readPages } from "../../docs/generate/pages.ts";
import { root } from "../house/packages.ts";

const pages = await readPages();
const texts = new Map(pages.map(({ path, text }) => [path, text]));

test.each(pages)("the links of $path lead somewhere", async ({ path, text }) => {
  const problems = await Promise.all(linksIn(text).map((link) => problemOf(path, link)));
  expect(problems.filter((problem) => problem !== undefined)).toEqual([]);
});

test("every page under docs is reached from its index", () => {
  const reached = new Set<string>();
  const follow = (path: string) => {
    if (reached.has(path)) return;
    reached.add(path);
    for (const { target } of linksIn(texts.get(path) ?? "")) {
      const [file = ""] = target.split("#");
      const to = normalize(join(dirname(path), file));
      if (texts.has(to)) follow(to);
    }
  };
  follow("docs/README.md");
  expect([...texts.keys()].filter((path) => path.startsWith("docs/") && !reached.has(path))).toEqual([]);
});

interface Link {
  readonly text: string;
  readonly target: string;
}

/** Links of a page; what stands in code fences and code spans is no link. */
function linksIn(page: string): Link[] {
  const prose = page.replaceAll(/^```[^]*?^```/gm, "");
  return [...prose.matchAll(/(?<!`)\[([^\]]*)\]\(([^)\s]+)\)/g)].map(([, text = "", target = ""]) => ({
    text,
    target,
  }));
}

async function problemOf(path: string, { text, target }: Link): Promise<string | undefined> {
  if (/^[a-z]+:/.test(target)) return undefined;
  const [file = "", anchor] = target.split("#");
  const to = file === "" ? path : normalize(join(dirname(path), file));
  if (!(await exists(to))) return `${target} does not exist`;
  if (anchor !== undefined && !anchorsIn(await readFile(join(root, to), "utf8")).has(anchor))
    return `${target} names no heading of ${to}`;
  const title = /^"(.+)"$/.exec(text)?.[1];
  if (title === undefined) return undefined;
  const source = await readFile(join(root, to), "utf8");
  return source.includes(JSON.stringify(title)) ? undefined : `${to} has no test ${JSON.stringify(title)}`;
}

async function exists(path: string): Promise<boolean> {
  return access(join(root, path)).then(
    () => true,
    () => false,
  );
}

/** The anchors that a forge gives to headings: lower case, without punctuation, spaces as hyphens. */
function anchorsIn(page: string): Set<string> {
  const headings = page.replaceAll(/^```[^]*?^```/gm, "").matchAll(/^#{1,6} (.+)$/gm);
  return new Set(
    [...headings].map(([, heading = ""]) =>
      heading
        .trim()
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}
