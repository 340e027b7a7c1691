import type { MakeRequest, Scene } from "../scene.ts";

/** A request that the operation answers well, and one for each failure of its own, by code. */
export interface OperationCases {
  readonly good: MakeRequest;
  readonly failures?: Readonly<Record<string, MakeRequest>>;
}

/** By operation. */
export type CaseTable = Readonly<Record<string, OperationCases>>;

/** The slug of nothing. */
export const nobody = { params: { slug: "nobody" } };

/** A request that says nothing. */
export const nothing: MakeRequest = () => ({});

/** The same after a rule was made that names what the request is about. */
export function ruled(
  make: MakeRequest,
  rule: (params: Readonly<Record<string, string>>) => object,
): MakeRequest {
  return async (scene) => {
    const sent = await make(scene);
    const named = {
      name: scene.newSlug(),
      action: "block",
      include: [{ everyone: true }],
      ...rule(sent.params ?? {}),
    };
    const { status, body } = await scene.admin("POST", "/policies", named);
    if (status !== 201) throw new Error(JSON.stringify(body));
    return sent;
  };
}

/** The path of a fresh server, or portal. */
export async function aServer(scene: Scene) {
  return { params: { slug: await scene.newServer() } };
}

export async function aPortal(scene: Scene) {
  return { params: { slug: await scene.newPortal() } };
}

export const serverUnknown = { server_unknown: () => nobody };
export const portalNotFound = { portal_not_found: () => nobody };
