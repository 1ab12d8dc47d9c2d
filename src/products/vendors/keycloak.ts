import { mdCode } from '../../formats.ts'
import { codes } from '../markdown.ts'
import { protocolBase } from '../protocol-base.ts'
import type { Registration, Vendor } from './contract.ts'

export const keycloak: Vendor = {
  kind: 'keycloak',
  title: 'Keycloak',
  hint: 'Keycloak',
  endpoints: (issuer) => {
    const base = `${protocolBase(issuer)}openid-connect`
    return {
      authorization: `${base}/auth`,
      token: `${base}/token`,
      jwks: `${base}/certs`,
      userinfo: `${base}/userinfo`,
      endSession: `${base}/logout`,
    }
  },
  groupsClaim: 'groups',
  groupsScope: 'groups',
  refusesUnknownScopes: true,
  traps: () => [],
  steps,
  files: () => [],
}

function steps({ description, notes, provider, redirectUris, postLogoutRedirectUris: logout }: Registration): string[] {
  const clientId = mdCode(provider.clientId)
  const dedicated = mdCode(`${provider.clientId}-dedicated`)
  const list = [
    `**Clients → Create client**: *Client type* OpenID Connect, *Client ID* ${clientId}, then **Next**.`,
    '*Client authentication* On, *Authorization* Off; of the flows only *Standard flow*. Then **Next**.',
    `*Valid redirect URIs* ${codes(redirectUris)}${logout.length > 0 ? `, *Valid post logout redirect URIs* ${codes(logout)}` : ''}; no wildcard. **Save**.`,
    `**Credentials → Client Secret**: copy it into the environment variable ${mdCode(provider.secretVariable)} of the product.`,
  ]
  if (!description.sendsPkce) {
    list.push(`**Advanced → PKCE Method**: leave it empty, because ${description.title} sends no PKCE.`)
  }
  if (provider.wantsGroups) {
    list.push(
      '**Client scopes → Create client scope** (once per realm): *Name* `groups`, *Type* None, *Protocol* OpenID Connect, **Save**. A scope that does not exist is refused with `invalid_scope`.',
      '**Mappers → Configure a new mapper → Group Membership**: *Name* and *Token Claim Name* `groups`, *Full group path* Off (On writes `/data/analysts` instead of `analysts`), all *Add to ...* On, **Save**.',
      `**Clients → ${clientId} → Client scopes → Add client scope**: \`groups\`, as Optional.`,
    )
  }
  if (notes.needsAudience) {
    list.push(
      `**Clients → ${clientId} → Client scopes → ${dedicated} → Add mapper → By configuration → Audience**: *Included Client Audience* ${clientId}, *Add to access token* On, **Save**. Keycloak writes \`aud: account\` otherwise, and whoever checks tokens locally refuses them.`,
    )
  }
  return list
}
