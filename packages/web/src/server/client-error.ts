/** What arrives and is not HTTP: a clean answer where one still fits, and the connection's end. */
import type { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { createId, type Fault } from "@castellan/kernel";
import { webFaults } from "../faults.ts";
import { problemBody, problemMediaType } from "../inbound/problem.ts";

/**
 * Answers a parser's error. `answers` are those under way: when one of them has begun on this
 * socket, a second status line would be read as part of its body, so the socket just closes.
 * Undefined when the client had gone: then nothing was refused.
 */
export function answerClientError(
  error: NodeJS.ErrnoException,
  socket: Duplex,
  answers: Iterable<ServerResponse>,
): Fault | undefined {
  const isGone = error.code === "ECONNRESET" || (!socket.writable && !isHandshakeFailure(error.code));
  if (isGone) {
    socket.destroy();
    return undefined;
  }
  const fault = toClientFault(error.code);
  if (isHandshakeFailure(error.code)) {
    // There is no connection yet on which anything could be said.
    socket.destroy();
    return fault;
  }
  for (const answer of answers) {
    if (answer.socket === socket && answer.headersSent) {
      socket.destroy();
      return fault;
    }
  }
  const body = problemBody(fault, createId("request"));
  socket.end(
    `HTTP/1.1 ${fault.status} ${reasons[fault.status] ?? "Bad Request"}\r\n` +
      `Content-Type: ${problemMediaType}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
      `Cache-Control: no-store\r\nConnection: close\r\n\r\n${body}`,
  );
  return fault;
}

/** Of TLS: no handshake at all, an old version, none in time. */
function isHandshakeFailure(code = ""): boolean {
  return code.startsWith("ERR_SSL_") || code.startsWith("ERR_TLS_");
}

const reasons: Readonly<Record<number, string>> = {
  400: "Bad Request",
  408: "Request Timeout",
  431: "Request Header Fields Too Large",
};

function toClientFault(code: string | undefined): Fault {
  if (code === "HPE_HEADER_OVERFLOW") return webFaults.fault("headers_too_large", "The headers are too long");
  if (code === "ERR_HTTP_REQUEST_TIMEOUT" || code === "ERR_TLS_HANDSHAKE_TIMEOUT")
    return webFaults.fault("request_timed_out", "The request did not arrive in time");
  return webFaults.fault("request_malformed", "This is not an HTTP/1.1 request");
}
