import type { IncomingMessage } from 'node:http'
import type Provider from 'oidc-provider'
import { policySourceOf } from '../config/redirect-addresses.ts'
import { AppError } from '../errors.ts'
import { claimsIn } from './asked-claims.ts'
import type { RegisteredProduct } from './clients.ts'
import type { Interactions } from './contract.ts'
import { serviceScope } from './service-tokens.ts'
import { demandOf, hintsOf, withoutDemand } from './sign-in-demand.ts'

/** What a consent prompt says is missing. */
interface MissingConsent {
  missingOIDCScope?: string[]
  missingOIDCClaims?: string[]
  missingResourceScopes?: Record<string, string[]>
  missingResources?: string[]
}

/** Where the result of an interaction keeps the login session with which the person finished it. */
const finishedWith = 'loginSession'

/** The requests of products that wait for a person; oidc-provider calls them interactions. */
export function createInteractions({
  provider,
  clients,
  issuer,
  scopes,
  addressToIssuer,
}: {
  provider: Provider
  clients: readonly RegisteredProduct[]
  /** Those that exist. */
  scopes: ReadonlySet<string>
  issuer: string
  addressToIssuer: (request: IncomingMessage) => void
}): Interactions {
  const clientNamed = (id: unknown) => clients.find(({ metadata }) => metadata.client_id === id)

  return {
    pending: async (request, response) => {
      addressToIssuer(request)
      const details = await provider.interactionDetails(request, response).catch((cause: unknown) => {
        throw new AppError('login-expired', {}, { cause })
      })
      const { uid, params, prompt } = details
      const client = clientNamed(params['client_id'])
      if (!client) throw new AppError('client-unknown', { clientId: String(params['client_id']) })
      return {
        uid,
        client,
        prompt: prompt.name === 'consent' ? 'consent' : 'login',
        demand: demandOf(details),
        hints: hintsOf(details),
        accountId: details.session?.accountId,
        missingScopes: (prompt.details as MissingConsent).missingOIDCScope ?? [],
        missingClaims: (prompt.details as MissingConsent).missingOIDCClaims ?? [],
        missingServices: servicesOf(client, (prompt.details as MissingConsent).missingResources),
        requested: {
          scopes: wordsOf(params['scope']).filter((scope) => scopes.has(scope)),
          claims: claimsIn(params['claims']),
          services: servicesOf(client, [params['resource'] ?? []].flat().map(String)),
        },
        redirectOrigin: placeOf(params['redirect_uri'], client.url),
      }
    },

    describe: async (uid) => {
      const interaction = await provider.Interaction.find(uid)
      const client = clientNamed(interaction?.params['client_id'])
      if (!interaction || !client) return undefined
      const redirectOrigin = placeOf(interaction.params['redirect_uri'], client.url)
      return { uid, client, redirectOrigin, demand: demandOf(interaction), hints: hintsOf(interaction) }
    },

    finishedFor: async (_request, uid) => {
      const result = (await provider.Interaction.find(uid))?.result
      if (!result || 'error' in result) return undefined
      return String(result[finishedWith])
    },

    signedIn: (request, response, { id, authenticatedAt, session, acr, amr }) =>
      provider.interactionResult(request, response, {
        login: {
          accountId: id,
          ts: Math.floor(authenticatedAt / 1000),
          ...(acr === undefined ? {} : { acr }),
          ...(amr === undefined ? {} : { amr: [...amr] }),
        },
        // Whoever signs in, or goes on as who they are, has chosen.
        select_account: {},
        [finishedWith]: session,
      }),

    restart: async (uid, { fresh }) => {
      const interaction = await provider.Interaction.find(uid)
      if (!interaction) return 'over'
      const began = interaction.session?.uid
      if (began === undefined || (await provider.Session.findByUid(began))) return undefined
      const query = queryOf(fresh ? withoutDemand(interaction.params) : interaction.params)
      return { location: `${issuer}/authorize?${query}` }
    },

    agreed: async (request, response, login) => {
      const { grantId, params, prompt, session } = await provider.interactionDetails(request, response)
      const grant =
        (grantId ? await provider.Grant.find(grantId) : undefined) ??
        new provider.Grant({ accountId: session?.accountId ?? '', clientId: String(params['client_id']) })
      const {
        missingOIDCScope,
        missingOIDCClaims,
        missingResourceScopes = {},
        missingResources = [],
      } = prompt.details as MissingConsent
      if (missingOIDCScope) grant.addOIDCScope(missingOIDCScope.join(' '))
      if (missingOIDCClaims) grant.addOIDCClaims(missingOIDCClaims)
      for (const [resource, scopes] of Object.entries(missingResourceScopes)) {
        grant.addResourceScope(resource, scopes.join(' '))
      }
      for (const resource of missingResources) grant.addResourceScope(resource, serviceScope)
      return provider.interactionResult(request, response, {
        consent: { grantId: await grant.save() },
        [finishedWith]: login.session,
      })
    },

    refused: (request, response, error) =>
      provider.interactionResult(
        request,
        response,
        { error, error_description: refusals[error] },
        { mergeWithLastSubmission: false },
      ),
  }
}

const refusals = {
  access_denied: 'the person did not agree',
  login_required: 'somebody else than the person whom the request names signed in',
  unmet_authentication_requirements: 'nobody can be authenticated as the essential claim acr demands',
}

function queryOf(params: Record<string, unknown>): URLSearchParams {
  const pairs = Object.entries(params).flatMap(([name, value]) =>
    [value ?? []].flat().map((each): [string, string] => [name, String(each)]),
  )
  return new URLSearchParams(pairs)
}

function wordsOf(value: unknown): string[] {
  return typeof value === 'string' ? value.split(' ') : []
}

function servicesOf({ resources }: RegisteredProduct, addresses: readonly string[] = []): string[] {
  return addresses.map((address) => resources.get(address) ?? address)
}

function placeOf(uri: unknown, fallback: string): string {
  return policySourceOf(typeof uri === 'string' ? uri : fallback)
}
