import * as oidc from 'openid-client'
import { type Clock, systemClock } from '../clock.ts'
import type { GitHubAddresses } from '../config/github.ts'
import { AppError } from '../errors.ts'
import type { Fetch } from '../outgoing.ts'
import { callbackParameters } from './callback-parameters.ts'
import { createCircuit } from './circuit.ts'
import type { AskedOfProvider, RedirectConnector, UpstreamIdentity } from './contract.ts'
import { admitMember, type GitHubAdmission } from './github-admission.ts'
import { codeOfGitHubError, readingGitHub } from './github-answers.ts'
import { type GitHubPerson, readPerson } from './github-api.ts'
import { explainOidcError } from './oidc-errors.ts'
import { wordsOf } from './provider-answers.ts'

export interface GitHubConnectorOptions {
  name: string
  addresses: GitHubAddresses
  clientId: string
  clientSecret: string
  scopes: readonly string[]
  /** What becomes the user name. */
  principalClaim: 'login' | 'email' | 'id'
  admission: Omit<GitHubAdmission, 'web' | 'clientId'>
  /** How to call GitHub. */
  fetch: Fetch
  clock?: Clock
}

/**
 * GitHub, by OAuth 2.0 with state and PKCE: it has no ID token, so who the person is is what its API says to the token that came for the code.
 * The token is used for that and then let go.
 */
export function createGitHubConnector(options: GitHubConnectorOptions): RedirectConnector {
  const { name, addresses, clientId } = options
  const { issuer, api, web } = addresses
  const circuit = createCircuit({ clock: options.clock ?? systemClock })
  const read = readingGitHub({ fetch: options.fetch, token: addresses.token })
  const guarded: Fetch = (url, init) =>
    circuit.call(String(url) === addresses.token ? 'token endpoint' : 'API', () => read(url, init))
  const config = clientOf(options, guarded)
  const about = { issuer: web, clientId }
  const ask = (token: string) => (path: string) =>
    oidc
      .fetchProtectedResource(config, token, new URL(api + path), 'GET', undefined, new Headers(apiHeaders))
      .catch((error: unknown) => {
        throw explainOidcError(error, about)
      })

  return {
    kind: 'redirect',
    name,
    // It has no address at which an application could sign people out.
    signOutOrigins: [],
    // No look: GitHub counts what is asked without a token, sixty questions an hour for all of an address.
    broken: circuit.broken,

    authorizationUrl: async ({ redirectUri, checks, ...asked }) =>
      oidc.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        scope: options.scopes.join(' '),
        state: checks.state,
        code_challenge: await oidc.calculatePKCECodeChallenge(checks.codeVerifier),
        code_challenge_method: 'S256',
        ...parametersFor(asked),
      }),

    identify: async ({ callbackUrl, redirectUri, checks }) => {
      // openid-client takes the redirect URI of the token request from this URL: ours, not the one that a proxy changed.
      const current = new URL(redirectUri)
      current.search = String(callbackParameters(callbackUrl, { issuer, namesIssuer: false }))
      try {
        const { access_token: token } = await oidc.authorizationCodeGrant(config, current, {
          expectedState: checks.state,
          pkceCodeVerifier: checks.codeVerifier,
        })
        const person = await readPerson(ask(token))
        admitMember(person, { ...options.admission, web, clientId })
        return identityOf(person, options)
      } catch (error) {
        if (error instanceof oidc.AuthorizationResponseError) throw refusedByGitHub(error, about)
        throw explainOidcError(error, about)
      }
    },
  }
}

// GitHub refuses calls without a user agent.
const apiHeaders = { accept: 'application/vnd.github+json', 'user-agent': 'gatehouse' }

function clientOf({ addresses, clientId, clientSecret }: GitHubConnectorOptions, guarded: Fetch): oidc.Configuration {
  const { issuer, authorization, token } = addresses
  const config = new oidc.Configuration(
    { issuer, authorization_endpoint: authorization, token_endpoint: token },
    clientId,
    undefined,
    oidc.ClientSecretPost(clientSecret),
  )
  config[oidc.customFetch] = guarded as oidc.CustomFetch
  if (token.startsWith('http:')) oidc.allowInsecureRequests(config)
  return config
}

/** GitHub cannot ask for a password again. The most that it does for who wants a new sign-in is to ask which account it is. */
function parametersFor({ fresh, chooses = false, hints = {} }: AskedOfProvider): Record<string, string> {
  return {
    ...(fresh || chooses ? { prompt: 'select_account' } : {}),
    ...(hints.loginHint === undefined ? {} : { login: hints.loginHint }),
  }
}

function refusedByGitHub(
  { error, error_description }: oidc.AuthorizationResponseError,
  about: Record<string, string>,
): AppError {
  return new AppError(codeOfGitHubError(error), { ...about, ...wordsOf({ error, error_description }) })
}

function identityOf(
  person: GitHubPerson,
  { principalClaim, addresses }: Pick<GitHubConnectorOptions, 'principalClaim' | 'addresses'>,
): UpstreamIdentity {
  const { id, login, name, email, organizations, teams } = person
  const principal = { login, id: String(id), email: email?.address }[principalClaim]
  if (principal === undefined) {
    const claimsReceived = 'id login'
    throw new AppError('principal-claim-missing', { principalClaim, claimsReceived, ...scopesOf(person) })
  }
  return {
    key: { issuer: addresses.web, subject: String(id) },
    principal,
    email: email?.address,
    emailVerified: email?.verified,
    name: name?.trim() || undefined,
    groups: [...organizations.names, ...teams.names],
    received: { claim: '/user/orgs and /user/teams', form: formOf(person) },
  }
}

/** GitHub shows nothing, and no error, where an organisation has not approved the client, or a scope was not granted. */
function formOf(person: GitHubPerson): string {
  const { organizations, teams } = person
  const incomplete = [organizations.incomplete, teams.incomplete].filter((reason) => reason !== undefined)
  if (incomplete.length > 0) return `incomplete: ${[...new Set(incomplete)].join('; ')}`
  if (organizations.names.length + teams.names.length > 0) return 'list'
  const { 'granted scopes': granted } = scopesOf(person)
  return granted === undefined ? 'empty' : `empty; granted scopes: ${granted || 'none'}`
}

function scopesOf({ scopes }: GitHubPerson): Record<string, string> {
  return scopes === undefined ? {} : { 'granted scopes': scopes.slice(0, 200) }
}
