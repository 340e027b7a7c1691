/** Which servers somebody has switched off for a client of theirs, and which are new to them. */
import type { ChoicePlace, PageChoices, ServerOfPerson } from "./ports.ts";

type Chosen = Awaited<ReturnType<PageChoices["read"]>>;

/** How a form names a server of a portal. */
export function placeKey({ portalId, serverId }: Pick<ChoicePlace, "portalId" | "serverId">): string {
  return `${portalId} ${serverId}`;
}

/** Keys (`placeKey`) of what is switched off for the client. */
export function offAt(clientId: string, { off }: Chosen): ReadonlySet<string> {
  return new Set(off.filter((one) => one.clientId === clientId).map(placeKey));
}

/** What they were not told of, at portals where they have been before: on a first visit everything would be new. */
export function newTo(
  servers: readonly ServerOfPerson[],
  { told }: Chosen,
): Pick<ChoicePlace, "portalId" | "serverId">[] {
  const [known, visited] = [new Set(told.map(placeKey)), new Set(told.map(({ portalId }) => portalId))];
  return placesOf(servers).filter((place) => visited.has(place.portalId) && !known.has(placeKey(place)));
}

/** Sets what is other than it was. What somebody cannot use is not chosen, whatever was sent. */
export async function saveChoices(
  choices: PageChoices,
  of: { personId: string; clientId: string; servers: readonly ServerOfPerson[] },
  on: ReadonlySet<string>,
): Promise<void> {
  const { personId, clientId } = of;
  const off = offAt(clientId, await choices.read(personId));
  for (const place of placesOf(of.servers)) {
    const isOn = on.has(placeKey(place));
    if (isOn === off.has(placeKey(place))) await choices.set({ personId, clientId, ...place }, isOn);
  }
}

function placesOf(servers: readonly ServerOfPerson[]): Pick<ChoicePlace, "portalId" | "serverId">[] {
  return servers.flatMap(({ target, portals }) =>
    portals.map(({ id }) => ({ portalId: id, serverId: target.id })),
  );
}
