/** The servers of the demo: real programs, run as children on loopback ports. */
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

export interface DemoServer {
  readonly slug: string;
  readonly title: string;
  /** The program and its arguments for Node. */
  readonly program: (options: { port: number; dataDir: string }) => {
    readonly args: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
  };
}

const require = createRequire(import.meta.url);
const example = (name: string) =>
  fileURLToPath(new URL(`../../../../examples/${name}/src/main.ts`, import.meta.url));

export const demoServers: readonly DemoServer[] = [
  {
    slug: "invoices",
    title: "Invoices",
    program: ({ port, dataDir }) => ({
      args: [example("invoices"), "--port", String(port), "--data", `${dataDir}/demo-invoices.json`],
    }),
  },
  {
    slug: "okrs",
    title: "Objectives and key results",
    program: ({ port, dataDir }) => ({
      args: [example("okrs"), "--port", String(port), "--data", `${dataDir}/demo-okrs.json`],
    }),
  },
  {
    slug: "everything",
    title: "MCP reference server",
    program: ({ port }) => ({
      args: [require.resolve("@modelcontextprotocol/server-everything/dist/index.js"), "streamableHttp"],
      env: { PORT: String(port) },
    }),
  },
];
