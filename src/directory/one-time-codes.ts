/** Imported on demand: a server without authenticator apps never loads the library. */
import { generateSecret, generateURI, verify } from 'otplib'

/** Seconds for which a code is shown (RFC 6238). Apps know no other. */
const period = 30
/** Seconds by which the clock of a phone may be wrong: the code of the step before and of the one after are taken too. */
const drift = 30

/** A new secret of 160 bits, in base32 (RFC 4226, section 4). */
export function newSecret(): string {
  return generateSecret()
}

/** What the picture for the app says. `issuer` and `account` are shown there. */
export function appAddress({ secret, issuer, account }: { secret: string; issuer: string; account: string }): string {
  return generateURI({ secret, issuer, label: account })
}

/** The step of time to which a code of six digits belongs; undefined for a wrong one. `now` in milliseconds. */
export async function stepOf(secret: string, code: string, now: number): Promise<number | undefined> {
  if (!/^\d{6}$/.test(code)) return undefined
  const epoch = Math.floor(now / 1000)
  const result = await verify({ secret, token: code, epoch, period, epochTolerance: drift })
  return result.valid && 'timeStep' in result ? result.timeStep : undefined
}
