/**
 * The one-time links by which the people of the demo say how they sign in: in a file that only its owner can read, and on
 * the terminal if there is one. They are not in the log, which is kept, copied and shipped.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { writeWhole } from "../house/write-whole.ts";
import type { DemoClient } from "./demo-client.ts";
import { demoPeople } from "./demo-people.ts";

export function demoLinksFile(dataDir: string): string {
  return join(dataDir, "demo-sign-in-links");
}

/**
 * Makes a link for each of them who is there and has never signed in, in the place of the one before; undefined if there
 * is nobody left. `lines`: as they stand in the file, a link each.
 */
export async function keepDemoLinks(
  client: DemoClient,
  dataDir: string,
): Promise<{ file: string; lines: readonly string[] } | undefined> {
  const file = demoLinksFile(dataDir);
  const lines: string[] = [];
  for (const { name, email, does } of demoPeople) {
    const person = await client.findPerson(email);
    if (person && !person.hasSignedIn) lines.push(`${name}, who ${does}: ${await client.invite(person.id)}`);
  }
  if (lines.length === 0) {
    await rm(file, { force: true });
    return undefined;
  }
  await writeWhole(file, `${lines.join("\n")}\n`);
  return { file, lines };
}
