import { otherSpelling } from '../../issuer-text.ts'
import type { Provider } from '../contract.ts'

/** Whether the slash at the end of the issuer is a guess: `rootPath: /` and no `rootPath` are the same, and nothing else says how it ends. */
export function isSlashGuessed({ vendor, issuer }: Provider): boolean {
  return vendor.rootSlash === 'perhaps' && otherSpelling(issuer) === new URL(issuer).origin
}
