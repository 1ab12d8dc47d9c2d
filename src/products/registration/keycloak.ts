import { mdCode } from '../../formats.ts'
import type { Registration, VendorGuide } from './contract.ts'
import { applying, files } from './keycloak-import.ts'
import { groupsMapper, groupsScope, mapperTypes, strangeScopes } from './keycloak-scopes.ts'
import { authenticationMethod, copySecret, hasGrant, ifAny, isPublic, signsPeopleIn } from './registered-client.ts'

export const keycloak: VendorGuide = {
  traps,
  steps,
  files,
  applying,
}

function steps(registration: Registration): string[] {
  return [
    `**Clients → Create client**: *Client type* OpenID Connect, *Client ID* ${mdCode(registration.provider.clientId)}, then **Next**.`,
    capabilityStep(registration),
    addressStep(registration),
    ...credentialSteps(registration),
    ...scopeSteps(registration),
    ...groupSteps(registration),
    ...audienceSteps(registration),
  ]
}

function capabilityStep(registration: Registration): string {
  const { description, input } = registration
  const flows = [
    ...(hasGrant(registration, 'authorization_code') ? ['*Standard flow*'] : []),
    ...(hasGrant(registration, 'implicit') ? ['*Implicit flow*'] : []),
    ...(hasGrant(registration, 'client_credentials') ? ['*Service accounts roles*'] : []),
  ]
  const pkce = input.profile.sendsPkce
    ? '*PKCE Method* S256'
    : `leave *PKCE Method* empty, because ${description.title} sends no PKCE`
  const codes = hasGrant(registration, 'authorization_code')
    ? `; ${pkce} (older consoles have it in the tab **Advanced**)`
    : ''
  return `*Client authentication* ${isPublic(registration) ? 'Off' : 'On'}, *Authorization* Off; only the flows ${flows.join(' and ')}${codes}. Then **Next**.`
}

function addressStep({ redirectUris, postLogoutRedirectUris }: Registration): string {
  const fields = [
    ...ifAny(redirectUris, (uris) => `*Valid redirect URIs* ${uris}`),
    ...ifAny(postLogoutRedirectUris, (uris) => `*Valid post logout redirect URIs* ${uris}`),
  ]
  return fields.length === 0 ? '**Save**.' : `${fields.join(', ')}; no wildcard. **Save**.`
}

function credentialSteps(registration: Registration): string[] {
  const method = authenticationMethod(registration)
  if (method === 'none') return []
  if (method === 'private_key_jwt') {
    return [
      '**Credentials → Client Authenticator**: Signed JWT, **Save**.',
      '**Keys**: the address of the public key of the product (*JWKS URL*), or **Import** the key.',
    ]
  }
  const secret = copySecret('**Credentials → Client Secret**', registration)
  return method === 'client_secret_jwt'
    ? ['**Credentials → Client Authenticator**: Signed JWT with Client Secret, **Save**.', secret]
    : [secret]
}

/** Scopes that a realm does not have by default. */
function scopeSteps({ provider }: Registration): string[] {
  const clientId = mdCode(provider.clientId)
  return strangeScopes(provider)
    .filter((scope) => scope !== groupsScope)
    .flatMap((scope) => [
      `**Client scopes → Create client scope** (once per realm): *Name* ${mdCode(scope)}, *Type* None, *Protocol* OpenID Connect, **Save**; then its mappers.`,
      `**Clients → ${clientId} → Client scopes → Add client scope**: ${mdCode(scope)}, as Optional.`,
    ])
}

function groupSteps({ provider }: Registration): string[] {
  const mapper = groupsMapper(provider)
  if (!mapper) return []
  const { title, note } = mapperTypes[mapper.type]
  const claim = mdCode(mapper.claimName)
  const settings = `${title}**: *Name* \`groups\`, *Token Claim Name* ${claim}, ${note}, all *Add to ...* On, **Save**.`
  if (!provider.scopes.includes(groupsScope)) {
    const dedicated = mdCode(`${provider.clientId}-dedicated`)
    return [
      `**Clients → ${mdCode(provider.clientId)} → Client scopes → ${dedicated} → Add mapper → By configuration → ${settings}`,
    ]
  }
  return [
    '**Client scopes → Create client scope** (once per realm): *Name* `groups`, *Type* None, *Protocol* OpenID Connect, **Save**. A scope that does not exist is refused with `invalid_scope`.',
    `**Mappers → Configure a new mapper → ${settings}`,
    `**Clients → ${mdCode(provider.clientId)} → Client scopes → Add client scope**: \`groups\`, as Optional.`,
  ]
}

function audienceSteps({ notes, provider }: Registration): string[] {
  if (!notes.needsAudience) return []
  const clientId = mdCode(provider.clientId)
  const dedicated = mdCode(`${provider.clientId}-dedicated`)
  return [
    `**Clients → ${clientId} → Client scopes → ${dedicated} → Add mapper → By configuration → Audience**: *Included Client Audience* ${clientId}, *Add to access token* On, **Save**. Otherwise Keycloak writes \`aud: account\`, and products that check tokens locally refuse them.`,
  ]
}

function traps(registration: Registration): string[] {
  const { provider, notes } = registration
  const list = [
    `The issuer is the name that Keycloak gives itself (\`KC_HOSTNAME\`): ${mdCode(provider.discoveryUrl)} must show exactly ${mdCode(provider.issuer)}. Up to Keycloak 16, and with \`--http-relative-path=/auth\`, it contains \`/auth\`.`,
  ]
  if (signsPeopleIn(registration)) {
    list.push(
      'Everybody needs an e-mail address, a first and a last name, or Keycloak asks for them at the first sign-in.',
    )
  }
  if (provider.wantsGroups && groupsMapper(provider)?.type === 'group') {
    list.push(
      'With *Full group path* Off, two groups of the same name in different places become one; with it On, write full paths (`/data/analysts`) wherever a group is named.',
    )
  }
  if (notes.needsAudience) {
    list.push(
      '`invalid token audience` or 401 right after a successful sign-in: the audience mapper is missing, or names another client.',
    )
  }
  return list
}
