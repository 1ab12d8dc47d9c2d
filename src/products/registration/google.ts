import { mdCode } from '../../formats.ts'
import type { Registration, VendorGuide } from './contract.ts'
import { copyClientId, copySecret, hasGrant, hasSecret, ifAny, isPublic } from './registered-client.ts'

export const google: VendorGuide = {
  traps,
  steps,
  files: () => [],
  applying: () => [],
}

function steps(registration: Registration): string[] {
  const { input, redirectUris } = registration
  const type = isPublic(registration) ? '*Desktop app*' : '*Web application*'
  return [
    '**Google Auth Platform → Branding** (once per project): *App name*, *User support email*, *Authorized domains*, **Save**.',
    '**Google Auth Platform → Audience** (once per project): *Internal* lets in your Workspace organisation only. With *External*, **Publish app**: in *Testing* only listed people get in.',
    `**Google Auth Platform → Clients → Create client**: *Application type* ${type}, *Name* ${mdCode(input.name)}.`,
    ...ifAny(
      redirectUris,
      (uris) => `*Authorized redirect URIs* ${uris}; *Authorized JavaScript origins* stays empty.`,
    ),
    '**Create**.',
    copyClientId('*Client ID*', registration),
    ...(hasSecret(registration)
      ? [copySecret('*Client secret*', registration, 'it (it is shown only now)')]
      : isPublic(registration)
        ? ['Google requires the *Client secret* of desktop apps too, although it is not secret.']
        : []),
  ]
}

function traps(registration: Registration): string[] {
  const { provider, notes, postLogoutRedirectUris } = registration
  const list = [
    '`redirect_uri_mismatch`: the address differs from the registered one. It must be https and a public domain; http works for `localhost` only, and addresses of private networks do not work.',
  ]
  if (provider.principalClaim !== 'email' && provider.principalClaim !== 'sub') {
    list.push(
      'Google sends `sub`, `email`, `name`, `given_name`, `family_name`, `picture` and, for Workspace, `hd`. Use `principalClaim: email`.',
    )
  }
  list.push(
    'With *External*, everybody who has a Google account gets in: the product must check the domain of the address, or the claim `hd`.',
  )
  if (provider.wantsGroups) {
    list.push('Google never sends groups, whatever is configured: nobody will be in one.')
  }
  if (hasGrant(registration, 'refresh_token')) {
    list.push(
      'The scope `offline_access` is an error (`invalid_scope`): the parameters `access_type=offline` and `prompt=consent` (`authorizationParameters`) bring a refresh token.',
    )
  }
  if (notes.needsAudience) {
    list.push(
      'Access tokens are opaque: only the ID token can be checked, and a product that checks access tokens itself needs the class gatehouse.',
    )
  }
  if (postLogoutRedirectUris.length > 0) {
    list.push(
      'Google has no sign-out (no `end_session_endpoint`): the session there continues, and the next sign-in may ask for nothing.',
    )
  }
  return list
}
