/**
 * Passkeys (WebAuthn) of accounts that are kept here: a way in without a password, and a second factor after one. A challenge is sealed into
 * the browser that gets it, and counts once.
 */
import type { Clock } from '../clock.ts'
import { AppError } from '../errors.ts'
import { isMap } from '../maps.ts'
import { randomId } from '../store/digest.ts'
import { ConflictError } from '../store/engine.ts'
import type { Passkey, PasskeyTable } from '../store/passkeys.ts'
import type { Sealer } from '../store/sealing.ts'
import type { SingleUseTable } from '../store/single-use.ts'
import type { User } from '../store/users.ts'
import { readDisplayName } from '../username.ts'
import type { People } from './people.ts'
import type { RelyingParty } from './webauthn.ts'

const lifetime = 5 * 60_000
const mostOfOne = 20

/** A question to the browser: what it needs, and the sealed text that must come back with the answer. */
export interface PasskeyQuestion {
  /** JSON for `navigator.credentials`. */
  options: string
  sealed: string
}

/** Somebody who has proved a passkey. */
export interface ProvedPasskey {
  userId: string
  passkeyId: string
  /** How, in registered names (RFC 8176). */
  methods: readonly string[]
}

export interface Passkeys {
  of(userId: string): Promise<Passkey[]>
  /** Begins to add one for a person. */
  beginAdding(user: Pick<User, 'id' | 'username'>): Promise<PasskeyQuestion>
  /** Adds it. Throws `passkey-refused`. */
  add(user: Pick<User, 'id'>, answered: { sealed: string; answer: string; name: string }): Promise<void>
  /** Takes one away; nothing happens when it is not there. */
  remove(user: Pick<User, 'id'>, id: string): Promise<void>
  /** Asks for a passkey, whosever it is. */
  ask(): Promise<PasskeyQuestion>
  /** Whose passkey the answer proves. Throws `passkey-refused`. */
  prove(answered: { sealed: string; answer: string }): Promise<ProvedPasskey>
}

/** What is sealed with a question. */
interface AskedQuestion {
  challenge: string
  /** For whom a passkey is added; undefined: somebody signs in. */
  userId?: string
  until: number
}

/** Undefined where browsers give none: without https, and for an issuer that is an IP address. */
export function relyingPartyOf(issuer: string): RelyingParty | undefined {
  const { hostname, origin, protocol } = new URL(issuer)
  const isName = /[a-z]/.test(hostname) && !hostname.startsWith('[')
  const isSecure = protocol === 'https:' || hostname === 'localhost' || hostname.endsWith('.localhost')
  return isName && isSecure ? { id: hostname, origin } : undefined
}

export function createPasskeys({
  party,
  people,
  table,
  singleUse,
  sealer,
  clock,
}: {
  party: RelyingParty
  people: Pick<People, 'change'>
  table: PasskeyTable
  singleUse: Pick<SingleUseTable, 'claim'>
  sealer: Pick<Sealer, 'seal' | 'open'>
  clock: Clock
}): Passkeys {
  const seal = (asked: AskedQuestion) => sealer.seal('passkey-question', JSON.stringify(asked))

  /** The question of an answer, for the first one that comes. */
  const taken = async (sealed: string, userId?: string): Promise<AskedQuestion> => {
    const text = await sealer.open('passkey-question', sealed)
    const asked = text === undefined ? undefined : (JSON.parse(text) as AskedQuestion)
    if (!asked || asked.until <= clock.now() || asked.userId !== userId)
      throw new AppError('passkey-refused', { reason: 'the page was open for too long, or is another one' })
    if (!(await singleUse.claim('passkey-question', asked.challenge, asked.until)))
      throw new AppError('passkey-refused', { reason: 'the answer came before' })
    return asked
  }

  return {
    of: (userId) => table.ofUser(userId),

    beginAdding: async ({ id, username }) => {
      const { creationOptions } = await import('./webauthn.ts')
      const known = await table.ofUser(id)
      const challenge = randomId()
      const options = await creationOptions(party, { user: { id, username }, challenge, known })
      return { options, sealed: await seal({ challenge, userId: id, until: clock.now() + lifetime }) }
    },

    add: async ({ id }, { sealed, answer, name }) => {
      const { verifiedCreation } = await import('./webauthn.ts')
      const { challenge } = await taken(sealed, id)
      const made = await verifiedCreation(party, { answer, challenge })
      if (!made) throw new AppError('passkey-refused', { account: id, reason: 'it does not fit the question' })
      if ((await table.ofUser(id)).length >= mostOfOne)
        throw new AppError('passkey-refused', { account: id, reason: `there are ${mostOfOne} already` })
      const called = readDisplayName(name.slice(0, 60)) ?? 'Passkey'
      const change = people.change(id, id, {
        secondFactor: {
          action: 'user.passkey-added',
          after: { passkey: called },
          parts: (now) => [table.statements.put({ ...made, userId: id, name: called, createdAt: now })],
        },
      })
      await change.catch((error: unknown) => {
        throw error instanceof ConflictError
          ? new AppError('passkey-refused', { account: id, reason: 'it is there already' }, { cause: error })
          : error
      })
    },

    remove: async ({ id: userId }, id) => {
      const found = (await table.ofUser(userId)).find((passkey) => passkey.id === id)
      if (!found) return
      await people.change(userId, userId, {
        secondFactor: {
          action: 'user.passkey-removed',
          after: { passkey: found.name },
          parts: () => [table.statements.remove(userId, id)],
        },
      })
    },

    ask: async () => {
      const { requestOptions } = await import('./webauthn.ts')
      const challenge = randomId()
      const options = await requestOptions(party, challenge)
      return { options, sealed: await seal({ challenge, until: clock.now() + lifetime }) }
    },

    prove: async ({ sealed, answer }) => {
      const { verifiedRequest } = await import('./webauthn.ts')
      const { challenge } = await taken(sealed)
      const passkey = await table.find(credentialIdIn(answer))
      if (!passkey) throw new AppError('passkey-refused', { reason: 'nobody has it here' })
      const { userId } = passkey
      const proved = await verifiedRequest(party, { answer, challenge, passkey })
      if (!proved) throw new AppError('passkey-refused', { account: userId, reason: 'it does not fit the question' })
      if (!(await table.use(passkey, proved.counter, clock.now())))
        throw new AppError('passkey-refused', {
          account: userId,
          reason: 'its counter has not grown: it may be a copy',
        })
      return { userId, passkeyId: passkey.id, methods: ['pop', proved.staysOnDevice ? 'hwk' : 'swk', 'user'] }
    },
  }
}

function credentialIdIn(answer: string): string {
  try {
    const read: unknown = JSON.parse(answer)
    return isMap(read) && typeof read['id'] === 'string' ? read['id'].slice(0, 1400) : ''
  } catch {
    return ''
  }
}
