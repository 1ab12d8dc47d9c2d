/** What `gatehouse init` must know: from its options, or from whoever sits at the terminal. */

import { dnsName, hostname as hostnameSchema } from '../../config/primitives.ts'
import { isLoopbackHost } from '../../loopback.ts'
import { vendors } from '../../vendors/index.ts'
import { needsEmailDomain, type ProviderTemplate, providerTemplates, providerWords, titleOf } from './providers.ts'
import type { Ask } from './terminal.ts'

/** The options of a call, as they were written. */
export interface InitOptions {
  provider?: string
  issuer?: string
  host?: string
  realm?: string
  tenant?: string
  clientId?: string
  emailDomain: readonly string[]
  store: string
}

/** A provider with everything that its class and our client at it need. */
export interface ChosenProvider {
  /** The word in `--provider`: the name of the class. */
  name: string
  template: ProviderTemplate
  address: URL
  /** Undefined: its console gives one, and nobody has it yet. */
  clientId: string | undefined
  emailDomains: readonly string[]
}

export interface Answers {
  /** Our own address, without a slash at the end. */
  issuer: URL
  store: string
  /** Undefined: accounts kept here alone. */
  provider: ChosenProvider | undefined
}

/** A sentence that says what is missing or wrong, and what to write. */
export class Unusable extends Error {}

/** Whoever was asked has left. */
export class Left extends Error {}

const defaultIssuer = 'http://localhost:8080'

/**
 * Everything that is needed, asked for where an option is absent and somebody is there. Throws `Unusable` for an option that is wrong, and
 * for one that is missing while nobody can be asked; `Left`.
 */
export async function gatherAnswers(options: InitOptions, ask: Ask | undefined): Promise<Answers> {
  const questions = asking(ask)
  const name = await questions.answer({
    given: options.provider,
    question: `Identity provider (${providerWords.join(', ')})`,
    fallback: 'local',
    read: readProvider,
  })
  const issuer = await questions.answer({
    given: options.issuer,
    question: 'Address at which people will open Gatehouse',
    fallback: defaultIssuer,
    read: readIssuer,
  })
  const template = providerTemplates[name]
  const provider = template && (await gatherProvider({ name, template, options, questions }))
  return { issuer, store: options.store, provider }
}

async function gatherProvider({
  name,
  template,
  options,
  questions,
}: {
  name: string
  template: ProviderTemplate
  options: InitOptions
  questions: Questions
}): Promise<ChosenProvider> {
  const { part } = template
  const title = titleOf(template)
  const address = await questions.answer({
    given: options.host ?? template.address,
    question: `Address of ${title}, such as ${template.example}`,
    missing: `--host is missing: the address of ${title}, such as ${template.example}`,
    read: readAddress,
  })
  if (address.pathname === '/') {
    const word = part && (await gatherPart({ title, part, given: options[part.option], questions }))
    address.pathname = part && word ? part.path(word) : (template.path ?? '/')
  }
  // What follows Keycloak's name is a slash or not; of a provider that we do not know every letter counts.
  if (template.vendor !== 'unknown') {
    const end = vendors[template.vendor].pathSlash === 'always' ? '/' : ''
    address.pathname = address.pathname.replace(/(?<=[^/])\/*$/, end)
  }
  const clientId = await questions.answer({
    given: options.clientId,
    question: template.givesClientId
      ? `Client id that ${title} shows; empty: write it into the file later`
      : `Client id of Gatehouse at ${title}`,
    fallback: template.givesClientId ? '' : 'gatehouse',
    read: readClientId,
  })
  const emailDomains = await gatherDomains({ template, given: options.emailDomain, questions })
  return { name, template, address, clientId: clientId === '' ? undefined : clientId, emailDomains }
}

function gatherPart({
  title,
  part: { option, says, example, form },
  given,
  questions,
}: {
  title: string
  part: NonNullable<ProviderTemplate['part']>
  given: string | undefined
  questions: Questions
}): Promise<string> {
  const what = `${says.charAt(0).toUpperCase()}${says.slice(1)}`
  return questions.answer({
    given,
    question: `${what}, such as ${example}`,
    missing: `--${option} is missing: the ${says} of ${title}, such as ${example}`,
    read: (text) => {
      if (!form.test(text)) throw new Unusable(`${JSON.stringify(text)} is not the ${says}: write it like ${example}`)
      return text
    },
  })
}

async function gatherDomains({
  template,
  given,
  questions,
}: {
  template: ProviderTemplate
  given: readonly string[]
  questions: Questions
}): Promise<string[]> {
  if (given.length > 0) return given.map(readDomain)
  if (!needsEmailDomain(template)) return []
  const because = `${titleOf(template)} does not say whether it has verified an address`
  const domain = await questions.answer({
    given: undefined,
    question: `Domain of the e-mail addresses there (${because}), such as example.com`,
    missing: `--email-domain is missing: the domain of the addresses there, such as example.com, because ${because}`,
    read: readDomain,
  })
  return [domain]
}

interface Question<Answer> {
  /** The option, if it was given. */
  given: string | undefined
  question: string
  /** What an empty answer stands for, and what counts when nobody can be asked. */
  fallback?: string
  /** What to say when nobody can be asked and there is no fallback. */
  missing?: string
  /** Throws `Unusable`. */
  read: (text: string) => Answer
}

interface Questions {
  answer<Answer>(question: Question<Answer>): Promise<Answer>
}

function asking(ask: Ask | undefined): Questions {
  return {
    answer: async ({ given, question, fallback, missing, read }) => {
      if (given !== undefined) return read(given)
      if (!ask) {
        if (fallback === undefined) throw new Unusable(missing)
        return read(fallback)
      }
      let reason = ''
      for (;;) {
        const answer = await ask(`${reason}${question}${fallback ? ` [${fallback}]` : ''}: `)
        if (answer === undefined) throw new Left()
        try {
          return read(answer.trim() || (fallback ?? ''))
        } catch (error) {
          if (!(error instanceof Unusable)) throw error
          reason = `${error.message}\n`
        }
      }
    },
  }
}

function readProvider(text: string): string {
  const word = text.toLowerCase()
  if (!providerWords.includes(word))
    throw new Unusable(`${JSON.stringify(text)} is no provider: choose one of ${providerWords.join(', ')}`)
  return word
}

function readIssuer(text: string): URL {
  const url = readUrl(text, 'https://id.example.com')
  if (url.protocol === 'http:' && !isLoopbackHost(url.hostname)) {
    throw new Unusable(
      `${url.href} is http, and ${url.hostname} is not this machine: passwords would cross the network in clear text. Write https, and put TLS in front`,
    )
  }
  return url
}

function readAddress(text: string): URL {
  const url = readUrl(text, 'https://sso.example.com')
  url.pathname = url.pathname.replace(/\/\.well-known\/openid-configuration\/?$/, '')
  if (!hostnameSchema.safeParse(bareHost(url)).success)
    throw new Unusable(`${JSON.stringify(text)} has no usable host name`)
  if (url.protocol === 'http:' && !isLoopbackHost(url.hostname)) {
    throw new Unusable(
      `${url.href} is http, and ${url.hostname} is not this machine: secrets and tokens would cross the network in clear text. Write https`,
    )
  }
  return url
}

/** The host without the brackets of an IPv6 address. */
export function bareHost({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1')
}

/** An address; https where no scheme is written, except on this machine. */
function readUrl(text: string, example: string): URL {
  const written = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`
  const url = URL.parse(written)
  const usable =
    url !== null &&
    ['http:', 'https:'].includes(url.protocol) &&
    url.username === '' &&
    url.password === '' &&
    url.search === '' &&
    url.hash === '' &&
    text !== '' &&
    !/[\s\p{Cc}]/u.test(text)
  if (!usable) throw new Unusable(`${JSON.stringify(text)} is no address: write it like ${example}`)
  return url
}

function readClientId(text: string): string {
  if (/\p{Cc}/u.test(text) || !text.isWellFormed())
    throw new Unusable('the client id has control characters: copy it again')
  return text
}

function readDomain(text: string): string {
  const domain = text.trim().replace(/^@/, '').toLowerCase()
  if (!dnsName.safeParse(domain).success || !domain.includes('.'))
    throw new Unusable(`${JSON.stringify(text)} is no domain of e-mail addresses: write it like example.com`)
  return domain
}
