import type { IncomingMessage } from 'node:http'
import type { Clock } from '../clock.ts'
import { type Surroundings, upstreamAuthorities } from '../config/network.ts'
import { createGate, type Gate, type GateDependencies } from '../gate/gate.ts'
import type { Credential } from '../gate/session-cache.ts'
import type { Logger } from '../log.ts'
import { handoffPath } from '../login/destination.ts'
import type { SignOut } from '../login/sign-out.ts'
import { own } from '../maps.ts'
import type { OpenIdProvider } from '../provider/contract.ts'
import { requestIdOf } from '../request-record.ts'
import type { Sessions } from '../sessions/index.ts'
import type { Origin } from '../store/audit.ts'
import type { Revocation } from '../store/revocations.ts'
import type { ErrorPages } from './error-pages.ts'
import type { Issuer } from './issuer.ts'
import type { ServerConfig } from './prerequisites.ts'

/** What the gate asks of the parts that answer now, which may be made of a newer configuration than the gate itself. */
export interface BesideGate {
  verifyToken: OpenIdProvider['verifyAccessToken']
  signOut: Pick<SignOut, 'service'>
  errorPage: ErrorPages['ofService']
  askSignOut: GateDependencies['askSignOut']
}

/** A gate that is told of revocations. */
export interface ServiceGate {
  config: ServerConfig
  gate: Gate
  /** The gate of another configuration takes its place; this one goes on only with what that one allows. */
  giveWayTo(next: ServiceGate): void
  close(): Promise<void>
}

/**
 * The gate for the services of a configuration. A websocket may keep it for days, so it holds nothing of what else is made of the
 * configuration: `beside` leads to what answers now.
 */
export function createServiceGate({
  config,
  surroundings,
  issuer,
  sessions: { services, revocations },
  beside,
  originOf,
  answerAnew,
  cacheCounts,
  clock,
  log,
}: {
  config: ServerConfig
  surroundings: Surroundings
  issuer: Issuer
  sessions: Pick<Sessions, 'services' | 'revocations'>
  beside: () => BesideGate
  originOf: (request: IncomingMessage) => Origin
  answerAnew: GateDependencies['answerAnew']
  cacheCounts: GateDependencies['cacheCounts']
  clock: Clock
  log: Logger
}): ServiceGate {
  const { signedOutUrl } = issuer
  const gate = createGate(
    {
      services: config.services,
      trustedProxies: config.listen.trustedProxies,
      returnOrigins: [issuer.origin],
      pageOrigins: Object.values(config.products).map(({ url }) => new URL(url).origin),
      upstreamAuthorities: upstreamAuthorities(config, surroundings),
    },
    {
      findSession: services.find,
      verifyToken: (token, audience) => beside().verifyToken(token, audience),
      redeemCode: async ({ request, ...code }) => {
        const origin = originOf(request)
        const redeemed = await services.redeem({ ...code, origin })
        if (redeemed) {
          const { service } = code
          const { username: user } = redeemed.session.identity
          const { from: address, requestId } = origin
          log.info({ event: 'session.started', requestId, user, service, address }, 'came to a service')
        }
        return redeemed
      },
      signInUrl: ({ service, returnTo, state, shortened, someoneElse }) =>
        `${issuer.url}${handoffPath({ kind: 'service', service, returnTo, state, shortened }, { someoneElse })}`,
      signOut: async ({ session, returnTo, request }) =>
        session === undefined
          ? `${signedOutUrl}${returnTo === undefined ? '' : `?${new URLSearchParams({ return_to: returnTo })}`}`
          : ((await beside().signOut.service(session.key, returnTo, {
              user: session.identity.username,
              ...originOf(request),
            })) ??
            returnTo ??
            signedOutUrl),
      errorPage: (input) => beside().errorPage(input),
      askSignOut: (input) => beside().askSignOut(input),
      answerAnew,
      cacheCounts,
      requestId: requestIdOf,
      log,
      clock,
    },
  )
  const forget = revocations.onRevoked((revocation) => tellGate(gate, revocation))
  return {
    config,
    gate,
    giveWayTo: (next) => {
      const stays = ({ identity, product }: Credential, service: string) =>
        product === undefined ||
        (mayHaveTokens(next.config, { product, service, isItsOwn: identity.program !== undefined }) &&
          own(next.config.services, service)?.url === own(config.services, service)?.url)
      gate.giveWayTo(next.gate, stays)
    },
    close: async () => {
      forget()
      await gate.close()
    },
  }
}

/** Whether a configuration lets a product have access tokens for a service, as the provider reads it when it verifies one. */
function mayHaveTokens(
  { products }: ServerConfig,
  { product: name, service, isItsOwn }: { product: string; service: string; isItsOwn: boolean },
): boolean {
  const product = own(products, name)
  if (product === undefined || !product.services.includes(service)) return false
  if (!product.authentication.some(({ authenticationClass }) => authenticationClass === 'gatehouse')) return false
  return !isItsOwn || product.grantTypes.includes('client_credentials')
}

function tellGate(gate: Gate, { kind, subject }: Revocation): void {
  if (kind === 'session') gate.forgetSession(subject)
  else if (kind === 'grant' || kind === 'token') gate.forgetToken(subject)
  else if (kind === 'profile') gate.refreshUser(subject)
  else if (kind === 'keys') gate.dropTokens()
  else gate.forgetUser(subject)
}
