import { shownClaim } from '../../claim-path.ts'
import { comment, type HclBody, hclAttribute, hclBlock, hclReference, isHclText, mdCode } from '../../formats.ts'
import type { RenderedFile } from '../contract.ts'
import { auth0Action } from './auth0-action.ts'
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

export const auth0: VendorGuide = {
  traps,
  steps,
  files,
  applying: terraformSteps,
}

const grantNames = {
  authorization_code: 'Authorization Code',
  refresh_token: 'Refresh Token',
  implicit: 'Implicit',
  client_credentials: 'Client Credentials',
} as const

const methodNames: Readonly<Record<ReturnType<typeof authenticationMethod>, string>> = {
  client_secret_basic: 'Client Secret (Basic)',
  client_secret_post: 'Client Secret (Post)',
  client_secret_jwt: 'Client Secret (Post); Auth0 has no `client_secret_jwt`',
  private_key_jwt: 'Private Key JWT, with the public key of the product',
  none: 'None',
}

function steps(registration: Registration): string[] {
  const { input, redirectUris, postLogoutRedirectUris } = registration
  const kind = isPublic(registration)
    ? '*Single Page Web Applications* (*Native* for a command line)'
    : redirectUris.length > 0
      ? '*Regular Web Applications*'
      : '*Machine to Machine Applications*'
  const grants = grantTypes(registration).map((grant) => grantNames[grant])
  const secret = hasSecret(registration) ? [copySecret('**Settings → Client Secret**', registration)] : []
  return [
    `**Applications → Applications → Create Application**: *Name* ${mdCode(input.name)}, ${kind}, **Create**.`,
    copyClientId('*Client ID*', registration),
    ...secret,
    ...ifAny(redirectUris, (uris) => `**Settings → Application URIs**: *Allowed Callback URLs* ${uris}.`),
    ...ifAny(postLogoutRedirectUris, (uris) => `In the same place: *Allowed Logout URLs* ${uris}.`),
    `**Settings → Advanced Settings → Grant Types**: ${grants.join(', ')}; **Save Changes**.`,
    `**Credentials → Authentication Method**: ${methodNames[authenticationMethod(registration)]}, **Save**.`,
    ...apiSteps(registration),
    ...groupSteps(registration),
  ]
}

function apiSteps(registration: Registration): string[] {
  const { provider, notes } = registration
  if (!notes.needsAudience) return []
  const sent = provider.authorizationParameters['audience']
  const identifier = mdCode(sent ?? provider.clientId)
  const offline = hasGrant(registration, 'refresh_token') ? ' and *Allow Offline Access* On' : ''
  return [
    `**Applications → APIs → Create API**: *Identifier* ${identifier}, *JSON Web Token (JWT) Signing Algorithm* RS256${offline}. **Create**.`,
    ...(sent === undefined
      ? [
          `Make the product send that identifier: \`authorizationParameters: { audience: ... }\` beside \`clientCredentialsSecret\` in the configuration, if it can send custom parameters; otherwise **Settings → General → API Authorization Settings → Default Audience** of the tenant.`,
        ]
      : []),
  ]
}

function groupSteps({ provider }: Registration): string[] {
  if (!provider.wantsGroups) return []
  const code = auth0Action(provider)
  return [
    '**User Management → Roles → Create Role** for each group, then **Users → Add Users**. The Action below sends roles as groups; take another list there if your groups are elsewhere.',
    [
      '**Actions → Library → Create Action → Build from scratch**: *Trigger* Login / Post Login, this code, **Deploy**:',
      '```js',
      ...code.trimEnd().split('\n'),
      '```',
    ].join('\n'),
    '**Actions → Triggers → post-login**: drag the Action into the flow, **Apply**.',
  ]
}

function traps(registration: Registration): string[] {
  const { provider, notes } = registration
  const list = [
    `The issuer ends in a slash: ${mdCode(provider.issuer)}. Leave \`rootPath\` out, and copy it with the slash wherever a product asks for it by hand.`,
  ]
  if (provider.principalClaim === 'preferred_username') {
    list.push(
      'Auth0 sends `preferred_username` only where a connection fills it; `nickname` is the part of the address before the `@`, and not unique. `email` is a safer `principalClaim`.',
    )
  }
  if (provider.wantsGroups && provider.vendor.neverSends.includes(shownClaim(provider.groupsClaim))) {
    list.push(
      'The name of a custom claim must be a URL, such as `https://example.com/groups` (`groupsClaim` of the class): Auth0 drops `groups`, `roles` and other reserved names silently.',
    )
  }
  if (notes.needsAudience) {
    list.push(
      'Without `audience` the access token is opaque and works at the userinfo endpoint only; with one, it is a JWT for the API and for userinfo.',
    )
  }
  if (hasGrant(registration, 'refresh_token') && notes.needsAudience) {
    list.push('Without *Allow Offline Access* an API gives no refresh token.')
  }
  return list
}

function files(registration: Registration): RenderedFile[] {
  const name = blockName(registration)
  const client = `auth0_client.${name}`
  return terraformFile(registration, {
    blocks: [
      hclBlock('resource', ['auth0_client', name], clientBody(registration)),
      comment(''),
      hclBlock(
        'resource',
        ['auth0_client_credentials', name],
        [
          hclAttribute('client_id', hclReference(`${client}.id`)),
          hclAttribute('authentication_method', credentialMethod(registration)),
        ],
      ),
      ...actionBlocks(registration),
    ],
    outputs: { clientId: `${client}.client_id`, clientSecret: `auth0_client_credentials.${name}.client_secret` },
  })
}

function credentialMethod(registration: Registration): string {
  const method = authenticationMethod(registration)
  return method === 'client_secret_jwt' ? 'client_secret_post' : method
}

function clientBody(registration: Registration): HclBody {
  const { input, redirectUris, postLogoutRedirectUris } = registration
  const type = isPublic(registration) ? 'spa' : redirectUris.length > 0 ? 'regular_web' : 'non_interactive'
  return [
    hclAttribute('name', input.name),
    hclAttribute('app_type', type),
    hclAttribute('oidc_conformant', true),
    hclAttribute('grant_types', grantTypes(registration)),
    hclAttribute('callbacks', redirectUris),
    ...(postLogoutRedirectUris.length > 0 ? [hclAttribute('allowed_logout_urls', postLogoutRedirectUris)] : []),
    comment('Without this Auth0 signs with HS256, but products check with the public key.'),
    hclBlock('jwt_configuration', [], [hclAttribute('alg', 'RS256')]),
  ]
}

function actionBlocks(registration: Registration): HclBody {
  const { provider } = registration
  if (!provider.wantsGroups) return []
  const code = auth0Action(provider)
  if (!isHclText(code)) return []
  const name = blockName(registration)
  return [
    comment(''),
    hclBlock(
      'resource',
      ['auth0_action', name],
      [
        hclAttribute('name', `groups for ${registration.input.name}`),
        hclAttribute('deploy', true),
        hclAttribute('code', code),
        hclBlock('supported_triggers', [], [hclAttribute('id', 'post-login'), hclAttribute('version', 'v3')]),
      ],
    ),
    comment(''),
    hclBlock(
      'resource',
      ['auth0_trigger_action', name],
      [hclAttribute('trigger', 'post-login'), hclAttribute('action_id', hclReference(`auth0_action.${name}.id`))],
    ),
  ]
}
