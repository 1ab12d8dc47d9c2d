import type { IncomingMessage } from 'node:http'
import type Provider from 'oidc-provider'
import { AppError } from '../errors.ts'
import type { RegisteredProduct } from './clients.ts'
import type { Interactions } from './contract.ts'

/** What a consent prompt says is missing. */
interface MissingConsent {
  missingOIDCScope?: string[]
  missingResourceScopes?: Record<string, string[]>
}

/** Parameters that a sign-in has satisfied; with them the repeated request would ask again. */
const answered: ReadonlySet<string> = new Set(['prompt', 'max_age'])

/** The requests of products that wait for a person; oidc-provider calls them interactions. */
export function createInteractions({
  provider,
  clients,
  issuer,
  addressToIssuer,
}: {
  provider: Provider
  clients: readonly RegisteredProduct[]
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
        wantsFreshLogin: prompt.reasons.some((reason) => reason === 'login_prompt' || reason === 'max_age'),
        missingScopes: (prompt.details as MissingConsent).missingOIDCScope ?? [],
        redirectOrigin: originOf(params['redirect_uri'], client.url),
      }
    },

    describe: async (uid) => {
      const interaction = await provider.Interaction.find(uid)
      const client = clientNamed(interaction?.params['client_id'])
      return client && { client, redirectOrigin: originOf(interaction?.params['redirect_uri'], client.url) }
    },

    signedIn: (request, response, { id, authenticatedAt }) =>
      provider.interactionResult(request, response, {
        login: { accountId: id, ts: Math.floor(authenticatedAt / 1000) },
      }),

    restart: async (uid) => {
      const interaction = await provider.Interaction.find(uid)
      if (!interaction) return undefined
      const query = new URLSearchParams()
      for (const [name, value] of Object.entries(interaction.params)) {
        if (value !== undefined && !answered.has(name)) query.set(name, String(value))
      }
      return `${issuer}/authorize?${query}`
    },

    agreed: async (request, response) => {
      const { grantId, params, prompt, session } = await provider.interactionDetails(request, response)
      const grant =
        (grantId ? await provider.Grant.find(grantId) : undefined) ??
        new provider.Grant({ accountId: session?.accountId ?? '', clientId: String(params['client_id']) })
      const { missingOIDCScope, missingResourceScopes = {} } = prompt.details as MissingConsent
      if (missingOIDCScope) grant.addOIDCScope(missingOIDCScope.join(' '))
      for (const [resource, scopes] of Object.entries(missingResourceScopes)) {
        grant.addResourceScope(resource, scopes.join(' '))
      }
      return provider.interactionResult(request, response, { consent: { grantId: await grant.save() } })
    },

    refused: (request, response) =>
      provider.interactionResult(
        request,
        response,
        { error: 'access_denied', error_description: 'the person did not agree' },
        { mergeWithLastSubmission: false },
      ),
  }
}

function originOf(uri: unknown, fallback: string): string {
  return new URL(typeof uri === 'string' ? uri : fallback).origin
}
