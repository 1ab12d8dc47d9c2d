/**
 * Everything that is made from the configuration, on a foundation that outlives it. Every part is created here and nowhere else; an arrow
 * that runs outward is a function passed in.
 */
import type { IncomingMessage } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { ownHosts } from '../config/addresses.ts'
import { localName } from '../config/authentication-class.ts'
import { type BrandFiles, readBrandFiles } from '../config/brand-files.ts'
import { namingOf } from '../config/names.ts'
import { upstreamAuthorities } from '../config/network.ts'
import type { Config } from '../config/schema.ts'
import type { Connector, ConnectorOfClass } from '../connectors/contract.ts'
import { createConnectors, waysInOf } from '../connectors/index.ts'
import { createLocalConnector } from '../connectors/local.ts'
import { createDirectory } from '../directory/index.ts'
import { createPasskeys, relyingPartyOf } from '../directory/passkeys.ts'
import { createPasswordResets } from '../directory/password-resets.ts'
import { createSecondFactors } from '../directory/second-factors.ts'
import type { Teams } from '../directory/teams.ts'
import { AppError } from '../errors.ts'
import { parseReturnTo } from '../gate/return-url.ts'
import { trustedProxies } from '../gate/trusted-proxies.ts'
import { createLogin } from '../login/app.ts'
import { createSecondSteps } from '../login/second-steps.ts'
import { createSignOut } from '../login/sign-out.ts'
import { createMailer, type Mailer } from '../mail/index.ts'
import { own } from '../maps.ts'
import { checkClientSecrets } from '../provider/clients.ts'
import type { OpenIdProvider } from '../provider/contract.ts'
import { createProvider } from '../provider/index.ts'
import { requestIdOf } from '../request-record.ts'
import { createBrand } from '../web/brand.ts'
import { createLooks } from '../web/look.ts'
import { createFetchOfClientKeys } from './client-keys-network.ts'
import { createClientOf } from './client-network.ts'
import { createErrorPages, type ErrorPages } from './error-pages.ts'
import type { Foundation } from './foundation.ts'
import { type ServerConfig, servableConfig } from './prerequisites.ts'
import { refuseProgram } from './program-answers.ts'
import { createProtocolAnswers } from './protocol-answers.ts'
import { createProviderHost } from './provider-host.ts'
import { createRequestLog, type RequestLog } from './request-log.ts'
import { createRouter, type Router } from './router.ts'
import { type BesideGate, createServiceGate, type ServiceGate } from './service-gate.ts'
import { createSignOutQuestion } from './sign-out-question.ts'

/** A configuration that has passed every check that can be made without a store. */
export interface Checked {
  config: ServerConfig
  mailer: Mailer | undefined
  connectors: readonly ConnectorOfClass[]
  /** The files of `branding`. */
  brandFiles: BrandFiles
}

export interface Generation {
  config: ServerConfig
  /** The products that sign in here. */
  clients: OpenIdProvider['clients']
  serviceGate: ServiceGate
  requestLog: RequestLog
  /** What the gate needs of the other parts. */
  beside: BesideGate
  router: Router
  teams: Teams
  /** Names of the ways in, in their order. */
  waysIn: readonly string[]
  /** Those of the ways in, to look whether their providers are there. */
  connectors: readonly Connector[]
  /** Local accounts are a way in. */
  hasLocal: boolean
  /** Answers what it cannot finish: the server stops. */
  refuse: ErrorPages['refuse']
}

/** Refuses a configuration with which a server cannot run, before anything is created. Throws `config-invalid`, `secret-not-found`. */
export async function checkedConfig(
  written: Config,
  { env, baseDir, clock, log }: Pick<Foundation, 'env' | 'baseDir' | 'clock' | 'log'>,
): Promise<Checked> {
  const config = servableConfig(written, env)
  checkClientSecrets({ config, env, baseDir })
  upstreamAuthorities(config, { env, baseDir })
  const { files: brandFiles, problems } = readBrandFiles(config.branding, baseDir)
  for (const { path, message } of problems)
    throw new AppError('config-invalid', { at: path.join('.'), problem: message })
  const mailer = await createMailer(config, { env, baseDir }, log)
  const connectors = await createConnectors({ config, env, baseDir, clock })
  return { config, mailer, connectors, brandFiles }
}

/** Makes every part; nothing is served yet. Throws AppError, and leaves nothing open then. */
export async function createGeneration(
  { config, connectors, mailer, brandFiles }: Checked,
  foundation: Foundation,
): Promise<Generation> {
  const { issuer, metrics, store, sealer, clock, log, turns, env, baseDir, traces, browser, knownDevices } = foundation
  const { services, ending, revocations, findIdentity } = foundation.sessions
  const { base, secure, signedOutUrl } = issuer

  const { accounts, justInTime, people, remotePasswords, teams } = createDirectory({
    store,
    teams: config.teams,
    naming: namingOf(config),
    revocations,
    clock,
    localAccounts: config.localAccounts,
    log,
  })
  const locals = createLocalConnector(accounts)
  const ofClasses = connectors.map((made) => (made.kind === 'lookup' ? remotePasswords(made) : made))
  const waysIn = waysInOf(config.login, [...ofClasses, locals], config.authenticationClasses)
  const party = config.localAccounts.passkeys ? relyingPartyOf(config.issuer) : undefined
  const { passkeys: table, singleUse } = store
  const passkeys = party && createPasskeys({ party, people, table, singleUse, sealer, clock })
  const secondFactors = createSecondFactors({
    policy: config.localAccounts.secondFactor,
    issuer: new URL(config.issuer).host,
    people,
    table: store.secondFactors,
    hasPasskeys: async (userId) => ((await passkeys?.of(userId)) ?? []).length > 0,
    loginAttempts: store.loginAttempts,
    sealer,
    clock,
  })
  const signOutOrigins = waysIn.flatMap(({ connector }) =>
    connector.kind === 'redirect' ? connector.signOutOrigins : [],
  )
  const signOut = createSignOut({
    ending,
    services,
    singleUse: store.singleUse,
    sealer,
    waysIn,
    clock,
    log,
    signedOutUrl,
  })
  const proxies = trustedProxies(config.listen.trustedProxies)
  const clientOf = createClientOf(proxies, log)
  const networkOf = (request: IncomingMessage) => clientOf(request).network
  const originOf = (request: IncomingMessage) => ({ from: clientOf(request).address, requestId: requestIdOf(request) })
  const { name, accent, links, help, access } = config.branding ?? {}
  const brand = createBrand({ name, accent, links, help, access, ...brandFiles }, { issuer: config.issuer })
  const looks = createLooks({ brand, secure })
  const errorPages = createErrorPages({ issuer: config.issuer, services: config.services, looks, clock })
  const errorPage = errorPages.ofProvider
  const provider = await createProvider({
    config,
    env,
    baseDir,
    store,
    findIdentity,
    ending,
    fetch: createFetchOfClientKeys(config, { env, baseDir }),
    networkOf,
    sealer,
    clock,
    turns,
    log,
    host: createProviderHost({
      browser,
      looks,
      signOut,
      errorPage,
      originOf,
      told: createProtocolAnswers({ clientOf, metrics, clock, log }),
      signOutOrigins,
      signedOutUrl,
    }),
  })

  const serviceUrls = Object.values(config.services).map(({ url }) => new URL(url).origin)
  const origins = new Set([...serviceUrls, issuer.origin])
  const login = createLogin({
    config,
    waysIn,
    signOutOrigins,
    accounts,
    passwordResets: createPasswordResets({ accounts, ...store, revocations, clock }),
    mailer,
    passkeys,
    secondFactors,
    secondSteps: createSecondSteps({ sealer, clock, secure }),
    users: store.users,
    justInTime,
    sessions: browser,
    signOut,
    services,
    transactions: foundation.transactions,
    knownDevices,
    refusedPasswords: foundation.refusedPasswords,
    traces,
    flow: provider,
    setupLink: foundation.setupLink,
    looks,
    mayOpen: async (userId, service) => {
      const identity = await findIdentity(userId)
      return identity !== undefined && serviceGate.gate.isOpenTo(service, identity)
    },
    clock,
    log,
    secure,
    networkOf,
    addressOf: (request) => clientOf(request).address,
    failedSignIns: foundation.failedSignIns,
    unavailable: foundation.ways.unavailable,
    senderOf: async (request) => {
      const device = await knownDevices.of(request.headers.cookie)
      return device ? `device ${device.id}` : networkOf(request)
    },
    allowedReturn: (returnTo, service) => {
      const url = service === undefined ? config.issuer : own(config.services, service)?.url
      return url === undefined ? undefined : parseReturnTo(returnTo, new URL(url).origin, origins)
    },
  })

  const askSignOut = createSignOutQuestion({ looks, formTargets: [...origins, ...signOutOrigins] })
  const serviceGate = createServiceGate({
    config,
    surroundings: { env, baseDir },
    issuer,
    sessions: foundation.sessions,
    beside: foundation.beside,
    originOf,
    answerAnew: ({ request, response }) => foundation.address.answerAnew(request, response),
    cacheCounts: metrics?.caches,
    clock,
    log,
  })
  const pages = getRequestListener(login.fetch, { overrideGlobalObjects: false, autoCleanupIncoming: false })
  const { refuse } = errorPages
  const router = createRouter({
    base,
    hosts: ownHosts(config),
    secure,
    gate: serviceGate.gate,
    provider,
    pages,
    turns,
    readiness: foundation.readiness,
    refuse,
    refuseProgram,
  })
  const requestLog = createRequestLog({
    log: foundation.output,
    access: config.log.access,
    base,
    traces,
    clientOf,
    proxies,
    metrics,
    clock,
  })
  return {
    config,
    clients: provider.clients,
    serviceGate,
    requestLog,
    beside: { verifyToken: provider.verifyAccessToken, signOut, errorPage: errorPages.ofService, askSignOut },
    router,
    refuse,
    teams,
    waysIn: waysIn.map(({ connector: { name } }) => name),
    connectors: waysIn.map(({ connector }) => connector),
    hasLocal: waysIn.some(({ connector: { name } }) => name === localName),
  }
}
