/**
 * What the house reads with the sign-in of an admin is told to everybody. A server that repeats what it was sent (instructions
 * that say as whom one is known) must not tell all of them a token.
 */
import type { SyncFindings } from "../catalog/definition-store.ts";
import type { FoundDefinition } from "../catalog/definition.ts";
import { withoutLongSecrets } from "../servers/without-secrets.ts";
import type { FoundEras } from "./found-eras.ts";

type Lists = Pick<SyncFindings, "definitions" | "skipped">;

/** `sent`: values of headers. What has one in its name is left out. */
export function listsWithoutTokens({ definitions, skipped }: Lists, sent: ReadonlySet<string>): Lists {
  if (sent.size === 0) return { definitions, skipped };
  const clean = (text: string) => withoutLongSecrets(text, sent);
  const isNamedAfter = ({ name, publicName }: FoundDefinition) =>
    clean(name) !== name || clean(publicName) !== publicName;
  const named = definitions.filter(isNamedAfter);
  return {
    definitions: definitions
      .filter((definition) => !named.includes(definition))
      .map((definition) => ({ ...definition, text: clean(definition.text) })),
    skipped: [
      ...skipped.map(clean),
      ...named.map(
        ({ kind, name }) => `${kind} ${JSON.stringify(clean(name).slice(0, 80))} has a secret in its name`,
      ),
    ],
  };
}

export function erasWithoutTokens(eras: FoundEras, sent: ReadonlySet<string>): FoundEras {
  const { modern, legacy } = eras;
  const clean = <Found extends { readonly helloText: string }>(found: Found): Found => ({
    ...found,
    helloText: withoutLongSecrets(found.helloText, sent),
  });
  return sent.size === 0
    ? eras
    : { ...eras, modern: modern && clean(modern), legacy: legacy && clean(legacy) };
}
