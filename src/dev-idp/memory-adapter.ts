import { setTimeout } from 'node:timers'

type Payload = Record<string, unknown> & { grantId?: string; uid?: string; consumed?: number }

/**
 * oidc-provider's storage interface over a map. Its own in-memory storage is one for the whole process, so two providers in one test
 * would see each other's sessions.
 */
export function memoryAdapter(): (model: string) => object {
  const stored = new Map<string, Payload>()
  return (model) => {
    const key = (id: string) => `${model}:${id}`
    return {
      upsert: async (id: string, payload: Payload, expiresIn?: number) => {
        stored.set(key(id), payload)
        if (expiresIn !== undefined) forgetLater(stored, key(id), expiresIn)
      },
      find: async (id: string) => stored.get(key(id)),
      findByUid: async (uid: string) =>
        stored.entries().find(([name, payload]) => name.startsWith(`${model}:`) && payload.uid === uid)?.[1],
      findByUserCode: async () => undefined,
      consume: async (id: string) => {
        const payload = stored.get(key(id))
        if (payload) payload.consumed = Math.floor(Date.now() / 1000)
      },
      destroy: async (id: string) => {
        stored.delete(key(id))
      },
      revokeByGrantId: async (grantId: string) => {
        for (const [name, payload] of stored) if (payload.grantId === grantId) stored.delete(name)
      },
    }
  }
}

function forgetLater(stored: Map<string, Payload>, name: string, seconds: number): void {
  const payload = stored.get(name)
  // A timer takes 31 bits of milliseconds; what lives longer than that outlives a development server.
  if (seconds > 2_000_000) return
  const timer = setTimeout(() => {
    if (stored.get(name) === payload) stored.delete(name)
  }, seconds * 1000)
  timer.unref()
}
