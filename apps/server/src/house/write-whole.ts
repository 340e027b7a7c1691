import { open, rename, rm } from "node:fs/promises";

/** Writes the whole file, for its owner alone, or leaves what was there. */
export async function writeWhole(file: string, text: string): Promise<void> {
  const draft = `${file}.new`;
  await rm(draft, { force: true });
  const handle = await open(draft, "wx", 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, file);
}
