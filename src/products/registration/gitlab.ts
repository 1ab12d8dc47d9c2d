import { shownClaim } from '../../claim-path.ts'
import { mdCode } from '../../formats.ts'
import { codes } from '../writing/markdown.ts'
import type { Registration, VendorGuide } from './contract.ts'
import { copyClientId, copySecret, hasSecret, ifAny, isPublic } from './registered-client.ts'

export const gitlab: VendorGuide = {
  traps,
  steps,
  files: () => [],
  applying: () => [],
}

function steps(registration: Registration): string[] {
  const { input, provider, redirectUris } = registration
  const trusted = '*Trusted* On, so that people are not asked for consent'
  return [
    `As an administrator, **Admin → Applications → New application** (${trusted}); without those rights, **(a group) → Settings → Applications → Add new application**.`,
    `*Name* ${mdCode(input.name)}.`,
    ...ifAny(redirectUris, (uris) => `*Redirect URI* ${uris}, one per line.`),
    `*Confidential* ${isPublic(registration) ? 'Off' : 'On'}, *Scopes* ${codes(provider.scopes)}, **Save application**.`,
    copyClientId('*Application ID*', registration),
    ...(hasSecret(registration) ? [copySecret('*Secret*', registration, 'it (it is shown only now)')] : []),
  ]
}

function traps(registration: Registration): string[] {
  const { provider, notes, postLogoutRedirectUris } = registration
  const list = [
    '`The requested scope is invalid`: a scope that is not ticked in the application, or that GitLab does not have (`offline_access`). GitLab sends a refresh token without it.',
    'Access tokens expire after two hours, and a refresh token works once.',
  ]
  if (provider.wantsGroups && shownClaim(provider.groupsClaim) === 'groups') {
    list.push(
      'The claim `groups` is at the userinfo endpoint only; the ID token has `groups_direct`, without parent groups. A product that reads the ID token needs `groupsClaim: groups_direct`, or the class gatehouse.',
    )
  }
  if (provider.wantsGroups) {
    list.push('Groups are full paths, such as `data/analysts`, and change when a group is moved.')
  }
  if (provider.principalClaim === 'preferred_username') {
    list.push('`preferred_username` and `name` are at the userinfo endpoint; the ID token has `sub` and `email`.')
  }
  if (notes.needsAudience) {
    list.push('Access tokens are opaque: a product cannot check them itself, and needs the class gatehouse.')
  }
  if (postLogoutRedirectUris.length > 0) {
    list.push('GitLab has no `end_session_endpoint`: its own session continues after a sign-out.')
  }
  return list
}
