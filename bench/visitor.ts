import { hash, randomBytes } from 'node:crypto'
import { type Answer, type HttpConnection, headerValues } from './http-connection.ts'
import { WrongAnswer } from './rounds.ts'

/** A product that signs people in. */
export interface Client {
  id: string
  secret: string
  redirectUri: string
}

export interface Tokens {
  accessToken: string
  refreshToken: string | undefined
}

interface Cookie {
  value: string
  path: string
}

/** Cookies as in a browser: by name and path. They outlive the connection. */
export class Cookies {
  readonly #cookies = new Map<string, Cookie>()

  store(answer: Answer): void {
    for (const text of headerValues(answer, 'set-cookie')) {
      const [pair = '', ...attributes] = text.split('; ')
      const equals = pair.indexOf('=')
      const path = attributes.find((attribute) => /^path=/i.test(attribute))?.slice(5) ?? '/'
      const name = pair.slice(0, equals)
      const value = pair.slice(equals + 1)
      if (value === '') this.#cookies.delete(`${path} ${name}`)
      else this.#cookies.set(`${path} ${name}`, { value, path })
    }
  }

  header(path: string): string {
    const pairs: string[] = []
    for (const [key, cookie] of this.#cookies) {
      if (path.startsWith(cookie.path)) pairs.push(`${key.slice(cookie.path.length + 1)}=${cookie.value}`)
    }
    return pairs.join('; ')
  }

  find(name: string): string | undefined {
    return [...this.#cookies].find(([key]) => key.endsWith(` ${name}`))?.[1].value
  }
}

/** A browser and the product to which it returns, in one: what a login needs and nothing more. */
export class Visitor {
  readonly cookies: Cookies
  readonly #connection: HttpConnection
  readonly #host: string

  constructor(connection: HttpConnection, host: string, cookies = new Cookies()) {
    this.#connection = connection
    this.#host = host
    this.cookies = cookies
  }

  async get(target: string, host = this.#host): Promise<Answer> {
    const answer = await this.#connection.exchange(
      `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nAccept: text/html\r\nCookie: ${this.cookies.header(target)}\r\n\r\n`,
    )
    this.cookies.store(answer)
    return answer
  }

  async post(target: string, form: Record<string, string>, authorization?: string): Promise<Answer> {
    const body = new URLSearchParams(form).toString()
    // A product's back channel carries no cookies; a form of a page carries no credentials.
    const sender = authorization ? `Authorization: ${authorization}` : `Cookie: ${this.cookies.header(target)}`
    const answer = await this.#connection.exchange(
      `POST ${target} HTTP/1.1\r\nHost: ${this.#host}\r\n${sender}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    )
    if (!authorization) this.cookies.store(answer)
    return answer
  }

  /**
   * One complete login by the authorization code flow with PKCE, up to the exchange of the code for tokens. With sessions it
   * takes two requests; without a session at the provider it takes as many as needed. `onForm` answers a sign-in page; the token is
   * for the service at `resource`.
   */
  async logIn(
    client: Client,
    { onForm, resource }: { onForm?: (address: string) => Promise<Answer>; resource?: string } = {},
  ): Promise<Tokens> {
    const verifier = randomBytes(32).toString('base64url')
    const nonce = randomBytes(16).toString('base64url')
    const query = new URLSearchParams({
      client_id: client.id,
      redirect_uri: client.redirectUri,
      response_type: 'code',
      scope: 'openid profile email groups',
      state: nonce,
      nonce,
      code_challenge: hash('sha256', verifier, 'base64url'),
      code_challenge_method: 'S256',
      ...(resource === undefined ? {} : { resource }),
    })
    const code = await this.#walkToCode(`/authorize?${query}`, client, onForm)
    return this.token(client, {
      grant_type: 'authorization_code',
      code,
      redirect_uri: client.redirectUri,
      code_verifier: verifier,
    })
  }

  /** One request to the token endpoint with the client's credentials. */
  async token(client: Client, form: Record<string, string>): Promise<Tokens> {
    const answer = await this.post('/token', form, basic(client))
    const { access_token: accessToken, refresh_token: refreshToken, id_token: idToken } = parsed(answer)
    const wantsIdToken = form['grant_type'] !== 'client_credentials'
    if (answer.status !== 200 || accessToken === undefined || (wantsIdToken && idToken === undefined)) {
      throw new WrongAnswer('POST /token', '200 with tokens', answer)
    }
    return { accessToken, refreshToken }
  }

  async #walkToCode(start: string, client: Client, onForm?: (address: string) => Promise<Answer>): Promise<string> {
    let target = start
    let answer = await this.get(target)
    for (let hops = 0; hops < 8; hops++) {
      const location = headerValues(answer, 'location')[0]
      if (location?.startsWith(client.redirectUri)) {
        const code = new URL(location).searchParams.get('code')
        if (code !== null) return code
        break
      }
      if (location !== undefined && (answer.status === 302 || answer.status === 303)) {
        const next = new URL(location, `http://${this.#host}`)
        target = next.pathname + next.search
        answer = await this.get(target)
      } else if (answer.status === 200 && onForm) answer = await onForm(target)
      else break
    }
    throw new WrongAnswer(`GET ${target}`, 'a redirect that leads to a code', answer)
  }
}

function basic({ id, secret }: Client): string {
  const credentials = [id, secret].map(encodeURIComponent).join(':')
  return `Basic ${Buffer.from(credentials).toString('base64')}`
}

function parsed({ status, body }: Answer): Record<string, string> {
  return status === 200 ? (JSON.parse(body) as Record<string, string>) : {}
}
