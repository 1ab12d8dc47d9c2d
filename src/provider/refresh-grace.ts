/**
 * Refresh tokens that come twice. Products refresh from several tabs and processes at once, and what comes within the grace period from
 * the same client gets the same new token as whoever came first; later it is a theft (RFC 9700 section 4.14.2), and everything of the
 * grant ends. The new token is derived from the old one, so that requests at several servers, and one that is repeated after a crash,
 * arrive at the same: there are no two families that live beside each other, of which one could be a thief's.
 */
import { createHmac } from 'node:crypto'
import Provider, { type KoaContextWithOIDC } from 'oidc-provider'
import type { Clock } from '../clock.ts'
import type { Logger } from '../log.ts'
import type { PayloadTable } from '../store/payloads.ts'

/** Milliseconds. */
const grace = 10_000

/** Refreshes of one token within the grace period that are followed; each of them takes a whole request. */
const longestChain = 100

/** Of a stored refresh token: its successor is derived, by this version or a later one. */
const derives = 'derivesNext'

type StoredToken = Readonly<Record<string, unknown>>

export interface RefreshGrace {
  /** What is kept in a new refresh token besides its own. */
  readonly marks: Readonly<Record<string, true>>
  /** Whether a used token may be shown again at the token endpoint: a moment later, or when nobody ever got its successor. */
  mayComeAgain(id: string, stored: StoredToken): Promise<boolean>
  /** Call when a request has used a token, first or again: its new refresh token will be the successor that is current. */
  used(id: string, stored?: StoredToken): Promise<void>
  /** The id for the new refresh token of the request; undefined: a random one. */
  nextId(ctx: KoaContextWithOIDC | undefined): string | undefined
}

export function createRefreshGrace({
  payloads,
  key,
  clock,
  log,
}: {
  payloads: Pick<PayloadTable, 'find'>
  /** A secret of all servers of this store. */
  key: string
  clock: Clock
  log: Pick<Logger, 'info'>
}): RefreshGrace {
  const nextIds = new WeakMap<KoaContextWithOIDC, string>()
  const successorOf = (id: string) => createHmac('sha256', key).update(id).digest('base64url')

  return {
    marks: { [derives]: true },

    mayComeAgain: async (id, { usedAt, [derives]: isDerived }) => {
      if (typeof usedAt === 'number' && clock.now() - usedAt <= grace) return true
      // The server stopped between taking the token and storing the new one: nobody has that.
      return isDerived === true && (await payloads.find('RefreshToken', successorOf(id))) === undefined
    },

    used: async (id, stored) => {
      const { ctx } = Provider
      if (!ctx) return
      if (stored) {
        log.info({ client: stored['clientId'], user: stored['accountId'] }, 'a refresh token came again within seconds')
      }
      nextIds.set(ctx, await current(successorOf(id)))
    },

    nextId: (ctx) => ctx && nextIds.get(ctx),
  }

  /** The successor itself, or what has come after it meanwhile: whoever is late must not hold a token that is used already. */
  async function current(id: string): Promise<string> {
    let at = id
    for (let steps = 0; steps < longestChain; steps++) {
      const stored = await payloads.find('RefreshToken', at)
      if (stored?.['usedAt'] === undefined) return at
      at = successorOf(at)
    }
    return at
  }
}

/** Gives new refresh tokens the ids of `refreshGrace`; oidc-provider asks this method of a token for its id. */
export function deriveRefreshTokens({ RefreshToken }: Provider, { nextId }: Pick<RefreshGrace, 'nextId'>): void {
  const prototype = RefreshToken.prototype as unknown as { generateTokenId(): string }
  const random = prototype.generateTokenId
  prototype.generateTokenId = function () {
    return nextId(Provider.ctx) ?? random.call(this)
  }
}
