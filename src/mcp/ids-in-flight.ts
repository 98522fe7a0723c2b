import { isJsonObject } from "../message.ts";
import type { RequestId } from "./json-rpc.ts";

/** The ids of a session's requests that are not answered: a second request of the same id would take the first's answer. */
export interface IdsInFlight {
  /**
   * Keep the ids of the requests in a body, one message or several. A request that is cancelled in it lets go of its id.
   *
   * @returns the id that is in use already, where there is one; then none is kept
   */
  take(body: unknown): RequestId | undefined;
  /** Let go of those of a body that was refused. */
  release(body: unknown): void;
  /** Of a reply that is on its way. */
  answered(message: unknown): void;
}

export function trackIds(): IdsInFlight {
  const ids = new Set<RequestId>();
  return {
    take(body) {
      const asked = requestIds(body);
      const twice = asked.find((id, index) => ids.has(id) || asked.indexOf(id) < index);
      if (twice !== undefined) return twice;
      for (const id of asked) ids.add(id);
      for (const id of cancelledIds(body)) ids.delete(id);
      return undefined;
    },
    release(body) {
      for (const id of requestIds(body)) ids.delete(id);
    },
    answered(message) {
      if (isJsonObject(message) && !("method" in message) && isId(message["id"])) ids.delete(message["id"]);
    },
  };
}

/** The ids of the requests that a body says are cancelled: they are never answered. */
export function cancelledIds(body: unknown): RequestId[] {
  return messagesOf(body).flatMap(({ method, params }) => {
    const id = method === "notifications/cancelled" && isJsonObject(params) ? params["requestId"] : undefined;
    return isId(id) ? [id] : [];
  });
}

function requestIds(body: unknown): RequestId[] {
  return messagesOf(body).flatMap(({ method, id }) => (typeof method === "string" && isId(id) ? [id] : []));
}

function messagesOf(body: unknown) {
  return (Array.isArray(body) ? body : [body]).filter((message) => isJsonObject(message));
}

function isId(id: unknown): id is RequestId {
  return typeof id === "string" || typeof id === "number";
}
