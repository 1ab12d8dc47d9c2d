import { mdCode, mdText } from '../../formats.ts'
import type { ProductDescription, ProductInput, RegisterNotes, RenderedFile, ResolvedClass } from '../contract.ts'
import { idTokenSigningAlgOf } from '../writing/id-token-algorithm.ts'
import { bullets, codes, numbered } from '../writing/markdown.ts'
import { organizationsOf } from '../writing/provider-facts.ts'
import type { Registration } from './contract.ts'
import { vendorGuides } from './index.ts'
import { madeByRender } from './made-by-render.ts'
import { authenticationMethod, hasGrant, hasSecret } from './registered-client.ts'

/** REGISTER.md, and files that automate a part of it: a partial import, Terraform. */
export function registrationFiles(
  input: ProductInput,
  description: ProductDescription,
  notes: RegisterNotes,
): RenderedFile[] {
  const registrations = input.providers.map((provider): RegistrationWithFiles => {
    const registration: Registration = {
      input,
      provider,
      description,
      notes,
      redirectUris: input.profile.redirectUris(provider),
      postLogoutRedirectUris: input.profile.postLogoutRedirectUris,
    }
    return { ...registration, files: vendorGuides[provider.kind].files(registration) }
  })
  return [registerFile(input, description, notes, registrations), ...registrations.flatMap(({ files }) => files)]
}

interface RegistrationWithFiles extends Registration {
  /** Files that automate it. */
  files: readonly RenderedFile[]
}

/** What to do once at the provider, then at the product, in the order in which a person does it. */
function registerFile(
  input: ProductInput,
  { title }: ProductDescription,
  { steps }: RegisterNotes,
  registrations: readonly RegistrationWithFiles[],
): RenderedFile {
  const sections = [
    `# ${mdCode(input.name)}: sign-in for ${title} at ${mdCode(input.product.url)}`,
    `${madeByRender} Change the configuration and render again instead of editing this file.`,
    ...registrations.flatMap(providerSections),
    ...input.classes.flatMap(otherSections),
    `## ${headingOf(title)}`,
    numbered(steps),
  ]
  return { path: 'REGISTER.md', content: `${sections.join('\n\n')}\n` }
}

/** "your application" begins with a capital letter in a heading; `oauth2-proxy` is a name. */
function headingOf(title: string): string {
  return title.startsWith('your ') ? `Y${title.slice(1)}` : title
}

function providerSections(registration: RegistrationWithFiles): string[] {
  const { provider } = registration
  const guide = vendorGuides[provider.kind]
  const client = bullets(clientFacts(registration))
  if (provider.vendor.isOurs) return ['## Gatehouse', gatehouseText(registration), client]
  const steps = guide.steps(registration)
  const traps = guide.traps(registration)
  return [
    `## At the provider ${mdCode(provider.className)}`,
    'Register this client:',
    client,
    ...(steps.length === 0 ? [] : [`### In the console of ${provider.vendor.title}`, numbered(steps)]),
    ...machineText(registration),
    ...(traps.length === 0 ? [] : ['### Watch out for', bullets(traps)]),
  ]
}

function machineText(registration: RegistrationWithFiles): string[] {
  const { files, provider } = registration
  if (files.length === 0) return []
  const steps = vendorGuides[provider.kind].applying(registration)
  return ['### Automated', `Instead of the steps above, with ${codes(files.map(({ path }) => path))}:`, numbered(steps)]
}

function gatehouseText(registration: Registration): string {
  const {
    input: { name },
    provider,
    notes,
  } = registration
  const variable = `the environment variable ${mdCode(provider.secretVariable)}`
  const { secretPlace } = notes
  const give =
    secretPlace === undefined ? `give it to the product as ${variable}` : `set it as ${variable} of ${secretPlace}`
  const known = 'Nothing to register: `gatehouse serve` knows this client, because it reads the same configuration.'
  if (!hasSecret(registration)) return known
  return provider.secretIsDerived
    ? `${known} \`gatehouse clients secret ${name}\` prints the client secret; ${give}.`
    : `${known} The client secret is the one that your configuration refers to; ${give}.`
}

function clientFacts(registration: Registration): string[] {
  const { input, provider, description, notes, ...uris } = registration
  const used = authenticationMethod({ input, provider })
  const algorithm = idTokenSigningAlgOf(input.product, input.profile)
  return [
    `Issuer: ${mdCode(provider.issuer)}`,
    ...(provider.innerIssuer === undefined
      ? []
      : [
          `Calls of ${description.title} itself go to ${mdCode(provider.innerIssuer)}: the document there must name the same issuer, and the same address for browsers (\`gatehouse doctor\` compares)`,
        ]),
    `Client id: ${mdCode(provider.clientId)}`,
    used === 'none'
      ? 'Client secret: none (a public client)'
      : used === 'private_key_jwt'
        ? `Client secret: none. The client proves itself with its private key, method ${mdCode(used)}`
        : `Client secret: yes (a confidential client), method ${mdCode(used)}. ${whereSecret(registration)}; no rendered file contains it`,
    `Grant types: ${codes(input.profile.grantTypes)}`,
    // PKCE protects codes, and the other flows have none.
    ...(hasGrant(registration, 'authorization_code') ? [pkceFact(registration)] : []),
    `Redirect URI: ${codes(uris.redirectUris)}`,
    `Post-logout redirect URI: ${codes(uris.postLogoutRedirectUris)}`,
    `Scopes: ${codes(provider.scopes)}`,
    ...(provider.vendor.isOurs ? [`ID tokens: signed with ${mdCode(algorithm)}`] : []),
    `Claims: ${[`${mdCode(provider.principalClaim)} (the user name)`, ...notes.claims].join('; ')}`,
  ]
}

function whereSecret({ provider, notes: { secretPlace } }: Registration): string {
  const variable = `the environment variable ${mdCode(provider.secretVariable)}`
  return secretPlace === undefined
    ? `The product reads it from ${variable}`
    : `It is expected in ${variable} of ${secretPlace}`
}

function pkceFact({ input: { profile }, description: { title } }: Registration): string {
  return profile.sendsPkce ? 'PKCE: `S256`' : `PKCE: ${title} sends none, so it must not be required`
}

/** What to have at hand for providers where nothing is registered. */
function otherSections(someClass: ResolvedClass): string[] {
  const title = `## At ${mdCode(someClass.className)}`
  if (someClass.type === 'ldap') {
    const { bind, url, searchBase } = someClass
    const who = bind
      ? `An entry that may search below ${mdCode(searchBase)}: its DN comes as ${mdCode(bind.userVariable)}, its password as ${mdCode(bind.passwordVariable)}`
      : 'There is no search account: people bind with their own DN and password'
    return [title, bullets([`Directory: ${mdCode(url)}`, who])]
  }
  if (someClass.type === 'static') {
    return [
      title,
      bullets([
        `Accounts of the secret ${mdCode(someClass.secretName)}: ${codes(someClass.users.map(({ name }) => name))}`,
      ]),
    ]
  }
  if (someClass.type === 'github') {
    return [
      title,
      bullets([
        `An OAuth App at ${mdCode(`https://${someClass.hostname}/settings/developers`)}; client id ${mdCode(someClass.clientId)}, secret in the environment variable ${mdCode(someClass.secretVariable)}`,
        ...(organizationsOf(someClass).length === 0
          ? []
          : [
              `Approve it in ${organizationsOf(someClass).map(mdText).join(', ')}, or GitHub does not show who its members are`,
            ]),
      ]),
    ]
  }
  if (someClass.type === 'kerberos')
    return [title, bullets([`Keytabs and krb5.conf of the SecretClass ${mdCode(someClass.secretClass)}`])]
  if (someClass.type !== 'tls') return []
  return [
    title,
    bullets([
      someClass.secretClass === undefined
        ? 'Client certificates from the authority that the product itself uses'
        : `Client certificates from the authority ${mdCode(someClass.secretClass)}`,
    ]),
  ]
}
