import type { Somebody } from './policy.ts'
import type { Random } from './random.ts'
import type { PersonName, ServiceTokens, Town, TownService } from './town.ts'

/** What a request brings to say who it is. */
export interface Credential {
  shape: string
  /** Lines of the head. */
  lines: readonly string[]
  /** Who it is; undefined where the credential is worth nothing. */
  who: Somebody | undefined
}

interface Context {
  random: Random
  town: Town
  service: TownService
}

type Shape = (context: Context) => Omit<Credential, 'shape'>

const program: Somebody = { username: 'client:app', teams: [], isProgram: true }

const cookieName = 'gatehouse_session'
const sessionOf = ({ town, service }: Context, name: PersonName, at = service.name) =>
  town.people[name].sessions.get(at) ?? ''
const cookie = (value: string) => `Cookie: ${cookieName}=${value}`
const bearer = (token: string) => `Authorization: Bearer ${token}`
const nobody = (...lines: string[]) => ({ lines, who: undefined })
const tokenOf = ({ town, service }: Context, kind: keyof ServiceTokens, at = service.name) =>
  town.tokens.get(at)?.[kind] ?? ''
const elsewhere = ({ random, town, service }: Context) =>
  random.pick(town.services.filter(({ name }) => name !== service.name)).name
const flipped = (random: Random, text: string) => {
  const at = random.below(text.length)
  const letter = text[at] ?? ''
  const other = letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase()
  return `${text.slice(0, at)}${other === letter ? 'x' : other}${text.slice(at + 1)}`
}
const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as object

function session(name: Exclude<PersonName, 'dave'>): Shape {
  return (context) => ({ lines: [cookie(sessionOf(context, name))], who: context.town.people[name] })
}

/** Every shape in which a credential comes: some are right, most are almost right. */
export const shapes: Readonly<Record<string, Shape>> = {
  none: () => nobody(),
  'session of alice': session('alice'),
  'session of bob': session('bob'),
  'session of carol': session('carol'),
  'session beside other cookies': (context) => ({
    lines: [`Cookie: a=1; x${cookieName}=1; ${cookieName}=${sessionOf(context, 'bob')}; ${cookieName}x=2`],
    who: context.town.people.bob,
  }),
  'session of a deactivated user': (context) => nobody(cookie(sessionOf(context, 'dave'))),
  'session of another service': (context) => nobody(cookie(sessionOf(context, 'alice', elsewhere(context)))),
  'session with one letter in the other case': (context) =>
    nobody(cookie(flipped(context.random, sessionOf(context, 'alice')))),
  'session that is cut': (context) => nobody(cookie(sessionOf(context, 'alice').slice(0, -1))),
  'session with one more letter': (context) => nobody(cookie(`${sessionOf(context, 'alice')}A`)),
  'session in quotation marks': (context) => nobody(cookie(`"${sessionOf(context, 'alice')}"`)),
  'session with a blank in it': (context) => nobody(cookie(sessionOf(context, 'alice').replace(/^.{20}/, '$& '))),
  'session percent-encoded': (context) =>
    nobody(cookie(`%${sessionOf(context, 'alice').charCodeAt(0).toString(16)}${sessionOf(context, 'alice').slice(1)}`)),
  'two sessions in one line': (context) =>
    nobody(`Cookie: ${cookieName}=${sessionOf(context, 'alice')}; ${cookieName}=${sessionOf(context, 'bob')}`),
  'two sessions in two lines': (context) =>
    nobody(cookie(sessionOf(context, 'bob')), cookie(sessionOf(context, 'alice'))),
  'session under the name for https': (context) =>
    nobody(`Cookie: __Host-${cookieName}=${sessionOf(context, 'alice')}`),
  'session under a name in capitals': (context) =>
    nobody(`Cookie: ${cookieName.toUpperCase()}=${sessionOf(context, 'alice')}`),
  'session inside another cookie': (context) => nobody(`Cookie: a="${cookieName}=${sessionOf(context, 'alice')}"`),
  'cookie of the issuer as a session': ({ town }) => nobody(cookie(town.people.alice.login)),
  'random session': ({ random }) => nobody(cookie(Buffer.from(random.bytes(32), 'latin1').toString('base64url'))),
  'session of bytes': ({ random }) => nobody(cookie(random.bytes(random.below(60), 0x80, 0xff))),
  'long session': ({ random }) => nobody(cookie(random.bytes(4000, 0x41, 0x5a))),
  'token of alice': (context) => ({ lines: [bearer(tokenOf(context, 'alice'))], who: context.town.people.alice }),
  'token of bob': (context) => ({ lines: [bearer(tokenOf(context, 'bob'))], who: context.town.people.bob }),
  'token of a program': (context) => ({ lines: [bearer(tokenOf(context, 'program'))], who: program }),
  'token for another service': (context) => nobody(bearer(tokenOf(context, 'alice', elsewhere(context)))),
  'token of a sign-in that has ended': (context) => nobody(bearer(tokenOf(context, 'ended'))),
  'token with one letter in the other case': (context) =>
    nobody(bearer(flipped(context.random, tokenOf(context, 'alice')))),
  'token that is cut': (context) => {
    const token = tokenOf(context, 'alice')
    return nobody(bearer(token.slice(0, token.length - 1 - context.random.below(40))))
  },
  'token of another person by its payload': (context) => {
    const [head = '', payload = '', signature = ''] = tokenOf(context, 'bob').split('.')
    const forged = base64({ ...claimsOf(`.${payload}`), ...claimsOf(tokenOf(context, 'alice')), groups: ['admins'] })
    return nobody(bearer(`${head}.${forged}.${signature}`))
  },
  'token without a signature': (context) => {
    const [, payload = ''] = tokenOf(context, 'alice').split('.')
    const alg = context.random.pick(['none', 'None', 'NONE', 'HS256', ''])
    return nobody(bearer(`${base64({ alg, typ: 'at+jwt' })}.${payload}.`))
  },
  'token that is JSON': ({ town }) =>
    nobody(bearer(JSON.stringify({ sub: town.people.alice.username, groups: ['admins'], exp: 9_999_999_999 }))),
  'two tokens': (context) => nobody(bearer(tokenOf(context, 'bob')), bearer(tokenOf(context, 'alice'))),
  'bad token beside a session': (context) => nobody(bearer('a.b.c'), cookie(sessionOf(context, 'alice'))),
  'token as a password': (context) =>
    nobody(`Authorization: Basic ${Buffer.from(`alice:${tokenOf(context, 'alice')}`).toString('base64')}`),
  'token in another header': (context) => nobody(`X-Forwarded-Access-Token: ${tokenOf(context, 'alice')}`),
  'token without its scheme': (context) => nobody(`Authorization: ${tokenOf(context, 'alice')}`),
}

/** The honest shapes: what they may do they must be able to do. */
const honestShapes = [
  'none',
  'session of alice',
  'session of bob',
  'session of carol',
  'session beside other cookies',
  'token of alice',
  'token of bob',
]
const names = Object.keys(shapes)

/** Half of the credentials are right, so that the rules are asked about somebody. */
export function drawCredential(context: Context): Credential & { isHonest: boolean } {
  const shape = context.random.pick(context.random.chance(0.5) ? honestShapes : names)
  const made = shapes[shape]?.(context)
  if (!made) throw new Error(`no shape ${shape}`)
  return { shape, ...made, isHonest: honestShapes.includes(shape) }
}
