/**
 * The process: `node src/main.ts [--port 0] [--host 127.0.0.1] [--allow-host NAME]… [--data FILE]`.
 * Prints its URL as the one line of standard output when it is ready; SIGTERM and SIGINT close it.
 */
import { parseArgs } from "node:util";
import { serve } from "./http.ts";

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    host: { type: "string", default: "127.0.0.1" },
    "allow-host": { type: "string", multiple: true, default: [] },
    data: { type: "string" },
  },
});

const port = Number(values.port);
if (!/^[0-9]{1,5}$/.test(values.port) || port > 65_535) {
  console.error(`--port must be 0 to 65535, not ${values.port}`);
  process.exit(2);
}

const stop = new Promise<void>((resolve) => {
  process.once("SIGTERM", () => resolve());
  process.once("SIGINT", () => resolve());
});

try {
  await using service = await serve({
    port,
    host: values.host,
    allowedHosts: values["allow-host"],
    dataFile: values.data,
    onError: (error) => console.error(error),
  });
  console.log(service.url);
  await stop;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
