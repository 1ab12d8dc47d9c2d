import { mdCode } from '../../formats.ts'
import { codes } from '../writing/markdown.ts'
import type { Registration, VendorGuide } from './contract.ts'
import { copySecret, hasSecret, ifAny, isPublic } from './registered-client.ts'

export const authentik: VendorGuide = {
  traps,
  steps,
  files: () => [],
  applying: () => [],
}

function steps(registration: Registration): string[] {
  const { input, provider, redirectUris } = registration
  const slug = slugOf(provider.issuer)
  const written = slug === undefined ? '' : `, *Slug* ${mdCode(slug)}`
  return [
    `In the admin interface, **Applications → Applications → Create with provider**: *Name* ${mdCode(input.name)}${written}, then **OAuth2/OpenID Provider**.`,
    ...(slug === undefined
      ? []
      : [
          `The slug is part of the issuer. Where another application has it already, take another slug here, and a class of its own with that \`rootPath\` for ${mdCode(input.name)}.`,
        ]),
    '*Authorization flow*: the one with implicit consent, so that people are not asked.',
    `*Client type* ${isPublic(registration) ? 'Public' : 'Confidential'}, *Client ID* ${mdCode(provider.clientId)}.`,
    ...ifAny(redirectUris, (uris) => `*Redirect URIs* ${uris}, each with *Strict*.`),
    '*Signing Key*: choose a certificate. Without one tokens are signed with the client secret (HS256), and whoever reads the published keys finds none.',
    `**Advanced protocol settings**: *Scopes* ${codes(provider.scopes)}, *Subject mode* as it is, *Issuer mode* "Each provider has a different issuer", *Include claims in id_token* on.`,
    ...(hasSecret(registration) ? [copySecret('*Client Secret*', registration)] : []),
    ...(provider.wantsGroups ? ['The scope `profile` sends groups: every group of the person, by its name.'] : []),
  ]
}

/** The part of the issuer that names the application. */
function slugOf(issuer: string): string | undefined {
  return /\/application\/o\/([^/]+)\/?$/.exec(issuer)?.[1]
}

function traps(registration: Registration): string[] {
  const { provider, postLogoutRedirectUris } = registration
  const list = [
    'The issuer ends in a slash, and belongs to one application: two products with clients of their own are two issuers, and two classes.',
    '`Redirect URI Error`: up to 2024.10 each line is a regular expression, so write `\\.` for a dot; later ones compare with *Strict* letter by letter.',
    'Scopes that are not selected at the provider are left out without an error.',
  ]
  if (provider.principalClaim === 'email' || provider.scopes.includes('email')) {
    list.push(
      'Newer versions say `email_verified: false` of every address, and products that ask for a verified one let nobody in: give the provider a mapping of the scope `email` that says `true` where you vouch for the addresses.',
    )
  }
  if (provider.scopes.includes('offline_access')) {
    list.push(
      'A refresh token comes with the scope `offline_access`, from 2024.2 on, and authentik asks for consent then.',
    )
  }
  if (postLogoutRedirectUris.length > 0) {
    list.push('Signing out ends at a page of authentik; older versions do not lead back to the product.')
  }
  return list
}
