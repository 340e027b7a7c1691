/**
 * Loaded into each demo server before its own code: it listens on loopback whatever it asks for (the
 * reference server would listen on every interface), and ends when the process that started it ends.
 */
import { Server, type ListenOptions } from "node:net";

// oxlint-disable-next-line typescript/unbound-method -- called on a server below
const listen = Server.prototype.listen as (
  this: Server,
  options: ListenOptions,
  ...rest: unknown[]
) => Server;

Server.prototype.listen = function (this: Server, first: unknown, ...rest: unknown[]) {
  const options = typeof first === "object" && first !== null ? first : { port: Number(first) };
  const callback = rest.find((argument) => typeof argument === "function");
  return listen.call(this, { ...options, host: "127.0.0.1" }, callback);
} as typeof Server.prototype.listen;

process.stdin.resume().on("end", () => process.exit(0));
