import type { LoginEntry } from '../config/schema.ts'
import { readEmail } from '../username.ts'

/** Characters that the field of a form takes. */
const longestName = 100

/** What the field for the user name holds at first. A longer hint is one that only the provider understands which made it. */
export function nameInForm(hint = ''): string {
  return hint.length <= longestName ? hint : ''
}

/** The way in to which the domain of a hinted address belongs (`emailDomains`). */
export function hintedWay(hint: string | undefined, login: readonly LoginEntry[]): string | undefined {
  const domain = hint === undefined ? undefined : readEmail(hint)?.domain
  if (domain === undefined) return undefined
  return login.find(({ emailDomains = [] }) => emailDomains.includes(domain))?.authenticationClass
}
