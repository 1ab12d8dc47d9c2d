import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Gatehouse } from './gatehouse.ts'

export const password = 'correct horse battery staple'

/** A server behind a trusted proxy, so that a test says from where a request comes. */
export const guessedAt = (store: string) => (port: number) =>
  `
issuer: http://localhost:${port}
listen: { port: ${port}, trustedProxies: [127.0.0.1] }
${store}
`

export interface Guess {
  name: string
  secret?: string
  /** X-Forwarded-For, as a trusted proxy sends it. */
  from: string
  cookie?: string
  at: Gatehouse
}

export function guess({ name, secret = 'wrong', from, cookie, at }: Guess): Promise<Response> {
  return fetch(`${at.url}/login`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'x-forwarded-for': from, ...(cookie === undefined ? {} : { cookie }) },
    body: new URLSearchParams({ username: name, password: secret }),
  })
}

/** How often each status was answered. */
export function counted(answers: readonly Response[]): Record<number, number> {
  const counts: Record<number, number> = {}
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

export const cookiesOf = (answer: Response) =>
  answer.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .join('; ')

/** One after another, or so many at once. */
export async function guesses(all: readonly Guess[], atOnce = 1): Promise<Record<number, number>> {
  const answers: Response[] = []
  for (let at = 0; at < all.length; at += atOnce)
    answers.push(...(await Promise.all(all.slice(at, at + atOnce).map(guess))))
  return counted(answers)
}

/** Guesses until the answer is a pause of that many seconds; answers with the seconds. Pauses double: it was counted before. */
export async function untilPaused(one: Guess, seconds: number): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const paused = Number((await guess(one)).headers.get('retry-after') ?? 0)
    if (paused >= seconds) return paused
    await sleep(100)
  }
  return assert.fail(`no pause of ${seconds} seconds`)
}

/** Guesses that so many milliseconds leave room for: five, and one for each second of pause that has passed since. */
export const mostGuessesIn = (milliseconds: number) => 5 + Math.floor(milliseconds / 1_000)
