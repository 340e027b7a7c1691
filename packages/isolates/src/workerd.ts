/** The runtime's binary, from the npm package of this platform (an optional dependency, without install script). */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const platforms: Readonly<Record<string, string>> = {
  "darwin-arm64": "workerd-darwin-arm64",
  "darwin-x64": "workerd-darwin-64",
  "linux-arm64": "workerd-linux-arm64",
  "linux-x64": "workerd-linux-64",
};

export type Workerd = { readonly path: string } | { readonly missing: string };

/** Its path, or a sentence for an admin. */
export function findWorkerd(platform: string = process.platform, arch: string = process.arch): Workerd {
  const name = platforms[`${platform}-${arch}`];
  if (name === undefined)
    return { missing: `Programs run on Linux and macOS (x64, arm64) only; this is ${platform}-${arch}.` };
  const packageName = `@cloudflare/${name}`;
  try {
    const manifest = createRequire(import.meta.url).resolve(`${packageName}/package.json`);
    const path = join(dirname(manifest), "bin", "workerd");
    if (existsSync(path)) return { path };
  } catch {
    // Told below.
  }
  return {
    missing: `The package ${packageName} is not installed. Install with optional dependencies (npm ci --include=optional).`,
  };
}
