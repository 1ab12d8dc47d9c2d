import type { ProductSettings } from '../contract.ts'
import { flaskAppBuilderClient } from '../flask-app-builder/client.ts'

export function callbackUri({ product: { url } }: ProductSettings, providerName: string): string {
  return `${url}/oauth-authorized/${providerName}`
}

export const supersetClient = flaskAppBuilderClient<'superset'>(
  { oldest: '4.0.0', newest: '6.1.0', parts: 2 },
  callbackUri,
)
