import { type AuthenticationClass, localName, type SignInType, signInTypes } from '../config/authentication-class.ts'
import { vendorOfClass } from '../config/issuer.ts'
import type { LoginEntry } from '../config/schema.ts'
import { AppError } from '../errors.ts'
import { own } from '../maps.ts'
import type { Connector, ConnectorOfClass, WayIn } from './contract.ts'
import type { ConnectorContext, ConnectorMaker } from './making.ts'

/** Creates the connector, by the type of the class. Loaded when the configuration needs it. */
const makers: { readonly [Type in SignInType]: () => Promise<ConnectorMaker<Type>> } = {
  oidc: async () => (await import('./oidc-class.ts')).oidcConnector,
  github: async () => (await import('./github-class.ts')).githubConnector,
  ldap: async () => (await import('./ldap-class.ts')).ldapConnector,
}

/** The connector of every class that is a way in. Contacts nobody. Throws `secret-not-found`. */
export function createConnectors(context: Omit<ConnectorContext, 'name' | 'entry'>): Promise<ConnectorOfClass[]> {
  const entries = context.config.login.flatMap((entry) => {
    const { authenticationClass: name } = entry
    return name === undefined ? [] : [{ entry, name }]
  })
  return Promise.all(entries.map((own) => createConnector({ ...context, ...own })))
}

/** The ways in, in the order of the configuration. `connectors` has one for every entry, including local accounts. */
export function waysInOf(
  login: readonly LoginEntry[],
  connectors: readonly Connector[],
  classes: Readonly<Record<string, AuthenticationClass>> = {},
): WayIn[] {
  return login.flatMap(({ authenticationClass: name = localName, title }) => {
    const connector = connectors.find((known) => known.name === name)
    const usual = name === localName ? undefined : name
    const vendor = name === localName ? localName : vendorNamed(own(classes, name))
    return connector ? [{ connector, title: title ?? usual, vendor }] : []
  })
}

/** Whose a class is, for its mark: a vendor, or the kind of the class. */
function vendorNamed(described: AuthenticationClass | undefined): string {
  if (described?.oidc) return vendorOfClass(described.oidc).kind
  return signInTypes.find((type) => described?.[type] !== undefined) ?? 'unknown'
}

async function createConnector(context: ConnectorContext): Promise<ConnectorOfClass> {
  const described = context.config.authenticationClasses[context.name]
  const type = signInTypes.find((known) => described?.[known] !== undefined)
  const connector = type && (await createOfType(type, context))
  if (!connector)
    throw new AppError('config-invalid', {
      at: `authenticationClasses.${context.name}`,
      problem: `is not a class of type ${signInTypes.join(', ')}`,
    })
  return connector
}

async function createOfType<Type extends SignInType>(
  type: Type,
  context: ConnectorContext,
): Promise<ConnectorOfClass | undefined> {
  const provider = context.config.authenticationClasses[context.name]?.[type]
  if (provider === undefined) return undefined
  const make = await makers[type]()
  return make(provider, context)
}
