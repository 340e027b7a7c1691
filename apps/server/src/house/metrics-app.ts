import { metricsContentType, type Telemetry } from "@castellan/telemetry";
import { Hono } from "hono";

/** Prometheus metrics, on a port of their own so that they are never public by accident. */
export function createMetricsApp(telemetry: Telemetry): Hono {
  const app = new Hono();
  app.get("/metrics", async (c) =>
    c.body(await telemetry.metricsText(), 200, { "content-type": metricsContentType }),
  );
  return app;
}
