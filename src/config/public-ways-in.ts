/** Ways in at providers where everybody in the world can have an account. */
import { isGitHubDotCom } from './github.ts'
import { issuerOf, vendorOfClass } from './issuer.ts'
import { type PathProblem, warning } from './problem.ts'
import type { Config, GitHub, OidcProvider } from './schema.ts'

/** A warning for each such way in, where something is open to whoever is signed in. Rules that name teams or people keep strangers out. */
export function publicWaysIn(
  config: Pick<Config, 'login' | 'authenticationClasses' | 'services' | 'products'>,
): PathProblem[] {
  const open = openToAll(config)
  if (open.length === 0) return []
  return config.login.flatMap(({ authenticationClass: name }, index) => {
    const { oidc, github } = (name === undefined ? undefined : config.authenticationClasses[name]) ?? {}
    const door = oidc ? openProvider(oidc) : github && openGitHub(github, String(name))
    if (!door) return []
    const message = `everybody in the world can have an account at ${door.title} and sign in here, and ${someOf(open)} to whoever is signed in: ${door.restriction}, or let rules and roles name teams`
    return [warning('strangers', ['login', index], message)]
  })
}

interface OpenDoor {
  title: string
  /** How to close it, beginning with a verb. */
  restriction: string
}

function openProvider(provider: OidcProvider): OpenDoor | undefined {
  const { hasPublicAccounts, title } = vendorOfClass(provider)
  const isOfAllTenants = provider.allowedTenants?.includes('*') === true
  if (!isOfAllTenants && !hasPublicAccounts?.(issuerOf(provider))) return undefined
  return { title, restriction: `restrict the client at ${title} to your organisation` }
}

/** An OAuth App of GitHub lets everybody in; this server holds people to organisations and teams. */
function openGitHub(github: GitHub, name: string): OpenDoor | undefined {
  if (!isGitHubDotCom(github) || github.organizations.length > 0 || github.teams.length > 0) return undefined
  return {
    title: 'GitHub',
    restriction: `name your organisations in authenticationClasses.${name}.github.organizations`,
  }
}

/** Services with a rule for everybody who is signed in, and products that sign people in here. */
function openToAll({ services, products }: Pick<Config, 'services' | 'products'>): string[] {
  const ofRules = Object.entries(services).filter(([, { rules }]) =>
    rules.some(({ allow }) => allow === 'authenticated'),
  )
  const ofProducts = Object.entries(products).filter(([, { authentication }]) =>
    authentication.some(({ authenticationClass }) => authenticationClass === 'gatehouse'),
  )
  return [...ofRules.map(([name]) => `services.${name}`), ...ofProducts.map(([name]) => `products.${name}`)]
}

function someOf([first = '', ...others]: readonly string[]): string {
  if (others.length === 0) return `${first} is open`
  return others.length === 1 ? `${first} and ${others[0]} are open` : `${first} and ${others.length} others are open`
}
