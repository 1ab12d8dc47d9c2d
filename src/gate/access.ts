import type { Clock } from '../clock.ts'
import { AppError, asAppError } from '../errors.ts'
import { pathOf } from '../http.ts'
import type { Logger } from '../log.ts'
import type { CacheCounts } from './cache-counts.ts'
import { cookieValue, isSessionId } from './cookies.ts'
import {
  type CompiledRule,
  type Decision,
  type Disagreement,
  decide,
  decidingRule,
  disagreement,
  openTo,
} from './decide.ts'
import type { GatedService } from './gated-service.ts'
import type { Identity, ServiceSession, VerifiedToken } from './identity.ts'
import { identityHeaders } from './identity-headers.ts'
import type { Target } from './path.ts'
import { createPendingLookups } from './pending-lookups.ts'
import type { RequestHead } from './request-head.ts'
import { type Credential, createSessionCache } from './session-cache.ts'
import { createTokenCache } from './token-cache.ts'

/** Who is asking: nobody that is known, someone, or why it cannot be told. */
export type Who = Credential | AppError | undefined

export interface Verdict {
  decision: Decision
  credential: Credential | undefined
  /**
   * Why a token was refused, or what failed while looking, with `unauthenticated`; with `forbidden`, that the rules decide differently
   * about the ways in which the path can be read.
   */
  error: AppError | undefined
}

/** What the log says of a refusal by the rules: which of them, and what of the person it did not find. Asked for when it is written. */
export function reasonOf(
  { credential }: Pick<Verdict, 'credential'>,
  { service, head, method, target }: Pick<AccessQuestion, 'service' | 'head' | 'method' | 'target'>,
): () => Readonly<Record<string, unknown>> {
  return () => {
    const identity = credential?.identity
    const rule = decidingRule(service.rules, { method, path: target.path, wantsPage: false, identity })
    const allow = rule === undefined ? 'nobody' : Array.isArray(rule.allow) ? rule.allow.join(' ') : rule.allow
    const found = { rule: nameOf(rule), allow }
    if (identity === undefined) {
      const came = cookieValue(head.cookie, service.sessionCookie) !== undefined
      return { ...found, reason: came ? 'the session has ended' : 'nobody is signed in' }
    }
    if (rule === undefined) return { ...found, reason: 'no rule matches the path' }
    const { teams, program } = identity
    if (program !== undefined) return { ...found, reason: `the program ${program} is not among them` }
    return { ...found, reason: 'the person is not among them', teams: teams.join(' ') || 'none' }
  }
}

/** The refusal of somebody who is signed in; details say who, by which rule, and to whom the path is open. */
export function denied(
  { credential }: Pick<Verdict, 'credential'>,
  { service, method, target }: Pick<AccessQuestion, 'service' | 'method' | 'target'>,
): AppError {
  const identity = credential?.identity
  const question = { method, path: target.path, wantsPage: false, identity }
  const rule = decidingRule(service.rules, question)
  return new AppError('access-denied', {
    service: service.name,
    user: identity?.username ?? '',
    teams: identity?.teams ?? [],
    method,
    path: pathOf(target.target),
    rule: nameOf(rule),
    openTo: openTo(rule),
    // Of the service, or only of this page of it.
    frontPageOpen: decide(service.rules, { ...question, method: 'GET', path: '/' }) === 'allow',
  })
}

function nameOf(rule: CompiledRule | undefined): string {
  return rule?.name ?? 'no rule'
}

export interface Access {
  /** Who is asking this service. At once when it is known already; the promise never rejects. */
  identify(head: RequestHead, service: GatedService): Who | Promise<Who>
  /**
   * Who is asking, and whether the rules let it pass. Calls back in the same turn when it is known already.
   *
   * @param broken gets what `then` throws in a later turn; in the same turn it is thrown to the caller.
   */
  admit(question: AccessQuestion, then: (verdict: Verdict) => void, broken: (error: unknown) => void): void
  /** Forgets what is revoked by that name: of a session, a grant or a token. */
  forgetNamed(name: string): void
  forgetUser(userId: string): void
  dropTokens(): void
  /** Frees the memory of what is known; it can be asked for again. */
  forgetAll(): void
  /** How much is known. */
  sizes(): { sessions: number; tokens: number }
}

export interface AccessQuestion {
  service: GatedService
  head: RequestHead
  method: string
  target: Target
  page: boolean
}

export interface AccessDependencies {
  services: ReadonlyMap<string, GatedService>
  findSession(id: string, service: string): ServiceSession | undefined | Promise<ServiceSession | undefined>
  verifyToken(token: string, audience: string): Promise<VerifiedToken>
  clock: Clock
  log: Logger
  /** How many sessions, and how many tokens, are kept. */
  cacheLimit: number
  /** Milliseconds after which the store is asked again about a session. */
  cacheFreshness: number
  cacheCounts?: CacheCounts | undefined
}

export function createAccess(deps: AccessDependencies): Access {
  const { clock, log } = deps
  const sessions = createSessionCache({
    clock,
    limit: deps.cacheLimit,
    freshness: deps.cacheFreshness,
    ...(deps.cacheCounts ? { counts: deps.cacheCounts.sessions } : {}),
  })
  const lookUps = createPendingLookups()
  const audiences = new Map([...deps.services.values()].map((service) => [service.url, service]))
  const tokens = createTokenCache({
    clock,
    limit: deps.cacheLimit,
    ...(deps.cacheCounts ? { counts: deps.cacheCounts.tokens } : {}),
    async verify(token, audience) {
      const verified = await deps.verifyToken(token, audience)
      const credential = credentialOf(verified.identity, verified.expiresAt, audiences.get(audience))
      if (credential === undefined)
        throw new AppError('token-invalid', { reason: 'the username cannot be sent in a header' })
      const names = [verified.session, verified.grant, verified.token].filter((name) => name !== undefined)
      return { ...credential, names, product: verified.product }
    },
  })

  function credentialOf(
    identity: Identity,
    expiresAt: number,
    service: GatedService | undefined,
    session?: ServiceSession,
  ): Credential | undefined {
    const headers = identityHeaders(identity, service?.namedTeams ?? new Set())
    if (headers === undefined) {
      log.error({ userId: identity.userId }, 'the username is empty or too long for a header: the session is refused')
      return undefined
    }
    if (headers.teamsCut > 0) {
      log.warn(
        { userId: identity.userId, service: service?.name, teamsCut: headers.teamsCut },
        'not all teams fit into the groups header',
      )
    }
    if (session === undefined) return { identity, headers, expiresAt, names: [] }
    return { identity, headers, expiresAt, session, names: [session.key] }
  }

  function identify(head: RequestHead, service: GatedService): Who | Promise<Who> {
    if (isBearer(head.authorization)) return identifyByToken(head.authorization.slice(7).trim(), service)
    if (head.cookie === '') return undefined
    const id = cookieValue(head.cookie, service.sessionCookie)
    if (id === undefined || !isSessionId(id)) return undefined

    const known = sessions.get(id)
    if (known !== undefined) return known.session?.service === service.name ? known : undefined
    return lookUp(id, service)
  }

  function identifyByToken(token: string, service: GatedService): Who | Promise<Who> {
    const credential = tokens.identify(token, service.url)
    return credential instanceof Promise ? credential.catch(asAppError) : credential
  }

  function lookUp(id: string, service: GatedService): Who | Promise<Who> {
    const mark = lookUps.begin()
    try {
      const found = deps.findSession(id, service.name)
      if (!(found instanceof Promise)) {
        lookUps.end()
        return admitSession(id, service, found)
      }
      return found.then(
        (session) => {
          // Revoked while the answer was on its way: the store is asked for what holds now.
          const stale = session !== undefined && lookUps.revokedSince(mark, [session.key, session.identity.userId])
          lookUps.end()
          return stale ? lookUp(id, service) : admitSession(id, service, session)
        },
        (error: unknown) => {
          lookUps.end()
          return asAppError(error)
        },
      )
    } catch (error) {
      lookUps.end()
      return asAppError(error)
    }
  }

  function admitSession(
    id: string,
    service: GatedService,
    session: ServiceSession | undefined,
  ): Credential | undefined {
    if (session === undefined || session.service !== service.name || session.expiresAt <= clock.now()) return undefined
    const credential = credentialOf(session.identity, session.expiresAt, service, session)
    if (credential !== undefined) sessions.set(id, session, credential)
    return credential
  }

  function settle({ service, method, target, page }: AccessQuestion, who: Who): Verdict {
    const credential = who instanceof AppError ? undefined : who
    const question = { method, path: target.path, wantsPage: page, identity: credential?.identity }
    const decision = decide(service.rules, question)
    if (target.others !== undefined) {
      const differing = disagreement(service.rules, question, target.others)
      if (differing !== undefined)
        return { decision: 'forbidden', credential, error: ambiguous(service, target, differing) }
    }
    if (!(who instanceof AppError) || decision === 'allow') return { decision, credential, error: undefined }
    return { decision: 'unauthenticated', credential, error: who }
  }

  function admit(question: AccessQuestion, then: (verdict: Verdict) => void, broken: (error: unknown) => void): void {
    const who = identify(question.head, question.service)
    if (!(who instanceof Promise)) {
      then(settle(question, who))
      return
    }
    // What `then` begins must be ended by a revocation that was heard before it has begun: there was nothing to end at that time.
    const mark = lookUps.begin()
    who
      .then((known) => {
        if (isRevokedSince(mark, known)) admit(question, then, broken)
        else then(settle(question, known))
      })
      .catch(broken)
      .finally(lookUps.end)
  }

  function isRevokedSince(mark: number, who: Who): boolean {
    if (who === undefined || who instanceof AppError) return false
    return lookUps.revokedSince(mark, [everyToken, who.identity.userId, ...who.names])
  }

  return {
    identify,
    admit,
    forgetNamed(name) {
      lookUps.revoked(name)
      sessions.forgetSession(name)
      tokens.forgetNamed(name)
    },
    forgetUser(userId) {
      lookUps.revoked(userId)
      sessions.forgetUser(userId)
      tokens.forgetUser(userId)
    },
    dropTokens() {
      lookUps.revoked(everyToken)
      tokens.clear()
    },
    forgetAll() {
      sessions.clear()
      tokens.clear()
    },
    sizes: () => ({ sessions: sessions.size, tokens: tokens.size }),
  }
}

/** Rules are compared with other paths than the one that came, so each stands beside its own. */
function ambiguous(
  { name }: GatedService,
  { target }: Target,
  { path, rule, otherPath, otherRule }: Disagreement,
): AppError {
  return new AppError('path-ambiguous', {
    service: name,
    path: pathOf(target),
    readAs: path,
    rule: nameOf(rule),
    alsoReadAs: otherPath,
    otherRule: nameOf(otherRule),
  })
}

/** No user id and no name has a blank in front. */
const everyToken = ' every token'

/** The scheme is compared without case (RFC 9110, 11.1). */
function isBearer(authorization: string): boolean {
  return (
    authorization.length > 7 &&
    authorization.charCodeAt(6) === 0x20 &&
    authorization.slice(0, 6).toLowerCase() === 'bearer'
  )
}
