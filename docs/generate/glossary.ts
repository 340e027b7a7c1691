import { idPrefixes } from "@castellan/kernel";
import { latestLegacyVersion, legacyVersions, modernVersions } from "@castellan/mcp";
import { code, codes, table } from "./markdown.ts";

export function idsTable(): string {
  return table(
    ["prefix", "names"],
    Object.entries(idPrefixes).map(([kind, prefix]) => [
      code(`${prefix}_`),
      withArticle(words[kind] ?? kind),
    ]),
  );
}

/** Kinds that people call by more than one word. */
const words: Readonly<Record<string, string>> = {
  signIn: "sign-in session",
  link: "request to link an account",
};

function withArticle(noun: string): string {
  return `${/^[aeiou](?!s)/.test(noun) ? "an" : "a"} ${noun}`;
}

export function eras(): string {
  return [
    `- **Legacy era**: ${codes(legacyVersions)}. A client begins with \`initialize\` and has a session. A client that asks for an unknown revision is offered ${code(latestLegacyVersion)}.`,
    `- **Modern era**: ${codes(modernVersions)}. No session; each request says in \`params._meta\` which revision it speaks.`,
  ].join("\n");
}
