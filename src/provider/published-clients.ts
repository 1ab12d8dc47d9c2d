import type { JSONWebKeySet } from 'jose'
import type { Adapter, AdapterPayload } from 'oidc-provider'
import type { RegisteredProduct } from './clients.ts'

/** Clients whose keys are read from an address: oidc-provider asks for them each time, and so never keeps a key that was withdrawn. */
export function publishesKeys({ metadata }: RegisteredProduct): boolean {
  return metadata.jwks_uri !== undefined
}

/** Finds those clients, with the keys of now. */
export function createPublishedClients(
  clients: readonly RegisteredProduct[],
  keysAt: (address: string) => Promise<JSONWebKeySet>,
): Pick<Adapter, 'find'> {
  return {
    find: async (id) => {
      const client = clients.find((each) => publishesKeys(each) && each.metadata.client_id === id)
      if (!client) return undefined
      const { jwks_uri: address = '', ...metadata } = client.metadata
      return { ...metadata, jwks: await keysAt(address) } as AdapterPayload
    },
  }
}
