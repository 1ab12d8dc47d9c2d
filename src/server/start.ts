/** The table of contents: every part is created and mounted here and nowhere else. An arrow that runs outward is a function passed in. */
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { type Clock, systemClock } from '../clock.ts'
import { basePathOf, ownHosts, signedOutUri } from '../config/addresses.ts'
import { localName } from '../config/authentication-class.ts'
import { namingOf } from '../config/names.ts'
import type { Connector } from '../connectors/contract.ts'
import { createConnectors, waysInOf } from '../connectors/index.ts'
import { createLocalConnector } from '../connectors/local.ts'
import { createDirectory } from '../directory/index.ts'
import { createGate } from '../gate/gate.ts'
import { parseReturnTo } from '../gate/return-url.ts'
import { trustedProxies } from '../gate/trusted-proxies.ts'
import type { Logger } from '../log.ts'
import { createLogin } from '../login/app.ts'
import { createBrowserSessions } from '../login/browser-sessions.ts'
import { createKnownDevices } from '../login/known-devices.ts'
import { createRefusedPasswords } from '../login/refused-passwords.ts'
import { createSetupLink } from '../login/setup-link.ts'
import { createSignOut } from '../login/sign-out.ts'
import { createTraces } from '../login/traces.ts'
import { createTransactions } from '../login/transaction.ts'
import { own } from '../maps.ts'
import { checkClientSecrets } from '../provider/clients.ts'
import { createProvider } from '../provider/index.ts'
import { createSessions } from '../sessions/index.ts'
import { createTurns } from '../turns.ts'
import { startCleaning } from './cleaning.ts'
import { createNetworkOfClient } from './client-network.ts'
import { createErrorPages, requestIdOf } from './error-pages.ts'
import { type TakenAddress, takeAddress } from './listening.ts'
import { type ServerConfig, servableConfig } from './prerequisites.ts'
import { createProviderHost } from './provider-host.ts'
import { createRouter } from './router.ts'
import { openConfiguredStore, type StateOptions } from './state.ts'

export interface ServerOptions extends StateOptions {
  log: Logger
  clock?: Clock
}

export interface RunningServer {
  /** The address for people: the issuer. */
  url: string
  port: number
  /** A link that creates the first administrator, while there is no user and local accounts are a way in. */
  setupUrl: string | undefined
  close(): Promise<void>
}

/**
 * Starts everything in the configuration. Everything that can be refused is checked before the store and its key are created,
 * so that a server that does not start leaves neither behind. Throws AppError for what cannot start.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { baseDir, env, clock = systemClock } = options
  const config = servableConfig(options.config, env)
  checkClientSecrets({ config, env, baseDir })
  const connectors = await createConnectors({ config, env, baseDir, clock })
  const address = await takeAddress(config.listen)
  const opened = new AsyncDisposableStack()
  try {
    return await mount({ ...options, clock, config, connectors, address, opened })
  } catch (error) {
    // Anything left open, such as connections to a database, would keep the process alive forever.
    await opened.disposeAsync()
    await address.stop()
    throw error
  }
}

interface Prepared extends ServerOptions {
  config: ServerConfig
  clock: Clock
  connectors: readonly Connector[]
  address: TakenAddress
  /** Collects everything that must be closed; the last is closed first. */
  opened: AsyncDisposableStack
}

async function mount({ clock, connectors, address, opened, ...options }: Prepared): Promise<RunningServer> {
  const { config, baseDir, env, log } = options
  const issuer = new URL(config.issuer)
  const base = basePathOf(config.issuer)
  const signedOutUrl = signedOutUri(config.issuer)
  const secure = issuer.protocol === 'https:'
  const proxies = trustedProxies(config.listen.trustedProxies)

  const turns = createTurns()
  const { store, sealer } = await openConfiguredStore({ ...options, turns })
  opened.defer(() => store.close())
  opened.defer(() => address.stop())
  const { users, singleUse } = store
  const { logins, services, ending, revocations, findIdentity } = createSessions({ store, sealer, clock, log })
  const { accounts, justInTime, teams } = createDirectory({
    store,
    teams: config.teams,
    naming: namingOf(config),
    revocations,
    clock,
  })
  const waysIn = waysInOf(config.login, [...connectors, createLocalConnector(accounts)])
  const signOutOrigins = waysIn.flatMap(({ connector }) =>
    connector.kind === 'redirect' ? connector.signOutOrigins : [],
  )
  const browser = createBrowserSessions({ logins, secure })
  const signOut = createSignOut({ ending, services, singleUse, sealer, waysIn, clock, signedOutUrl })
  const traces = createTraces({ table: store.traces, clock, log })
  const networkOfClient = createNetworkOfClient(proxies, log)
  const knownDevices = createKnownDevices({ sealer, clock, secure })
  const errorPages = createErrorPages({ services: config.services, traces, networkOf: networkOfClient, clock, log })
  const setupLink = createSetupLink({ users, singleUse, clock })

  const errorPage = errorPages.ofProvider
  const provider = await createProvider({
    config,
    env,
    baseDir,
    store,
    findIdentity,
    ending,
    networkOf: networkOfClient,
    sealer,
    clock,
    turns,
    log,
    host: createProviderHost({ browser, signOut, errorPage, signOutOrigins, signedOutUrl }),
  })

  const serviceUrls = Object.values(config.services).map(({ url }) => new URL(url))
  const origins = new Set([...serviceUrls, issuer].map(({ origin }) => origin))
  const login = createLogin({
    config,
    waysIn,
    signOutOrigins,
    accounts,
    users,
    justInTime,
    sessions: browser,
    signOut,
    services,
    transactions: createTransactions({ sealer, singleUse, clock, secure }),
    knownDevices,
    refusedPasswords: createRefusedPasswords({ sealer, clock, log }),
    traces,
    flow: provider,
    setupLink,
    clock,
    log,
    secure,
    networkOf: networkOfClient,
    senderOf: async (request) => {
      const device = await knownDevices.of(request.headers.cookie)
      return device ? `device ${device.id}` : networkOfClient(request)
    },
    allowedReturn: (returnTo, service) => {
      const url = service === undefined ? config.issuer : own(config.services, service)?.url
      return url === undefined ? undefined : parseReturnTo(returnTo, new URL(url).origin, origins)
    },
  })

  const gate = createGate(
    { services: config.services, trustedProxies: config.listen.trustedProxies, returnOrigins: [issuer.origin] },
    {
      findSession: services.find,
      verifyToken: provider.verifyAccessToken,
      redeemCode: services.redeem,
      signInUrl: ({ service, returnTo, state }) =>
        `${config.issuer}/login/handoff?${new URLSearchParams({ service, return_to: returnTo, state })}`,
      signOut: async ({ session, returnTo }) =>
        session === undefined
          ? `${signedOutUrl}${returnTo === undefined ? '' : `?${new URLSearchParams({ return_to: returnTo })}`}`
          : ((await signOut.service(session.key, returnTo)) ?? returnTo ?? signedOutUrl),
      errorPage: errorPages.ofService,
      requestId: requestIdOf,
      log,
      clock,
    },
  )
  opened.defer(() => gate.close())
  revocations.onRevoked(({ kind, subject }) => {
    if (kind === 'session') gate.forgetSession(subject)
    else if (kind === 'grant' || kind === 'token') gate.forgetToken(subject)
    else if (kind === 'profile') gate.refreshUser(subject)
    else if (kind === 'keys') gate.dropTokens()
    else gate.forgetUser(subject)
  })
  await revocations.follow()
  opened.defer(() => revocations.stop())
  await teams.follow(config.teams)

  const pages = getRequestListener(login.fetch, { overrideGlobalObjects: false, autoCleanupIncoming: false })
  const { refuse } = errorPages
  const router = createRouter({ base, hosts: ownHosts(config), secure, gate, provider, pages, turns, refuse })
  const { server } = address
  address.open(gate, router)
  opened.defer(startCleaning({ store, clock, log }))
  const hasLocal = waysIn.some(({ connector: { name } }) => name === localName)
  const token = hasLocal ? await setupLink.make() : undefined

  return {
    url: config.issuer,
    port: (server.address() as AddressInfo).port,
    setupUrl: token && `${config.issuer}/login/setup?${new URLSearchParams({ token })}`,
    close: () => opened.disposeAsync(),
  }
}
