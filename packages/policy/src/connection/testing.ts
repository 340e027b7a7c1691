/** For tests: a database file as MaxMind describes it (MaxMind DB file format 2.0), of IPv4 networks. */

export type MmdbValue = string | number | { readonly [key: string]: MmdbValue };

/** `8.0.0.0/8` → what is known of it. Networks do not overlap. */
export function makeMmdb(networks: Readonly<Record<string, MmdbValue>>): Buffer {
  // Each node: what a 0 and what a 1 leads to; a node's number, a value, or nothing.
  const nodes: (number | { value: MmdbValue } | undefined)[][] = [[undefined, undefined]];
  for (const [network, value] of Object.entries(networks)) {
    const [address = "", bits = "0"] = network.split("/");
    let at = 0;
    for (let bit = 0; bit < Number(bits); bit += 1) {
      const side = (Number(address.split(".")[bit >> 3]) >> (7 - (bit & 7))) & 1;
      const node = nodes[at] as (typeof nodes)[number];
      if (bit === Number(bits) - 1) node[side] = { value };
      else at = (node[side] ??= nodes.push([undefined, undefined]) - 1) as number;
    }
  }
  const data: Buffer[] = [];
  const tree = nodes.flat().map((to) => {
    if (to === undefined) return uint24(nodes.length);
    if (typeof to === "number") return uint24(to);
    const offset = Buffer.concat(data).length;
    data.push(encode(to.value));
    return uint24(nodes.length + 16 + offset);
  });
  const metadata = {
    node_count: nodes.length,
    record_size: 24,
    ip_version: 4,
    database_type: "Test",
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 0,
    languages: {},
    description: {},
  };
  const marker = Buffer.from("\xab\xcd\xefMaxMind.com", "latin1");
  return Buffer.concat([...tree, Buffer.alloc(16), ...data, marker, encode(metadata)]);
}

function uint24(value: number): Buffer {
  return Buffer.from([value >> 16, (value >> 8) & 0xff, value & 0xff]);
}

/** Types 2 (text), 6 (uint32) and 7 (map); nothing is longer than 28. */
function encode(value: MmdbValue): Buffer {
  if (typeof value === "string")
    return Buffer.concat([Buffer.from([(2 << 5) | value.length]), Buffer.from(value)]);
  if (typeof value === "number")
    return Buffer.from([(6 << 5) | 4, value >> 24, value >> 16, value >> 8, value]);
  const members = Object.entries(value).flatMap((pair) => pair.map(encode));
  return Buffer.concat([Buffer.from([(7 << 5) | (members.length / 2)]), ...members]);
}
