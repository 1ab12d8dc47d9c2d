/** People about whom a provider says less than usual, and what a product makes of that (`PeopleFacts`): a warning where something is lost. */
import type { PeopleFacts, ProductDescription, ProductInput, ProductProblem, Provider } from '../contract.ts'
import { warning } from '../writing/problem.ts'
import { refreshTokenProblems } from '../writing/refresh-tokens.ts'

export function peopleProblems(input: ProductInput, description: ProductDescription): ProductProblem[] {
  return [
    ...input.providers.flatMap((provider) => singleGroupProblems(provider, description)),
    ...input.providers.flatMap((provider) => tokenProblems(input, provider, description)),
    ...joinedGroups(input, description),
    ...unvouchedAddresses(input, description),
    ...input.providers.flatMap((provider) => deniedAddresses(input, provider, description)),
  ]
}

/** What happens to somebody whose one group is a text. Nothing is said where it counts, or where nobody knows. */
const lostGroups: Readonly<Partial<Record<PeopleFacts['singleGroup'], string>>> = {
  'is lost': 'takes no text for a group, so that somebody in one group is in none',
  'ends the sign-in': 'takes lists only, so that somebody in one group cannot sign in',
  'is split at commas': 'splits a text at commas, so that a group with a comma in its name is none',
  'is split at blanks': 'splits a text at blanks, so that a group with a blank in its name is none',
}

function singleGroupProblems(
  { vendor, wantsGroups, path }: Provider,
  { people, title, client: { follows, takesGatehouse } }: ProductDescription,
): ProductProblem[] {
  const lost = lostGroups[people.singleGroup]
  if (!vendor.groups.singleAsText || !wantsGroups || lost === undefined || !follows.includes('groupsClaim')) return []
  const way = takesGatehouse === false ? '' : ', or give the product the class gatehouse, which reads both'
  return [
    warning(
      path,
      `${vendor.title} sends a single group as a text, and ${title} ${lost}: put everybody who matters into two groups${way}`,
    ),
  ]
}

function tokenProblems(
  { profile }: ProductInput,
  provider: Provider,
  { people: { refresh, withoutRefreshToken = '', sendsAccessType } }: ProductDescription,
): ProductProblem[] {
  if (refresh !== 'needs a refresh token' || !profile.grantTypes.includes('refresh_token')) return []
  if (sendsAccessType && provider.vendor.refreshToken === 'parameter access_type') return []
  return refreshTokenProblems(provider, { at: [...provider.path, 'oidc'], without: withoutRefreshToken })
}

function joinedGroups(
  { product, options, path }: ProductInput,
  { people: { joinsGroups }, title }: ProductDescription,
): ProductProblem[] {
  if (joinsGroups === undefined) return []
  const allowed = 'allowedGroups' in options ? (options.allowedGroups as readonly string[]) : []
  return [...new Set([...Object.keys(product.roles), ...allowed])]
    .filter((group) => group.includes(','))
    .map((group) =>
      warning(
        [...path, Object.hasOwn(product.roles, group) ? 'roles' : product.product],
        `${title} passes groups on in one header, with commas between them: the group ${JSON.stringify(group)} looks like several there, and its members like theirs. Rename it`,
      ),
    )
}

/** Behind the broker: who says that an address belongs to somebody, if the provider does not. */
function unvouchedAddresses(
  { providers, profile, unvouchedWays }: ProductInput,
  { people, title }: ProductDescription,
): ProductProblem[] {
  const provider = providers.find(({ vendor }) => vendor.isOurs)
  if (!provider || !profile.needsEmailVerified || people.unverifiedEmail !== 'is kept out') return []
  return unvouchedWays.map(({ className, vendor, path }) =>
    warning(
      path,
      `${vendor} does not say whether it has verified an address, so everybody from ${className} is kept out of ${title}, which wants that of each: list the domains whose addresses ${className} gives to nobody but their owners under emailDomains here (Keycloak's "Trust email")`,
    ),
  )
}

/** Without the broker: products that ask for a verified address, and a provider that vouches for none. */
function deniedAddresses(
  { options }: ProductInput,
  { vendor, principalClaim, path }: Provider,
  { people: { unverifiedEmail }, title }: ProductDescription,
): ProductProblem[] {
  if (!vendor.deniesEmailVerified || isToldToTakeThem(options)) return []
  const isKeptOut =
    unverifiedEmail === 'is kept out' ||
    (unverifiedEmail === 'is kept out where the address is the user name' && principalClaim === 'email')
  if (!isKeptOut) return []
  return [
    warning(
      path,
      `newer versions of ${vendor.title} say of every address that it is not verified, and ${title} lets nobody in then: give the provider there a mapping of the scope email that says \`email_verified: true\` where you vouch for the addresses`,
    ),
  ]
}

/** oauth2-proxy has a setting for it. */
function isToldToTakeThem(options: ProductInput['options']): boolean {
  return 'insecureOidcAllowUnverifiedEmail' in options && options.insecureOidcAllowUnverifiedEmail === true
}
