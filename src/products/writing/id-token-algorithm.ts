import type { ClientProfile, CommonSettings } from '../contract.ts'

/** How Gatehouse signs the ID tokens of a product. */
export function idTokenSigningAlgOf(
  { idTokenSigningAlg: asked }: Pick<CommonSettings, 'idTokenSigningAlg'>,
  { idTokenSigningAlg: required, usualIdTokenSigningAlg: usual }: ClientProfile,
): 'ES256' | 'RS256' {
  return asked ?? required ?? usual ?? 'ES256'
}
