/**
 * The only way in which doctor asks other machines over HTTP. Addresses come from the configuration or from the provider's own
 * discovery document: no redirect is followed, an answer has five seconds and 256 KiB.
 */
import { Agent, type Dispatcher, ProxyAgent, request } from 'undici'
import { type Trust, tlsOptions } from '../config/network.ts'

export interface Answer {
  status: number
  location: string | undefined
  contentType: string
  date: string | undefined
  /** Seconds that a cache has kept the answer. */
  age: number
  body: string
}

export const timeLimit = 5000
const sizeLimit = 256 * 1024

export interface GuardedFetch {
  ask: (url: string) => Promise<Answer>
  close: () => Promise<void>
}

export function createGuardedFetch({ trust, proxy }: { trust: Trust; proxy: string | undefined }): GuardedFetch {
  const tls = tlsOptions(trust)
  const dispatcher =
    proxy === undefined
      ? new Agent({ connect: { ...tls, timeout: timeLimit } })
      : new ProxyAgent({ uri: proxy, requestTls: { ...tls, timeout: timeLimit }, proxyTls: { timeout: timeLimit } })
  return { ask: (url) => ask(url, dispatcher), close: () => dispatcher.destroy() }
}

async function ask(url: string, dispatcher: Dispatcher): Promise<Answer> {
  const response = await request(url, {
    dispatcher,
    headersTimeout: timeLimit,
    bodyTimeout: timeLimit,
    signal: AbortSignal.timeout(timeLimit),
    // English, because messages of vendors are recognised by their words.
    headers: { accept: 'application/json, text/html;q=0.9', 'accept-language': 'en', 'user-agent': 'gatehouse-doctor' },
  })
  return {
    status: response.statusCode,
    location: single(response.headers['location']),
    contentType: single(response.headers['content-type']) ?? '',
    date: single(response.headers['date']),
    age: Number(single(response.headers['age']) ?? 0) || 0,
    body: await readSome(response.body),
  }
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value
}

async function readSome(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body) {
    length += chunk.length
    if (length > sizeLimit) throw new Error(`the answer is larger than ${sizeLimit} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
