import { mdCode } from '../../formats.ts'
import { codes } from '../writing/markdown.ts'
import type { Registration, VendorGuide } from './contract.ts'
import { copyClientId, copySecret, hasGrant, hasSecret, ifAny, isPublic } from './registered-client.ts'

/** A user pool. Its pages live on a domain of their own, which does not follow from the issuer. */
export const cognito: VendorGuide = {
  traps,
  steps,
  files: () => [],
  applying: () => [],
}

const builtIn = ['openid', 'email', 'phone', 'profile', 'aws.cognito.signin.user.admin']

function steps(registration: Registration): string[] {
  const { input, provider, redirectUris } = registration
  const type = isPublic(registration)
    ? '*Single-page application (SPA)*'
    : redirectUris.length > 0
      ? '*Traditional web application*'
      : '*Machine-to-machine application*'
  const strange = provider.scopes.filter((scope) => !builtIn.includes(scope))
  return [
    '**User pools → (the pool) → Branding → Domain** (once per pool): create a domain if there is none. The sign-in pages are there, not at the issuer.',
    `**Applications → App clients → Create app client**: ${type}, *Name your application* ${mdCode(input.name)}, **Create app client**. Whether it has a secret cannot be changed later.`,
    copyClientId('*Client ID*', registration),
    ...(hasSecret(registration) ? [copySecret('*Client secret*, in **App client information**', registration)] : []),
    ...ifAny(
      strange,
      (scopes) =>
        `**Branding → Domain → Resource servers → Create resource server** (once per pool): the scopes ${scopes}; the part before the \`/\` is the identifier.`,
    ),
    ...loginPageSteps(registration),
    ...groupSteps(registration),
  ]
}

function loginPageSteps(registration: Registration): string[] {
  const { provider, redirectUris, postLogoutRedirectUris } = registration
  const grants = [
    ...(hasGrant(registration, 'authorization_code') ? ['Authorization code grant'] : []),
    ...(hasGrant(registration, 'implicit') ? ['Implicit grant'] : []),
    ...(hasGrant(registration, 'client_credentials') ? ['Client credentials (in an app client of its own)'] : []),
  ]
  const at = '**(the app client) → Login pages → Edit**'
  return [
    ...ifAny(redirectUris, (uris) => `${at}: *Allowed callback URLs* ${uris}.`),
    ...ifAny(postLogoutRedirectUris, (uris) => `In the same place: *Allowed sign-out URLs* ${uris}.`),
    `In the same place: *Identity providers* the ones that people use, *OAuth 2.0 grant types* ${grants.join(', ')}, *OpenID Connect scopes* ${codes(provider.scopes)}; no others. **Save changes**.`,
  ]
}

function groupSteps({ provider }: Registration): string[] {
  if (!provider.wantsGroups) return []
  return ['**User management → Groups → Create group** for each group, then **Add user to group**.']
}

function traps(registration: Registration): string[] {
  const { provider, notes, description, postLogoutRedirectUris } = registration
  const list = [
    `The issuer (${mdCode(provider.issuer)}) and the pages (\`https://<prefix>.auth.<region>.amazoncognito.com\`) are on two hosts: browsers and the product must reach both.`,
    'A scope that the app client does not list ends the sign-in with `invalid_scope`; there is no `offline_access`: a refresh token always comes with the code.',
  ]
  if (provider.endpoints === undefined) {
    list.push(
      'Products that cannot read the discovery document need `authenticationClasses.<class>.oidc.endpoints` with the addresses of the domain.',
    )
  }
  if (provider.principalClaim === 'preferred_username') {
    list.push(
      '`preferred_username` comes only for people who have that attribute; the user name of the pool is `cognito:username`.',
    )
  }
  if (provider.wantsGroups) {
    list.push(
      'Groups are in `cognito:groups` of the ID token and the access token, never at the userinfo endpoint.',
      'People who sign in through another provider are in the group `<pool>_<provider>` only: Cognito does not pass on the groups of that provider.',
    )
  }
  if (notes.needsAudience) {
    list.push(
      'Access tokens have no `aud`, but `client_id` and `token_use: access`: a product that requires `aud` refuses them. Let it check the ID token, or give it the class gatehouse.',
    )
  }
  if (postLogoutRedirectUris.length > 0) {
    list.push(
      `Sign-out does not follow OpenID Connect: \`https://<domain>/logout\` needs \`client_id\` and \`logout_uri\`, and shows an error without them. ${description.title.charAt(0).toUpperCase()}${description.title.slice(1)} sends \`post_logout_redirect_uri\` where it follows the standard.`,
    )
  }
  return list
}
