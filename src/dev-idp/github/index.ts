/**
 * GitHub for laptops and tests, with the addresses of an Enterprise Server. It speaks OAuth 2.0 and no OpenID Connect, so it shares with the
 * other look-alikes only what is around a provider: listening, certificates, secrets, pages.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { caCertOf, type DevIdpDescription, loadState, serverCertificate } from '../index.ts'
import { failing, listen, publicHostOf } from '../listening.ts'
import { errorPage } from '../pages.ts'
import { accountsWith } from './accounts.ts'
import { apiAnswer, apiPath } from './api.ts'
import { type Exchange, sendJson, sendPage } from './exchange.ts'
import { createGrants } from './grants.ts'
import type { GitHubFaults, Settings } from './settings.ts'
import { authorize, authorizePath, cancel, cancelPath, login, loginPath } from './sign-in.ts'
import { token, tokenPath } from './token.ts'

export interface DevGitHubOptions {
  host?: string
  /** 0 picks a free one. */
  port?: number
  /** The callback address of the application; without any, all on loopback. */
  redirectUris?: readonly string[]
  /** Keeps secrets across restarts. */
  stateFile?: string
  /** Serve https with a certificate of an authority made for it. */
  tls?: boolean
  /** In how many teams carol is, besides `acme:analysts`; 120 without it. */
  manyTeams?: number
  faults?: GitHubFaults
}

/** What `gatehouse dev-idp --like github` prints. */
export interface DevGitHubDescription extends Omit<DevIdpDescription, 'authenticationClass'> {
  authenticationClass: { github: Record<string, unknown> }
}

export interface DevGitHub extends DevGitHubDescription {
  /** What is broken; changes count from the next request on. */
  faults: GitHubFaults
  close(): Promise<void>
}

/** Starts the look-alike and resolves when it is ready. */
export async function startDevGitHub(options: DevGitHubOptions = {}): Promise<DevGitHub> {
  const { host = '127.0.0.1', port = 0, redirectUris = [], stateFile, faults = {} } = options
  const tls = options.tls === true || faults.certificate !== undefined
  const accounts = accountsWith({ manyTeams: options.manyTeams })
  const state = await loadState(
    stateFile,
    accounts.map(({ login }) => login),
    tls,
  )
  const publicHost = publicHostOf(host)
  const settings: Settings = {
    clientId: 'gatehouse',
    clientSecret: state.clientSecret,
    accounts,
    passwords: state.passwords,
    redirectUris: redirectUris.length === 0 ? undefined : redirectUris,
    grants: createGrants(),
    faults,
  }
  const listener = failing(
    () => faults,
    (request, response) => void answer(request, response, settings),
  )
  const credentials = tls ? serverCertificate(state, publicHost, faults.certificate) : undefined
  const { origin, close } = await listen(listener, { host, port, tls: credentials })

  return {
    issuer: origin,
    clientId: settings.clientId,
    clientSecret: settings.clientSecret,
    users: accounts.map((account) => ({
      username: account.login,
      password: state.passwords[account.login] ?? '',
      email: account.emails.find(({ primary }) => primary)?.email ?? '',
      groups: [...account.organizations, ...account.teams],
    })),
    authenticationClass: {
      github: {
        hostname: publicHost.replace(/^\[|\]$/g, ''),
        port: Number(new URL(origin).port),
        ...(tls ? { tls: { verification: { server: { caCert: caCertOf(faults.certificate) } } } } : {}),
      },
    },
    ...(state.authority && faults.certificate !== 'untrusted-ca' ? { ca: state.authority.certificate } : {}),
    faults,
    close,
  }
}

async function answer(request: IncomingMessage, response: ServerResponse, settings: Settings): Promise<void> {
  const host = request.headers.host ?? 'localhost'
  const isEncrypted = 'encrypted' in request.socket
  const url = URL.parse(request.url ?? '/', `${isEncrypted ? 'https' : 'http'}://${host}`)
  if (!url) {
    response.writeHead(400).end()
    return
  }
  const exchange: Exchange = { request, response, url }
  const { pathname } = url
  if (pathname === authorizePath) authorize(exchange, settings)
  else if (pathname === cancelPath) cancel(exchange, settings)
  else if (pathname === loginPath) await login(exchange, settings)
  else if (pathname === tokenPath && request.method === 'POST') await token(exchange, settings)
  else if (pathname.startsWith(`${apiPath}/`)) {
    const { status, body, headers } = apiAnswer(exchange, settings)
    sendJson(exchange, status, body, headers)
  } else sendPage(exchange, 404, errorPage('Page not found'))
}
