/** What the registrations at all vendors share: facts about the client, and sentences about them (Markdown). */
import type { ClientAuthenticationMethod } from '../../config/schema.ts'
import { mdCode } from '../../formats.ts'
import type { GrantType } from '../contract.ts'
import type { Registration } from './contract.ts'

/** How the client proves itself; `none` is a public client. */
export function authenticationMethod({
  input,
  provider,
}: Pick<Registration, 'input' | 'provider'>): ClientAuthenticationMethod {
  const { clientAuthenticationMethods: able } = input.profile
  const { clientAuthenticationMethod: wanted } = provider
  return able.includes(wanted) ? wanted : able[0]
}

export function isPublic(registration: Registration): boolean {
  return authenticationMethod(registration) === 'none'
}

/** Whether it has a secret, and not a key. */
export function hasSecret(registration: Registration): boolean {
  return authenticationMethod(registration).startsWith('client_secret_')
}

/** Those of the product, and the one that the scope `offline_access` stands for. */
export function grantTypes({ input: { profile }, provider }: Registration): readonly GrantType[] {
  const refreshes = provider.scopes.includes('offline_access') && !profile.grantTypes.includes('refresh_token')
  return refreshes ? [...profile.grantTypes, 'refresh_token'] : profile.grantTypes
}

export function hasGrant(registration: Registration, grant: GrantType): boolean {
  return grantTypes(registration).includes(grant)
}

/** False for products that only prove themselves or check tokens. */
export function signsPeopleIn(registration: Registration): boolean {
  return hasGrant(registration, 'authorization_code') || hasGrant(registration, 'implicit')
}

/** Whether the product reads a claim: as the user name, or because its notes name it. */
export function readsClaim({ provider, notes }: Registration, claim: string): boolean {
  return provider.principalClaim === claim || notes.claims.some((text) => text.includes(`\`${claim}\``))
}

/** For providers that choose the client id themselves. `label` is what their console calls it. */
export function copyClientId(label: string, { provider, notes }: Registration): string {
  const { clientId, clientIdVariable, secretName } = provider
  if (clientIdVariable !== undefined)
    return `Copy ${label} into the environment variable ${mdCode(clientIdVariable)} of ${notes.secretPlace ?? 'the product'}.`
  const entry = secretName === undefined ? 'the client' : mdCode(secretName)
  return `Compare ${label} with ${mdCode(clientId)}: if they differ, write it as \`clientId\` of ${entry} under \`secrets\` and render again.`
}

/** `label` is the way to the secret in the console, `what` is what to copy there. */
export function copySecret(label: string, { provider, notes }: Registration, what = 'it'): string {
  return `${label}: copy ${what} into the environment variable ${mdCode(provider.secretVariable)} of ${notes.secretPlace ?? 'the product'}.`
}

/** One sentence about all of the texts; none when there are no texts. */
export function ifAny(texts: readonly string[], sentence: (codes: string) => string): string[] {
  return texts.length === 0 ? [] : [sentence(texts.map(mdCode).join(', '))]
}

/** `okta.tf`; with the class name in it if that differs, so that two classes of a vendor have two files. */
export function fileName({ provider }: Registration, stem: string, extension: string): string {
  return `${stem}${provider.className === provider.kind ? '' : `-${provider.className}`}.${extension}`
}
