/** The program that the suite starts as the client: it hands the task on, and ends when that is done. */
import { stageVariable } from "./stage.ts";

const { MCP_CONFORMANCE_SCENARIO: scenario, MCP_CONFORMANCE_CONTEXT: context } = process.env;
const task = { scenario, serverUrl: process.argv.at(-1), context: JSON.parse(context ?? "{}") as unknown };
await fetch(process.env[stageVariable] ?? "", { method: "POST", body: JSON.stringify(task) });
