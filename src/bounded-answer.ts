/** The one reader of what other machines answer: it counts while it reads, after decompression, so that nobody can fill our memory. */
import { AppError } from './errors.ts'

/** Discovery documents, keys, tokens and userinfo are a few kilobytes; a person in thousands of groups has a hundred. */
const sizeLimit = 256 * 1024
/** Real answers nest five levels. */
const depthLimit = 100

/**
 * The text of an answer whose body comes in pieces, decompressed.
 *
 * @param body is let go of at the first byte too many, which ends the connection.
 * @param from the address, for the message.
 * @throws AppError `provider-answer-refused` when it is longer than 256 KiB or nests deeper than 100 levels.
 */
export async function readBounded(body: AsyncIterable<Uint8Array>, from: string): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body) {
    length += chunk.length
    if (length > sizeLimit) throw refused(from, `is larger than ${sizeLimit} bytes`)
    chunks.push(chunk)
  }
  const text = Buffer.concat(chunks).toString('utf8')
  if (nestsDeeperThan(depthLimit, text)) throw refused(from, `nests deeper than ${depthLimit} levels`)
  return text
}

/** The same answer with its body read, in bounds. */
export async function withBoundedBody(answer: Response, from: string): Promise<Response> {
  const { status, statusText, headers } = answer
  const text = answer.body === null ? null : await readBounded(answer.body, from)
  const mayHaveBody = status !== 204 && status !== 205 && status !== 304
  return new Response(mayHaveBody ? text : null, { status, statusText, headers })
}

/** Whether a JSON text opens more objects and lists within one another; brackets in texts do not count. */
export function nestsDeeperThan(levels: number, json: string): boolean {
  let depth = 0
  let inText = false
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at)
    if (inText) {
      if (code === backslash) at++
      else if (code === quote) inText = false
    } else if (code === quote) inText = true
    else if (code === openObject || code === openList) {
      if (++depth > levels) return true
    } else if (code === closeObject || code === closeList) depth--
  }
  return false
}

const quote = 0x22
const backslash = 0x5c
const openObject = 0x7b
const closeObject = 0x7d
const openList = 0x5b
const closeList = 0x5d

function refused(from: string, problem: string): AppError {
  const { origin, pathname } = new URL(from)
  const cause = new Error(`the answer ${problem}`)
  return new AppError('provider-answer-refused', { address: origin + pathname, problem: cause.message }, { cause })
}
