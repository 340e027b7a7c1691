/** For tests: an authority of our own and what it issues. X.509 version 3 (RFC 5280) by hand, so that anything can be wrong with it. */
import { generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { isIPv4 } from "node:net";

export interface TestCertificate {
  /** PEM. */
  readonly key: string;
  /** PEM. */
  readonly cert: string;
}

export interface IssueOptions {
  /** Several: a subject with as many names. */
  readonly commonName?: string | readonly string[];
  /** A DNS name or IPv4 address that it is for, as a server's. */
  readonly host?: string;
  /** Extended key usages by the last number below id-kp: 1 is serverAuth, 2 clientAuth. */
  readonly uses?: readonly number[];
  readonly from?: Date;
  readonly to?: Date;
}

export interface TestAuthority extends TestCertificate {
  issue(options: IssueOptions): TestCertificate;
  /** An authority below this one. */
  subordinate(name: string): TestAuthority;
}

interface Issuer {
  readonly name: string;
  readonly key: KeyObject;
}

const alwaysFrom = new Date("2025-01-01T00:00:00Z");
const alwaysTo = new Date("2049-12-31T23:59:59Z");
let serial = 0;

export function createTestAuthority(
  name: string,
  dates: Pick<IssueOptions, "from" | "to"> = {},
): TestAuthority {
  return authority(name, dates);
}

function authority(name: string, dates: Pick<IssueOptions, "from" | "to">, above?: Issuer): TestAuthority {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const self: Issuer = { name, key: privateKey };
  const isAuthority = extension("551d13", sequence(der(0x01, Buffer.from([0xff]))));
  return {
    key: pemKey(privateKey),
    cert: certificate(above ?? self, { ...dates, commonName: name }, publicKey, [isAuthority]),
    issue: (options) => issue(self, options),
    subordinate: (below) => authority(below, {}, self),
  };
}

function issue(issuer: Issuer, options: IssueOptions): TestCertificate {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { host, uses } = options;
  const extensions = [
    ...(host === undefined ? [] : [extension("551d11", sequence(subjectName(host)))]),
    ...(uses === undefined ? [] : [extension("551d25", sequence(...uses.map(keyPurpose)))]),
  ];
  return {
    key: pemKey(privateKey),
    cert: certificate(issuer, options, publicKey, extensions),
  };
}

function certificate(
  issuer: Issuer,
  { commonName = [], from = alwaysFrom, to = alwaysTo }: IssueOptions,
  key: KeyObject,
  extensions: readonly Buffer[],
): string {
  const ecdsaWithSha256 = sequence(objectId("2a8648ce3d040302"));
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([0x01, 0x00, ++serial])),
    ecdsaWithSha256,
    names([issuer.name]),
    sequence(utcTime(from), utcTime(to)),
    names([commonName].flat()),
    key.export({ type: "spki", format: "der" }),
    ...(extensions.length === 0 ? [] : [der(0xa3, sequence(...extensions))]),
  );
  const signature = der(0x03, Buffer.concat([Buffer.from([0]), sign("sha256", body, issuer.key)]));
  const base64 = sequence(body, ecdsaWithSha256, signature).toString("base64");
  return `-----BEGIN CERTIFICATE-----\n${base64.replaceAll(/.{1,64}/g, "$&\n")}-----END CERTIFICATE-----\n`;
}

function pemKey(key: KeyObject): string {
  return String(key.export({ type: "pkcs8", format: "pem" }));
}

function utcTime(date: Date): Buffer {
  return der(
    0x17,
    Buffer.from(
      `${date
        .toISOString()
        .replaceAll(/[-:T]|\.\d+/g, "")
        .slice(2)}`,
    ),
  );
}

function names(commonNames: readonly string[]): Buffer {
  return sequence(
    ...commonNames.map((name) => der(0x31, sequence(objectId("550403"), der(0x0c, Buffer.from(name))))),
  );
}

/** RFC 5280 §4.2.1.6: an `iPAddress` or a `dNSName`. */
function subjectName(name: string): Buffer {
  return isIPv4(name) ? der(0x87, Buffer.from(name.split(".").map(Number))) : der(0x82, Buffer.from(name));
}

function keyPurpose(last: number): Buffer {
  return objectId(`2b0601050507030${last}`);
}

function extension(id: string, value: Buffer): Buffer {
  return sequence(objectId(id), der(0x04, value));
}

function objectId(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, "hex"));
}

function sequence(...parts: Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

function der(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
