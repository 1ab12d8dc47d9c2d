import { mdCode } from '../formats.ts'
import type { ProductDescription, ProductInput, Provider, RenderedFile } from './contract.ts'

export interface RegisterNotes {
  description: Pick<
    ProductDescription,
    'title' | 'redirectUris' | 'postLogoutRedirectUris' | 'grantTypes' | 'sendsPkce' | 'tokenEndpointAuthMethod'
  >
  /** Claims that the product reads, besides the principal claim; each with what for. */
  claims: readonly string[]
  /** Whether the product checks that the access token was issued for it. */
  needsAudience: boolean
  /** Markdown: what to do on the side of the product, one numbered step each. */
  steps: readonly string[]
}

/** REGISTER.md: what to do once at the provider, then at the product, in the order in which a person does it. */
export function registerFile(input: ProductInput, notes: RegisterNotes): RenderedFile {
  const { description, steps } = notes
  const sections = [
    `# ${mdCode(input.name)}: sign-in for ${description.title} at ${mdCode(input.product.url)}`,
    'Written by `gatehouse render` from your configuration. Change the configuration and render again instead of editing this file.',
    ...input.providers.flatMap((provider) => providerSections(input, notes, provider)),
    `## ${description.title.charAt(0).toUpperCase()}${description.title.slice(1)}`,
    numbered(steps),
  ]
  return { path: 'REGISTER.md', content: `${sections.join('\n\n')}\n` }
}

function numbered(steps: readonly string[]): string {
  return steps.map((step, index) => `${index + 1}. ${step.replaceAll('\n', '\n   ').replace(/^ +$/gm, '')}`).join('\n')
}

function bullets(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join('\n')
}

function codes(texts: readonly string[]): string {
  return texts.length === 0 ? 'none' : texts.map(mdCode).join(', ')
}

function providerSections(input: ProductInput, notes: RegisterNotes, provider: Provider): string[] {
  const client = bullets(clientFacts(input, notes, provider))
  if (provider.kind === 'gatehouse') return ['## Gatehouse', gatehouseText(input, provider), client]
  const title = `## At the provider ${mdCode(provider.className)}`
  if (provider.kind === 'keycloak') {
    return [
      title,
      'Register this client:',
      client,
      '### In the Keycloak admin console',
      numbered(keycloakSteps(input, notes, provider)),
    ]
  }
  return [title, 'Register this client:', client]
}

function gatehouseText({ name }: ProductInput, { secretIsDerived, secretVariable }: Provider): string {
  const known = 'Nothing to register: `gatehouse serve` knows this client, because it reads the same configuration.'
  return secretIsDerived
    ? `${known} \`gatehouse clients secret ${name}\` prints the client secret; give it to the product as the environment variable ${mdCode(secretVariable)}.`
    : `${known} The client secret is the one that your configuration refers to; give it to the product as the environment variable ${mdCode(secretVariable)}.`
}

function clientFacts(input: ProductInput, notes: RegisterNotes, provider: Provider): string[] {
  const { description, claims } = notes
  const method = description.tokenEndpointAuthMethod ?? provider.clientAuthenticationMethod
  return [
    `Issuer: ${mdCode(provider.issuer)}`,
    `Client id: ${mdCode(provider.clientId)}`,
    `Client secret: yes (a confidential client), by ${mdCode(method)}. The product reads it from the environment variable ${mdCode(provider.secretVariable)}; no rendered file holds it`,
    `Grant types: ${codes(description.grantTypes)}`,
    description.sendsPkce ? 'PKCE: `S256`' : `PKCE: ${description.title} sends none, so it must not be required`,
    `Redirect URI: ${codes(description.redirectUris(input.product))}`,
    `Post-logout redirect URI: ${codes(description.postLogoutRedirectUris(input.product))}`,
    `Scopes: ${codes(provider.scopes)}`,
    ...(provider.kind === 'gatehouse' ? [`ID tokens: signed with ${mdCode(input.product.idTokenSigningAlg)}`] : []),
    `Claims: ${[`${mdCode(provider.principalClaim)} (the user name)`, ...claims].join('; ')}`,
  ]
}

function keycloakSteps(
  input: ProductInput,
  { description, needsAudience }: RegisterNotes,
  provider: Provider,
): string[] {
  const clientId = mdCode(provider.clientId)
  const dedicated = mdCode(`${provider.clientId}-dedicated`)
  const logout = description.postLogoutRedirectUris(input.product)
  const steps = [
    `**Clients → Create client**: *Client type* OpenID Connect, *Client ID* ${clientId}, then **Next**.`,
    '*Client authentication* On, *Authorization* Off; of the flows only *Standard flow*. Then **Next**.',
    `*Valid redirect URIs* ${codes(description.redirectUris(input.product))}${logout.length > 0 ? `, *Valid post logout redirect URIs* ${codes(logout)}` : ''}; no wildcard. **Save**.`,
    `**Credentials → Client Secret**: copy it into the environment variable ${mdCode(provider.secretVariable)} of the product.`,
  ]
  if (!description.sendsPkce) {
    steps.push(`**Advanced → PKCE Method**: leave it empty, because ${description.title} sends no PKCE.`)
  }
  if (provider.wantsGroups) {
    steps.push(
      '**Client scopes → Create client scope** (once per realm): *Name* `groups`, *Type* None, *Protocol* OpenID Connect, **Save**. A scope that does not exist is refused with `invalid_scope`.',
      '**Mappers → Configure a new mapper → Group Membership**: *Name* and *Token Claim Name* `groups`, *Full group path* Off (On writes `/data/analysts` instead of `analysts`), all *Add to ...* On, **Save**.',
      `**Clients → ${clientId} → Client scopes → Add client scope**: \`groups\`, as Optional.`,
    )
  }
  if (needsAudience) {
    steps.push(
      `**Clients → ${clientId} → Client scopes → ${dedicated} → Add mapper → By configuration → Audience**: *Included Client Audience* ${clientId}, *Add to access token* On, **Save**. Keycloak writes \`aud: account\` otherwise, and whoever checks tokens locally refuses them.`,
    )
  }
  return steps
}
