import type { Adapter, AdapterPayload } from "oidc-provider";

/** Where `oidc-provider` keeps what it makes: in memory, for as long as the test runs. */
export function createMapAdapter(): (model: string) => Adapter {
  const kept = new Map<string, AdapterPayload>();
  return (model) => {
    const at = (id: string) => `${model} ${id}`;
    const findBy = async (member: "uid" | "userCode", value: string) =>
      [...kept].find(([key, payload]) => key.startsWith(`${model} `) && payload[member] === value)?.[1];
    return {
      upsert: async (id, payload) => void kept.set(at(id), payload),
      find: async (id) => kept.get(at(id)),
      findByUid: (uid) => findBy("uid", uid),
      findByUserCode: (userCode) => findBy("userCode", userCode),
      consume: async (id) => {
        const payload = kept.get(at(id));
        if (payload) payload.consumed = Math.floor(Date.now() / 1000);
      },
      destroy: async (id) => void kept.delete(at(id)),
      revokeByGrantId: async (grantId) => {
        for (const [key, payload] of kept) if (payload.grantId === grantId) kept.delete(key);
      },
    };
  };
}
