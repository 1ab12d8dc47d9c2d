import { lookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { Agent, type Dispatcher, request } from 'undici'
import { CookieJar } from './cookie-jar.ts'
import { filledIn, type HtmlForm, hrefOfLink, parseForms } from './html-forms.ts'

export interface Hop {
  method: string
  url: string
  status: number
  location: string | undefined
}

export interface Page {
  url: string
  status: number
  headers: Headers
  body: string
  /** What was asked to get it. */
  request: RequestOptions
}

export interface RequestOptions {
  method?: string
  headers?: Record<string, string>
  body?: string | URLSearchParams
}

export interface ScriptedBrowserOptions {
  /** Origins whose certificate is not checked (`https://localhost:8443`). All others are checked. */
  insecureOrigins?: readonly string[]
  /** How many requests one walk may take. */
  maxHops?: number
}

/**
 * A browser without JavaScript: cookies, redirects that it follows by hand, forms. It says of itself what a browser
 * says on a navigation (Accept, Sec-Fetch-*, Origin), because servers decide by it. Every *.example.test is 127.0.0.1.
 */
export class ScriptedBrowser {
  readonly jar = new CookieJar()
  /** Every request so far, in order. */
  readonly hops: Hop[] = []
  readonly #maxHops: number
  readonly #insecureOrigins: ReadonlySet<string>
  readonly #trusting = agent({ rejectUnauthorized: false })
  readonly #checking = agent({ rejectUnauthorized: true })

  constructor({ insecureOrigins = [], maxHops = 40 }: ScriptedBrowserOptions = {}) {
    this.#insecureOrigins = new Set(insecureOrigins.map((origin) => new URL(origin).origin))
    this.#maxHops = maxHops
  }

  /** Opens a URL as a person would, and follows where it leads. */
  async open(url: string, options: RequestOptions = {}): Promise<Page> {
    return this.follow(await this.send(url, options))
  }

  /** One request, whatever the answer is. Redirects are answers. */
  async send(url: string, options: RequestOptions = {}): Promise<Page> {
    const { method = 'GET', headers = {}, body } = options
    const cookie = this.jar.header(url)
    const isForm = body instanceof URLSearchParams
    const response = await request(url, {
      method: method as Dispatcher.HttpMethod,
      dispatcher: this.#insecureOrigins.has(new URL(url).origin) ? this.#trusting : this.#checking,
      headers: {
        ...navigation,
        ...(cookie === undefined ? {} : { cookie }),
        ...(isForm ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
        ...headers,
      },
      body: isForm ? body.toString() : (body ?? null),
    })
    const answer = new Headers()
    for (const [name, values] of Object.entries(response.headers)) {
      for (const value of [values ?? []].flat()) answer.append(name, value)
    }
    this.jar.store(url, answer.getSetCookie())
    const page = {
      url,
      status: response.statusCode,
      headers: answer,
      body: await response.body.text(),
      request: options,
    }
    this.hops.push({ method, url, status: page.status, location: answer.get('location') ?? undefined })
    return page
  }

  /** Follows redirects from an answer to the first page that is none. Headers given for the first request end there. */
  async follow(first: Page): Promise<Page> {
    let page = first
    for (let hop = 1; hop < this.#maxHops; hop++) {
      const target = redirectTarget(page)
      if (target === undefined) return page
      page = await this.send(target, redirectedRequest(page, target))
    }
    if (redirectTarget(page) === undefined) return page
    throw new Error(`more than ${this.#maxHops} redirects in a row:\n${this.trace()}`)
  }

  /**
   * Fills in the form of a page and sends it, with what its other fields hold, and follows on. Of several forms it
   * takes the first that has all the named fields.
   */
  async submitForm(page: Page, fields: Record<string, string>): Promise<Page> {
    const form = chooseForm(page, Object.keys(fields))
    const values = filledIn(form, fields)
    const target = new URL(form.action || page.url, page.url)
    if (form.method === 'GET') {
      target.search = values.toString()
      return this.open(target.href)
    }
    const headers = { origin: new URL(page.url).origin, 'sec-fetch-site': relation(page.url, target.href) }
    return this.open(target.href, { method: 'POST', body: values, headers })
  }

  /** Takes the link of a page whose visible text contains `text`, and follows on. */
  async followLink(page: Page, text: string): Promise<Page> {
    const href = hrefOfLink(page.body, text)
    if (href === undefined) {
      throw new Error(`no link "${text}" in ${page.url} (${page.status}): ${visibleText(page.body)}`)
    }
    const target = new URL(href, page.url).href
    return this.open(target, { headers: { 'sec-fetch-site': relation(page.url, target) } })
  }

  /** The walk so far, one line a request, for error messages. Values in queries are cut: they hold codes and tokens. */
  trace(): string {
    return this.hops.map(({ method, url, status }) => `${method} ${shorten(url)} -> ${status}`).join('\n')
  }

  /** Closes its connections. A server that is being stopped may wait for them. */
  async close(): Promise<void> {
    await Promise.all([this.#trusting.destroy(), this.#checking.destroy()])
  }
}

/** A browser of one test, closed when the test ends. */
export function browserOf(
  test: { after(work: () => Promise<void>): void },
  options?: ScriptedBrowserOptions,
): ScriptedBrowser {
  const browser = new ScriptedBrowser(options)
  test.after(() => browser.close())
  return browser
}

export interface Credentials {
  username: string
  password: string
}

/**
 * Signs in on any page that asks for `username` and `password` without JavaScript (Keycloak's, Gatehouse's own): opens
 * the start URL, fills in the form it is led to, and answers the page where the walk ends.
 */
export async function signIn(
  browser: ScriptedBrowser,
  { startUrl, username, password }: Credentials & { startUrl: string },
): Promise<Page> {
  const loginPage = await browser.open(startUrl)
  return browser.submitForm(loginPage, { username, password })
}

/** As `signIn`, and fails with what Keycloak says when the walk does not lead to Keycloak and away from it again. */
export async function signInAtKeycloak(
  browser: ScriptedBrowser,
  { issuer, startUrl, username, password }: Credentials & { issuer: string; startUrl: string },
): Promise<Page> {
  const loginPage = await browser.open(startUrl)
  if (!loginPage.url.startsWith(`${issuer}/`)) {
    throw new Error(`${startUrl} did not lead to ${issuer}:\n${browser.trace()}`)
  }
  const page = await browser.submitForm(loginPage, { username, password })
  if (page.url.startsWith(`${issuer}/login-actions/`)) {
    throw new Error(`Keycloak did not let ${username} in: ${visibleText(page.body)}\n${browser.trace()}`)
  }
  return page
}

const navigation = {
  accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
  'accept-language': 'en',
  'sec-fetch-dest': 'document',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-site': 'none',
  'sec-fetch-user': '?1',
  'upgrade-insecure-requests': '1',
  'user-agent': 'Mozilla/5.0 (gatehouse e2e)',
}

function redirectTarget({ url, status, headers }: Page): string | undefined {
  const location = headers.get('location')
  if (location === null || ![301, 302, 303, 307, 308].includes(status)) return undefined
  return new URL(location, url).href
}

/** 307 and 308 repeat the request with its body, the others ask with GET. */
function redirectedRequest({ url, status, request: { method, body, headers = {} } }: Page, target: string) {
  const site = { 'sec-fetch-site': relationOnward(headers['sec-fetch-site'] ?? 'none', url, target) }
  if (status !== 307 && status !== 308) return { headers: site }
  return {
    headers: { ...site, ...(headers.origin === undefined ? {} : { origin: headers.origin }) },
    ...(method === undefined ? {} : { method }),
    ...(body === undefined ? {} : { body }),
  }
}

const RELATIONS = ['same-origin', 'same-site', 'cross-site']

/** `none` (a person typed the address) stays so through redirects; else the farthest of all hops counts. */
function relationOnward(before: string, url: string, target: string): string {
  if (before === 'none') return before
  const farthest = Math.max(RELATIONS.indexOf(before), RELATIONS.indexOf(relation(url, target)))
  return RELATIONS[farthest] ?? 'cross-site'
}

function relation(a: string, b: string): string {
  const [from, to] = [new URL(a), new URL(b)]
  if (from.origin === to.origin) return 'same-origin'
  return from.protocol === to.protocol && siteOf(from.hostname) === siteOf(to.hostname) ? 'same-site' : 'cross-site'
}

/** Good enough for test names: the last two labels, or a whole address. */
function siteOf(host: string): string {
  return /^[\d.]+$|:/.test(host) ? host : host.split('.').slice(-2).join('.')
}

function chooseForm(page: Page, names: readonly string[]): HtmlForm {
  const forms = parseForms(page.body)
  const form = forms.find(({ fields }) => names.every((name) => fields.some((field) => field.name === name)))
  if (form) return form
  const seen = `${page.url} (${page.status}): ${visibleText(page.body)}`
  throw new Error(`no form with the fields ${names.join(', ')} among ${forms.length} forms of ${seen}`)
}

/** What a person reads, on one line. */
export function visibleText(html: string): string {
  const text = html.replace(/<(script|style|head)\b[\s\S]*?<\/\1>/gi, ' ').replace(/<[^>]*>/g, ' ')
  return text.replace(/\s+/g, ' ').trim().slice(0, 500)
}

function shorten(url: string): string {
  return url.replace(/=([^&=]{25})[^&=]*/g, '=$1~').slice(0, 300)
}

function agent({ rejectUnauthorized }: { rejectUnauthorized: boolean }): Agent {
  return new Agent({ connect: { rejectUnauthorized, lookup: lookupTestNames } })
}

const lookupTestNames: LookupFunction = (host, options, callback) => {
  const isLoopback = /(^|\.)(localhost|example\.test)$/.test(host)
  lookup(isLoopback ? '127.0.0.1' : host, options, callback)
}
