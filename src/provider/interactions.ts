import type { IncomingMessage } from 'node:http'
import { decodeJwt } from 'jose'
import type Provider from 'oidc-provider'
import { AppError } from '../errors.ts'
import type { RegisteredProduct } from './clients.ts'
import type { Interactions, SignInDemand } from './contract.ts'
import { serviceScope } from './service-tokens.ts'

type InteractionModel = InstanceType<Provider['Interaction']>

/** What a consent prompt says is missing. */
interface MissingConsent {
  missingOIDCScope?: string[]
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
        accountId: details.session?.accountId,
        missingScopes: (prompt.details as MissingConsent).missingOIDCScope ?? [],
        missingServices: servicesOf(client, (prompt.details as MissingConsent).missingResources),
        requested: {
          scopes: wordsOf(params['scope']).filter((scope) => scopes.has(scope)),
          services: servicesOf(client, [params['resource'] ?? []].flat().map(String)),
        },
        redirectOrigin: originOf(params['redirect_uri'], client.url),
      }
    },

    describe: async (uid) => {
      const interaction = await provider.Interaction.find(uid)
      const client = clientNamed(interaction?.params['client_id'])
      if (!interaction || !client) return undefined
      const redirectOrigin = originOf(interaction.params['redirect_uri'], client.url)
      return { client, redirectOrigin, demand: demandOf(interaction) }
    },

    finishedFor: async (_request, uid) => {
      const result = (await provider.Interaction.find(uid))?.result
      if (!result || 'error' in result) return undefined
      return String(result[finishedWith])
    },

    signedIn: (request, response, { id, authenticatedAt, session }) =>
      provider.interactionResult(request, response, {
        login: { accountId: id, ts: Math.floor(authenticatedAt / 1000) },
        [finishedWith]: session,
      }),

    restart: async (uid, { fresh }) => {
      const interaction = await provider.Interaction.find(uid)
      const began = interaction?.session?.uid
      if (!interaction || began === undefined || (await provider.Session.findByUid(began))) return undefined
      return `${issuer}/authorize?${queryOf(fresh ? withoutDemand(interaction.params) : interaction.params)}`
    },

    agreed: async (request, response, login) => {
      const { grantId, params, prompt, session } = await provider.interactionDetails(request, response)
      const grant =
        (grantId ? await provider.Grant.find(grantId) : undefined) ??
        new provider.Grant({ accountId: session?.accountId ?? '', clientId: String(params['client_id']) })
      const { missingOIDCScope, missingResourceScopes = {}, missingResources = [] } = prompt.details as MissingConsent
      if (missingOIDCScope) grant.addOIDCScope(missingOIDCScope.join(' '))
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
  login_required: 'somebody else than the person of id_token_hint signed in',
}

/** Read from what is stored, never from the browser. A request that only lacks consent demands nothing of the sign-in any more. */
function demandOf({ prompt, params }: Pick<InteractionModel, 'prompt' | 'params'>): SignInDemand {
  const because = new Set(prompt.reasons)
  const { max_age: maxAge, id_token_hint: hint } = params
  return {
    fresh: because.has('login_prompt'),
    maxAge: because.has('max_age') ? Number(maxAge) * 1000 : undefined,
    // oidc-provider has checked its signature.
    userId: because.has('id_token_hint') ? decodeJwt(String(hint)).sub : undefined,
  }
}

/** A new sign-in has satisfied what was demanded of it; repeated, the request would ask again. */
function withoutDemand({ max_age: _, prompt, ...rest }: Record<string, unknown>): Record<string, unknown> {
  const prompts = String(prompt ?? '').split(' ')
  const remaining = prompts.filter((each) => each !== '' && each !== 'login').join(' ')
  return remaining === '' ? rest : { ...rest, prompt: remaining }
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

function originOf(uri: unknown, fallback: string): string {
  return new URL(typeof uri === 'string' ? uri : fallback).origin
}
