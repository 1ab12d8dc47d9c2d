/** A Secret as an entry of `secrets`: references, never values. */
import { mapAt } from '../../maps.ts'
import type { Context, Manifest, Piece } from './manifest.ts'
import { sipHash13 } from './siphash.ts'

/** Leaves out a Secret that nothing names; values never leave their Secret. */
export function secretPiece(secret: Manifest, { clients, accounts }: Context['secrets']): Piece | undefined {
  const { name, data } = secret
  const place = Object.hasOwn(data, 'stringData') ? 'stringData' : 'data'
  if (clients.has(name)) {
    const prefix = `OIDC_${hashOf(name)}`
    const entry = {
      clientId: textOf(secret, 'clientId'),
      clientIdVariable: `${prefix}_CLIENT_ID`,
      clientSecret: `\${env:${prefix}_CLIENT_SECRET}`,
    }
    return { data: { secrets: { [name]: entry } }, places: [[['secrets', name], [place]]] }
  }
  if (!accounts.has(name)) return undefined
  const keys = Object.keys({ ...mapAt(data, 'data'), ...mapAt(data, 'stringData') })
  const users = keys.filter(isSecretKey).map((user) => [user, `\${file:/stackable/auth-secrets/${name}/${user}}`])
  const problems = keys
    .filter((key) => !isSecretKey(key))
    .map(() => ({
      path: [place],
      severity: 'error' as const,
      message: 'has a key that no Secret of Kubernetes can have',
    }))
  return {
    data: { secrets: { [name]: { users: Object.fromEntries(users) } } },
    places: [[['secrets', name, 'users'], [place]]],
    problems,
  }
}

/** What Kubernetes takes as a key; `../../etc/shadow` would name another file than one of this Secret. */
function isSecretKey(key: string): boolean {
  return /^[-._a-zA-Z0-9]{1,253}$/.test(key) && key !== '.' && key !== '..'
}

/** A value of a Secret that is not secret: the client id. */
function textOf({ data }: Manifest, key: string): unknown {
  const plain = mapAt(data, 'stringData')[key]
  if (plain !== undefined) return plain
  const encoded = mapAt(data, 'data')[key]
  return typeof encoded === 'string' ? Buffer.from(encoded, 'base64').toString('utf8') : encoded
}

/** How Stackable's operators name the variables of a client: by the hash of the name of its Secret. */
export function hashOf(name: string): string {
  // Rust hashes a text as its bytes and a byte that no text contains.
  const bytes = Buffer.concat([Buffer.from(name), Buffer.of(0xff)])
  return sipHash13(bytes).toString(16).toUpperCase().padStart(16, '0')
}
