/**
 * Where a client may have people and their codes sent. One plain form is taken: what two readers (this check, a
 * browser, an app's own router) could read differently is refused, so that equal text is the same place.
 *
 * RFC 6749 §3.1.2 (absolute, no fragment), RFC 8252 §7 (apps: loopback, private-use schemes), RFC 9700 §4.1.
 */

/** `web`: https. `loopback`: http on the person's own computer. `app`: a scheme that an app there answers to. */
export type RedirectKind = "web" | "loopback" | "app";

export const maxRedirectUriLength = 1024;

/**
 * Why this is no redirect URI: the rest of a sentence that begins with where it stands. Undefined: it is one.
 * `http` is for loopback only; any scheme that is not a browser's or the operating system's own is an app's.
 */
export function refuseRedirectUri(text: string): string | undefined {
  if (text.length > maxRedirectUriLength) return `must have at most ${maxRedirectUriLength} characters`;
  if (text.includes("#")) return "must not have a fragment";
  if (!uriCharacters.test(text)) return "must hold only what a URI may hold (RFC 3986)";
  const url = URL.parse(text);
  if (url === null) return "must be an absolute URI";
  if (url.username !== "" || url.password !== "") return "must not hold a user name or password";
  if (!isPlain(text, url)) return `must be in its plain form: ${url.href}`;
  if (ambiguousPath.test(url.pathname))
    return "must not have encoded dots, slashes, percent signs or controls in its path";
  if (!hostShape.test(url.hostname)) return "must have a plain host name";
  if (url.protocol === "https:") return undefined;
  if (url.protocol === "http:") return isLoopbackHost(url.hostname) ? undefined : "must use https";
  if (isForeignScheme(url.protocol.slice(0, -1))) return `must not use the scheme ${url.protocol}`;
  return text.startsWith(`${url.protocol}/`) ? undefined : `must go on with a slash after ${url.protocol}`;
}

/** Of one that was not refused. */
export function redirectKind(uri: string): RedirectKind {
  if (uri.startsWith("https:")) return "web";
  return uri.startsWith("http:") ? "loopback" : "app";
}

/** A client with any address on a person's computer is a `native` one (RFC 7591 §2, RFC 8252 §8.4). */
export function applicationType(uris: readonly string[]): "web" | "native" {
  return uris.every((uri) => redirectKind(uri) === "web") ? "web" : "native";
}

/** Whether these may stand beside each other: an https address on this computer is no app's. */
export function refuseTogether(uris: readonly string[]): string | undefined {
  if (applicationType(uris) === "web") return undefined;
  const odd = uris.find((uri) => redirectKind(uri) === "web" && isLoopbackHost(new URL(uri).hostname));
  return odd && `must not name ${odd} beside addresses of an app`;
}

/** The same place, whichever port the app got from its system this time (RFC 8252 §7.3). */
export function withoutLoopbackPort(uri: string): string {
  if (redirectKind(uri) !== "loopback") return uri;
  const url = new URL(uri);
  url.port = "";
  return url.href;
}

const uriCharacters = /^(?:[A-Za-z0-9\-._~:/?[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+$/;
/** `.`, `/`, `\`, `%` and controls in disguise: who decodes once more than another reads another path. */
const ambiguousPath = /%(?:2[5ef]|5c|[01][0-9a-f]|7f)/i;
/** Also what may stand in a Content-Security-Policy without ending the directive. A custom scheme may have none. */
const hostShape = /^(?:[A-Za-z0-9](?:[A-Za-z0-9_-]|\.(?=[A-Za-z0-9_]))*|\[[0-9a-f:.]+\])?$/;

/** Parsing changed nothing; `https://a.example` is the same as with the slash. */
function isPlain(text: string, { href }: URL): boolean {
  return href === text || href === `${text}/`;
}

function isLoopbackHost(hostname: string): boolean {
  return hostname === "localhost" || hostname === "127.0.0.1" || hostname === "[::1]";
}

/** Schemes that a browser, a mail program or the system acts upon itself: a stranger must not have them opened. */
function isForeignScheme(scheme: string): boolean {
  return foreignSchemes.has(scheme) || foreignFamilies.test(scheme);
}

const foreignSchemes = new Set(
  (
    "about blob chrome chrome-extension chrome-untrusted content data devtools edge feed file filesystem jar " +
    "javascript moz-extension opera resource safari-web-extension vbscript view-source vivaldi wyciwyg " +
    "afp cifs dav davs ftp ftps git gopher imap irc ircs ldap ldaps magnet nfs nntp pop rdp rsync rtsp sftp smb " +
    "ssh svn telnet unix vnc webcal ws wss " +
    "callto facetime facetime-audio mailto market mms news sip sips skype sms smsto tel xmpp " +
    "android-app app-prefs hcp help intent its mk prefs res search shell tn3270 applescript shortcuts urn"
  ).split(" "),
);
const foreignFamilies = /^(?:ms-|search-|x-apple|itms|com\.apple\.|web\+|http\+|microsoft-|apple-)/;
