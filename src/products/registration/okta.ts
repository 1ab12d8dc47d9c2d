import { shownClaim } from '../../claim-path.ts'
import { comment, type HclBody, hclAttribute, hclBlock, mdCode } from '../../formats.ts'
import { customServer } from '../../vendors/okta.ts'
import type { RenderedFile } from '../contract.ts'
import type { Registration, VendorGuide } from './contract.ts'
import {
  authenticationMethod,
  copyClientId,
  copySecret,
  grantTypes,
  hasGrant,
  hasSecret,
  ifAny,
  isPublic,
} from './registered-client.ts'
import { blockName, terraformFile, terraformSteps } from './terraform.ts'

export const okta: VendorGuide = {
  traps,
  steps,
  files,
  applying,
}

const grantNames = {
  authorization_code: 'Authorization Code',
  refresh_token: 'Refresh Token',
  implicit: 'Implicit (hybrid)',
  client_credentials: 'Client Credentials',
} as const

function steps(registration: Registration): string[] {
  const { input, redirectUris, postLogoutRedirectUris } = registration
  const kind = isPublic(registration)
    ? '*Single-Page Application* (*Native Application* for a command line)'
    : '*Web Application*'
  const grants = grantTypes(registration).map((grant) => grantNames[grant])
  return [
    `**Applications → Applications → Create App Integration**: *OIDC - OpenID Connect*, ${kind}, **Next**.`,
    `*App integration name* ${mdCode(input.name)}; *Grant type* ${grants.join(', ')}.`,
    ...ifAny(redirectUris, (uris) => `*Sign-in redirect URIs* ${uris}; no wildcard.`),
    ...ifAny(postLogoutRedirectUris, (uris) => `*Sign-out redirect URIs* ${uris}.`),
    '*Assignments*: who may sign in, then **Save**. People who are not assigned see `User is not assigned to the client application`.',
    ...credentialSteps(registration),
    ...serverSteps(registration),
    ...groupSteps(registration),
  ]
}

function credentialSteps(registration: Registration): string[] {
  const { description, input } = registration
  const pkce = input.profile.sendsPkce
    ? '*Require PKCE as additional verification* On'
    : `*Require PKCE as additional verification* Off, because ${description.title} sends no PKCE`
  return [
    ...(hasGrant(registration, 'authorization_code')
      ? [`**General → Client Credentials → Edit**: ${pkce}. **Save**.`]
      : []),
    copyClientId('*Client ID*', registration),
    ...(hasSecret(registration) ? [copySecret('**General → Client Secrets**', registration)] : []),
    ...(authenticationMethod(registration) === 'private_key_jwt'
      ? ['**General → Client Credentials → Edit**: *Client authentication* Public key / Private key, **Add key**.']
      : []),
  ]
}

function serverSteps({ provider, notes }: Registration): string[] {
  const server = customServer(provider.issuer)
  if (server === undefined) return []
  const at = `**Security → API → Authorization Servers → ${mdCode(server)}`
  const audience = notes.needsAudience
    ? [
        `${at} → Settings → Edit**: *Audience* is what access tokens are for (\`aud\`), the same for all clients of this server. The product expects ${mdCode(provider.clientId)}, unless its settings name another.`,
      ]
    : []
  return [
    `${at} → Access Policies**: a policy that is assigned to this client (or to all), with a rule for its grant types. Without one every sign-in ends with \`access_denied\`: "Policy evaluation failed".`,
    ...audience,
  ]
}

function groupSteps({ provider }: Registration): string[] {
  if (!provider.wantsGroups) return []
  const claim = mdCode(shownClaim(provider.groupsClaim))
  const server = customServer(provider.issuer)
  if (server === undefined) {
    return [
      `**Sign On → OpenID Connect ID Token → Edit**: *Group claim type* Filter, *Group claim filter* ${claim}, *Matches regex*, \`.*\`, **Save**. You can narrow the expression: only groups that match it are sent.`,
    ]
  }
  const at = `**Security → API → Authorization Servers → ${mdCode(server)}`
  const add = (type: string) =>
    `${at} → Claims → Add Claim** (once per server): *Name* ${claim}, *Include in token type* ${type}, *Value type* Groups, *Filter* Matches regex \`.*\`, **Create**.`
  return [
    ...(provider.scopes.includes('groups')
      ? [
          `${at} → Scopes → Add Scope** (once per server): *Name* \`groups\`, **Create**. A custom server has no such scope by default and ends the sign-in with \`invalid_scope\`.`,
        ]
      : []),
    add('ID Token, Always'),
    add('Access Token'),
  ]
}

function traps(registration: Registration): string[] {
  const { provider, notes, postLogoutRedirectUris } = registration
  const isOrg = customServer(provider.issuer) === undefined
  const list = [
    'The issuer is that of the authorization server, not of the console: no `-admin` in the host name, and `/oauth2/default` only where the tokens come from that server.',
  ]
  if (isOrg && notes.needsAudience) {
    list.push(
      'Access tokens of the org server are for Okta alone: nobody else can check their signature (the `kid` is not in its keys). If the product checks access tokens itself, use a custom server: `rootPath: /oauth2/default`.',
    )
  }
  if (provider.wantsGroups && isOrg) {
    list.push(
      'With the code flow the ID token of the org server may come without groups: they are at the userinfo endpoint.',
    )
  }
  if (provider.wantsGroups) {
    list.push(
      'A filter that matches more than 100 groups of a person ends the sign-in with an error: narrow it, for example `^data-.*`.',
      'Groups from Active Directory need an expression; a filter does not send them.',
    )
  }
  if (hasGrant(registration, 'refresh_token')) {
    list.push('Refresh tokens need both the grant type and the scope `offline_access`.')
  }
  if (postLogoutRedirectUris.length > 0) {
    list.push('Sign-out needs `id_token_hint`; without it Okta answers 400.')
  }
  return list
}

function applying(registration: Registration): string[] {
  const server = customServer(registration.provider.issuer)
  return [
    ...terraformSteps(registration),
    '**Assignments**: who may sign in. The file assigns nobody.',
    ...(server === undefined
      ? []
      : [`Configure the authorization server ${mdCode(server)} by hand, because it serves all clients.`]),
  ]
}

function files(registration: Registration): RenderedFile[] {
  const name = blockName(registration)
  return terraformFile(registration, {
    blocks: [hclBlock('resource', ['okta_app_oauth', name], appBody(registration))],
    outputs: {
      clientId: `okta_app_oauth.${name}.client_id`,
      clientSecret: `okta_app_oauth.${name}.client_secret`,
    },
  })
}

/** What Okta takes as a client id of one's own. */
const choosable = /^[A-Za-z0-9$_.+!*'(),-]{6,100}$/

function appBody(registration: Registration): HclBody {
  const { input, provider, redirectUris, postLogoutRedirectUris } = registration
  const grants = grantTypes(registration)
  const responses = [
    ...(grants.includes('authorization_code') ? ['code'] : []),
    ...(grants.includes('implicit') ? ['token', 'id_token'] : []),
  ]
  return [
    hclAttribute('label', input.name),
    hclAttribute('type', isPublic(registration) ? 'browser' : redirectUris.length > 0 ? 'web' : 'service'),
    ...(choosable.test(provider.clientId) ? [hclAttribute('client_id', provider.clientId)] : []),
    hclAttribute('grant_types', grants),
    hclAttribute('response_types', responses.length > 0 ? responses : ['token']),
    hclAttribute('redirect_uris', redirectUris),
    ...(postLogoutRedirectUris.length > 0 ? [hclAttribute('post_logout_redirect_uris', postLogoutRedirectUris)] : []),
    hclAttribute('token_endpoint_auth_method', authenticationMethod(registration)),
    hclAttribute('pkce_required', input.profile.sendsPkce),
    ...groupsBlock(registration),
    comment('Nobody is assigned yet: add okta_app_group_assignments for people who may sign in.'),
  ]
}

function groupsBlock({ provider }: Registration): HclBody {
  if (!provider.wantsGroups) return []
  if (customServer(provider.issuer) !== undefined) {
    return [
      comment('The authorization server sends the groups, for all its clients: create its claim and scope by hand.'),
    ]
  }
  return [
    comment('Okta ignores this if Terraform signs in with OAuth 2.0 instead of an API token: then set it by hand.'),
    hclBlock(
      'groups_claim',
      [],
      [
        hclAttribute('type', 'FILTER'),
        hclAttribute('filter_type', 'REGEX'),
        hclAttribute('name', shownClaim(provider.groupsClaim)),
        hclAttribute('value', '.*'),
      ],
    ),
  ]
}
