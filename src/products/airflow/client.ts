import type { ProductSettings } from '../contract.ts'
import { flaskAppBuilderClient } from '../flask-app-builder/client.ts'
import { isBefore } from '../writing/version.ts'

/** Airflow 3 serves its Flask part below /auth. */
export function isAirflow2(version: readonly number[]): boolean {
  return isBefore(version, '3')
}

export function callbackUri({ product, version }: ProductSettings, providerName: string): string {
  return `${product.url}${isAirflow2(version) ? '' : '/auth'}/oauth-authorized/${providerName}`
}

export const airflowClient = flaskAppBuilderClient<'airflow'>(
  { oldest: '2.9.0', newest: '3.3.2', parts: 2 },
  callbackUri,
)
