import { defineFaults } from "@castellan/kernel";

/** What can go wrong between a socket and a route, and on the way to somebody else's server. */
export const webFaults = defineFaults({
  request_malformed: {
    owner: "caller",
    status: 400,
    help: "What arrived is not an HTTP request (RFC 9112): a broken request line, header, target or chunk.",
  },
  headers_too_large: {
    owner: "caller",
    status: 431,
    help: "The request's headers are longer than 16 KiB. Send fewer or shorter ones; cookies are the usual cause.",
  },
  request_timed_out: {
    owner: "caller",
    status: 408,
    help: "The request's headers or body did not arrive in time.",
  },
  host_not_allowed: {
    owner: "caller",
    status: 421,
    help: "The Host header names a host that this server does not answer for. Use its public URL; a proxy in front must pass the Host header on.",
  },
  origin_not_allowed: {
    owner: "caller",
    status: 403,
    help: "The request comes from a web page whose origin is not allowed. An operator can add it to the allowed origins.",
  },
  address_limited: {
    owner: "caller",
    status: 429,
    retryable: true,
    help: "Too many requests from one address. Wait as long as Retry-After says.",
  },
  route_unknown: {
    owner: "caller",
    status: 404,
    help: "There is nothing at this path. Check the URL.",
  },
  method_not_allowed: {
    owner: "caller",
    status: 405,
    help: "The path exists, but not with this HTTP method; Allow lists those it has.",
  },
  form_stale: {
    owner: "caller",
    status: 403,
    help: "A form was sent that this server did not give to this browser for this, or more than an hour ago. Open the page again; cookies must be allowed.",
  },
  body_too_large: {
    owner: "caller",
    status: 413,
    help: "The request's body is longer than the limit that the message names.",
  },
  body_incomplete: {
    owner: "caller",
    status: 400,
    help: "The connection ended before the whole body had arrived. Send the request again.",
  },
  content_encoding_unsupported: {
    owner: "caller",
    status: 415,
    help: "The body is compressed. Send it plain, without Content-Encoding.",
  },
  web_setting_invalid: {
    owner: "system",
    status: 500,
    help: "A setting of the HTTP server has a value that is not allowed; the message names the setting and the reason.",
  },
  tls_files_invalid: {
    owner: "system",
    status: 500,
    help: "The files with the server's TLS certificate and key cannot be read, are not PEM, or do not belong together; the message says which.",
  },
  client_ca_invalid: {
    owner: "system",
    status: 500,
    help: "The file with the authorities that issue client certificates cannot be read, or holds something else than certificates of authorities in PEM.",
  },
  port_in_use: {
    owner: "system",
    status: 500,
    help: "Another process listens on the address and port. Stop it, or choose another port.",
  },
  listen_failed: {
    owner: "system",
    status: 500,
    help: "The server cannot listen on the address and port: it is not an address of this machine, or needs rights that the process lacks.",
  },
  outbound_refused: {
    owner: "caller",
    status: 400,
    help: "The URL may not be called: wrong scheme, credentials in it, or an address that is not public and that no administrator allowed.",
  },
  outbound_policy_invalid: {
    owner: "caller",
    status: 400,
    help: "An entry of allowPrivate is not a host name, host:port, address or CIDR.",
  },
  outbound_unreachable: {
    owner: "upstream",
    status: 502,
    retryable: true,
    help: "The other server could not be reached: its name does not resolve, the connection failed, or its certificate is not trusted.",
  },
  outbound_timeout: {
    owner: "upstream",
    status: 504,
    retryable: true,
    help: "The other server did not answer in time.",
  },
  outbound_too_large: {
    owner: "upstream",
    status: 502,
    help: "The other server's answer is longer than the limit that the message names.",
  },
  outbound_encoded: {
    owner: "upstream",
    status: 502,
    help: "The other server compressed its answer although it was asked not to.",
  },
  outbound_redirected: {
    owner: "upstream",
    status: 502,
    help: "The other server redirected more often than is followed, or to something that is not a URL.",
  },
  outbound_ca_invalid: {
    owner: "system",
    status: 500,
    help: "The file with additional certificate authorities cannot be read or holds no PEM certificate.",
  },
});
