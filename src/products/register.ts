import { mdCode, mdText } from '../formats.ts'
import type {
  ProductDescription,
  ProductInput,
  Provider,
  RegisterNotes,
  RenderedFile,
  ResolvedClass,
} from './contract.ts'
import { bullets, codes, numbered } from './markdown.ts'
import type { Registration } from './vendors/contract.ts'
import { vendors } from './vendors/index.ts'
import { authenticationMethod } from './vendors/registered-client.ts'

/** REGISTER.md, and what a machine can do of it: a partial import, Terraform. */
export function registrationFiles(
  input: ProductInput,
  description: ProductDescription,
  notes: RegisterNotes,
): RenderedFile[] {
  const registrations = input.providers.map(
    (provider): Registration => ({
      input,
      provider,
      description,
      notes,
      redirectUris: description.redirectUris(input.product, provider),
      postLogoutRedirectUris: description.postLogoutRedirectUris(input.product, provider),
    }),
  )
  return [
    registerFile(input, description, notes, registrations),
    ...registrations.flatMap((registration) => vendors[registration.provider.kind].files(registration)),
  ]
}

/** What to do once at the provider, then at the product, in the order in which a person does it. */
function registerFile(
  input: ProductInput,
  { title }: ProductDescription,
  { steps }: RegisterNotes,
  registrations: readonly Registration[],
): RenderedFile {
  const sections = [
    `# ${mdCode(input.name)}: sign-in for ${title} at ${mdCode(input.product.url)}`,
    'Written by `gatehouse render` from your configuration. Change the configuration and render again instead of editing this file.',
    ...registrations.flatMap(providerSections),
    ...input.classes.flatMap(otherSections),
    `## ${title.charAt(0).toUpperCase()}${title.slice(1)}`,
    numbered(steps),
  ]
  return { path: 'REGISTER.md', content: `${sections.join('\n\n')}\n` }
}

function providerSections(registration: Registration): string[] {
  const { provider, input } = registration
  const vendor = vendors[provider.kind]
  const client = bullets(clientFacts(registration))
  if (provider.kind === 'gatehouse') return ['## Gatehouse', gatehouseText(input, provider), client]
  const steps = vendor.steps(registration)
  const traps = vendor.traps(registration)
  return [
    `## At the provider ${mdCode(provider.className)}`,
    'Register this client:',
    client,
    ...(steps.length === 0 ? [] : [`### In the console of ${vendor.title}`, numbered(steps)]),
    ...machineText(registration),
    ...(traps.length === 0 ? [] : ['### Mind', bullets(traps)]),
  ]
}

function machineText(registration: Registration): string[] {
  const { files, applying } = vendors[registration.provider.kind]
  const paths = files(registration).map(({ path }) => path)
  if (paths.length === 0) return []
  return ['### By machine', `Instead of the steps above, with ${codes(paths)}:`, numbered(applying(registration))]
}

function gatehouseText({ name }: ProductInput, { secretIsDerived, secretVariable }: Provider): string {
  const known = 'Nothing to register: `gatehouse serve` knows this client, because it reads the same configuration.'
  return secretIsDerived
    ? `${known} \`gatehouse clients secret ${name}\` prints the client secret; give it to the product as the environment variable ${mdCode(secretVariable)}.`
    : `${known} The client secret is the one that your configuration refers to; give it to the product as the environment variable ${mdCode(secretVariable)}.`
}

function clientFacts({ input, provider, description, notes, ...uris }: Registration): string[] {
  const used = authenticationMethod({ description, provider })
  const algorithm = input.product.idTokenSigningAlg ?? description.idTokenSigningAlg ?? 'ES256'
  return [
    `Issuer: ${mdCode(provider.issuer)}`,
    `Client id: ${mdCode(provider.clientId)}`,
    used === 'none'
      ? 'Client secret: none (a public client)'
      : `Client secret: yes (a confidential client), by ${mdCode(used)}. The product reads it from the environment variable ${mdCode(provider.secretVariable)}; no rendered file holds it`,
    `Grant types: ${codes(description.grantTypes)}`,
    description.sendsPkce ? 'PKCE: `S256`' : `PKCE: ${description.title} sends none, so it must not be required`,
    `Redirect URI: ${codes(uris.redirectUris)}`,
    `Post-logout redirect URI: ${codes(uris.postLogoutRedirectUris)}`,
    `Scopes: ${codes(provider.scopes)}`,
    ...(provider.kind === 'gatehouse' ? [`ID tokens: signed with ${mdCode(algorithm)}`] : []),
    `Claims: ${[`${mdCode(provider.principalClaim)} (the user name)`, ...notes.claims].join('; ')}`,
  ]
}

/** What to have at hand of providers where nothing is registered. */
function otherSections(found: ResolvedClass): string[] {
  const title = `## At ${mdCode(found.className)}`
  if (found.type === 'ldap') {
    const { bind, url, searchBase } = found
    const who = bind
      ? `An entry that may search below ${mdCode(searchBase)}: its DN comes as ${mdCode(bind.userVariable)}, its password as ${mdCode(bind.passwordVariable)}`
      : 'Nobody searches: people bind with their own DN and password'
    return [title, bullets([`Directory: ${mdCode(url)}`, who])]
  }
  if (found.type === 'static') {
    return [
      title,
      bullets([`Accounts of the secret ${mdCode(found.secretName)}: ${codes(found.users.map(({ name }) => name))}`]),
    ]
  }
  if (found.type === 'github') {
    return [
      title,
      bullets([
        `An OAuth App at ${mdCode(`https://${found.hostname}/settings/developers`)}; client id ${mdCode(found.clientId)}, secret in the environment variable ${mdCode(found.secretVariable)}`,
        ...(found.organizations.length === 0
          ? []
          : [`Approve it in ${found.organizations.map(mdText).join(', ')}, or its members look like nobody's`]),
      ]),
    ]
  }
  if (found.type === 'kerberos')
    return [title, bullets([`Keytabs and krb5.conf of the SecretClass ${mdCode(found.secretClass)}`])]
  if (found.type !== 'tls') return []
  return [
    title,
    bullets([
      found.secretClass === undefined
        ? 'Client certificates of the authority that the product itself uses'
        : `Client certificates of the authority ${mdCode(found.secretClass)}`,
    ]),
  ]
}
